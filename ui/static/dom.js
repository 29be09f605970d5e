// Helpers for the page's elements. Text is only ever put in as text; HTML comes from the server's own templates.
import { texts, language } from "./texts.js";

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

// A text of the page, with its placeholders filled in.
export function t(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export const number = (value) => value.toLocaleString(language);

// An element: h("button", { class: "icon", onclick: f, "aria-label": "…" }, "text", another).
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// The elements of HTML that the server has written from a template.
export function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Call `handle(element, event)` for events on elements that match, also on those that come later.
export function on(type, selector, handle, options = {}) {
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) handle(found, event);
  }, options);
}

// Tell those who do not see the page; the same text a second time is heard again.
let saying;
export function say(text) {
  const line = $("#said");
  if (!line) return;
  line.textContent = "";
  clearTimeout(saying);
  saying = setTimeout(() => { line.textContent = text; saying = setTimeout(() => { line.textContent = ""; }, 5000); }, 50);
}

export const isNarrow = () => matchMedia("(max-width: 760px)").matches;
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Move the one tab stop of a list of things to the one that has the focus.
export function rove(items, current) {
  for (const item of items) item.tabIndex = item === current ? 0 : -1;
}
