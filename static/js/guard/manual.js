// Eight digits for a broken screen, checked by the server.
import { desk } from "./desk.js";
import { clockAt } from "./hours.js";
import { post } from "./net.js";
import { takeNumber } from "./queue.js";
import { makeRow } from "./row.js";
import { remember } from "./recent.js";
import { addToVerdict, showVerdict } from "./verdict.js";
import { fill, onShow, onTap, part, parts } from "./views.js";
import { say } from "./words.js";

const LENGTH = 8;
let [code, tools, asked] = ["", null, null];

function render(message = "") {
  const until = desk.sync?.device.locked_until_ms ?? 0;
  const isLocked = until > tools.clock.now();
  fill("code", code.replace(/(\d{4})(?=\d)/, "$1 "));
  fill("manual-say", isLocked ? say("manual_locked", { clock: clockAt(until) }) : message || (desk.online ? "" : say("manual_offline")));
  part("alarm").hidden = !isLocked;
  for (const key of parts("digit")) key.disabled = isLocked || !desk.online;
}

function refuse(failure) {
  if (failure.body?.locked_until_ms) desk.sync.device.locked_until_ms = failure.body.locked_until_ms;
  const left = failure.body?.left === undefined ? "" : say("manual_left", { count: failure.body.left });
  if (failure.status !== 0) [code, asked] = ["", null];
  render([failure.say || say("manual_lost"), left].filter(Boolean).join(" "));
}

// The same tries keep their number when the answer was lost: the server counts them once.
async function check() {
  asked ??= { ...(await makeRow(desk, tools.clock, { method: "manual_code", verdict: "ok" })), sequence: await takeNumber() };
  try {
    const answer = await post("/guard/manual/", { ...asked, code });
    const decided = { opens: true, reasons: [], ...answer, verdict: answer.verdict ?? "ok", row: asked };
    [code, asked] = ["", null];
    showVerdict(decided, tools);
    addToVerdict(decided, answer);
    remember(decided);
  } catch (failure) {
    refuse(failure);
  }
}

export function bindManual(given) {
  tools = given;
  onShow("manual", () => { [code, asked] = ["", null]; render(); });
  onTap("digit", (key) => {
    code = key.dataset.digit === "back" ? code.slice(0, -1) : (code + key.dataset.digit).slice(0, LENGTH);
    render();
    if (code.length === LENGTH && key.dataset.digit !== "back") check();
  });
}
