// Asking for a code, and correcting what was said: the same form, the same address.
import { send } from "./server.js";
import { recall, remember } from "./store.js";
import { find, findAll, refusal } from "./words.js";

// A correction does not ask again for what was agreed to.
const isAgreed = (input) => input.type === "hidden" || input.checked;
const bodyOf = (form) => ({
  name: form.elements.name.value,
  work_type: form.elements.work_type.value,
  platform: Number(form.elements.platform.value),
  agreed: isAgreed(form.elements.agreed),
  terms_version: form.dataset.terms,
  location_agreed: isAgreed(form.elements.location_agreed),
});

async function submit(form, done) {
  const words = find("[data-say]", form);
  const button = find("button:not([type])", form);
  words.textContent = "";
  button.disabled = true;
  const answer = await send("/code/enrol/", bodyOf(form));
  button.disabled = false;
  if (!answer.ok) {
    words.textContent = refusal(answer.body);
    form.elements[answer.body.field]?.focus?.();
    return;
  }
  await remember("state", answer.body);
  form.closest("dialog")?.close();
  await done();
}

// A correction begins with what is known; the full name is not on the phone, so it is written again.
async function begin(form) {
  const { holder } = (await recall("state")) ?? {};
  if (!holder) return;
  form.elements.work_type.value = holder.work_type;
  form.elements.platform.value = holder.platform.number;
}

export function bindEnrol(done) {
  for (const form of findAll("[data-enrol]")) {
    form.addEventListener("submit", (event) => { event.preventDefault(); submit(form, done); });
    form.closest("dialog")?.addEventListener("open", () => begin(form));
  }
}
