// One's own data: a lost phone, photo and proof, deleting everything.
import { bindComingBack, listDevices, sayRefusal } from "./devices.js";
import { dialog } from "./dialogs.js";
import { drop } from "./keys.js";
import { send, sendForm } from "./server.js";
import { recall, wipe } from "./store.js";
import { find, findAll } from "./words.js";

function bindDeed(name, address, after, done) {
  const box = dialog(name);
  find(`[data-do="${name}"]`, box).addEventListener("click", async () => {
    const answer = await send(address);
    if (!answer.ok) return sayRefusal(box, answer);
    await after();
    box.close();
    return done();
  });
}

function bindFile(form, address, name, done) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await sendForm(address, { [name]: find("input[type=file]", form).files[0] });
    if (!answer.ok) return sayRefusal(form, answer);
    find("[data-say]", form).textContent = find("[data-say]", form).dataset.done ?? "";
    return done();
  });
}

export function bindOwn(done) {
  bindComingBack();
  bindDeed("lost", "/code/lost/", () => drop({}), done);
  bindDeed("erase", "/code/erase/", wipe, done);
  bindFile(find("[data-photo]"), "/code/photo/", "photo", done);
  find('[data-do="photo"]').addEventListener("click", async () => {
    const answer = await sendForm("/code/photo/", { take_away: "1" });
    if (!answer.ok) return sayRefusal(dialog("photo"), answer);
    dialog("photo").close();
    return done();
  });
  dialog("photo").addEventListener("open", async () => {
    const state = (await recall("state"))?.holder?.photo_state ?? "none";
    for (const line of findAll("[data-photo-state]")) line.hidden = line.dataset.photoState !== state;
    find('[data-do="photo"]').hidden = state === "none";
  });
  bindFile(find("[data-proof]"), "/code/proof/", "proof", done);
  const sure = find("[data-sure]");
  sure.addEventListener("change", () => { find('[data-do="erase"]').disabled = !sure.checked; });
  dialog("devices").addEventListener("open", async () => listDevices((await recall("state"))?.containers ?? [], done));
}
