// [data-correct] says what is wrong without a change of page: its forms are sent, and [data-correct-part] shows what the server
// answers. What cannot be sent for want of a signal stays filled in and says so; the same words sent twice count once.
const NO_SIGNAL = "[data-unsent]";

async function send(form, button) {
  const body = new FormData(form);
  if (button?.name) body.set(button.name, button.value);
  return fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => null);
}

async function press(event, root) {
  const form = event.target.closest("form");
  if (!form) return;
  event.preventDefault();
  const part = root.querySelector("[data-correct-part]");
  if (part.getAttribute("aria-busy") === "true") return;
  part.setAttribute("aria-busy", "true");
  const answer = await send(form, event.submitter);
  part.removeAttribute("aria-busy");
  const isRead = answer && [200, 400, 429].includes(answer.status);
  const unsent = root.querySelector(NO_SIGNAL);
  unsent.hidden = Boolean(isRead);
  if (!isRead) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  part.replaceChildren(...page.body.childNodes);
  part.focus();
}

export function bindCorrect(root) {
  for (const box of root.querySelectorAll("[data-correct]")) box.addEventListener("submit", (event) => press(event, box));
}
