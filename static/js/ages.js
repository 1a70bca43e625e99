// Ages and clock times in the page's language. Clock times are the city's, whatever zone the phone is in.
const ENGLISH = document.documentElement.lang.startsWith("en");
const LANGUAGE = ENGLISH ? "en-GB" : "zh-CN";
const CITY = { timeZone: "Asia/Shanghai" };
const STEPS = [[86_400_000, "day"], [3_600_000, "hour"], [60_000, "minute"]];
// Making a formatter costs a slow phone tens of milliseconds, and most pages need none.
const once = (make) => { let made; return () => (made ??= make()); };
const relative = once(() => new Intl.RelativeTimeFormat(LANGUAGE));
const day = once(() => new Intl.DateTimeFormat(LANGUAGE, { ...CITY, month: ENGLISH ? "short" : "long", day: "numeric" }));
const time = once(() => new Intl.DateTimeFormat(LANGUAGE, { ...CITY, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }));

export function age(since) {
  const passed = Date.now() - since;
  const [size, unit] = STEPS.find(([length]) => passed >= length) ?? [];
  if (!size) return ENGLISH ? "just now" : "刚刚";
  return relative().format(-Math.floor(passed / size), unit).replace(/(\d)(?=[^\d\s])/, "$1 ");
}

export function isToday(moment) {
  return day().format(moment) === day().format(new Date());
}

export function clock(moment) {
  return isToday(moment) ? time().format(moment) : `${day().format(moment)} ${time().format(moment)}`;
}
