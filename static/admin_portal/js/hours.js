// The week grid: add intervals, copy a day to others, hide what a rule does not need and the spare blank cells.
import { copy, isBlank, part, showTimes } from "./intervals.js";
import { addRow } from "./rows.js";

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
