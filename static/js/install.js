// [data-install] offers to put the portal on the home screen: where the browser can, and on iPhones in words. With
// data-visits="3" only from the third day of visits on, and never again once it was declined; never where it is installed.
const DECLINED = "install-declined";
const DAYS = "install-days";
let offer = null;

function stored(key, value) {
  try {
    if (value !== undefined) window.localStorage.setItem(key, value);
    return window.localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function countVisits() {
  const today = new Date().toISOString().slice(0, 10);
  const days = stored(DAYS).split(" ").filter(Boolean);
  if (!days.includes(today)) days.push(today);
  stored(DAYS, days.slice(-5).join(" "));
  return days.length;
}

const isInstalled = () => window.matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const isIphone = () => navigator.standalone === false;

function show(box, visits) {
  const wanted = Number(box.dataset.visits ?? 0);
  const tooSoon = wanted > 0 && (visits < wanted || stored(DECLINED) !== "");
  box.hidden = isInstalled() || tooSoon || !(offer || isIphone());
  box.querySelector("[data-install-go]").hidden = !offer;
  box.querySelector("[data-install-words]").hidden = Boolean(offer) || !isIphone();
}

export function bindInstall(root) {
  const visits = countVisits();
  const boxes = [...root.querySelectorAll("[data-install]")];
  const showAll = () => boxes.forEach((box) => show(box, visits));
  // Taken on every page: the browser's own bar would lie over the content.
  window.addEventListener("beforeinstallprompt", (event) => { event.preventDefault(); offer = event; showAll(); });
  window.addEventListener("appinstalled", () => boxes.forEach((box) => { box.hidden = true; }));
  for (const box of boxes) {
    box.querySelector("[data-install-no]")?.addEventListener("click", () => { stored(DECLINED, "1"); box.hidden = true; });
    box.querySelector("[data-install-go]").addEventListener("click", async () => {
      offer.prompt();
      await offer.userChoice;
      offer = null;
      showAll();
    });
  }
  showAll();
}
