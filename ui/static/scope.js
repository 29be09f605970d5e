// Which documents are searched: all of them, or the ones that are chosen in the menu of the bar.
import { $, h, number, on, say, t } from "./dom.js";
import { attempt, get } from "./net.js";
import { popover } from "./pop.js";
import { state } from "./main.js";
import * as events from "./events.js";

const SEARCH_MS = 200;
const MOST = 1000;

let picked = [];
let loadedFor = null;

// The documents that are searched; none for all.
export const chosen = () => [...picked];

// Search only these documents; none for all.
export function choose(documents) {
  picked = [...new Set(documents)].slice(0, MOST);
  try { localStorage.setItem(key(), JSON.stringify(picked)); } catch { /* no storage: as long as the page is open */ }
  show();
  events.emit({ type: "scope" });
}

const key = () => `plumbline:${state.user ?? ""}:scope`;

const nameOf = (document) => document.split("/").pop().replace(/\.pdf$/i, "");

function show() {
  const count = state.status?.searchable ?? 0;
  const says = picked.length === 0 ? (count === 1 ? t("scope.one") : t("scope.all", { count: number(count) }))
    : picked.length === 1 ? t("scope.only", { name: nameOf(picked[0]) }) : t("scope.some", { count: number(picked.length) });
  $("#scope-says").textContent = says;
  $("#scope").setAttribute("aria-label", t("scope.label", { says }));
  $("#scope").classList.toggle("limited", picked.length > 0);
  $("#ask-these .says").textContent = picked.length ? says : t("scope.documents");
  $("#ask-these").classList.toggle("limited", picked.length > 0);
}

function load() {
  if (loadedFor === state.user) return;
  loadedFor = state.user;
  try {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "[]");
    picked = Array.isArray(kept) ? kept.filter((one) => typeof one === "string").slice(0, MOST) : [];
  } catch { picked = []; }
}

function open(button) {
  const found = h("ul", { class: "scope-list" });
  const note = h("p", { class: "hint" });
  const field = h("input", { type: "search", placeholder: t("scope.search"), "aria-label": t("scope.search"), autofocus: true, autocomplete: "off" });
  const all = h("button", { type: "button", class: "plain", onclick: () => { choose([]); draw(); field.focus(); } }, t("scope.choose_all"));
  const panel = h("div", { role: "dialog", "aria-label": t("scope.title") }, field, all, found, note);
  let known = null;
  const box = (name, document, title) => {
    const input = h("input", { type: "checkbox" });
    input.checked = picked.includes(document);
    input.addEventListener("change", () => {
      choose(input.checked ? [...picked, document] : picked.filter((one) => one !== document));
      all.hidden = picked.length === 0;
    });
    return h("li", {}, h("label", {}, input, h("span", {}, h("span", { class: "name" }, name), title && title !== name ? h("span", { class: "title" }, title) : null)));
  };
  const draw = () => {
    all.hidden = picked.length === 0;
    if (!known) return;
    const there = new Set(known.documents.map((one) => one.document));
    const first = field.value.trim() ? [] : picked.filter((one) => !there.has(one)).map((one) => box(one, one, ""));
    found.replaceChildren(...first, ...known.documents.map((one) => box(one.name, one.document, one.title)));
    note.textContent = !known.documents.length ? t("scope.none") : known.found > known.documents.length ? t("scope.more", { count: number(known.found - known.documents.length) }) : "";
    note.hidden = !note.textContent;
  };
  const search = async () => {
    const q = field.value;
    const got = await attempt(() => get("/scope", { q }));
    if (got && q === field.value) { known = got; draw(); if (!got.documents.length) say(t("scope.none")); }
  };
  let timer = 0;
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, SEARCH_MS); });
  popover(button, panel, { className: "scope-panel" });
  search();
}

export function start() {
  on("click", "#scope, #ask-these", (button) => open(button));
  events.on("state", () => { load(); show(); });
  events.on("status", show);
}
