// Photos: drag a card to change the order, see a chosen file at once. Without this the order is a number.
function number(list) {
  [...list.querySelectorAll("[data-photo]")].forEach((card, position) => {
    const field = card.querySelector('[name$="-position"]');
    if (field) field.value = String(position);
  });
}

function preview(card, file) {
  if (!file || !file.type.startsWith("image/")) return;
  let image = card.querySelector("img");
  if (!image) { image = document.createElement("img"); image.alt = ""; card.prepend(image); }
  image.src = URL.createObjectURL(file);
  image.dataset.large = image.src;
}

for (const group of document.querySelectorAll("[data-photos]")) {
  const list = group.querySelector("[data-list]");
  let dragged = null;
  const prepare = (card) => { card.draggable = Boolean(card.querySelector("img")); };
  list.querySelectorAll("[data-photo]").forEach(prepare);
  list.addEventListener("row-added", () => number(list));
  list.addEventListener("dragstart", (event) => { dragged = event.target.closest("[data-photo]"); dragged?.classList.add("nx-dragged"); });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-photo]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    list.insertBefore(dragged, event.clientX < box.left + box.width / 2 ? over : over.nextSibling);
  });
  list.addEventListener("dragend", () => { dragged?.classList.remove("nx-dragged"); dragged = null; number(list); });
  list.addEventListener("change", (event) => {
    if (event.target.type === "file") { const card = event.target.closest("[data-photo]"); preview(card, event.target.files[0]); prepare(card); }
  });
}
