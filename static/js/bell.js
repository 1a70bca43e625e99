// [data-bell] is shown to whoever is signed in, with how much is unread. Pages are the same for everybody, so only a page
// of one's own ([data-unread-now]) says it; between two of those the server is asked, every two minutes at most.
const KEY = "bell";
const FRESH = 120_000;

function recall() {
  try {
    return JSON.parse(window.localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep(count) {
  try {
    if (count === null) window.localStorage.removeItem(KEY);
    else window.localStorage.setItem(KEY, JSON.stringify({ count, at: Date.now() }));
  } catch { /* Storage is forbidden: the bell stays where it is not shown, and “Me” says it all. */ }
}

function show(bell, count) {
  bell.hidden = count === null;
  const badge = bell.querySelector("[data-bell-count]");
  badge.hidden = !count;
  badge.textContent = count > 99 ? "99+" : String(count ?? "");
}

async function ask(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? (await answer.json()).unread : undefined;
}

export async function bindBell(root) {
  const bell = root.querySelector("[data-bell]");
  if (!bell) return;
  const own = root.querySelector("[data-unread-now]");
  if (own) keep(own.dataset.unreadNow === "" ? null : Number(own.dataset.unreadNow));
  const known = recall();
  if (!known) return;
  show(bell, known.count);
  if (Date.now() - known.at < FRESH) return;
  const count = await ask(bell.dataset.bell);
  if (count === undefined) return;
  keep(count);
  show(bell, count);
}
