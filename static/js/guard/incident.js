// Something happened: tap what, add a word if you like, send. Without a network it waits on the phone and goes later.
import { answerOf, changing, reading } from "./store.js";
import { desk } from "./desk.js";
import { Failure, post } from "./net.js";
import { latest } from "./recent.js";
import { newId } from "./row.js";
import { notice, onShow, onTap, part, parts, show } from "./views.js";
import { say } from "./words.js";

let [kind, tools] = ["", null];

function render() {
  for (const one of parts("kind")) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
  part("report").disabled = kind === "";
}

// Sends what waits; returns the sentence of one that the server refused, or "".
export async function sendIncidents() {
  let refused = "";
  for (const told of await reading("incidents", (store) => store.getAll())) {
    try {
      await post("/guard/incident/", told);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      if (failure.isLost || failure.status === 401) return refused;
      // Without a code it was not our server that refused.
      if (!failure.code) continue;
      refused = failure.say || failure.message;
    }
    await changing(["incidents"], ({ incidents }) => answerOf(incidents.delete(told.id)));
  }
  return refused;
}

async function report(event) {
  event.preventDefault();
  const { note } = event.target.elements;
  const told = { id: newId(tools.clock), pass: latest()?.id ?? null, kind, note: note.value.trim(), at_ms: Math.floor(tools.clock.now()) };
  await changing(["incidents"], ({ incidents }) => { incidents.put(told); });
  [kind, note.value] = ["", ""];
  show("scan");
  const refused = await sendIncidents();
  notice(refused || say(desk.online ? "incident_sent" : "incident_waits"));
}

export function bindIncident(given) {
  tools = given;
  onShow("incident", () => { kind = ""; part("incident-form").reset(); render(); });
  onTap("kind", (key) => { kind = key.dataset.kind; render(); });
  part("incident-form").addEventListener("submit", report);
}
