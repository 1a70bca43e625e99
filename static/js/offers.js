// The list under a search field, after the ARIA combobox pattern: options, the active one, and how many there are.
export class Offers {
  constructor(input, words) {
    this.input = input;
    this.words = words;
    this.active = -1;
    this.list = Object.assign(document.createElement("ul"), { id: `${input.id}-offers`, className: "offers-list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", words.label);
    this.status = Object.assign(document.createElement("span"), { className: "unseen" });
    this.status.setAttribute("role", "status");
    input.form.append(this.list, this.status);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
  }

  get options() { return [...this.list.children]; }

  get isOpen() { return !this.list.hidden; }

  option(offer, number) {
    const item = Object.assign(document.createElement("li"), { id: `${this.list.id}-${number}`, offer });
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${this.words.icons}#${offer.icon}`);
    svg.append(use);
    const text = Object.assign(document.createElement("span"), { textContent: offer.text });
    const hint = Object.assign(document.createElement("small"), { textContent: offer.hint, className: "soft" });
    item.append(svg, text, " ", hint);
    return item;
  }

  show(offers) {
    this.list.replaceChildren(...offers.map((offer, number) => this.option(offer, number)));
    this.list.hidden = offers.length === 0;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.status.textContent = this.isOpen ? this.words.count.replace("{count}", offers.length) : "";
    this.activate(-1);
  }

  activate(number) {
    this.active = number;
    this.options.forEach((item, place) => item.setAttribute("aria-selected", String(place === number)));
    const item = this.options[number];
    if (!item) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    const count = this.options.length;
    this.activate((this.active + step + (this.active < 0 && step < 0 ? 1 : 0) + count) % count);
  }
}
