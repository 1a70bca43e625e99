// From a scanned text to the screen: the verdict at once, the server's word right after it.
import { admit } from "./admit.js";
import { desk } from "./desk.js";
import { InView } from "./inview.js";
import { amended, sendNow } from "./live.js";
import { remember } from "./recent.js";
import { notice, onShow, onTap, show, view } from "./views.js";
import { addToVerdict, isShown, showVerdict } from "./verdict.js";
import { say, wordsOf } from "./words.js";

const SEES = new Set(["scan", "challenge"]);
export const inView = new InView();
let [tools, isBusy] = [null, false];

async function send(decided, text) {
  const answer = await sendNow(decided.row, text, tools);
  const verdict = answer && amended(decided, answer);
  if (!verdict) return void (answer && addToVerdict(decided, answer));
  const corrected = { ...decided, verdict, opens: false, name: null, asked: null };
  remember(corrected);
  if (isShown(decided)) return void showVerdict(corrected, tools);
  const words = wordsOf(verdict, desk.sync?.verdicts);
  notice(say("changed_later", { word: say(`word_${words.word}`), why: words.guard }));
}

async function decide(text) {
  const decided = await admit(text, tools);
  if (!decided) return;
  inView.judged(text, decided.opens || decided.verdict === "ok_already_passed");
  showVerdict(decided, tools);
  performance.clearMarks("verdict");
  performance.mark("verdict");
  remember(decided);
  if (decided.verdict === "unknown_issuer") tools.syncing.now();
  // The next courier does not wait for the server's word on this one.
  if (decided.row && desk.online) send(decided, text);
  else if (decided.row) tools.sender.flush();
}

// What is scanned while something else is shown, or while a verdict is being made, is not looked at.
export async function handle(text) {
  if (isBusy || !SEES.has(view()) || !desk.isReady || inView.isStillThere(text)) return;
  isBusy = true;
  try {
    await decide(text);
  } catch (error) {
    console.error(error);
    notice(say("not_kept"));
  } finally {
    isBusy = false;
  }
}

export function bindScan(given) {
  tools = given;
  onTap("again", () => { inView.forget(); show("scan"); });
  onTap("next", () => show("scan"));
  // A number that nobody sees any more asks for nothing.
  for (const name of ["scan", "manual", "start", "unregistered"]) onShow(name, () => tools.challenges.burn());
}
