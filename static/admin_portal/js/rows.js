// Rows of a group: add a blank one, mark removed ones. Without this the form has one blank row and boxes to tick.
export function addRow(group, before = null, list = group.querySelector("[data-list]")) {
  const prefix = group.dataset.rows;
  const total = group.querySelector(`[name="${prefix}-TOTAL_FORMS"]`);
  const number = Number(total.value);
  const blank = group.querySelector("template[data-blank]");
  const holder = document.createElement("template");
  holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", String(number));
  const row = holder.content.querySelector("[data-row]");
  list.insertBefore(row, before);
  total.value = String(number + 1);
  row.dispatchEvent(new CustomEvent("row-added", { bubbles: true }));
  return row;
}

function showRemoved(row) {
  const box = row.querySelector('[name$="-DELETE"]');
  row.classList.toggle("nx-removed", Boolean(box?.checked));
}

for (const group of document.querySelectorAll("[data-rows]")) {
  const button = group.querySelector("[data-add]");
  if (button) {
    button.hidden = false;
    button.addEventListener("click", () => addRow(group).querySelector("input:not([type=hidden]), select")?.focus());
  }
  group.querySelectorAll("[data-row]").forEach(showRemoved);
  group.addEventListener("change", (event) => {
    if (event.target.name?.endsWith("-DELETE")) showRemoved(event.target.closest("[data-row]"));
  });
}
