// The freshness queue without a new page: what was tapped is sent, and the answer's queue takes this one's place.
const queue = document.querySelector("[data-queue]");

function count() {
  const boxes = [...queue.querySelectorAll("[data-fact]")];
  const chosen = boxes.filter((box) => box.checked).length;
  const shown = queue.querySelector("[data-chosen]");
  if (shown) shown.textContent = chosen ? `(${chosen})` : "";
  const whole = queue.querySelector("[data-whole]");
  if (whole) whole.checked = boxes.length > 0 && chosen === boxes.length;
}

function chosenIn(form, button) {
  const sent = new FormData(form);
  if (button?.name) sent.set(button.name, button.value);
  return sent;
}

/** Put the answer in place; whoever taps row after row finds the next button under the same thumb. */
function show(html, form, button) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-queue]");
  if (!fresh) return false;
  const buttons = [...queue.querySelectorAll("button[name=only]")];
  const place = buttons.indexOf(button);
  queue.replaceChildren(...fresh.childNodes);
  count();
  const left = [...queue.querySelectorAll("button[name=only]")];
  if (place >= 0 && left.length) left[Math.min(place, left.length - 1)].focus({ preventScroll: true });
  return true;
}

queue?.addEventListener("change", (event) => {
  if (event.target.matches("[data-whole]")) {
    for (const box of queue.querySelectorAll("[data-fact]")) box.checked = event.target.checked;
  }
  count();
});

queue?.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  if (!form.matches("[data-facts]")) return;
  event.preventDefault();
  if (queue.ariaBusy === "true") return;
  queue.ariaBusy = "true";
  try {
    const answer = await fetch(location.href, { method: "POST", body: chosenIn(form, button) });
    if (!answer.ok || !show(await answer.text(), form, button)) throw new Error("no queue");
  } catch {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    form.submit();
  } finally {
    queue.ariaBusy = "false";
  }
});

if (queue) count();
