// The reader: the cited page beside the answer, with what is cited marked on it, and the rest of the document around it.
import * as chat from "./chat.js";
import { $, h, number, say, t } from "./dom.js";
import { Failed, get } from "./net.js";
import { Find, button } from "./reader_find.js";
import { Frame, isSheet } from "./reader_frame.js";
import { pictureAddress } from "./reader_page.js";
import { Strip } from "./reader_strip.js";

const FIT = 1; // the zoom at which a page is as wide as the view
const LITTLE = 420; // pixels of width, at which the text of a page can hardly be read

let root, strip, find, frame, parts;
let now = null; // what is open: the source, the sources of its turn, and who opened it

// Called once, when the page's frame is there.
export function start() {
  root = $("#reader");
  strip = new Strip({ onpage: shownPage, onpinch: zoomed, label: t("reader.pages") });
  find = new Find(strip, () => strip.root.focus({ preventScroll: true }));
  frame = new Frame(root, { onclose: close, onchange: framed });
  parts = build();
  root.replaceChildren(frame.divider, frame.grip, parts.bar, find.root, parts.older, strip.root, parts.notice);
  root.addEventListener("keydown", pressed);
  // What lies over the library goes with it.
  new MutationObserver(() => { if (now && root.closest("#over") && root.parentElement !== home()) close(); }).observe(document.documentElement, { attributeFilter: ["data-view"] });
}

// Show a source of a turn, marked. `source` is one of `turnSources`, all sources of that turn (see `sources_json` in
// ui/render.py, and chat.js); `citation` is the n of the citation that was chosen, -1 for the source as a whole. `refocus: true` when
// a reader asked for it, who then is taken there by keyboard, and back to where they were, or to `opener`, when they
// close it.
export function open(source, turnSources = [source], { citation = -1, refocus = false, opener = null } = {}) {
  now = { source, sources: turnSources, citation, opener: opener ?? (refocus ? document.activeElement : now?.opener ?? null) };
  return show(refocus);
}

// Show a document of the library, from a page on.
export function openDocument(document, { version = "", name = document, page = 1, refocus = true, opener = null } = {}) {
  const source = { document, version, name: name.split("/").at(-1), title: "", page, cited: [], boxes: [] };
  return open(source, [source], { refocus, opener });
}

export function close() {
  if (!now) return;
  const { opener } = now;
  const inside = root.contains(document.activeElement);
  now = null;
  find.close();
  strip.clear();
  root.hidden = true;
  frame.setFull(false);
  delete document.documentElement.dataset.reader;
  if (inside || document.activeElement === document.body) ((opener?.isConnected && opener) || $("#turns .chip[aria-current]") || $("#question textarea"))?.focus();
}

export const isOpen = () => now !== null;
export const shownSource = () => now?.source ?? null;

function build() {
  const title = h("h2", { id: "reader-title", tabindex: -1 });
  const back = h("button", { type: "button", class: "back", "data-icon": "left", onclick: close }, h("span", {}, t("reader.back")));
  const page = h("input", { type: "text", inputmode: "numeric", class: "page", "aria-label": t("reader.page"), autocomplete: "off", maxlength: 6, onchange: typed, onfocus: () => page.select(), onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); typed(); } } });
  const pages = h("span", { class: "pages-count" });
  const before = button("left", "reader.page_before", () => turn(-1), { class: "icon flip" });
  const next = button("right", "reader.page_next", () => turn(1), { class: "icon flip" });
  const percent = h("span", { class: "percent" });
  const smaller = button("minus", "reader.smaller", () => zoomed(-1));
  const larger = button("plus", "reader.larger", () => zoomed(1));
  const fit = button("whole", "reader.fit_page", refit, { "aria-pressed": "false" });
  const full = button("wide", "reader.full", () => frame.setFull(!frame.full), { "aria-pressed": "false" });
  const save = link("download", "reader.save", { download: "" });
  const away = link("away", "reader.away", { target: "_blank", rel: "noopener" });
  const sources = h("nav", { class: "hops", "aria-label": t("reader.sources") });
  const older = h("p", { class: "older", role: "note", hidden: true },
    h("span", {}, h("b", {}, t("reader.older")), " ", t("reader.older_why")),
    h("span", { class: "group" },
      h("button", { type: "button", class: "plain ask", onclick: askAgain }, t("reader.ask_again")),
      h("button", { type: "button", class: "plain", onclick: openNewest }, t("reader.open_newest"))));
  const notice = h("div", { class: "notice", hidden: true, tabindex: -1 });
  const bar = h("div", { class: "tools" },
    h("div", { class: "row" }, back, title, full, button("close", "reader.close", close, { class: "icon close", "aria-keyshortcuts": "Escape" })),
    h("div", { class: "row", role: "toolbar", "aria-label": t("reader.tools") },
      h("span", { class: "group" }, before, next, page, pages),
      h("span", { class: "group" }, smaller, percent, larger, fit),
      h("span", { class: "group" }, button("find", "reader.find", openFind, { "aria-keyshortcuts": "Control+F" }), save, away)),
    sources);
  return { bar, title, back, page, pages, before, next, percent, smaller, larger, fit, full, save, away, sources, older, notice };
}

function link(icon, key, more) {
  return h("a", { class: "icon", "data-icon": icon, "aria-label": t(key), title: t(key), ...more });
}

// --- showing ---

async function show(refocus) {
  const { source, citation } = now;
  const mine = now;
  const wasOpen = !root.hidden;
  place();
  root.hidden = false;
  document.documentElement.dataset.reader = "open";
  frame.changed();
  entitle();
  parts.notice.hidden = true;
  strip.root.hidden = false;
  root.classList.remove("gone");
  const target = targetOf(source, citation);
  const same = strip.shown && strip.shown.document === source.document && strip.shown.version === source.version;
  let shown = strip.shown;
  if (!same) {
    find.close();
    strip.clear();
    parts.older.hidden = true;
    tellPage(target.page, null);
    if (!wasOpen) [strip.zoom, strip.was_zoomed] = [FIT, false];
    if (source.version) new Image().src = pictureAddress(source, target.page, Math.max(80, strip.root.clientWidth - 24)).address; // meanwhile
    try {
      shown = await sheetsOf(source);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      if (now === mine) tellWhyNot(error, refocus);
      return;
    }
    if (now !== mine) return;
    strip.show(shown);
    if (!source.version) Object.assign(source, { name: shown.name, version: shown.version, title: shown.title });
    entitle();
  } else {
    sheetsOf(source).then(({ older }) => { if (now === mine) tellOlder(older); }, () => {}); // it may have been replaced meanwhile
  }
  strip.mark(marksOf(source, citation));
  tellOlder(shown.older);
  const page = Math.min(target.page, shown.pages);
  const column = target.box ? columnOf(source, page, target.box) : null;
  if (!strip.was_zoomed) fitColumn(page, column);
  strip.goTo(page, target.box, column);
  tellZoom();
  tellPage(strip.page, shown.pages);
  if (refocus) strip.root.focus({ preventScroll: true });
  if (isSheet()) mine.opener?.scrollIntoView?.({ block: "center" });
  announce(source, citation, shown);
}

const sheetsOf = ({ document, version }) => get("/document/sheets", { document, version }, { cache: "no-cache" });

function tellOlder(older) {
  parts.older.hidden = !older;
  parts.older.querySelector(".ask").hidden = !now.source.turn;
}

// In the chat the reader is beside the answer, elsewhere over what is there.
const home = () => ((document.documentElement.dataset.view ?? "chat") === "chat" ? $("#right .area") : $("#over .area"));

function place() {
  if (root.parentElement !== home()) home().append(root);
}

// Where what was asked for begins: of a text with a known place its first box, or else that of the whole passage.
function targetOf(source, citation) {
  const asked = cited(source, citation)?.boxes ?? [];
  const boxes = asked.length ? asked : source.cited.find((one) => one.boxes.length)?.boxes ?? source.boxes;
  if (!boxes.length) return { page: source.page, box: null };
  const page = boxes[0][0];
  return { page, box: around(boxes.filter((box) => box[0] === page)) };
}

const around = (boxes) => [1, 2, 3, 4].map((side) => (side < 3 ? Math.min : Math.max)(...boxes.map((box) => box[side])));

// The column of a passage in which a box stands.
function columnOf(source, page, box) {
  const beside = source.boxes.filter((one) => one[0] === page && one[1] < box[2] && one[3] > box[0]);
  return around([[page, ...box], ...beside]);
}

// Where there is little room, the column of what is shown fills it.
function fitColumn(page, column) {
  const zoom = column && strip.root.clientWidth < LITTLE ? strip.columnZoom(page, column) : FIT;
  if (strip.zoom === zoom) return;
  strip.zoom = zoom;
  strip.measure();
}

// What a citation cites, or else the first text that is cited from a source.
const cited = (source, citation) => source.cited.find((one) => one.n === citation) ?? source.cited[0];

// By page: [kind, left, top, right, bottom].
function marksOf(source, citation) {
  const marks = new Map();
  const add = (kind, boxes) => {
    for (const [page, ...sides] of boxes) marks.set(page, [...(marks.get(page) ?? []), [kind, ...sides]]);
  };
  if (source.state === "refused") return marks; // its nearest pages prove nothing
  add("passage", source.boxes);
  const asked = cited(source, citation);
  for (const one of source.cited) add(one === asked ? "cited asked" : "cited", one.boxes);
  return marks;
}

function entitle() {
  const { source, sources } = now;
  parts.title.replaceChildren(h("span", { class: "name" }, source.title || source.name));
  parts.title.title = source.title ? `${source.title} · ${source.document}` : source.document;
  root.setAttribute("aria-labelledby", "reader-title");
  parts.back.hidden = document.documentElement.dataset.view !== "chat" || !source.turn;
  for (const [anchor, save] of [[parts.away, ""], [parts.save, "true"]]) {
    const query = new URLSearchParams({ document: source.document, version: source.version, ...(save && { save }) });
    if (source.version) anchor.href = `/document/file?${query}${save ? "" : `#page=${source.page}`}`;
    else anchor.removeAttribute("href");
  }
  parts.sources.hidden = sources.length < 2;
  parts.sources.replaceChildren(...(sources.length < 2 ? [] : switcher(source, sources)));
  parts.sources.querySelector("[aria-current]")?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

// The turn's sources: first those that the answer cites, then those that were only found.
function switcher(source, sources) {
  const one = (each) => h("button", { type: "button", class: "hop", title: each.document, "aria-current": each === source ? "true" : null, onclick: () => { now = { ...now, source: each, citation: -1 }; show(false); } },
    h("span", { class: "of" }, each.name), h("span", { class: "on" }, t("reader.short_page", { page: each.page })));
  const proving = sources.filter((each) => each.cited.length), others = sources.filter((each) => !each.cited.length);
  return [...proving.map(one), others.length && proving.length ? h("span", { class: "also" }, t("reader.also_found")) : null, ...others.map(one)].filter(Boolean);
}

function announce(source, citation, shown) {
  const text = cited(source, citation)?.text ?? "";
  const values = { page: number(strip.page), pages: number(shown.pages), name: source.title || source.name, text: text.slice(0, 300) };
  say(t(text ? "reader.shows_cited" : "reader.shows", values));
}

// What is gone is said in words, with what the answer has kept of it.
function tellWhyNot(error, refocus) {
  const { source, citation } = now;
  const kept = cited(source, citation)?.text ?? source.text ?? "";
  strip.root.hidden = true;
  root.classList.add("gone");
  const gone = error.status === 404 || error.status === 410;
  parts.notice.replaceChildren(
    h("p", { class: "why", role: "alert" }, error.message), error.remedy ? h("p", { class: "quiet" }, error.remedy) : "",
    kept && gone ? h("figure", {}, h("figcaption", {}, t("reader.was_cited")), h("blockquote", {}, kept)) : "",
    gone ? (source.turn ? h("button", { type: "button", class: "button", onclick: askAgain }, t("reader.ask_again")) : "") : h("button", { type: "button", class: "button", onclick: () => show(true) }, t("reader.try_again")));
  parts.notice.hidden = false;
  parts.pages.textContent = "";
  if (refocus) parts.notice.focus();
}

// --- what a reader does ---

function askAgain() {
  const { turn } = now.source;
  if (isSheet()) close();
  chat.askAgain?.(turn);
}

function openNewest() {
  const { source, opener } = now;
  openDocument(source.document, { name: source.name, page: strip.page, refocus: true, opener });
}

function shownPage(page) {
  if (strip.shown) tellPage(page, strip.shown.pages);
}

function tellPage(page, pages) {
  if (document.activeElement !== parts.page || !parts.page.matches(":focus")) parts.page.value = number(page);
  parts.page.dataset.page = page;
  parts.page.style.width = `${Math.max(2, String(number(pages ?? page)).length) + 2}ch`;
  parts.pages.textContent = pages ? `/ ${number(pages)}` : "";
  parts.before.disabled = !pages || page <= 1;
  parts.next.disabled = !pages || page >= pages;
}

function tellZoom() {
  const { zoom } = strip;
  parts.percent.textContent = zoom === "page" ? "" : `${Math.round(100 * zoom)} %`;
  parts.fit.setAttribute("aria-pressed", String(zoom === "page"));
}

function typed() {
  const page = Number(parts.page.value.replace(/[.,\s\u00a0\u202f']/g, ""));
  if (strip.shown && Number.isInteger(page) && page >= 1) strip.goTo(Math.min(page, strip.shown.pages));
  parts.page.value = number(strip.page || 1);
  strip.root.focus({ preventScroll: true });
}

// The page before or behind the one that is in view.
function turn(by) {
  if (!strip.shown) return;
  strip.goTo(Math.min(Math.max(strip.page + by, 1), strip.shown.pages));
}

function zoomed(by) {
  if (!strip.shown) return;
  strip.step(by);
  tellZoom();
}

function refit() {
  if (!strip.shown) return;
  strip.setZoom(strip.zoom === "page" ? FIT : "page");
  tellZoom();
}

function openFind() {
  if (strip.shown) find.open();
}

function framed() {
  parts?.full.setAttribute("aria-pressed", String(frame.full));
  if (parts) parts.full.hidden = isSheet();
}

function pressed(event) {
  const { key, target } = event;
  const typing = target.matches("input");
  if (key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    if (find.close()) return;
    if (frame.full && !isSheet()) frame.setFull(false);
    else close();
  } else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "f") {
    event.preventDefault();
    openFind();
  } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const act = ACTS[key];
    if (!act || !strip.shown) return;
    if (["PageUp", "PageDown"].includes(key) && target !== strip.root && !strip.root.contains(target)) return;
    if (["ArrowLeft", "ArrowRight"].includes(key) && (target !== strip.root || strip.across > strip.root.clientWidth)) return;
    event.preventDefault();
    act();
  }
}

const ACTS = {
  Home: () => strip.goTo(1),
  End: () => strip.goTo(strip.shown.pages),
  PageUp: () => strip.by(-1),
  PageDown: () => strip.by(1),
  ArrowLeft: () => turn(-1),
  ArrowRight: () => turn(1),
  "+": () => zoomed(1),
  "=": () => zoomed(1),
  "-": () => zoomed(-1),
  0: refit,
};
