// Starts the worker of a shell (html[data-worker]). A new version, another language or the worker's end loads the page anew,
// but never while isBusy() says that somebody scans, writes or shows a code that must not vanish.
import { trusted } from "../trusted.js";

const root = document.documentElement;
const EVERY = 2000;
const JUST_OPENED = 4000;
const CHECK_EVERY = 10 * 60_000;

function hear(container, state) {
  const hadOne = Boolean(container.controller);
  container.addEventListener("message", ({ data, ports }) => {
    if (data.type === "busy?") ports[0].postMessage(state.isBusy());
    if (data.type === "language" && data.language !== root.lang) {
      state.isOld = true;
      // The page has just been opened in the language of before: nobody reads or scans it yet.
      if (performance.now() < JUST_OPENED) window.location.reload();
    }
    if (data.type === "ended") state.isOld = true;
  });
  let first = !hadOne;
  container.addEventListener("controllerchange", () => {
    // The first worker of a page brings nothing that the page does not have.
    if (!first) state.isOld = true;
    first = false;
  });
}

// Returns { more(), check() }: fetch what may come later; ask for the newest version.
export async function startWorker({ isBusy = () => false } = {}) {
  const container = navigator.serviceWorker;
  const address = root.dataset.worker;
  if (!container || !address) return { more() {}, check() {} };
  const state = { isBusy, isOld: false };
  hear(container, state);
  const registration = await container.register(trusted.createScriptURL(address), { updateViaCache: "none" }).catch(() => null);
  const say = (type) => registration?.active?.postMessage({ type });
  const tick = () => {
    if (isBusy()) return;
    if (state.isOld) window.location.reload();
    else registration?.waiting?.postMessage({ type: "idle" });
  };
  window.setInterval(tick, EVERY);
  const check = () => say("check");
  window.setInterval(check, CHECK_EVERY);
  window.addEventListener("online", check);
  document.addEventListener("visibilitychange", () => (document.hidden ? tick() : check()));
  return { more: () => container.ready.then(({ active }) => active.postMessage({ type: "more" })), check };
}
