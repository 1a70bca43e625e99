// The gate's own clock while the server cannot be asked: "HH:MM" of the city's day, past midnight allowed. What only the
// server can know (holidays) is answered with null: unknown, never with a refusal.
const CITY = { timeZone: "Asia/Shanghai", hourCycle: "h23" };
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_MS = 86_400_000;
const CITY_MS = 8 * 3_600_000;
const format = new Intl.DateTimeFormat("en-GB", { ...CITY, hour: "2-digit", minute: "2-digit" });

export const clockAt = (ms) => format.format(ms);

export const isWithin = (starts, ends, ms) => {
  const now = clockAt(ms);
  return starts < ends ? starts <= now && now < ends : now >= starts || now < ends;
};

// Whether a row of the hours covers a moment; `from` is the city's day before when it runs past midnight.
function covers(row, ms, isDayBefore) {
  if (row.rule === "closed" || row.rule === "unknown") return false;
  if (row.rule === "all_day") return !isDayBefore;
  const now = clockAt(ms);
  const isPast = row.closes <= row.opens;
  if (isDayBefore) return isPast && now < row.closes;
  return now >= row.opens && (isPast || row.open_end || now < row.closes);
}

// The rows of a day: dated exceptions first, then the kind of day, then the weekday.
function rowsOf({ weekly = [], exceptions = [] }, ms) {
  const date = new Date(ms + CITY_MS);
  const iso = date.toISOString().slice(0, 10);
  const dated = exceptions.filter((row) => row.starts_on <= iso && iso <= row.ends_on);
  if (dated.length) return dated;
  const day = DAYS[date.getUTCDay()];
  const type = day === "sat" || day === "sun" ? "rest_day" : "workday";
  const typed = weekly.filter((row) => row.day === type);
  return typed.length ? typed : weekly.filter((row) => row.day === day);
}

// Returns true, false, or null when the hours { weekly, exceptions } do not say.
export function isOpenAt(hours, ms) {
  if (!hours?.weekly?.length) return null;
  const today = rowsOf(hours, ms);
  if (today.some((row) => covers(row, ms, false))) return true;
  if (rowsOf(hours, ms - DAY_MS).some((row) => covers(row, ms, true))) return true;
  return !today.length || today.some((row) => row.rule === "unknown") ? null : false;
}
