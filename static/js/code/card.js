// "I cannot hear, please write": large words for the guard, with the reader's own, and turned round for whoever stands opposite.
import { dialog } from "./dialogs.js";
import { find } from "./words.js";

export function bindCard() {
  const box = dialog("card");
  const [text, own, turn] = ["[data-card-text]", "[data-card-own]", "[data-card-turn]"].map((one) => find(one, box));
  const say = () => {
    own.textContent = text.value;
    own.hidden = !text.value.trim();
  };
  const turnTo = (isTurned) => {
    turn.setAttribute("aria-pressed", isTurned);
    find("[data-card]", box).classList.toggle("turned", isTurned);
  };
  text.addEventListener("input", say);
  turn.addEventListener("click", () => turnTo(turn.getAttribute("aria-pressed") !== "true"));
  find("[data-card-clear]", box).addEventListener("click", () => { text.value = ""; say(); text.focus(); });
  box.addEventListener("close", () => turnTo(false));
}
