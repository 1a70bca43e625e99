// When the camera looks and when it rests; a picture instead of it.
import { Camera } from "./camera.js";
import { readPicture } from "./picture.js";
import { handle, inView } from "./scan.js";
import { notice, onShow, part, show, view } from "./views.js";
import { say } from "./words.js";

const LOOKS = ["scan", "challenge"];
const FAULTS = { NotAllowedError: "camera_denied", NotReadableError: "camera_taken" };
let camera = null;

async function look() {
  camera.isPaused = false;
  inView.resume();
  try {
    await camera.start();
    part("no-camera").hidden = true;
  } catch (error) {
    part("no-camera").hidden = false;
    part("no-camera").textContent = say(FAULTS[error.name] ?? "camera_missing");
  }
}

export function bindSeeing({ reader }) {
  camera = new Camera({ video: part("video"), reader, found: handle });
  for (const name of LOOKS) onShow(name, look);
  new MutationObserver(() => { camera.isPaused = !LOOKS.includes(view()); }).observe(document.getElementById("main"), { attributeFilter: ["data-view"] });
  for (const name of ["start", "unregistered"]) onShow(name, () => camera.stop());
  document.addEventListener("visibilitychange", () => { if (!document.hidden && LOOKS.includes(view())) look(); });
  reader.ready.catch(() => notice(say("reader_missing")));
  part("picture").addEventListener("change", async ({ target }) => {
    if (!target.files.length) return;
    const text = await readPicture(target.files[0], reader).catch(() => null);
    target.value = "";
    if (!LOOKS.includes(view())) show("scan");
    inView.forget();
    if (text === null) notice(say("no_code_in_picture"));
    else await handle(text);
  });
}
