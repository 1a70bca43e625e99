// Mark buildings by clicking on the building map. Without this their place is two numbers in percent.
const figure = document.querySelector("[data-building-map]");
const group = figure?.closest("[data-rows]");
const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
let chosen = null;

function mapSource() {
  const cards = [...document.querySelectorAll("[data-photo]")];
  const card = cards.find((one) => one.querySelector('[name$="-role"]')?.value === "building_map" && one.querySelector("img"));
  return card?.querySelector("img").dataset.large ?? "";
}

function draw() {
  const source = mapSource();
  figure.hidden = !source;
  group.querySelector("[data-no-map]").hidden = Boolean(source);
  if (!source) return;
  const image = figure.querySelector("img");
  if (image.getAttribute("src") !== source) image.src = source;
  figure.querySelectorAll("button").forEach((mark) => mark.remove());
  for (const row of group.querySelectorAll("[data-row]")) {
    const [x, y] = [part(row, "x").value, part(row, "y").value];
    if (x === "" || y === "" || part(row, "DELETE")?.checked) continue;
    const mark = document.createElement("button");
    mark.type = "button";
    mark.className = row === chosen ? "nx-mark nx-chosen" : "nx-mark";
    mark.style.insetInlineStart = `${x}%`;
    mark.style.insetBlockStart = `${y}%`;
    mark.textContent = part(row, "name").value || "·";
    mark.addEventListener("click", (event) => { event.stopPropagation(); choose(row); part(row, "name").focus(); });
    figure.querySelector("[data-stage]").append(mark);
  }
}

function choose(row) {
  chosen = row;
  group.querySelectorAll("[data-row]").forEach((one) => one.classList.toggle("nx-chosen", one === row));
  draw();
}

if (group) {
  group.addEventListener("focusin", (event) => { const row = event.target.closest("[data-row]"); if (row) choose(row); });
  group.addEventListener("input", draw);
  document.addEventListener("change", draw);
  document.addEventListener("row-added", (event) => { if (group.contains(event.target)) choose(event.target); });
  figure.querySelector("[data-stage]").addEventListener("click", (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    if (!chosen) chosen = group.querySelector("[data-row]");
    part(chosen, "x").value = (((event.clientX - box.left) / box.width) * 100).toFixed(1);
    part(chosen, "y").value = (((event.clientY - box.top) / box.height) * 100).toFixed(1);
    draw();
  });
  draw();
}
