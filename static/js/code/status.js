// What the page knows, and bringing it up to date: from the phone's store at once, then from the server when there is one.
import { sayAll } from "./banners.js";
import { cityTime, DAY } from "./clock.js";
import { listDevices } from "./devices.js";
import { fetchIssuerKeys } from "./issuer.js";
import { held, isLive } from "./keys.js";
import { flush } from "./outbox.js";
import { showPass } from "./pass.js";
import { first } from "./renewal.js";
import { readState, renewFor } from "./state.js";
import { recall } from "./store.js";
import { showView, viewOf } from "./views.js";
import { stayAwake } from "./wake.js";
import { sayNotices, sayWho } from "./who.js";
import { fill, find } from "./words.js";

let answer = null, isFresh = false, view = "loading", busy = null, next = null;

export const viewNow = () => view;

export async function refresh() {
  const [record, state, gone, heldBack, had] = await Promise.all([held(), ...["state", "gone", "heldBack", "had"].map(recall)]);
  const known = { record, isLive: isLive(record), state, isFresh, answer, gone, heldBack, had };
  view = viewOf(known);
  const isCode = view === "code";
  if (isCode) sayWho(record);
  showView(view, known);
  showPass(isCode ? record : null);
  stayAwake(isCode);
  if (isCode) sayNotices(state?.notices ?? []);
  if (view === "full") await listDevices(answer.containers ?? state.containers, sync);
  if (view === "expired") fill(find("[data-ended]"), { until: cityTime(record.endsAt, DAY) });
  find("[data-net]").hidden = isFresh;
  sayAll({ ...known, view });
}

async function work() {
  const said = await readState();
  isFresh = said.ok;
  const { signed_in: isIn, enrolled, refused_because: because } = said.body;
  if (said.status) await renewFor(said.ok ? await recall("state") : null, !isLive(await held()));
  const mayHold = isIn && enrolled && !because && !(await recall("gone"))?.byHand;
  const got = mayHold && !(await held()) ? await first() : null;
  answer = got?.body ?? null;
  await refresh();
  // What was read before the code came does not know of it.
  if (got?.ok && (await readState()).ok) await refresh();
  if (said.ok) await Promise.all([flush(), fetchIssuerKeys()]);
}

// One at a time: what is asked for meanwhile is done once more afterwards, for something may have changed since.
export function sync() {
  if (!busy) {
    busy = work().finally(() => { busy = null; });
    return busy;
  }
  next ??= busy.catch(() => null).then(() => { next = null; return sync(); });
  return next;
}
