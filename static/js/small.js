// Small behaviours. breath() lets the phone answer a tap between two pieces of work.
// [data-copy="text"] copies it and says data-done; [data-print] prints; details[data-open-wide] is open on a desk.
export function bindCopy(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    const before = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
      window.setTimeout(() => { button.textContent = before; }, 2000);
    });
  }
}

export function bindPrint(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

export function bindWide(root) {
  const wide = window.matchMedia("(min-width: 900px)");
  for (const details of root.querySelectorAll("details[data-open-wide]")) {
    if (wide.matches) details.open = true;
  }
}

export function breath() {
  return window.scheduler?.yield?.() ?? new Promise((go) => { window.setTimeout(go); });
}
