// My code: what is bound and in which order. From the phone's store first, so that it is there without a signal.
import { startWorker } from "../gateworker/register.js";
import { bindAnswering, isAnswering } from "./answering.js";
import { bindBinding } from "./binding.js";
import { bindCard } from "./card.js";
import { loadClock } from "./clock.js";
import { inApp } from "./device.js";
import { bindDialogs, isAnyOpen } from "./dialogs.js";
import { bindEnrol } from "./enrol.js";
import { bindManual } from "./manual.js";
import { bindOwn } from "./own.js";
import { seconds } from "./pass.js";
import { bindRefusing } from "./refusing.js";
import { bindScan } from "./scan.js";
import { refresh, sync, viewNow } from "./status.js";
import { canKeep } from "./store.js";
import { showView } from "./views.js";
import { fill, find, findAll } from "./words.js";

const EVERY = 15 * 60_000;
const isWriting = () => Boolean(document.activeElement?.matches("input, textarea, select"));
// A code that a guard may be scanning stays; the page is renewed when the phone is put away.
const isBusy = () => isAnyOpen() || isAnswering() || isWriting() || (viewNow() === "code" && !document.hidden);

async function begin() {
  await loadClock();
  bindDialogs();
  for (const bind of [bindAnswering, bindBinding, bindCard, bindManual, bindRefusing, bindScan]) bind();
  bindEnrol(sync);
  bindOwn(sync);
  for (const button of findAll("[data-sync]")) button.addEventListener("click", sync);
  window.addEventListener("online", sync);
  window.addEventListener("offline", sync);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });
  window.setInterval(sync, EVERY);
  seconds.addEventListener("over", sync);
  await refresh();
  await sync();
}

function sayUnsupported() {
  showView("unsupported", {});
  const line = find("[data-app]");
  line.hidden = !inApp();
  fill(line, { app: inApp() });
}

const worker = startWorker({ isBusy });
if (await canKeep()) await begin();
else sayUnsupported();
(await worker).more();
