// Keeps the screen on while the code is shown; a browser that cannot leaves it to the phone.
let lock = null;
let isWanted = false;

async function hold() {
  if (!isWanted || document.hidden || lock || !window.navigator.wakeLock) return;
  lock = await window.navigator.wakeLock.request("screen").catch(() => null);
  lock?.addEventListener("release", () => { lock = null; });
}

export function stayAwake(wanted) {
  isWanted = wanted;
  if (wanted) hold();
  else lock?.release();
}

document.addEventListener("visibilitychange", hold);
