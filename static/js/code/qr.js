// A QR code as SVG, built by DOM calls. Codes are letters, digits and signs of the alphanumeric mode: version 10-M, or 9-L
// where the square is small and larger dots are worth more than more correction.
import { encode } from "../../uqr/index.mjs";

const NS = "http://www.w3.org/2000/svg";
const SMALL = 250;
const MARGIN = 4;

const make = (name, attributes) => {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

// Dark dots of a row that touch are one stroke of the path.
function pathOf(rows) {
  const runs = [];
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      const from = x;
      while (row[x]) x += 1;
      if (x > from) runs.push(`M${from} ${y}h${x - from}v1H${from}z`);
    }
  });
  return runs.join("");
}

export function drawQr(box, text) {
  const { data, size } = encode(text, { ecc: box.clientWidth < SMALL ? "L" : "M", boostEcc: false, border: MARGIN });
  const picture = make("svg", { viewBox: `0 0 ${size} ${size}`, "shape-rendering": "crispEdges", "aria-hidden": "true", focusable: "false" });
  picture.append(make("rect", { width: size, height: size, fill: "#fff" }), make("path", { d: pathOf(data), fill: "#000" }));
  box.replaceChildren(picture);
}
