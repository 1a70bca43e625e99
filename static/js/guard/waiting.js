// What the server has not answered for, and what it set aside, with the reason, until somebody has read it.
import { acknowledge, entries } from "./queue.js";
import { clockAt } from "./hours.js";
import { desk } from "./desk.js";
import { copy, fill, onShow, onTap, part, view } from "./views.js";
import { say, sayReason, says, wordsOf } from "./words.js";

const REASONS = /^[a-z_]+$/;
let tools = null;

// A reason is a word of the protocol or of the server's checks; whatever else it says is shown as it is.
function reasonOf(text) {
  const words = text.split(" ");
  if (!words.every((one) => REASONS.test(one))) return text;
  return words.map((one) => says[`reason_${one}`] ?? sayReason(one, desk.sync?.verdicts)).join(" ");
}

function line({ row, state, reason }) {
  const { word } = wordsOf(row.verdict, desk.sync?.verdicts);
  const at = clockAt(Date.parse(row.scanned_at) + row.clock_offset_ms);
  const made = copy("waiting-line", { "line-at": at, "line-verdict": say(`word_${word}`), "line-why": state === "waiting" ? say("not_sent") : reasonOf(reason) });
  made.dataset.state = state;
  const seen = part("seen", made);
  seen.hidden = state === "waiting";
  seen.addEventListener("click", async () => {
    await acknowledge(row.id);
    await tools.sender.count();
  });
  return made;
}

async function render() {
  const found = await entries();
  part("waiting-list").replaceChildren(...found.map(line));
  part("waiting-empty").hidden = found.length > 0;
  fill("waiting-say", desk.unregistered ? say("kept_unregistered") : "");
}

export function bindWaiting(given) {
  tools = given;
  onShow("waiting", render);
  desk.addEventListener("change", () => { if (view() === "waiting") render(); });
  onTap("send-now", () => { tools.sender.flush(); tools.syncing.now(); });
}
