// Everything that is not scanning: which way, the list of the rest, the end of a shift, a card to write on.
import { desk } from "./desk.js";
import { endShift } from "./shifting.js";
import { fill, notice, onShow, onTap, part, parts, show } from "./views.js";
import { say } from "./words.js";

function direction() {
  for (const one of parts("direction")) one.setAttribute("aria-pressed", String(one.dataset.direction === desk.direction));
}

export function bindMore({ sender }) {
  onTap("go-to", (key) => show(key.dataset.goTo));
  onTap("direction", (key) => { desk.direction = key.dataset.direction; direction(); });
  onShow("scan", direction);
  onShow("ending", () => fill("ending-say", desk.waiting ? say("ending_waiting", { count: desk.waiting }) : ""));
  onTap("end-shift", async () => {
    await sender.flush();
    await endShift();
    show("start");
  });
  onShow("card", () => { part("card-text").value = ""; });
  onTap("notice-close", () => notice(""));
  onTap("leave-waiting", () => show(desk.unregistered ? "unregistered" : desk.shift ? "scan" : "start"));
}
