// Who the code is: read from the credential itself, so that the courier sees what the guard will see.
import { cityTime, DAY } from "./clock.js";
import { shown } from "./keys.js";
import { fill, find, findAll, language, said } from "./words.js";

export function sayWho(record) {
  const credential = shown(record);
  find("[data-name]").textContent = credential.name;
  const platform = record.platforms.find((one) => one.number === credential.platform);
  const tag = find("[data-platform]");
  tag.hidden = !platform;
  tag.textContent = platform?.[language] ?? "";
  for (const work of findAll("[data-work]")) work.hidden = work.dataset.work !== credential.workType;
  find("[data-provisional]").hidden = !credential.provisional;
  fill(find("[data-valid]"), { until: cityTime(record.endsAt, DAY) });
}

export function sayNotices(notices) {
  find("[data-notices]").replaceChildren(...notices.map((notice) => {
    const item = find("template[data-notice]").content.cloneNode(true);
    find("li", item).textContent = `${said(notice)} ${cityTime(Date.parse(notice.at), DAY)}`;
    return item;
  }));
}
