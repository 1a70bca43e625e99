// The lines above the code that say what is not as it should be.
import { cityTime, DAY, isAhead, now } from "./clock.js";
import { inApp } from "./device.js";
import { outbox } from "./outbox.js";
import { isStrange } from "./state.js";
import { sayUnsent } from "./unsent.js";
import { fill, find, language, said } from "./words.js";

const SOON = 6 * 3600_000;
const banner = (name) => find(`[data-banner="${name}"]`);
const show = (name, isShown) => { banner(name).hidden = !isShown; };

function much(ms) {
  const minutes = Math.round(ms / 60_000);
  const [count, zh, en] = minutes < 2 ? [Math.round(ms / 1000), "秒", "s"] : minutes < 120 ? [minutes, "分钟", "min"] : [Math.round(minutes / 60), "小时", "h"];
  return `${count} ${language === "en" ? en : zh}`;
}

function sayClock() {
  const ahead = isAhead();
  show("clock", ahead);
  for (const [selector, isIt] of [["[data-ahead]", ahead > 0], ["[data-behind]", ahead < 0]]) {
    const line = find(selector, banner("clock"));
    line.hidden = !isIt;
    if (isIt) fill(line, { much: much(Math.abs(ahead)) });
  }
}

function say(name, body) {
  show(name, Boolean(said(body)));
  find("[data-say]", banner(name)).textContent = said(body);
}

export function sayAll({ view, record, state, isFresh, gone, heldBack }) {
  show("away", window.location.hash === "#away");
  show("app", Boolean(inApp()));
  if (inApp()) fill(find("p", banner("app")), { app: inApp() });
  sayClock();
  const isEnding = view === "code" && record.endsAt - now() < SOON && !isFresh;
  show("ending", isEnding);
  if (isEnding) fill(find("p", banner("ending")), { until: cityTime(record.endsAt, DAY) });
  say("gone", view === "code" ? null : gone);
  say("held", view === "code" ? heldBack : null);
  show("other", view === "code" && isFresh && isStrange(record, state));
  sayUnsent().catch(() => null);
}

outbox.addEventListener("change", () => sayUnsent().catch(() => null));
