// Which view must be shown for what the phone knows.
import { desk } from "./desk.js";
import { fill, show, view } from "./views.js";

const RESTING = new Set(["loading", "unreached", "start", "unregistered"]);

// Scans and writes must not be broken off by a new version of the page.
export const isBusy = () => !RESTING.has(view());

// Without a shift the start, unknown to the server what to do; everything else stays.
export function route() {
  fill("unregistered-say", desk.unregistered);
  if (desk.unregistered) return void (["unregistered", "waiting"].includes(view()) || show("unregistered"));
  if (!desk.sync) return void (desk.isAsked && show("unreached"));
  if (!desk.shift) return void (["start", "waiting"].includes(view()) || show("start"));
  if (RESTING.has(view())) show("scan");
}
