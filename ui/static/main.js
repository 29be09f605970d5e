// Starts the page: fills the shell's areas, shows the view of the address, and keeps the state up to date.
import { $, $$, isNarrow, on, t } from "./dom.js";
import { attempt, get, page } from "./net.js";
import { closePopover, popover, toast } from "./pop.js";
import { frame, language, version } from "./texts.js";
import * as events from "./events.js";
import * as chat from "./chat.js";
import * as conversations from "./conversations.js";
import * as library from "./library.js";
import * as models from "./models.js";
import * as reader from "./reader.js";
import * as scope from "./scope.js";
import * as watch from "./watch.js";

const VIEWS = { "/library": "library", "/watch": "watch" };
const SHELL_MS = 20_000;
const AWAY_MS = 2_000;

// What is known of the reader and the library: see ui/chat.py.
export let state = { operator: false, takesDocuments: false, signOut: false, status: null };

export const conversationOfAddress = () => new URLSearchParams(location.search).get("c") ?? "";
export const viewOfAddress = () => VIEWS[location.pathname] ?? "chat";

// --- looks ---

function dress() {
  const asked = new URLSearchParams(location.search).get("__theme");
  const dark = asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
dress();
const speak = () => { if (document.documentElement.lang !== language) document.documentElement.lang = language; };
speak();
new MutationObserver(speak).observe(document.documentElement, { attributeFilter: ["lang"] });  // Gradio has its own
document.documentElement.dataset.view = viewOfAddress();  // before anything is drawn, which needs a place to scroll in
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);

// --- the shell ---

// Gradio draws each of its components as soon as it has loaded that one's script.
function whenThere(selectors) {
  return new Promise((found, missing) => {
    const look = () => selectors.every((one) => $(one)) && (watching.disconnect(), clearTimeout(late), found());
    const watching = new MutationObserver(look);
    const late = setTimeout(() => { watching.disconnect(); missing(new Error("The shell is not complete.")); }, SHELL_MS);
    watching.observe(document.documentElement, { childList: true, subtree: true });
    look();
  });
}

async function fill() {
  await whenThere([...Object.keys(frame).map((area) => `#${area}`), "#question textarea", "#send", "#stop"]);
  for (const [area, html] of Object.entries(frame)) {
    const own = document.createElement("div");
    own.className = "area";
    own.innerHTML = html;
    $(`#${area}`).append(own);
  }
  const box = $("#question textarea");
  box.setAttribute("aria-label", t("ask.question"));
  box.setAttribute("aria-keyshortcuts", "Alt+Q");
  box.placeholder = t("ask.placeholder");
  for (const [id, key] of [["send", "ask.send"], ["stop", "ask.stop"]]) {
    $(`#${id}`).setAttribute("aria-label", t(key));
    $(`#${id}`).title = t(key);
  }
  $("#stop").setAttribute("aria-keyshortcuts", "Escape");
  $("#stop").hidden = true;
  for (const part of [reader, library, watch, models, scope, conversations, chat]) part.start();
}
const filled = fill();

// Fetch the state, once the stream is there: so nothing is missed in between. The first is fetched while Gradio loads.
async function refresh() {
  const asked = get("/state", { page, c: viewOfAddress() === "chat" ? conversationOfAddress() : "" });
  asked.catch(() => {});
  await filled;
  const known = await attempt(() => asked);
  if (known) take(known);
  if (document.documentElement.dataset.started) return;
  document.documentElement.dataset.started = "true";
  showView();
}

// Take in the state as the server has it.
function take(known) {
  state = known;
  $$(".operators").forEach((one) => { one.hidden = !state.operator; });
  $("#sign-out").hidden = !state.signOut;
  showStatus(state.status);
  events.emit({ type: "state", state });
}

// --- views ---

// Go to an address of the page.
export function go(address, { replace = false } = {}) {
  if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
  showView();
}

let shown = "";
function showView() {
  const view = viewOfAddress();
  document.documentElement.dataset.view = view;
  $$("#bar .views a").forEach((link) => {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  const parts = { library, watch };
  if (shown !== view) parts[shown]?.hide();
  if (view === "chat") chat.show(conversationOfAddress());
  else parts[view].show();
  shown = view;
  events.emit({ type: "view", view });
}
addEventListener("popstate", showView);
on("click", "a[data-view]", (link, event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(link.getAttribute("href"));
});

// --- the list on the left ---

export function showLeft(open) {
  document.documentElement.dataset.left = open ? "open" : "closed";
  $("#show-left").setAttribute("aria-expanded", String(open));
}
on("click", "#show-left", () => {
  const open = document.documentElement.dataset.left !== "open";
  if (viewOfAddress() !== "chat") go("/");
  showLeft(open);
  if (open && isNarrow()) $("#search").focus();
});
// A drawer, on a narrow screen: it goes when something beside it is touched, and by Escape.
const isDrawerOpen = () => isNarrow() && document.documentElement.dataset.left === "open";
document.addEventListener("pointerdown", (event) => {
  if (isDrawerOpen() && !event.target.closest("#left, #show-left, .popover, .toast, dialog")) showLeft(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isDrawerOpen() && !event.defaultPrevented) { event.preventDefault(); showLeft(false); $("#show-left").focus(); }
});
document.documentElement.dataset.left = isNarrow() ? "closed" : "open";
matchMedia("(max-width: 760px)").addEventListener("change", (width) => { if ($("#show-left")) showLeft(!width.matches); });

// --- status ---

function showStatus(status) {
  state.status = status;
  const dot = $("#status");
  dot.dataset.kind = status.kind;
  $(".words", dot).textContent = status.word;
  dot.title = status.lines.join("\n");
}

on("click", "#status", (dot) => {
  const panel = document.createElement("div");
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", t("status.title"));
  panel.tabIndex = -1;
  for (const line of state.status?.lines ?? []) panel.append(Object.assign(document.createElement("p"), { textContent: line }));
  const choosing = state.operator ? models.panel() : null;
  if (choosing) panel.append(choosing);
  popover(dot, panel, { className: "status-panel" });
});

// --- shortcuts ---

const KEYS = {
  KeyQ: () => { go(viewOfAddress() === "chat" ? location.pathname + location.search : "/"); $("#question textarea").focus(); },
  KeyN: () => $("#new").click(),
  KeyS: () => { if (viewOfAddress() !== "chat") go("/"); showLeft(true); $("#search").focus(); },
  KeyK: () => $("#show-help").click(),
};
document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.code in KEYS) {
    event.preventDefault();
    const dialog = $("#keys");
    if (dialog.open) { if (event.code === "KeyK") dialog.close(); return; }
    KEYS[event.code]();
  }
});
on("click", "#show-help", () => $("#keys").showModal());

// --- away and back ---

let away = null;
let isClosing = false;
let waiting = 0;
events.on("status", (event) => showStatus(event.status));
events.on("open", async (event) => {
  clearTimeout(waiting);
  isClosing = false;
  refresh();
  await filled;
  away?.();
  away = null;
  if (event.version && event.version !== version) toast(t("net.updated"), { stays: true, action: { label: t("net.reload"), run: () => location.reload() } });
});
events.on("closing", () => { isClosing = true; });
events.on("gone", (event) => {
  clearTimeout(waiting);
  if (event.error?.status === 401) return;
  waiting = setTimeout(async () => {
    await filled;
    away ??= toast(t(isClosing ? "net.restarting" : "net.lost"), { stays: true });
  }, AWAY_MS);
});
events.start();
if (document.hidden) refresh();
