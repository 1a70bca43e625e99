// The guard's page: what the phone keeps is taken up first, so that it opens and scans without a network.
import { startWorker } from "../gateworker/register.js";
import { Challenges } from "./challenge.js";
import { Clock } from "./clock.js";
import { desk } from "./desk.js";
import { showHeader } from "./header.js";
import { bindIncident, sendIncidents } from "./incident.js";
import { bindManual } from "./manual.js";
import { bindMore } from "./more.js";
import { get, post } from "./net.js";
import { Reader } from "./reading.js";
import { bindOverride } from "./override.js";
import { bindRecent } from "./recent.js";
import { isBusy, route } from "./route.js";
import { bindScan } from "./scan.js";
import { bindSeeing } from "./seeing.js";
import { Sender } from "./sender.js";
import { unlockSound } from "./sound.js";
import { bindStart } from "./start.js";
import { kept } from "./store.js";
import { Syncing } from "./syncing.js";
import { bindVerdict } from "./verdict.js";
import { tick } from "./ticking.js";
import { notice, part } from "./views.js";
import { bindWaiting } from "./waiting.js";
import { say } from "./words.js";

const { reader: script, wasm } = part("reader").dataset;
const tools = { get, post, desk, clock: new Clock(), challenges: new Challenges(), reader: new Reader({ script, wasm }) };
tools.sender = new Sender(tools);
tools.syncing = new Syncing(tools);

async function begin() {
  const names = ["sync", "cursor", "keys", "list", "shift", "clock", "endsShift"];
  const found = Object.fromEntries((await Promise.all(names.map(async (name) => [name, await kept(name)]))).filter(([, value]) => value !== undefined));
  const { clock, ...rest } = found;
  tools.clock.restore(clock);
  await desk.take(rest);
  await tools.sender.count();
  desk.addEventListener("change", () => { route(); showHeader(desk, tools.clock); });
  desk.addEventListener("sync", () => { if (desk.online) { tools.sender.failures = 0; tools.sender.flush(); sendIncidents(); } });
  route();
  await tools.syncing.now();
  desk.isAsked = true;
  route();
}

for (const bind of [bindStart, bindScan, bindSeeing, bindVerdict, bindManual, bindOverride, bindIncident, bindRecent, bindWaiting, bindMore]) bind(tools);
startWorker({ isBusy });
document.addEventListener("click", unlockSound);
setInterval(() => tick(tools), 1000);
for (const [target, event] of [[window, "online"], [document, "visibilitychange"]]) target.addEventListener(event, () => { if (!document.hidden) tools.syncing.now(); });
window.addEventListener("offline", () => desk.reached(false));
begin().catch((error) => {
  console.error(error);
  notice(say("no_storage"));
});
