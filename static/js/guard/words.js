// Words in the page's language. The shell carries its own sentences and a copy of the verdicts' words, for before the first
// sync; what a sync brings takes their place.
const LANGUAGE = document.documentElement.lang.startsWith("en") ? "en" : "zh";
const part = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

export const says = part("guard-says");
const builtIn = part("guard-verdicts");

export const language = LANGUAGE;
export const inLanguage = (both) => (both && (both[LANGUAGE] || both.zh || both.en)) || "";

export const say = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), says[name] ?? name);

// Returns { word: go|wait|no, retry, guard, next } for a verdict; one that nobody knows waits.
export function wordsOf(verdict, synced = null) {
  const found = synced?.[verdict] ?? builtIn[verdict];
  if (!found) return { word: "wait", retry: true, guard: verdict, next: say("try_again") };
  return { word: found.word, retry: found.retry, guard: inLanguage(found.guard), next: inLanguage(found.next) };
}

export const sayReason = (verdict, synced) => (synced?.[verdict] ?? builtIn[verdict] ? wordsOf(verdict, synced).guard : verdict);

export function platformName(sync, number) {
  return inLanguage(sync?.platforms?.find((one) => one.number === number)) || say("platform_other");
}
