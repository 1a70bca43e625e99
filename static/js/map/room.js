// Where a label has room: inside its district, in the part that is in view, away from what stands there already.
const STEPS = 8;
export const HEIGHT = 22;

// About how wide 14 px letters are.
export const widthOf = (text) => Array.from(text).reduce((sum, sign) => sum + (sign > "\u2000" ? 14 : 8), 8);

function inside(ring, { x, y }) {
  let crossed = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
    const [a, b] = [ring[at], ring[before]];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) crossed = !crossed;
  }
  return crossed;
}

// Places to try for a label in the visible part of a ring, those nearest to its middle first.
function tries(ring, size, width) {
  const range = (axis, edge, end) => {
    const values = ring.map((point) => point[axis]);
    return [Math.max(Math.min(...values), edge), Math.min(Math.max(...values), end - edge)];
  };
  const [[west, east], [north, south]] = [range("x", width / 2, size.x), range("y", HEIGHT / 2, size.y)];
  if (west >= east || north >= south) return [];
  const found = [];
  for (let cell = 0; cell < (STEPS + 1) ** 2; cell += 1) {
    const [column, row] = [cell % (STEPS + 1), Math.floor(cell / (STEPS + 1))];
    found.push({ x: west + ((east - west) * column) / STEPS, y: north + ((south - north) * row) / STEPS });
  }
  const far = (point) => Math.hypot(point.x - (west + east) / 2, point.y - (north + south) / 2);
  return found.sort((a, b) => far(a) - far(b));
}

const meets = (other, point, width) =>
  Math.abs(other.x - point.x) < (other.width + width) / 2 && Math.abs(other.y - point.y) < (other.height + HEIGHT) / 2;

// The best free place for a label of this width in a ring of pixels; undefined when there is none.
export const room = (ring, size, width, placed) =>
  tries(ring, size, width).find((point) => inside(ring, point) && !placed.some((other) => meets(other, point, width)));
