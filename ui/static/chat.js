// Questions and answers: the transcript, the composer, and what is done with an answer.
import { $, $$, fragment, h, isNarrow, isStill, on, say, t } from "./dom.js";
import { attempt, Failed, get, page, post, request } from "./net.js";
import { closePopover, popover, toast } from "./pop.js";
import { conversationOfAddress, go, state, viewOfAddress } from "./main.js";
import * as events from "./events.js";
import * as reader from "./reader.js";
import * as scope from "./scope.js";

const NEAR = 120;
const FIRST_TURNS = 20;

// The conversation that is shown; "" for a new one, null before any is.
let shown = null;
let turns = new Map();
let pending = "";
let earlier = false;
let isAtEnd = true;
let asking = false;
// The turns whose answers came while the page showed them: only their first citation opens by itself.
let opens = "";

const box = () => $("#question textarea");
const transcript = () => $("#transcript");

// --- what is shown ---

export const conversation = () => shown ?? "";

// Show a conversation, "" for a new one.
export async function show(id) {
  if (id === shown) return restoreFocus();
  keepDraft();
  shown = id;
  opens = "";
  reader.close();
  clear();
  loadDraft();
  if (!isNarrow()) box().focus({ preventScroll: true });
  const known = await attempt(() => get("/chat", { page, c: id }));
  if (known && shown === id) take(known);
  else if (!known && shown === id && id) { shown = null; go("/", { replace: true }); }
}

function restoreFocus() {
  if (document.activeElement === document.body && !isNarrow()) box().focus({ preventScroll: true });
}

function clear() {
  $("#turns").replaceChildren();
  turns = new Map();
  pending = "";
  earlier = false;
  isAtEnd = true;
  showButtons();
}

// Take in a conversation as the server has it, in place of what is shown of it.
function take(known) {
  if (known.gone) {
    toast(t("conversation.gone"));
    shown = "";
    go("/", { replace: true });
  }
  const area = transcript(), before = area.scrollHeight - area.scrollTop;
  const focused = focusPath();
  const first = turns.size === 0, wasPending = pending;
  // Turns that were loaded before the ones that the server now sends stay.
  const sent = new Set(known.turns.map((turn) => turn.id));
  if (![...turns.keys()].some((id) => sent.has(id))) { clear(); earlier = known.earlier; }
  for (const turn of known.turns) draw(turn);
  if (first) earlier = known.earlier;
  pending = known.pending;
  document.title = known.title ? `${known.title} – Plumbline` : "Plumbline";
  showEarlier();
  showWelcome();
  showButtons();
  refocus(focused);
  if (isAtEnd || first) toEnd();
  else area.scrollTop = area.scrollHeight - before;
  if (ended.has(pending)) lookAgain();
  if (wasPending && wasPending !== pending && turns.has(wasPending)) {
    announce(current(turns.get(wasPending)));
    openFirst(turns.get(wasPending));
  }
}

// Draw a turn, or draw it anew.
function draw(turn) {
  const known = turns.get(turn.id);
  const last = turn.versions.length - 1;
  const made = { ...turn, at: last, element: known?.element ?? h("article", { class: "turn", "data-turn": turn.id }) };
  turns.set(turn.id, made);
  if (!known) $("#turns").append(made.element);
  drawVersion(made);
  return made;
}

function drawVersion(turn) {
  const version = current(turn);
  const open = [...$$("details[open]", turn.element)].map((one) => one.className);
  turn.element.replaceChildren(fragment(version.html));
  for (const name of open) { const one = $(`details.${name}`, turn.element); if (one) one.open = true; }
  turn.element.dataset.state = version.state;
  showGrowing(turn);
  if (scope.chosen().length) $$(".widen", turn.element).forEach((one) => { one.hidden = false; });
  showFollowing();
  $$(".chip", turn.element).forEach((chip, at) => { chip.tabIndex = at ? -1 : 0; });
}

// Questions to go on with, behind the last answer alone.
function showFollowing() {
  $(".followups")?.remove();
  const last = [...turns.values()].pop();
  const offered = last && !pending ? current(last).following ?? [] : [];
  if (offered.length) last.element.append(h("ul", { class: "followups", "aria-label": t("chat.following") },
    ...offered.map((question) => h("li", {}, h("button", { type: "button", "data-do": "suggested" }, question)))));
}

const current = (turn) => turn.versions[turn.at];
const turnOf = (element) => turns.get(element.closest(".turn")?.dataset.turn);

// Where the focus is within a turn, to put it back after the turn was drawn anew.
function focusPath() {
  const turn = document.activeElement?.closest?.(".turn");
  if (!turn) return null;
  const all = $$("button, summary, [tabindex]", turn);
  const does = document.activeElement.dataset.do;
  return { turn: turn.dataset.turn, does, at: all.indexOf(document.activeElement) };
}

function refocus(path) {
  if (!path || document.activeElement !== document.body) return;
  const element = turns.get(path.turn)?.element;
  if (!element) return box().focus({ preventScroll: true });
  const all = $$("button, summary, [tabindex]", element);
  const found = (path.does && $(`[data-do="${path.does}"]:not([disabled])`, element)) || all[Math.min(path.at, all.length - 1)] || $(".question", element);
  (found ?? box()).focus({ preventScroll: true });
}

function toEnd() {
  isAtEnd = true;
  transcript().scrollTop = transcript().scrollHeight;
}

// --- an empty conversation ---

function showWelcome() {
  $(".welcome")?.remove();
  box().placeholder = turns.size ? t("ask.follow") : t("ask.placeholder");
  if (turns.size || shown) return;
  const status = state.status;
  const suggested = status?.suggestions ?? [];
  const isEmpty = status && !status.searchable;
  $("#turns").before(h("section", { class: "welcome" },
    h("h1", {}, t("chat.welcome")),
    h("p", {}, isEmpty ? status.lines.join(" ") : t("chat.promise")),
    isEmpty && state.takesDocuments && h("p", {}, h("a", { href: "/library", "data-view": "library", class: "button" }, t("chat.add"))),
    suggested.length > 0 && h("h2", { id: "for-example" }, t("chat.try")),
    suggested.length > 0 && h("ul", { class: "suggested", "aria-labelledby": "for-example" },
      ...suggested.map((question) => h("li", {}, h("button", { type: "button", "data-do": "suggested" }, question)))),
  ));
}

function showEarlier() {
  $(".earlier")?.remove();
  if (earlier) $("#turns").before(h("button", { type: "button", class: "plain earlier", onclick: loadEarlier }, t("chat.earlier")));
}

let loading = false;
async function loadEarlier() {
  const first = turns.keys().next().value, id = shown;
  if (loading || !earlier || !first) return;
  loading = true;
  const known = await attempt(() => get("/chat", { page, c: id, before: first }));
  loading = false;
  if (!known || shown !== id) return;
  const area = transcript(), before = area.scrollHeight - area.scrollTop;
  const later = turns;
  turns = new Map();
  const place = $("#turns").firstChild;
  for (const turn of known.turns) if (!later.has(turn.id)) $("#turns").insertBefore(draw(turn).element, place);
  for (const [key, value] of later) turns.set(key, value);
  earlier = known.earlier;
  showEarlier();
  area.scrollTop = area.scrollHeight - before;
}

// --- asking ---

export async function ask(question, { replaces = "", plain = false, turn = "" } = {}) {
  if (asking || !question.trim()) return false;
  if (pending) { toast(`${t("ask.busy")} ${t("ask.busy_remedy")}`); return false; }
  asking = true;
  showButtons();
  const here = shown ?? "";
  const asked = { page, question, conversation: here, documents: scope.chosen(), replaces, plain };
  const answer = await attempt(() => post("/ask", asked));
  asking = false;
  if (!answer) { showButtons(); return false; }
  if ((shown ?? "") !== here) return true;
  const isNew = !shown;
  shown = answer.conversation;
  if (isNew) { go(`/?c=${shown}`); document.title = `${question} – Plumbline`; }
  if (turns.has(answer.turn.id) && pending === answer.turn.id) { showButtons(); return true; }  // the stream was faster
  begin(answer.turn);
  say(t("chat.searching_said"));
  return true;
}

// A turn whose answer is being written.
function begin(turn) {
  hideCard();
  const wasFocused = focusPath();
  const made = draw(turn);
  pending = turn.id;
  opens = turn.id;
  showWelcome();
  showButtons();
  refocus(wasFocused);
  if (made.versions.length === 1) toEnd();
  else made.element.scrollIntoView({ block: "nearest" });
}

async function send() {
  const question = box().value;
  if (!question.trim()) return;
  setBox("");
  const was = shown;
  if (await ask(question)) forgetDraft(was ?? "");
  else if (!box().value) setBox(question);
}

// Gradio's box grows with what is typed; it takes notice of values by its event.
export function setBox(text) {
  box().value = text;
  box().dispatchEvent(new Event("input", { bubbles: true }));
}

export async function stop() {
  if (pending) await attempt(() => post("/stop", { conversation: shown }));
}

function showButtons() {
  const writing = Boolean(pending) || asking;
  const stopping = $("#stop");
  const had = [stopping, $("#send")].includes(document.activeElement);
  $("#send").hidden = writing;
  stopping.hidden = !writing;
  $("#send").disabled = false;
  if (had) box().focus({ preventScroll: true });
  document.documentElement.dataset.answering = String(Boolean(pending));
}

// --- drafts ---

const draftKey = (id) => `plumbline:${state.user ?? ""}:draft:${id}`;
function keepDraft() {
  if (shown === null || state.user === undefined) return;
  try {
    if (box().value) localStorage.setItem(draftKey(shown), box().value.slice(0, 8000));
    else localStorage.removeItem(draftKey(shown));
  } catch { /* no storage, no draft */ }
}
function loadDraft() {
  let kept = "";
  try { kept = localStorage.getItem(draftKey(shown ?? "")) ?? ""; } catch { /* no storage */ }
  setBox(kept);
}
function forgetDraft(id) {
  try { localStorage.removeItem(draftKey(id)); } catch { /* no storage */ }
}

// --- answers that grow ---

// What has come of the answers in progress, by turn: the state that shows a turn may come after the first of it.
const coming = new Map();

function grow(event) {
  const known = coming.get(event.turn)?.text ?? "";
  if (event.at > known.length) { if (event.conversation === shown) lookAgain(); return; }
  coming.set(event.turn, { ...coming.get(event.turn), text: known.slice(0, event.at) + event.text });
  const answer = event.conversation === shown && turns.has(event.turn) && $(".growing", turns.get(event.turn).element);
  if (!answer) return;
  if (event.at === known.length && answer.lastChild) answer.lastChild.appendData(event.text);
  else answer.textContent = coming.get(event.turn).text;
  if (isAtEnd) toEnd();
}

function showGrowing(turn) {
  const come = coming.get(turn.id), answer = $(".growing", turn.element);
  if (!come || !answer) return;
  answer.textContent = come.text ?? "";
  if (come.sources) showSources(come.sources);
}

function showSources(event) {
  coming.set(event.turn, { ...coming.get(event.turn), sources: event });
  if (event.conversation !== shown) return;
  const turn = turns.get(event.turn);
  if (!turn) return;
  const line = $(".progress .line", turn.element);
  if (line) line.textContent = event.line;
  current(turn).sources = event.sources;
  let found = $(".coming", turn.element);
  if (!found) turn.element.append(found = h("ul", { class: "coming" }));
  found.replaceChildren(...event.sources.map((source) =>
    h("li", {}, h("button", { type: "button", class: "chip found", "data-source": source.number, "data-citation": -1 },
      h("span", { class: "chip-name" }, source.name), " ", h("span", { class: "chip-page" }, source.place)))));
  if (isAtEnd) toEnd();
}

// The turns whose answers have ended: a state that was asked for before may not know it yet.
const ended = new Set();

function end(event) {
  coming.delete(event.turn.id);
  if (event.pending) ended.delete(event.turn.id);
  else ended.add(event.turn.id);
  if (event.conversation !== shown) return;
  if (event.pending) {
    if (!(pending === event.turn.id && turns.has(event.turn.id))) begin(event.turn);
    return;
  }
  hideCard();
  const wasAtEnd = isAtEnd, focused = focusPath();
  const turn = draw(event.turn);
  if (pending === turn.id) pending = "";
  if (event.problem) { const place = $(".problem", turn.element); if (place) place.textContent = event.problem; }
  if (event.error) toast(event.error, { kind: "error" });
  showButtons();
  refocus(focused);
  announce(current(turn));
  if (wasAtEnd) settle(turn);
  openFirst(turn);
}

// The end of a finished answer comes into view, but never at the cost of its beginning.
function settle(turn) {
  const area = transcript();
  const top = turn.element.offsetTop - area.offsetTop;
  area.scrollTop = Math.min(area.scrollHeight, turn.element.offsetHeight > area.clientHeight ? top : area.scrollHeight);
}

function announce(version) {
  const said = { refused: "chat.refused", stopped: "chat.stopped", failed: "chat.failed" }[version.state] ?? "chat.answered";
  say(t(said));
}

// On a wide screen the first source that the answer cites opens beside it.
function openFirst(turn) {
  const version = current(turn);
  if (opens !== turn.id || isNarrow() || version.state === "refused" || viewOfAddress() !== "chat") return;
  opens = "";
  const chip = $(".answer .chip", turn.element);
  if (chip) openSource(turn, Number(chip.dataset.source), Number(chip.dataset.citation), false);
}

// --- sources ---

function openSource(turn, number, citation, refocus) {
  const version = current(turn);
  const sources = version.sources.map((source) => ({
    ...source, question: version.question, turn: turn.id, conversation: shown, state: version.state }));
  const source = sources.find((one) => one.number === number);
  if (!source) return;
  $$(".chip[aria-current], .source[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  const same = $(`.chip[data-source="${number}"][data-citation="${citation}"]`, turn.element);
  (same ?? $(`.source[data-source="${number}"]`, turn.element))?.setAttribute("aria-current", "true");
  reader.open(source, sources, { citation, refocus });
}

// Ask a turn's question again, for example because its document was replaced.
export function askAgain(id) {
  const turn = turns.get(id);
  if (turn) return ask(current(turn).question, { replaces: current(turn).answer });
}

// --- the card of a citation ---

let card = null, cardTimer = 0;
function showCard(chip) {
  clearTimeout(cardTimer);
  cardTimer = setTimeout(() => {
    hideCard();
    const turn = turnOf(chip);
    if (!turn || !chip.isConnected) return;
    const version = current(turn), number = Number(chip.dataset.source), n = Number(chip.dataset.citation);
    const source = version.sources.find((one) => one.number === number);
    if (!source) return;
    const cited = source.cited.find((one) => one.n === n);
    const text = cited?.text || source.text.slice(0, 400);
    const boxes = (cited?.boxes.length ? cited.boxes : source.boxes).filter((one) => one[0] === source.page);
    card = h("div", { class: "card", id: "card", role: "tooltip" },
      h("p", { class: "where" }, `${source.name} · ${source.place}`),
      h("p", { class: "sentence" }, text),
      cited?.doubtful.length ? h("p", { class: "doubtful" }, t("sources.doubtful", { words: cited.doubtful.join(", ") })) : null);
    if (boxes.length) {
      const query = new URLSearchParams({ document: source.document, version: source.version, page: source.page,
        boxes: boxes.slice(0, 40).map((one) => one.slice(1).join(",")).join(";"), width: 900 });
      const picture = h("img", { alt: "", class: "crop", decoding: "async" });
      picture.addEventListener("load", () => place(chip));
      picture.addEventListener("error", () => { picture.remove(); place(chip); });
      picture.src = `/document/crop?${query}`;
      card.append(picture);
    }
    document.body.append(card);
    chip.setAttribute("aria-describedby", "card");
    card.addEventListener("pointerenter", () => clearTimeout(cardTimer));
    card.addEventListener("pointerleave", () => leaveCard());
    place(chip);
  }, 150);
}
function place(chip) {
  if (!card) return;
  const at = chip.getBoundingClientRect(), own = card.getBoundingClientRect();
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
  card.style.top = at.bottom + 6 + own.height <= innerHeight ? `${at.bottom + 6}px` : `${Math.max(8, at.top - own.height - 6)}px`;
}
function hideCard() {
  clearTimeout(cardTimer);
  $$('[aria-describedby="card"]').forEach((one) => one.removeAttribute("aria-describedby"));
  card?.remove();
  card = null;
}
function leaveCard() {
  clearTimeout(cardTimer);
  cardTimer = setTimeout(hideCard, 120);
}

// --- what is done with a turn ---

const DOES = {
  retry: (turn) => askAgain(turn.id),
  plain: (turn) => ask(current(turn).question, { replaces: current(turn).answer, plain: true }),
  widen: (turn) => { scope.choose([]); askAgain(turn.id); },
  before: (turn) => step(turn, -1),
  after: (turn) => step(turn, 1),
  edit: (turn) => edit(turn),
  copy: async (turn) => {
    try { await copy(current(turn).text); toast(t(current(turn).sources.length ? "copy.with_sources" : "copy.alone"), { ms: 3000 }); }
    catch { toast(t("copy.failed"), { kind: "error" }); }
  },
  good: (turn, button) => vote(turn, button, 1),
  bad: (turn, button) => vote(turn, button, -1),
};

function step(turn, by) {
  turn.at = Math.max(0, Math.min(turn.versions.length - 1, turn.at + by));
  const path = focusPath();
  drawVersion(turn);
  refocus(path);
}

// Browsers offer a clipboard only over HTTPS and on localhost; elsewhere a selection is copied.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h("textarea", { class: "unseen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("no clipboard");
}

async function vote(turn, button, value) {
  const version = current(turn);
  const given = button.getAttribute("aria-pressed") === "true" ? 0 : value;
  if (!await attempt(() => post("/feedback", { conversation: shown, message: version.answer, vote: given }))) return;
  const good = $('[data-do="good"]', turn.element), bad = $('[data-do="bad"]', turn.element);
  good.setAttribute("aria-pressed", String(given === 1));
  bad.setAttribute("aria-pressed", String(given === -1));
  version.html = turn.element.innerHTML;
  if (given) comment(button, version, given);
}

function comment(button, version, given) {
  const field = h("textarea", { id: "remark", rows: 3, maxlength: 2000, autofocus: true });
  const form = h("form", { class: "comment" },
    h("label", { for: "remark" }, t("comment.label")), field,
    h("div", { class: "buttons" },
      h("button", { type: "button", class: "plain", onclick: () => closePopover() }, t("comment.skip")),
      h("button", { type: "submit", class: "primary", id: "thank" }, t("comment.send"))));
  const id = shown;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!field.value.trim()) return closePopover();
    const sent = await attempt(() => post("/feedback", { conversation: id, message: version.answer, vote: given, comment: field.value }));
    if (sent) { closePopover(); toast(t("comment.thanks"), { ms: 3000 }); }
  });
  popover(button, form);
}

// The question becomes a box; what is asked then is a further version of the turn.
function edit(turn) {
  const version = current(turn), head = $(".asked", turn.element);
  if ($("textarea", head)) return;
  const field = h("textarea", { class: "editing", rows: 1, maxlength: 4000, "aria-label": t("turn.edit") });
  field.value = version.question;
  const fit = () => { field.style.height = "auto"; field.style.height = `${field.scrollHeight + 2}px`; };
  field.addEventListener("input", fit);
  const finish = () => { drawVersion(turn); $('[data-do="edit"]', turn.element)?.focus(); };
  const send = async () => {
    if (!field.value.trim()) return;
    if (await ask(field.value, { replaces: version.answer })) $(".question", turn.element)?.focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); finish(); }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  head.replaceChildren(h("div", { class: "edit-box" }, field, h("div", { class: "buttons" },
    h("button", { type: "button", class: "plain", onclick: finish }, t("pop.cancel")),
    h("button", { type: "button", class: "primary", onclick: send }, t("turn.ask")))));
  fit();
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

// --- the connection ---

async function lookAgain() {
  const id = shown;
  const known = await attempt(() => get("/chat", { page, c: id ?? "" }));
  if (known && shown === id) take(known);
}

export function start() {
  const area = transcript();
  area.addEventListener("scroll", () => {
    isAtEnd = area.scrollHeight - area.scrollTop - area.clientHeight < NEAR;
    $("#to-end").hidden = isAtEnd;
    if (area.scrollTop < 200) loadEarlier();
    hideCard();
  }, { passive: true });
  $("#to-end").addEventListener("click", () => { toEnd(); box().focus({ preventScroll: true }); });
  $("#send").addEventListener("click", send);
  $("#stop").addEventListener("click", stop);
  // Before Gradio's own listener, which would begin a new line or an event of its own.
  $("#question").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    send();
  }, true);
  $("#question").addEventListener("input", () => { clearTimeout(keeping); keeping = setTimeout(keepDraft, 400); });
  addEventListener("pagehide", keepDraft);
  on("click", ".turn [data-do]:not([data-do=suggested])", (button) => { const turn = turnOf(button); if (turn) DOES[button.dataset.do]?.(turn, button); });
  on("click", '[data-do="suggested"]', (button) => ask(button.textContent));
  on("click", ".chip, .source", (button) => {
    hideCard();
    openSource(turnOf(button), Number(button.dataset.source), Number(button.dataset.citation), true);
  });
  on("pointerover", ".chip", (chip, event) => { if (event.pointerType !== "touch") showCard(chip); });
  on("pointerout", ".chip", leaveCard);
  on("focusin", ".chip", (chip) => { if (chip.matches(":focus-visible")) showCard(chip); });
  on("focusout", ".chip", leaveCard);
  on("keydown", ".chip", (chip, event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && card) { event.stopPropagation(); return hideCard(); }
    if (!by) return;
    event.preventDefault();
    const chips = $$(".answer .chip", chip.closest(".turn"));
    const next = chips[(chips.indexOf(chip) + by + chips.length) % chips.length];
    if (!next) return;
    for (const one of chips) one.tabIndex = one === next ? 0 : -1;
    next.focus();
    const isOpen = document.documentElement.dataset.reader === "open";
    if (isOpen && !isNarrow()) openSource(turnOf(next), Number(next.dataset.source), Number(next.dataset.citation), false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && pending && !document.querySelector("dialog[open]")) stop();
  });
  let keeping = 0;
  events.on("state", (event) => {
    if (viewOfAddress() !== "chat" && shown === null) return;
    const known = event.state.chat;
    if (shown === null) { shown = known.conversation; loadDraft(); clear(); take(known); if (!isNarrow()) box().focus({ preventScroll: true }); }
    else if (known.conversation === shown) take(known);
    else if (known.gone) take(known);
    else lookAgain();
  });
  events.on("status", () => { if (!turns.size && !shown) showWelcome(); });
  events.on("conversations", (event) => {
    if (event.gone && event.gone === shown) { shown = ""; clear(); go("/", { replace: true }); showWelcome(); }
  });
}

// From the first event on, which may come before the page is drawn.
events.on("answer", grow);
events.on("sources", showSources);
events.on("turn", end);
