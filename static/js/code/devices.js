// The devices that hold one's code, each with a button that ends it; and what is said when the server refuses.
import { cityTime, DAY } from "./clock.js";
import { drop, held } from "./keys.js";
import { send } from "./server.js";
import { remember } from "./store.js";
import { fill, find, findAll, refusal } from "./words.js";

// Says a refusal beside the button; a sign-in that is too old leads to a new one.
export function sayRefusal(box, { body }) {
  if (body.error === "sign_in_again" || body.error === "sign_in") window.location.assign("/code/sign-in/");
  find("[data-say]", box).textContent = refusal(body);
}

async function end(number, box, done) {
  const answer = await send(`/code/containers/${number}/end/`);
  if (!answer.ok) return sayRefusal(box, answer);
  if ((await held())?.container === number) await drop({ byHand: true });
  return done();
}

export async function listDevices(containers, done) {
  const own = (await held())?.container;
  for (const list of findAll("[data-devices]")) {
    list.replaceChildren(...containers.map((container) => {
      const item = find("template[data-device]").content.cloneNode(true);
      find("[data-label]", item).textContent = container.label || container.kind;
      find("[data-here]", item).hidden = container.number !== own;
      fill(find("[data-seen]", item), { at: cityTime(Date.parse(container.seen_at), DAY) });
      find("button", item).addEventListener("click", () => end(container.number, list.parentElement, done));
      return item;
    }));
  }
}

// A code that was ended on this phone comes back to it only when somebody asks for it.
export function bindComingBack() {
  for (const link of findAll("[data-sign-in]")) {
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      await remember("gone", null).catch(() => null);
      window.location.assign(link.href);
    });
  }
}
