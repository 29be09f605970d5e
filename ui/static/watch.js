// The watch view, for operators: verdicts, reports, questions without an answer, and figures over time.
import { $, $$, fragment, on, say } from "./dom.js";
import { attempt, get, post } from "./net.js";
import { dated, openPage } from "./library.js";
import * as events from "./events.js";

let view = null;
let isShown = false;
let span = "Week";
let kind = "";
let job = null;
let loading = 0;

export function start() {
  view = $("#watch");
  events.on("watch", (event) => {
    const hasEnded = event.job?.ended && !job?.ended;
    takeJob(event.job);
    if (hasEnded) say(event.job.words);
    if (hasEnded && isShown) load();
  });
  events.on("state", ({ state }) => { if (isShown && state.operator) load(); });
  on("click", "#watch [data-run]", async (button) => {
    const told = await attempt(() => post("/watch/start", { of: button.closest("[data-of]").dataset.of, action: button.dataset.run }));
    if (told) takeJob(told.job);
  });
  on("click", "#watch .stop", () => attempt(() => post("/watch/stop")));
  on("click", "#watch [data-report]", (button) => showReport(button.dataset.report, true));
  on("click", "#watch .kinds button", (button) => showReport(button.dataset.kind));
  on("click", "#watch .spans button", (button) => { span = button.dataset.span; history(); });
  on("click", "#watch .more", (button) => {
    const hidden = $$("#watch-unanswered li[hidden]", view);
    for (const one of hidden) one.hidden = false;
    button.remove();
    hidden[0]?.querySelector("a, button")?.focus();
  });
  on("click", "#watch .near", (button) => {
    const { document: name, version, page } = button.dataset;
    openPage(name, version, Number(page));
  });
}

export function show() {
  isShown = true;
  const given = new URLSearchParams(location.search).get("report");
  load();
  history();
  if (given) showReport(given);
}

export function hide() {
  isShown = false;
}

async function load() {
  const mine = ++loading;
  const known = await attempt(() => get("/watch/state"));
  if (mine !== loading || !known) return;
  const focused = view.contains(document.activeElement) ? remembered(document.activeElement) : null;
  $("#watch-cards").replaceChildren(fragment(known.cards));
  $("#watch-unanswered").replaceChildren(fragment(known.unanswered));
  for (const time of $$("time", view)) dated(time);
  $("#watch-report").hidden = known.kinds.length === 0;
  for (const button of $$(".kinds button", view)) button.hidden = !known.kinds.includes(button.dataset.kind);
  takeJob(known.job);
  if (focused) $(focused, view)?.focus({ preventScroll: true });
  if (known.kinds.length) showReport(known.kinds.includes(kind) ? kind : known.kinds[0]);
}

// What finds an element again once the cards are drawn anew.
function remembered(element) {
  const of = element.closest("[data-of]")?.dataset.of;
  const name = ["run", "report"].find((one) => one in element.dataset);
  return of && name ? `[data-of="${of}"] [data-${name}="${element.dataset[name]}"]` : null;
}

// --- analyses ---

function takeJob(told) {
  job = told;
  const isRunning = Boolean(job && !job.ended);
  for (const button of $$("[data-run]", view)) button.disabled = isRunning;
  for (const card of $$(".verdict-card", view)) {
    const area = $(".job", card);
    if (!area) continue;
    area.hidden = job?.of !== card.dataset.of;
    if (area.hidden) continue;
    if ($(".words", area).textContent !== job.words) $(".words", area).textContent = job.words;
    const bar = $("progress", area);
    bar.hidden = !isRunning;
    if (job.share === null) bar.removeAttribute("value");
    else bar.value = job.share;
    $(".stop", area).hidden = !isRunning;
    area.classList.toggle("failed", job.ended === "failed");
  }
}

// --- reports, figures over time ---

async function showReport(wanted, isAsked = false) {
  kind = wanted;
  const found = await attempt(() => get(`/watch/report/${kind}`));
  if (kind !== wanted || !found || !found.html) return;
  $("#watch-report").hidden = false;
  for (const button of $$(".kinds button", view)) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  $(".report .made", view).textContent = `${found.made} · ${found.name.replace(/\.json$/, "")}`;
  $(".report .body", view).replaceChildren(fragment(found.html));
  $(".report .save", view).href = `/watch/file/${kind}`;
  for (const wide of $$(".report .wide", view)) if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
  if (isAsked) { $("#watch-report-title").scrollIntoView({ block: "start" }); $("#watch-report-title").focus({ preventScroll: true }); }
}

async function history() {
  const wanted = span;
  for (const button of $$(".spans button", view)) button.setAttribute("aria-pressed", String(button.dataset.span === span));
  const found = await attempt(() => get(`/watch/history/${span}`));
  if (found && wanted === span) $("#watch-history").replaceChildren(fragment(found.html));
}
