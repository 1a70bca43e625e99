// The line icon of a kind, from the sheet that the pages use.
const drawings = new Map();

function draw(kind, words) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const icon = document.querySelector(`[name=kind][value="${kind}"]`)?.dataset.icon ?? "listing";
  use.setAttribute("href", `${words.icons}#${icon}`);
  svg.append(use);
  return svg;
}

export function drawing(kind, words) {
  if (!drawings.has(kind)) drawings.set(kind, draw(kind, words));
  return drawings.get(kind).cloneNode(true);
}
