// The head of the page: where, whether online, how many passes wait, the word of the minute. Offline is a state, no verdict.
import { clockAt } from "./hours.js";
import { inLanguage, language, say } from "./words.js";
import { fill, part } from "./views.js";

const nameOf = (thing) => (language === "en" && thing?.name_en) || thing?.name || "";
const MINUTE_MS = 60_000;

function wordNow(desk, clock) {
  const minute = Math.floor(clock.now() / MINUTE_MS);
  return inLanguage(desk.sync?.words?.[desk.shift?.checkpoint]?.[minute]);
}

export function showHeader(desk, clock) {
  const { sync, checkpoint } = desk;
  fill("place", [nameOf(sync?.device.listing), nameOf(checkpoint)].filter(Boolean).join(" · "));
  const waiting = desk.waiting ? say("waiting", { count: desk.waiting }) : "";
  const net = desk.online ? say("online", { clock: clockAt(desk.reachedAt ?? clock.now()) }) : say("offline");
  fill("net", [net, waiting].filter(Boolean).join(" · "));
  part("net").dataset.state = desk.online ? "online" : "offline";
  fill("minute-word", desk.shift ? wordNow(desk, clock) : "");
  part("word-line").hidden = !desk.shift || !wordNow(desk, clock);
  fill("waiting-count", desk.waiting + desk.quarantined ? String(desk.waiting + desk.quarantined) : "");
  fill("warning", warningOf(desk, clock));
}

function warningOf(desk, clock) {
  const locked = desk.sync?.device.locked_until_ms ?? 0;
  if (locked > clock.now()) return say("manual_locked", { clock: clockAt(locked) });
  if (desk.faults.length) return say(desk.faults[0]);
  if (!clock.isKnown && desk.sync) return say("clock_unknown");
  if (desk.quarantined) return say("set_aside", { count: desk.quarantined });
  return "";
}
