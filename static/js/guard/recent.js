// The last twenty scans, in memory only: time, verdict, platform; a name for five minutes, then it is gone. The last pass can
// be taken back.
import { desk } from "./desk.js";
import { clockAt } from "./hours.js";
import { put } from "./queue.js";
import { makeRow } from "./row.js";
import { copy, onShow, onTap, part, show, view } from "./views.js";
import { platformName, say, wordsOf } from "./words.js";

const MOST = 20;
const NAME_MS = 300_000;
let [found, tools] = [[], null];

export const latest = () => found[0] ?? null;

export function remember({ verdict, name, platform, opens, row = null }) {
  if (["challenge_required", "bad_format"].includes(verdict)) return;
  const at = tools.clock.now();
  const entry = { at, verdict, name: opens ? name : null, platform, opens, id: row?.id ?? null, pid: row?.pid ?? null, method: row?.method ?? "scan" };
  if (entry.id) found = found.filter((one) => one.id !== entry.id);
  found = [entry, ...found].slice(0, MOST);
  setTimeout(() => { entry.name = null; if (view() === "recent") render(); }, NAME_MS);
}

export function forgetRecent() {
  found = [];
}

function line(entry) {
  const { word, guard } = wordsOf(entry.verdict, desk.sync?.verdicts);
  const platform = entry.platform === null ? "" : platformName(desk.sync, entry.platform);
  const who = [entry.name, platform, word === "go" ? "" : guard].filter(Boolean).join(" · ");
  const made = copy("recent-line", { "line-at": clockAt(entry.at), "line-verdict": say(`word_${word}`), "line-who": who || guard });
  made.dataset.word = word;
  return made;
}

function render() {
  part("recent-list").replaceChildren(...found.map(line));
  part("recent-empty").hidden = found.length > 0;
  part("annul").hidden = !found[0]?.opens || !found[0].id;
}

export function bindRecent(given) {
  tools = given;
  onShow("recent", render);
  onTap("annul", async () => {
    const last = found[0];
    if (!last?.opens) return;
    const { id: annuls, pid, method } = last;
    await put(await makeRow(desk, tools.clock, { verdict: "annulled", annuls, pid, method }));
    Object.assign(last, { verdict: "annulled", opens: false });
    tools.sender.flush();
    show("recent");
  });
}
