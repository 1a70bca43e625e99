// Words stand in the page, in its language; scripts only fill them: data-text="… {name} …".
export const language = document.documentElement.lang.startsWith("en") ? "en" : "zh";

export function fill(element, values = {}) {
  element.textContent = element.dataset.text.replaceAll(/\{(\w+)\}/g, (_whole, name) => values[name] ?? "");
}

// What the server says in both languages, or in the reader's: { zh, en } or { say }.
export const said = (body) => body?.[language] ?? body?.say ?? "";

// Why something was not done: the server's words, or that there was no answer.
export const refusal = (body) => said(body) || find("[data-no-answer]").textContent;

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];
