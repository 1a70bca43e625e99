// A bar that follows what a worker does, and shows the page anew when that is done. Without this one reloads.
const EVERY_MILLISECONDS = 1000;

function follow(shown) {
  const bar = shown.querySelector("progress");
  const said = shown.querySelector("[data-said]");
  const ask = async () => {
    let answer = null;
    try {
      const response = await fetch(shown.dataset.progress, { headers: { Accept: "application/json" } });
      answer = response.ok ? await response.json() : null;
    } catch { /* No network for a moment: ask again. */ }
    if (answer && answer.state !== shown.dataset.state) { location.reload(); return; }
    if (answer) {
      bar.max = Math.max(answer.total, 1);
      if (answer.done > 0) bar.value = answer.done;
      said.textContent = answer.said;
    }
    setTimeout(ask, EVERY_MILLISECONDS);
  };
  setTimeout(ask, EVERY_MILLISECONDS / 2);
}

document.querySelectorAll("[data-progress]").forEach(follow);
