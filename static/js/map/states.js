// What the course of a place says of a minute, and in which words. A place never looks open unless it is: before the
// first minute and after the last one nobody knows.
const SOON = 45;
const TOLD = 20 * 60;
const DAY = 24 * 60;

export const isOpen = (course) => course.code === "o" || course.code === "e";

// The present minute; on a page that is not live the one of which it speaks (js/signal_line.js).
const minuteOf = (points) => Math.floor((Number(document.documentElement.dataset.heldAt) || Date.now()) / 60000) - points.from;

// What the words for a state depend on.
export const stamp = ({ code, soon, minute }) => `${code}${soon}${Math.floor(minute / DAY)}`;

// Put the state of the minute on every course; say whether any of them is another than before.
export function settle(points) {
  const minute = minuteOf(points);
  const known = minute >= 0 && minute < points.minutes;
  let changed = false;
  for (const course of points.courses) {
    const at = known ? course.steps.findLastIndex(([start]) => start <= minute) : -1;
    const code = known ? course.steps[at][1] : "u";
    const soon = code === "o" && course.steps[at + 1]?.[0] - minute <= SOON;
    changed ||= code !== course.code || soon !== course.soon;
    Object.assign(course, { code, soon, minute, at });
  }
  return changed;
}

function clock(course, step, words) {
  const time = `${String(Math.floor((step[0] % DAY) / 60)).padStart(2, "0")}:${String(step[0] % 60).padStart(2, "0")}`;
  const days = Math.floor(step[0] / DAY) - Math.floor(course.minute / DAY);
  return days > 0 && step[0] % DAY > 6 * 60 ? words.tomorrow.replace("{time}", time) : time;
}

function sayOpen(course, words) {
  if (course.code === "e") return { tone: "open", word: words.open, note: words.soldEnd };
  const end = course.steps[course.at + 1];
  const note = end?.[0] - course.minute <= TOLD ? words.until.replace("{time}", clock(course, end, words)) : "";
  return course.soon ? { tone: "soon", word: words.soon, note } : { tone: "open", word: words.open, note };
}

// Tone (open, soon, shut, unknown), word and note of a place's state.
export function say(course, words) {
  if (isOpen(course)) return sayOpen(course, words);
  if (course.code === "u") return { tone: "unknown", word: words.unknown, note: "" };
  const next = course.steps.slice(course.at + 1).find(([, code]) => "oe".includes(code));
  const note = next ? words.opens.replace("{time}", clock(course, next, words)) : "";
  const word = { x: words.closed, p: words.paused, s: words.sold, b: words.broken }[course.code];
  return { tone: course.code === "x" ? "shut" : "unknown", word, note };
}

// Open places first, then the nearest to a point.
export function ranked(spots, { lat, lng }) {
  const narrow = Math.cos((lat * Math.PI) / 180);
  const far = (spot) => (spot.lat - lat) ** 2 + ((spot.lng - lng) * narrow) ** 2;
  const keyed = spots.map((spot) => [isOpen(spot.course) ? 0 : 1, far(spot), spot]);
  return keyed.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((key) => key[2]);
}
