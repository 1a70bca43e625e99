// The week grid: add intervals, copy a day to others, hide what a rule does not need and the spare blank cells.
import { addRow } from "./rows.js";

const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
const isBlank = (row) => !part(row, "rule").value && !part(row, "opens").value && !part(row, "closes").value;

function showTimes(row) {
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

function copy(group, from, targets) {
  const wanted = intervals(from).map(read);
  for (const day of group.querySelectorAll("[data-day]")) {
    if (!targets.includes(day.dataset.day) || day === from) continue;
    for (const row of intervals(day)) { part(row, "DELETE").checked = true; row.classList.add("nx-removed"); row.hidden = true; }
    wanted.forEach((values) => place(group, day, values));
  }
}

for (const group of document.querySelectorAll("[data-hours]")) {
  group.querySelectorAll("[data-interval]").forEach(showTimes);
  group.addEventListener("input", (event) => {
    const row = event.target.closest("[data-interval]");
    if (row) showTimes(row);
  });
  for (const day of group.querySelectorAll("[data-day]")) {
    const rows = [...day.querySelectorAll("[data-interval]")];
    rows.forEach((row, number) => { row.hidden = isBlank(row) && number > 0 && !row.querySelector(".nx-error"); });
    const add = day.querySelector("[data-add-to]");
    add.hidden = false;
    add.addEventListener("click", () => {
      const hidden = rows.find((row) => row.hidden && isBlank(row));
      const row = hidden ?? addRow(group, null, day.querySelector("[data-list]"));
      part(row, "day").value = day.dataset.day;
      row.hidden = false;
      part(row, "opens").focus();
    });
    const menu = day.querySelector("[data-copy]");
    menu.hidden = false;
    menu.addEventListener("click", (event) => {
      const boxes = [...menu.querySelectorAll("input[type=checkbox]")];
      if (event.target.dataset.set) boxes.forEach((box) => { box.checked = event.target.dataset.set.split(" ").includes(box.value); });
      if ("doCopy" in event.target.dataset) {
        copy(group, day, boxes.filter((box) => box.checked).map((box) => box.value));
        menu.open = false;
      }
    });
  }
}
