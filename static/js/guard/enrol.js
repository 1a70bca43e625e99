// One tap enrols this phone; the link works once. What an earlier enrolment has not sent yet stays.
import { post } from "./net.js";

const button = document.querySelector("[data-enrol]");
const said = document.querySelector("[data-enrol-say]");

button.addEventListener("click", async () => {
  button.disabled = true;
  said.textContent = "";
  try {
    await post("/guard/enrol/", { token: window.location.pathname.split("/").at(-2) });
    window.location.replace("/guard/");
  } catch (failure) {
    said.textContent = failure.say || said.dataset.lost;
    button.disabled = failure.status !== 0 && failure.status < 500;
  }
});
