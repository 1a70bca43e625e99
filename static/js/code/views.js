// Which view the page shows: decided by what the phone holds and by what the server said last. `viewOf` is pure.
import { find, findAll, said } from "./words.js";

// record: what signs (keys.js) · isLive: whether its credential holds · state: of /code/state/, null when it never answered ·
// isFresh: it answered just now · answer: what asking for a credential came to · heldBack: what renewing came to · had: a key
// was here before.
export function viewOf({ record, isLive, state, isFresh, answer, heldBack, had }) {
  const because = state?.refused_because?.code;
  if ((state?.signed_in && because === "suspended") || (heldBack?.error === "suspended" && !isFresh)) return "suspended";
  if (heldBack?.error === "suspended" && !state?.signed_in) return "suspended";
  if (isLive) return "code";
  if (!isFresh) return record ? "expired" : "offline";
  // Everything was deleted a moment ago, and the server is about to be asked.
  if (!state) return "loading";
  if (!state.signed_in) return had ? "lost" : "signin";
  if (!state.enrolled) return "enrol";
  if (because) return "waiting";
  if (answer?.error === "too_many_containers") return "full";
  return answer?.error === "sign_in_again" ? (had ? "lost" : "again") : record ? "expired" : "again";
}

export function showView(name, { state, answer, heldBack }) {
  const view = find(`[data-view="${name}"]`);
  // Whoever filled in the form stands at its end: the code comes into sight only from the top.
  if (view.hidden) window.scrollTo(0, 0);
  for (const one of findAll("[data-view]")) one.hidden = one !== view;
  const because = find("[data-because]", view);
  if (because) because.textContent = said(state?.refused_because) || said(heldBack);
  const say = find(":scope > [data-say]", view);
  if (say) say.textContent = ["sign_in_again", "too_many_containers"].includes(answer?.error) ? "" : said(answer);
  const proof = find("[data-proof]", view);
  if (proof) proof.hidden = state?.refused_because?.code === "proof_waiting";
  for (const link of findAll("[data-sign-in]", view)) link.href = state?.sign_in_url ?? link.href;
  find("[data-more]").hidden = !(name === "code" || state?.enrolled);
}
