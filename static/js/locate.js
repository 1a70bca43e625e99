// [data-locate="/address?next=/"]: on a tap ask the phone where it is and go to the address with ?near=lat,lng.
// [data-locate-answer] says what went wrong. Nothing is asked before the tap; three decimals are about 100 m.
const SENTENCES = {
  zh: {
    asking: "正在问手机的位置…",
    1: "你没有允许定位。可以在手机设置里打开，或者选一个街道。",
    2: "手机暂时不知道自己在哪里。到开阔处再试，或者选一个街道。",
    3: "定位用了太久。再点一次，或者选一个街道。",
  },
  en: {
    asking: "Asking the phone where it is…",
    1: "You did not allow the position. Allow it in the settings of the phone, or choose a street.",
    2: "The phone does not know where it is. Try again in the open, or choose a street.",
    3: "That took too long. Tap once more, or choose a street.",
  },
};

function say(root, key) {
  const words = document.documentElement.lang.startsWith("en") ? SENTENCES.en : SENTENCES.zh;
  for (const line of root.querySelectorAll("[data-locate-answer]")) {
    line.hidden = false;
    line.textContent = words[key];
  }
}

function go(target, position) {
  const address = new URL(target, window.location.href);
  const { latitude, longitude } = position.coords;
  address.searchParams.set("near", `${latitude.toFixed(3)},${longitude.toFixed(3)}`);
  window.location.assign(address);
}

export function bindLocate(root) {
  if (!("geolocation" in navigator)) return;
  for (const button of root.querySelectorAll("[data-locate]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      say(document, "asking");
      navigator.geolocation.getCurrentPosition(
        (position) => go(button.dataset.locate, position),
        (error) => say(document, error.code),
        { timeout: 10000, maximumAge: 60000, enableHighAccuracy: true },
      );
    });
  }
}
