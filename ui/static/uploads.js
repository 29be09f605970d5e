// Uploads: PDFs that are dropped anywhere or chosen, their progress, and what to do where a name is taken.
import { $, h, isNarrow, on, say, t } from "./dom.js";
import { keepAway, toast } from "./pop.js";
import * as events from "./events.js";

const AT_ONCE = 3;
const MAX_BYTES = 2 * 2 ** 30; // as in runtime/reading/document.py
const HEADER_BYTES = 1024;
const WARY_MS = 600; // a dialog that comes by itself takes no click that was meant for something else
const CLOSE_MS = 8000; // after the last file, if all were added
const LISTED = 300; // rows of files shown at most

let takes = false;
let items = [];
let tray = null;
let overlay = null;
let depth = 0;
let deciding = false;
let told = 0;
let closing = 0;

export function start() {
  events.on("state", ({ state }) => {
    takes = state.takesDocuments;
    $("#add-pdf").hidden = !takes;
  });
  on("click", "#add-pdf", choose);
  overlay = h("div", { class: "dropping", hidden: true, "aria-hidden": "true" }, h("p", {}, t("upload.here")));
  document.body.append(overlay);
  document.addEventListener("dragenter", (event) => { if (isFiles(event)) { depth += 1; overlay.hidden = false; } });
  document.addEventListener("dragleave", (event) => { if (isFiles(event) && --depth <= 0) away(); });
  document.addEventListener("dragover", (event) => { if (isFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  document.addEventListener("drop", async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    away();
    take(await dropped(event.dataTransfer));
  }, true);
  addEventListener("beforeunload", (event) => { if (items.some(isUnderWay)) event.preventDefault(); });
}

const isFiles = (event) => takes && [...(event.dataTransfer?.types ?? [])].includes("Files");
const away = () => { depth = 0; overlay.hidden = true; };

// Let files be chosen.
export function choose() {
  const input = h("input", { type: "file", accept: ".pdf,application/pdf", multiple: true, hidden: true, id: "choose-pdfs" });
  $("#choose-pdfs")?.remove();
  input.addEventListener("change", () => { take([...input.files]); input.remove(); });
  input.addEventListener("cancel", () => input.remove());
  document.body.append(input);
  input.click();
}

// The files that were dropped; of folders, the PDFs in them.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  const walk = async (entry, isInside) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed)).catch(() => null);
      if (file && (!isInside || /\.pdf$/i.test(file.name))) found.push(file);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed)).catch(() => []);
      if (!some.length) return;
      for (const one of some) await walk(one, true);
    }
  };
  for (const entry of entries) await walk(entry, false);
  return found;
}

// --- the files ---

const isUnderWay = (item) => item.state === "waiting" || item.state === "sending";

export function take(files) {
  if (!takes) return;
  if (!files.length) { toast(t("upload.none")); return; }
  if (!items.some(isUnderWay)) { items = items.filter((item) => item.state === "taken"); told = 0; }
  for (const file of files) items.push({ file, name: file.name, state: "waiting", loaded: 0, words: "", row: null });
  open();
  next();
}

async function next() {
  while (items.filter((item) => item.state === "sending").length < AT_ONCE) {
    const item = items.find((one) => one.state === "waiting");
    if (!item) break;
    item.state = "sending";
    send(item);
  }
  draw();
  if (!items.some(isUnderWay)) over();
}

async function send(item) {
  const { file } = item;
  if (!file.size) return refuse(item, t("upload.empty"));
  if (file.size > MAX_BYTES) return refuse(item, t("upload.too_large", { limit: MAX_BYTES / 2 ** 30 }));
  let head;
  try {
    head = await file.slice(0, HEADER_BYTES).text();
  } catch {
    return end(item, "failed", t("upload.failed", { error: t("net.failed") }));
  }
  if (!head.includes("%PDF-")) return refuse(item, t("upload.not_pdf"));
  if (item.state !== "sending") return; // cancelled meanwhile
  const request = item.request = new XMLHttpRequest();
  request.open("PUT", `/library/upload?name=${encodeURIComponent(file.name)}`);
  request.setRequestHeader("x-plumbline", "1");
  request.setRequestHeader("Content-Type", "application/pdf");
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => { item.loaded = event.loaded; draw(item); });
  request.addEventListener("load", () => answered(item, request));
  request.addEventListener("error", () => end(item, "failed", t("upload.failed", { error: t("net.unreachable") })));
  request.addEventListener("abort", () => end(item, "refused", t("upload.cancelled")));
  request.send(file);
}

function answered(item, request) {
  const told = request.response ?? {};
  if (request.status === 429) {
    item.loaded = 0;
    setTimeout(() => { if (item.state === "sending") send(item); }, 1000 * Number(request.getResponseHeader("Retry-After") || 5));
  } else if (request.status !== 200) {
    const error = [told.error ?? t("net.failed"), told.remedy].filter(Boolean).join(" ");
    end(item, "failed", t("upload.failed", { error }));
  } else take_in(item, told);
}

function take_in(item, told) {
  item.id = told.id;
  item.of = told.document;
  if (told.result === "stored") {
    end(item, "stored", told.document === item.name ? t("upload.stored") : t("upload.stored_as", { document: told.document }));
    events.emit({ type: "stored", document: told.document });
  } else if (told.result === "skipped") end(item, "refused", t("upload.skipped"));
  else if (told.result === "taken") end(item, "taken", t("upload.taken"));
  else if (told.result === "same") {
    end(item, "same", told.document === item.name ? t("upload.same_name") : t("upload.same", { document: told.document }));
  } else {
    const words = { "not a pdf": "upload.not_pdf", empty: "upload.empty", "too large": "upload.too_large" }[told.state];
    refuse(item, t(words, { limit: told.limit }));
  }
}

const refuse = (item, words) => end(item, "refused", words);

function end(item, state, words) {
  Object.assign(item, { state, words, request: null, loaded: item.file.size });
  next();
}

// All are through: say so once, and ask about names that are taken.
function over() {
  const stored = items.filter((item) => item.state === "stored").length;
  if (stored !== told) say(t("upload.over", { count: stored, total: items.length }));
  told = stored;
  clearTimeout(closing);
  if (stored === items.length) closing = setTimeout(() => { if (!items.some(isUnderWay)) close(); }, CLOSE_MS);
  decideAll();
}

// --- names that are taken ---

async function decideAll() {
  if (deciding) return;
  deciding = true;
  let forAll = "";
  for (;;) {
    const taken = items.filter((item) => item.state === "taken" && !item.later);
    if (!taken.length) break;
    const choice = forAll || await ask(taken[0], taken.length - 1);
    if (!choice) { for (const item of taken) item.later = true; break; }
    if (choice.endsWith("-all")) forAll = choice.slice(0, -4);
    await decide(taken[0], forAll || choice);
  }
  deciding = false;
  draw();
}

async function decide(item, choice) {
  item.words = "";
  try {
    const response = await fetch("/library/decide", {
      method: "POST",
      headers: { "x-plumbline": "1", "Content-Type": "application/json" },
      body: JSON.stringify({ id: item.id, choice }),
    });
    const told = await response.json();
    if (response.ok) take_in(item, told);
    else end(item, "failed", t("upload.failed", { error: [told.error, told.remedy].filter(Boolean).join(" ") }));
  } catch {
    end(item, "failed", t("upload.failed", { error: t("net.unreachable") }));
  }
}

function ask(item, others) {
  return new Promise((answer) => {
    const all = h("input", { type: "checkbox", id: "upload-for-all" });
    const buttons = [["skip", "upload.skip"], ["keep", "upload.keep"], ["replace", "upload.replace"]].map(([value, key]) =>
      h("button", { value, class: value === "keep" ? "primary" : value === "replace" ? "danger" : "button" }, t(key)));
    const dialog = h("dialog", { class: "taken", "aria-labelledby": "taken-title" },
      h("h2", { id: "taken-title" }, t("upload.name_title", { name: item.name })),
      h("p", {}, t("upload.name_text")),
      others > 0 && h("p", {}, h("label", {}, all, " ", t("upload.for_all", { count: others + 1 }))),
      h("form", { method: "dialog" }, ...buttons),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue && (all.checked ? `${dialog.returnValue}-all` : dialog.returnValue));
    });
    document.body.append(dialog);
    for (const button of buttons) button.disabled = true;
    setTimeout(() => {
      for (const button of buttons) button.disabled = false;
      if (dialog.contains(document.activeElement) || document.activeElement === document.body) buttons[1].focus();
    }, WARY_MS);
    dialog.showModal();
    keepAway(dialog);
  });
}

// --- the tray ---

function open() {
  if (tray) return;
  tray = h("section", { class: "uploads", "aria-label": t("upload.title") },
    h("header", {},
      h("button", { type: "button", class: "icon fold", "data-icon": "down", "aria-expanded": String(!isNarrow()), "aria-label": t("upload.fold"),
        onclick: ({ currentTarget: one }) => {
          const isOpen = one.getAttribute("aria-expanded") !== "true";
          one.setAttribute("aria-expanded", String(isOpen));
          $("ul", tray).hidden = !isOpen;
        } }),
      h("strong", { class: "says" }),
      h("button", { type: "button", class: "plain cancel", onclick: cancel }, t("pop.cancel")),
      h("button", { type: "button", class: "icon close", "data-icon": "close", "aria-label": t("upload.close"), onclick: close }),
    ),
    h("progress", { max: 1, value: 0, "aria-label": t("upload.title") }),
    h("ul", { tabindex: 0, hidden: isNarrow() }),
  );
  document.body.append(tray);
}

function close() {
  tray?.remove();
  tray = null;
  items = items.filter(isUnderWay);
}

function cancel() {
  for (const item of items) if (item.state === "waiting") Object.assign(item, { state: "refused", words: t("upload.cancelled") });
  for (const item of items) item.request?.abort();
  next();
}

let drawing = 0;
function draw() {
  if (!drawing) drawing = requestAnimationFrame(() => { drawing = 0; if (tray) drawNow(); });
}

function drawNow() {
  const underWay = items.filter(isUnderWay).length;
  const ended = items.length - underWay;
  const stored = items.filter((item) => item.state === "stored").length;
  const bytes = items.reduce((sum, item) => sum + item.file.size, 0);
  const loaded = items.reduce((sum, item) => sum + Math.min(item.loaded, item.file.size), 0);
  $(".says", tray).textContent = underWay
    ? t("upload.overall", { done: ended, total: items.length })
    : t("upload.over", { count: stored, total: items.length });
  const bar = $("progress", tray);
  bar.value = bytes ? loaded / bytes : 0;
  bar.hidden = !underWay;
  $(".cancel", tray).hidden = !underWay;
  $(".close", tray).hidden = underWay > 0;
  const list = $("ul", tray);
  // What is under way or needs a look comes first.
  const rank = (item) => ({ failed: 0, taken: 0, sending: 1, same: 2, refused: 2, waiting: 3, stored: 4 })[item.state];
  const shown = [...items].sort((a, b) => rank(a) - rank(b)).slice(0, LISTED);
  const rows = shown.map(row);
  if (rows.length !== list.children.length || rows.some((one, n) => one !== list.children[n])) list.replaceChildren(...rows);
}

function row(item) {
  const words = item.state === "sending" ? t("upload.percent", { percent: Math.floor(100 * item.loaded / (item.file.size || 1)) })
    : item.state === "waiting" ? t("upload.waiting") : item.words;
  const signature = `${item.state} ${words}`;
  if (item.row && item.signature === signature) return item.row;
  const button = item.state === "failed" ? h("button", { type: "button", class: "plain", onclick: () => { item.state = "waiting"; item.loaded = 0; next(); } }, t("upload.again"))
    : item.state === "same" && item.of !== item.name ? h("button", { type: "button", class: "plain", onclick: () => decide(item, "keep") }, t("upload.add_anyway"))
    : item.state === "taken" ? h("button", { type: "button", class: "plain", onclick: () => { item.later = false; decideAll(); } }, t("upload.decide"))
    : null;
  const made = h("li", { "data-state": item.state }, h("span", { class: "name" }, item.name), " ", h("span", { class: "words" }, words), button);
  item.row?.replaceWith(made);
  Object.assign(item, { row: made, signature });
  return made;
}
