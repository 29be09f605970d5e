// The library's view: the list of documents, page by page, and what is done with several of them.
import { $, $$, fragment, h, number, on, say, t } from "./dom.js";
import { attempt, get, post } from "./net.js";
import { confirm, toast } from "./pop.js";
import { language } from "./texts.js";
import * as events from "./events.js";
import * as reader from "./reader.js";
import * as scope from "./scope.js";
import * as uploads from "./uploads.js";
import { go } from "./main.js";

const TYPING_MS = 200;
const AGAIN_MS = 600; // the list is read anew at most so often while documents come and go
const NAMED = 10; // documents that the question before a deletion names
const PART = 500; // documents in one request

let view = null;
let wanted = { words: "", group: "", order: "added", down: true, page: 1 };
let listing = null;
let isShown = false;
let loading = 0;
let again = 0;
let typing = 0;
let wasReading = false;
let last = null; // the box that was clicked last, for a range
const chosen = new Map(); // documents, and whether each can be asked

// --- starting, showing ---

export function start() {
  view = $("#library");
  uploads.start();
  events.on("state", ({ state }) => {
    for (const one of $$(".taking", view)) one.dataset.allowed = String(state.takesDocuments);
    $(".elsewhere", view).hidden = state.takesDocuments || !state.operator;
    if (isShown && state.operator) load();
  });
  events.on("documents", (event) => {
    overall(event.reading);
    if (!isShown) return;
    event.progress.forEach(progress);
    if (event.listed) soon();
  });
  events.on("stored", soon);
  on("click", "#library .add", () => uploads.choose());
  $(".words", view).addEventListener("input", ({ target }) => {
    clearTimeout(typing);
    typing = setTimeout(() => want({ words: target.value.trim() }), TYPING_MS);
  });
  on("click", "#library .groups button", (button) => want({ group: button.dataset.group }));
  on("click", "#library th button", ({ dataset: { order } }) => want({ order, down: order === wanted.order ? !wanted.down : order !== "name" && order !== "state" }));
  $(".sorting select", view).addEventListener("change", ({ target }) => want({ order: target.value, down: target.value !== "name" && target.value !== "state" }));
  on("click", "#library .flip", () => want({ down: !wanted.down }));
  on("click", "#library .paging button", async (button) => {
    await want({ page: wanted.page + Number(button.dataset.step) });
    view.parentElement.closest(".block")?.scrollTo(0, 0);
    say($(".paging .says", view).textContent);
  });
  on("click", "#library .everything", () => { $(".words", view).value = ""; want({ words: "", group: "" }); });
  on("click", "#library .ask-now", () => go("/"));
  on("click", "#library tbody button.open", (button) => open(button, 1));
  on("click", "#library tbody button.at", (button) => open(button, Number(button.dataset.page)));
  on("change", "#library tbody .choose input", choose);
  on("click", "#library tbody .choose input", (box, event) => { if (event.shiftKey) range(box); last = box; });
  $("thead .choose input", view).addEventListener("change", ({ target }) => {
    for (const row of $$("tbody tr", view)) mark(row, target.checked);
    actions();
  });
  on("click", "#library .actions .all", chooseAll);
  on("click", "#library .actions [data-do]", (button) => DO[button.dataset.do]());
  view.addEventListener("keydown", keys);
}

export function show() {
  isShown = true;
  const given = new URLSearchParams(location.search);
  wanted = { words: given.get("words") ?? "", group: given.get("group") ?? "", order: given.get("order") ?? "added", down: given.get("down") !== "false", page: Number(given.get("page") ?? 1) || 1 };
  $(".words", view).value = wanted.words;
  load();
}

export function hide() {
  isShown = false;
}

// --- the list ---

async function want(change) {
  wanted = { ...wanted, page: 1, ...change };
  const usual = { words: "", group: "", order: "added", down: true, page: 1 };
  const query = new URLSearchParams(Object.entries(wanted).filter(([name, value]) => value !== usual[name]));
  history.replaceState(null, "", query.size ? `/library?${query}` : "/library");
  await load();
}

function soon() {
  if (!again) again = setTimeout(() => { again = 0; if (isShown) load(); }, AGAIN_MS);
}

async function load() {
  const mine = ++loading;
  const found = await attempt(() => get("/library/documents", wanted));
  if (mine !== loading || !found) return;
  listing = found;
  wanted.page = found.page;
  draw();
}

function draw() {
  const { counts, reading, problem } = listing;
  const body = $("tbody", view), focused = focusedIn(body);
  body.replaceChildren(fragment(listing.rows));
  for (const time of $$("time", body)) dated(time);
  for (const row of $$("tr", body)) mark(row, chosen.has(row.dataset.document));
  focused?.();
  const every = Object.values(counts).reduce((sum, count) => sum + count, 0);
  for (const button of $$(".groups button", view)) {
    const { group } = button.dataset;
    button.setAttribute("aria-pressed", String(group === wanted.group));
    $(".count", button).textContent = number(group ? counts[group] : every);
    button.hidden = Boolean(group) && !counts[group] && group !== wanted.group;
  }
  for (const head of $$("th[aria-sort]", view)) {
    const isSorted = head.classList.contains(wanted.order);
    head.setAttribute("aria-sort", isSorted ? (wanted.down ? "descending" : "ascending") : "none");
  }
  $(".sorting select", view).value = wanted.order;
  const turn = $(".flip", view);
  turn.dataset.icon = wanted.down ? "down" : "up";
  turn.setAttribute("aria-label", t(wanted.down ? "library.descending" : "library.ascending"));
  $(".paging", view).hidden = listing.pages < 2;
  $(".paging .says", view).textContent = t("library.page", { page: number(listing.page), pages: number(listing.pages) });
  $(".paging [data-step='-1']", view).disabled = listing.page < 2;
  $(".paging [data-step='1']", view).disabled = listing.page >= listing.pages;
  $(".trouble", view).hidden = !problem;
  $(".trouble p", view).textContent = problem;
  $(".nothing", view).hidden = listing.total > 0;
  $(".documents", view).hidden = listing.total === 0;
  overall(reading);
  actions();
}

// The overall progress, and whether there is anything to list.
function overall(reading) {
  view.dataset.empty = String(reading.known === 0);
  $(".listed", view).hidden = reading.known === 0;
  $(".emptiness", view).hidden = reading.known > 0;
  const isReading = reading.total > 0;
  const area = $(".overall", view);
  area.hidden = !isReading;
  if (isReading) {
    const to_go = t("library.to_go", { count: number(reading.total - reading.done) });
    $(".says", area).textContent = `${t("library.readable", { count: number(reading.readable), total: number(reading.known) })} · ${to_go}`;
    const bar = $("progress", area);
    bar.max = reading.total;
    bar.value = reading.done;
    $(".ask-now", area).hidden = reading.readable === 0;
  } else if (wasReading && isShown) say(t("library.read"));
  wasReading = isReading;
}

// A document's progress, without drawing the list anew.
function progress({ document: name, state, done, pages }) {
  const row = rowOf(name);
  if (!row) return;
  const bar = $("progress", row);
  if (!bar) { if (pages) soon(); return; }
  bar.max = pages;
  bar.value = done;
  $(".done", row).textContent = t("library.progress", { done, pages });
}

const rowOf = (name) => $$("tbody tr", view).find((row) => row.dataset.document === name);

// How to put the focus back where it is, on the same thing of the same document.
function focusedIn(body) {
  const focused = document.activeElement;
  if (!body.contains(focused)) return null;
  const name = focused.closest("tr").dataset.document;
  const selector = focused.matches("input") ? ".choose input" : `button.${focused.classList[0] ?? "open"}`;
  return () => { const row = rowOf(name); (row ? $(selector, row) ?? $("input", row) : $(".words", view)).focus({ preventScroll: true }); };
}

const DAY = 24 * 3600 * 1000;
const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const onDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric" });
const exactly = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });

// A time as people say it, in their own time zone.
export function dated(time) {
  const at = new Date(time.dateTime), days = Math.round((dayOf(at) - dayOf(new Date())) / DAY);
  time.textContent = days > -7 && days <= 0 ? relative.format(days, "day") : onDay.format(at);
  time.title = exactly.format(at);
}

// --- several at once ---

function mark(row, isChosen) {
  const name = row.dataset.document;
  $(".choose input", row).checked = isChosen;
  row.classList.toggle("chosen", isChosen);
  if (isChosen) chosen.set(name, "readable" in row.dataset);
  else chosen.delete(name);
}

function choose(box) {
  mark(box.closest("tr"), box.checked);
  actions();
}

function range(box) {
  const boxes = $$("tbody .choose input", view);
  const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) return;
  for (const one of boxes.slice(from, to + 1)) mark(one.closest("tr"), box.checked);
  actions();
}

async function chooseAll() {
  const found = await attempt(() => get("/library/names", { words: wanted.words, group: wanted.group }));
  if (!found) return;
  found.documents.forEach((name, n) => chosen.set(name, found.readable[n]));
  for (const row of $$("tbody tr", view)) mark(row, chosen.has(row.dataset.document));
  actions();
}

function actions() {
  const bar = $(".actions", view), rows = $$("tbody tr", view);
  const here = rows.filter((row) => chosen.has(row.dataset.document)).length;
  bar.hidden = chosen.size === 0;
  const words = t("library.selected", { count: number(chosen.size) });
  if ($(".says", bar).textContent !== words) { $(".says", bar).textContent = words; bar.setAttribute("aria-label", words); if (chosen.size) say(words); }
  const all = $("thead .choose input", view);
  all.checked = here > 0 && here === rows.length;
  all.indeterminate = here > 0 && here < rows.length;
  const more = $(".all", bar);
  more.hidden = !listing || listing.total <= rows.length || chosen.size >= listing.total || here < rows.length;
  if (listing) more.textContent = t("library.select_all", { count: number(listing.total) });
}

function deselect() {
  chosen.clear();
  for (const row of $$("tbody tr", view)) mark(row, false);
  actions();
  $(".words", view).focus({ preventScroll: true });
}

// Ask the server in parts; false if one failed.
async function inParts(path, documents, each) {
  for (let from = 0; from < documents.length; from += PART) {
    const answer = await attempt(() => post(path, { documents: documents.slice(from, from + PART) }));
    if (!answer) return false;
    each(answer);
  }
  return true;
}

const DO = {
  ask() {
    const documents = [...chosen].filter(([, readable]) => readable).map(([name]) => name);
    if (!documents.length) { toast(t("library.not_askable")); return; }
    chosen.clear();
    scope.choose(documents);
    go("/");
    $("#question textarea")?.focus();
  },

  async download() {
    const told = await attempt(() => post("/library/download", { documents: [...chosen.keys()] }));
    if (!told) return;
    const link = h("a", { href: told.address, download: "", hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
  },

  async read() {
    let count = 0;
    if (await inParts("/library/read", [...chosen.keys()], (told) => { count += told.count; })) {
      toast(count === 1 ? t("library.reading_one") : t("library.reading_many", { count: number(count) }));
      deselect();
    }
    load();
  },

  async delete() {
    const names = [...chosen.keys()];
    const title = names.length === 1 ? t("library.delete_one") : t("library.delete_many", { count: number(names.length) });
    const more = names.length > NAMED + 1 ? names.length - NAMED : 0;
    const text = h("div", {},
      h("ul", { class: "named" },
        ...names.slice(0, more ? NAMED : names.length).map((name) => h("li", {}, name)),
        more > 0 && h("li", {}, t("library.and_more", { count: number(more) }))),
      h("p", {}, t("library.delete_text")));
    if (!await confirm(title, text, t("library.delete"), { dangerous: true })) return;
    const removed = [], failed = [];
    await inParts("/library/delete", names, (told) => { removed.push(...told.removed); failed.push(...told.failed); });
    for (const name of removed) chosen.delete(name);
    if (removed.length) toast(removed.length === 1 ? t("library.deleted_one") : t("library.deleted_many", { count: number(removed.length) }));
    for (const error of failed.slice(0, 3)) toast(error, { kind: "error" });
    await load();
    $(".words", view).focus({ preventScroll: true });
  },

  deselect,
};

// --- opening, keys ---

function open(button, page) {
  openPage(button.closest("tr").dataset.document, "", page);
}

// Show a page of a document in the reader, over the view that is shown.
export function openPage(name, version, page) {
  if (reader.openDocument) { reader.openDocument(name, { version, page }); return; }
  const source = { document: name, name: name.split("/").at(-1), version, title: "", page, boxes: [], cited: [] };
  reader.open(source, [source], { refocus: true });
}

// Arrow keys go from row to row, in the same column.
function keys(event) {
  const row = event.target.closest("tbody tr");
  if (!row || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  const rows = $$("tbody tr", view), at = rows.indexOf(row);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (!rows[to]) return;
  event.preventDefault();
  const selector = event.target.matches("input") ? "input" : "button.open";
  ($(selector, rows[to]) ?? $("input", rows[to])).focus();
}
