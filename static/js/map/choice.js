// The chosen place: its mark stands out, a popup says what it is and leads to its page. Escape closes it.
import { copy, write } from "./facts.js";
import { pin } from "./marks.js";

export class Choice {
  // `told(spot)` hears what is chosen, null for nothing.
  constructor(map, words, told) {
    Object.assign(this, { map, words, told, spot: null });
    map.on("popupclose", () => this.forget());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.spot) map.closePopup();
    });
  }

  open(spot, byKey) {
    const from = document.activeElement;
    this.map.closePopup();
    Object.assign(this, { spot, from, content: write(copy("card"), spot, this.words) });
    this.stand();
    const options = { offset: [0, -12], autoPanPadding: [16, 16], minWidth: 200, maxWidth: 280 };
    const popup = window.L.popup(options).setLatLng([spot.lat, spot.lng]).setContent(this.content).openOn(this.map);
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", this.words.close);
    this.told(spot);
    if (byKey) this.content.querySelector("a").focus({ preventScroll: true });
  }

  stand() {
    this.mark?.remove();
    const html = pin(this.spot, this.words);
    html.classList.add("chosen");
    const icon = window.L.divIcon({ className: "mark", html, iconSize: [44, 44] });
    const options = { icon, interactive: false, keyboard: false, zIndexOffset: 1000 };
    this.mark = window.L.marker([this.spot.lat, this.spot.lng], options).addTo(this.map);
  }

  // States have changed: say the new one, or close when the place is gone.
  renew(spots) {
    if (!this.spot) return;
    const spot = spots.find((other) => other.id === this.spot.id);
    if (!spot) { this.map.closePopup(); return; }
    this.spot = spot;
    write(this.content, spot, this.words);
    this.stand();
  }

  forget() {
    const held = this.content?.contains(document.activeElement) || document.activeElement === document.body;
    this.mark?.remove();
    this.spot = null;
    this.told(null);
    if (held) (this.from?.isConnected && this.from !== document.body ? this.from : this.map.getContainer()).focus({ preventScroll: true });
  }
}
