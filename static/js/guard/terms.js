// On which terms couriers enter at a gate, now. The server's answer counts while it is fresh; later the times it came with.
import { isOpenAt, isWithin } from "./hours.js";

const FRESH_MS = 300_000;

function rides(terms, ms) {
  return terms.riding === "by_hour" ? isWithin(terms.riding_from, terms.riding_until, ms) : terms.riding === "always";
}

function hasBegun({ starts_at: start, until }, ms) {
  return Date.parse(start) <= ms && !(until && Date.parse(until) <= ms);
}

// Returns "ride", "enter", "closed", "never" or "unknown".
export function stateNow(terms, ms, syncedMs) {
  if (!terms) return "unknown";
  if (ms - syncedMs < FRESH_MS || terms.state === "never") return terms.state;
  const { opens, closes, compound } = terms;
  if (compound?.paused || compound?.pauses?.some((pause) => hasBegun(pause, ms))) return "closed";
  const isOpen = opens ? isWithin(opens, closes, ms) : isOpenAt(compound?.hours, ms);
  if (isOpen === null) return "unknown";
  return isOpen ? (rides(terms, ms) ? "ride" : "enter") : "closed";
}

// Returns the verdict that a gate's terms give somebody who comes in; going out is never refused.
export function ruleFor(state, direction) {
  if (direction !== "in") return null;
  return { closed: "gate_closed", never: "gate_rule" }[state] ?? null;
}

// The one line under a name: the server's sentence while its state still holds, else the state alone.
export function lineFor(terms, state, language, says) {
  if (!terms) return "";
  const first = state === terms.state ? (terms[language] ?? terms.zh) : says[`terms_${state}`];
  return [first, terms.bays, terms.note].filter(Boolean).join(" · ");
}
