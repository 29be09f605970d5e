// The list of conversations on the left: by day, with search, and what is done with one of them.
import { $, $$, h, isNarrow, on, rove, say, t } from "./dom.js";
import { attempt, get, post } from "./net.js";
import { closePopover, popover, toast } from "./pop.js";
import { conversationOfAddress, go, showLeft, viewOfAddress } from "./main.js";
import { language } from "./texts.js";
import * as events from "./events.js";

const UNDO_MS = 10_000;
const SEARCH_MS = 250;
const NEAR = 400;

let rows = [];
let next = 0;
let more = false;
let searched = "";
let loading = false;
let renaming = "";

const list = () => $("#list");

// --- days ---

const dayNames = new Intl.DateTimeFormat(language, { weekday: "long" });
const dates = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const years = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });

function day(updated) {
  const then = new Date(updated), now = new Date();
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days <= 0) return t("days.today");
  if (days === 1) return t("days.yesterday");
  if (days < 7) return dayNames.format(then);
  return (then.getFullYear() === now.getFullYear() ? dates : years).format(then);
}

// --- drawing ---

function draw() {
  const focused = document.activeElement?.closest?.("#list .talk")?.dataset.id;
  const wasMenu = document.activeElement?.classList?.contains("talk-more");
  const parts = [];
  let group = null, name = null;
  for (const row of rows) {
    const of = day(row.updated);
    if (of !== name) {
      name = of;
      group = h("ul", { "aria-label": of });
      parts.push(h("h3", {}, of), group);
    }
    group.append(made(row));
  }
  if (!rows.length) parts.push(h("p", { class: "hint" }, t(searched ? "conversations.not_found" : "conversations.none")));
  list().replaceChildren(...parts);
  mark();
  if (focused) $(`.talk[data-id="${focused}"] ${wasMenu ? ".talk-more" : ".talk-open"}`)?.focus({ preventScroll: true });
}

function made(row) {
  const says = [row.title, row.answering && t("conversation.answering"), row.unread && t("conversation.unread")].filter(Boolean).join(", ");
  return h("li", { class: "talk", "data-id": row.id },
    h("a", { class: "talk-open", href: `/?c=${row.id}`, "aria-label": says, title: row.title, tabindex: -1 },
      h("span", { class: "talk-title" }, row.title),
      row.answering ? h("span", { class: "spinner" }) : row.unread ? h("span", { class: "unread" }) : null),
    h("button", { type: "button", class: "icon talk-more", "data-icon": "more", tabindex: -1, "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-label": t("conversation.more", { title: row.title }) }));
}

// Which conversation is shown, and the one tab stop of the list.
function mark() {
  const shown = viewOfAddress() === "chat" ? conversationOfAddress() : "";
  const links = $$("#list .talk-open");
  for (const link of links) {
    if (shown && link.closest(".talk").dataset.id === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const focused = links.find((link) => link.closest(".talk").contains(document.activeElement));
  rove(links, focused ?? links.find((link) => link.hasAttribute("aria-current")) ?? links[0]);
}

function take(known) {
  rows = known.rows;
  next = known.next;
  more = known.more;
  draw();
}

async function load() {
  const q = searched;
  const known = await attempt(() => get("/conversations", { q }));
  if (known && q === searched) take(known);
}

async function loadMore() {
  if (loading || !more) return;
  loading = true;
  const q = searched;
  const known = await attempt(() => get("/conversations", { q, start: next }));
  loading = false;
  if (!known || q !== searched) return;
  const there = new Set(rows.map((row) => row.id));
  rows = [...rows, ...known.rows.filter((row) => !there.has(row.id))];
  next = known.next;
  more = known.more;
  draw();
}

// --- what changes ---

function change(event) {
  if (event.gone) {
    rows = rows.filter((row) => row.id !== event.gone);
    next = Math.max(0, next - 1);
    return draw();
  }
  if (event.back) {
    if (event.failed) toast(t("conversation.not_deleted"), { kind: "error" });
    return load();
  }
  const { id, ...values } = event.changed;
  const known = rows.find((row) => row.id === id);
  if (!known) return searched ? undefined : load();
  // A question or its answer has been added, which makes it the newest.
  const isNewest = known.answering !== values.answering;
  Object.assign(known, values);
  if (isNewest) {
    known.updated = values.updated ?? new Date().toISOString();
    if (!searched) rows = [known, ...rows.filter((row) => row !== known)];
  }
  if (!renaming) draw();
}

// --- what is done with one ---

function menu(button) {
  const row = rows.find((one) => one.id === button.closest(".talk").dataset.id);
  if (!row) return;
  const item = (label, icon, run) => h("button", { type: "button", class: "plain item", role: "menuitem", "data-icon": icon, tabindex: -1,
    onclick: () => { closePopover(); run(); } }, label);
  const panel = h("div", { role: "menu", "aria-label": t("conversation.more", { title: row.title }) },
    item(t("conversation.rename"), "edit", () => rename(row)),
    h("a", { class: "plain item", role: "menuitem", "data-icon": "download", tabindex: -1, href: `/conversation/${row.id}.md`, download: true, onclick: () => closePopover() }, t("conversation.export")),
    item(t("conversation.delete"), "bin", () => remove(row)));
  panel.addEventListener("keydown", (event) => {
    const items = $$("[role=menuitem]", panel), at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") { event.preventDefault(); closePopover(); }
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  });
  popover(button, panel, { className: "menu-panel" });
}

function rename(row) {
  const place = $(`.talk[data-id="${row.id}"]`);
  if (!place) return;
  renaming = row.id;
  const field = h("input", { class: "talk-rename", value: row.title, maxlength: 120, "aria-label": t("conversation.new_title") });
  let done = false;
  const finish = async (keep) => {
    if (done) return;
    done = true;
    renaming = "";
    const title = field.value.trim();
    const before = row.title;
    if (keep && title && title !== before) row.title = title;
    draw();
    $(`.talk[data-id="${row.id}"] .talk-open`)?.focus({ preventScroll: true });
    if (row.title !== before && !await attempt(() => post(`/conversation/${row.id}/rename`, { title }))) { row.title = before; draw(); }
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); finish(true); }
    if (event.key === "Escape") { event.preventDefault(); finish(false); }
  });
  field.addEventListener("blur", () => finish(true));
  place.replaceChildren(field);
  field.focus();
  field.select();
}

async function remove(row) {
  const at = rows.indexOf(row);
  const wasShown = conversationOfAddress() === row.id && viewOfAddress() === "chat";
  if (!await attempt(() => post(`/conversation/${row.id}/delete`))) return;
  change({ gone: row.id });
  if (wasShown) events.emit({ type: "conversations", gone: row.id });
  const links = $$("#list .talk-open");
  (links[Math.min(at, links.length - 1)] ?? $("#new")).focus({ preventScroll: true });
  toast(t("conversation.deleted"), { ms: UNDO_MS, action: { label: t("conversation.undo"), run: async () => {
    if (!await attempt(() => post(`/conversation/${row.id}/restore`))) return;
    await load();
    if (wasShown && viewOfAddress() === "chat" && !conversationOfAddress()) go(`/?c=${row.id}`);
    $(`.talk[data-id="${row.id}"] .talk-open`)?.focus({ preventScroll: true });
  } } });
}

export function start() {
  const area = list();
  area.addEventListener("scroll", () => {
    if (area.scrollHeight - area.scrollTop - area.clientHeight < NEAR) loadMore();
    closePopover();
  }, { passive: true });
  on("click", "#new", () => {
    go("/");
    if (isNarrow()) showLeft(false);
    $("#question textarea").focus({ preventScroll: true });
  });
  let timer = 0;
  $("#search").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      searched = $("#search").value.trim();
      await load();
      if (searched && !rows.length) say(t("conversations.not_found"));
    }, SEARCH_MS);
  });
  $("#search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); $("#list .talk-open[tabindex='0']")?.focus(); }
  });
  on("click", "#list .talk-open", (link, event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const row = rows.find((one) => one.id === link.closest(".talk").dataset.id);
    if (row?.unread) { row.unread = false; draw(); }
    go(link.getAttribute("href"));
    mark();
    if (isNarrow()) { showLeft(false); $("#transcript").focus({ preventScroll: true }); }
  });
  on("click", "#list .talk-more", (button) => menu(button));
  area.addEventListener("keydown", (event) => {
    const row = event.target.closest(".talk");
    if (!row) return;
    const links = $$("#list .talk-open"), at = links.indexOf($(".talk-open", row));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const target = links[Math.max(0, Math.min(links.length - 1, to))];
      rove(links, target);
      target?.focus();
      if (to >= links.length - 2) loadMore();
    } else if (event.key === "ArrowRight") { event.preventDefault(); $(".talk-more", row).focus(); }
    else if (event.key === "ArrowLeft") { event.preventDefault(); $(".talk-open", row).focus(); }
    else if (event.key === "F2") { event.preventDefault(); rename(rows.find((one) => one.id === row.dataset.id)); }
    else if (event.key === "Delete") { event.preventDefault(); remove(rows.find((one) => one.id === row.dataset.id)); }
  });
  events.on("state", (event) => { if (!searched) take(event.state.conversations); });
  events.on("conversations", (event) => { if (event.changed || event.back || event.gone) change(event); });
  events.on("view", mark);
}
