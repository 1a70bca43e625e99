// What waits for a signal, and what the server refused: how many, and why, until the reader sends it away.
import { forget, waiting } from "./outbox.js";
import { fill, find, said } from "./words.js";

const banner = find('[data-banner="waiting"]');

export async function sayUnsent() {
  const rows = await waiting();
  const refused = rows.filter((row) => row.refused);
  banner.hidden = rows.length === 0;
  const line = find("[data-text]", banner);
  line.hidden = rows.length === refused.length;
  fill(line, { count: rows.length - refused.length });
  find("[data-refused]").replaceChildren(...refused.map((row) => {
    const item = find("template", banner).content.cloneNode(true);
    find("[data-words]", item).textContent = said(row.refused) || row.refused.error;
    find("button", item).addEventListener("click", () => forget(row.id));
    return item;
  }));
}
