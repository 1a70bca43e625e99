// The intervals of one day in the week grid: read them, write them, copy them to other days.
import { addRow } from "./rows.js";

export const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
export const isBlank = (row) => !part(row, "rule").value && !part(row, "opens").value && !part(row, "closes").value;

export function showTimes(row) {
  const rule = part(row, "rule").value;
  row.querySelectorAll("[data-times]").forEach((field) => { field.hidden = !["", "open"].includes(rule); });
  row.classList.toggle("nx-blank", isBlank(row));
}

function fill(row, values) {
  for (const [name, value] of Object.entries(values)) {
    const field = part(row, name);
    if (field.type === "checkbox") field.checked = value;
    else field.value = value;
  }
  part(row, "DELETE").checked = false;
  row.classList.remove("nx-removed");
  row.hidden = false;
  showTimes(row);
}

function read(row) {
  return Object.fromEntries(["rule", "opens", "closes", "is_open_end", "label"].map((name) => {
    const field = part(row, name);
    return [name, field.type === "checkbox" ? field.checked : field.value];
  }));
}

function intervals(day) {
  return [...day.querySelectorAll("[data-interval]")].filter((row) => !isBlank(row) && !part(row, "DELETE").checked);
}

function place(group, day, values) {
  const spare = [...day.querySelectorAll("[data-interval]")].find(isBlank);
  const row = spare ?? addRow(group, null, day.querySelector("[data-list]"));
  part(row, "day").value = day.dataset.day;
  fill(row, values);
  return row;
}

export function copy(group, from, targets) {
  const wanted = intervals(from).map(read);
  for (const day of group.querySelectorAll("[data-day]")) {
    if (!targets.includes(day.dataset.day) || day === from) continue;
    for (const row of intervals(day)) { part(row, "DELETE").checked = true; row.classList.add("nx-removed"); row.hidden = true; }
    wanted.forEach((values) => place(group, day, values));
  }
}
