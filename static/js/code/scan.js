// Scanning the print at a gate, with the camera or from a picture.
import { bindTo } from "./binding.js";
import { frame, startCamera, stopCamera } from "./camera.js";
import { dialog } from "./dialogs.js";
import { judge } from "./prints.js";
import { readCode } from "./reading.js";
import { find } from "./words.js";

const EVERY = 150;
const box = dialog("scan");
const [video, said] = ["[data-video]", "[data-said]"].map((one) => find(one, box));
const origins = [window.location.origin, ...box.dataset.origins.split(" ")];

const say = (word) => { said.textContent = said.dataset[word]; };
const read = (picture) => readCode(picture, box.dataset.wasm).catch(() => "");

async function take(text) {
  const { print, place, why } = await judge(text, origins);
  if (why) return say(why);
  bindTo(place, print);
  return box.close();
}

async function look() {
  if (!box.open) return;
  const picture = frame(video);
  const text = picture ? await read(picture) : "";
  if (text && box.open) await take(text);
  window.setTimeout(look, EVERY);
}

async function start() {
  say("looking");
  if (await startCamera(video, () => box.open)) look();
  else if (said.textContent === said.dataset.looking) say("denied"); // what a picture said meanwhile stays
}

export function bindScan() {
  box.addEventListener("open", start);
  box.addEventListener("close", () => stopCamera(video));
  find("[data-picture]", box).addEventListener("change", async ({ target }) => {
    const text = target.files[0] ? await read(target.files[0]) : "";
    target.value = "";
    if (text) await take(text);
    else say("none");
  });
}
