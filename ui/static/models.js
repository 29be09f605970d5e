// Choosing the model that answers, for operators. `panel()` is put into the status popover.
import { $, $$, h, number, t } from "./dom.js";
import { Failed, get, post } from "./net.js";
import { closePopover } from "./pop.js";
import * as events from "./events.js";

let dialog = null;

export function start() {
  events.on("models", () => { if (dialog) showChosen(); });
}

export function panel() {
  return h("p", {}, h("button", { type: "button", class: "plain", onclick: () => { closePopover(); open(); } }, t("models.choose")));
}

// --- the dialog ---

function open() {
  dialog = h("dialog", { class: "models", "aria-labelledby": "models-title" },
    h("h2", { id: "models-title" }, t("models.title")),
    h("div", { class: "chosen" }),
    h("form", { method: "dialog" },
      h("fieldset", { class: "offers" },
        h("legend", {}, t("models.here")),
        h("div", { class: "found" }, h("p", { class: "quiet" }, t("models.looking"))),
        field("radio", "which", "server", t("models.server")),
        h("div", { class: "more", hidden: true },
          input(t("models.url"), "url", { type: "url", placeholder: "http://127.0.0.1:11434/v1" }),
          input(t("models.key"), "key", { type: "password", autocomplete: "off" }),
          input(t("models.name"), "model", { list: "models-names" }), h("datalist", { id: "models-names" }),
          h("button", { type: "button", class: "button", onclick: listNames }, t("models.list"))),
        field("radio", "which", "file", t("models.file")),
        h("div", { class: "more", hidden: true }, input(t("models.path"), "path", { placeholder: "~/models/model.gguf" }))),
      h("p", { class: "outcome", role: "status" }),
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "button none", onclick: () => change("/models/none", {}, () => t("models.quoting")) }, t("models.none")),
        h("span", { class: "stretch" }),
        h("button", { value: "close" }, t("models.close")),
        h("button", { type: "button", class: "primary use", onclick: use }, t("models.use")))));
  dialog.addEventListener("change", showFields);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); use(); }
  });
  dialog.addEventListener("close", () => { dialog.remove(); dialog = null; $("#status").focus(); });
  document.body.append(dialog);
  dialog.showModal();
  showChosen();
}

function field(type, name, value, ...label) {
  return h("label", { class: "choice" }, h("input", { type, name, value }), h("span", {}, ...label));
}

function input(label, name, attributes) {
  return h("label", { class: "entry" }, h("span", {}, label), h("input", { name, autocomplete: "off", spellcheck: "false", ...attributes }));
}

const chosenField = () => $("input[name=which]:checked", dialog);

function showFields() {
  for (const radio of $$("input[name=which]", dialog)) {
    const more = radio.closest("label").nextElementSibling;
    if (more?.classList.contains("more")) more.hidden = !radio.checked;
  }
}

async function showChosen() {
  const own = dialog;
  const known = await guarded(() => get("/models"));
  if (!known || dialog !== own) return;
  const place = known.url || known.file;
  const lines = [!known.model && !place ? t("models.quotes") : place ? t("models.at", { model: known.model, place }) : t("models.answers", { model: known.model })];
  if (known.has_key) lines.push(t("models.with_key"));
  if (known.problem) lines.push(`${known.problem} ${known.remedy}`);
  if (known.deployed) lines.push(t("models.deployed"));
  if (known.source === "environment") lines.push(t("models.environment"));
  $(".chosen", dialog).replaceChildren(...lines.map((line) => h("p", {}, line)));
  const fixed = known.deployed || known.source === "environment";
  for (const one of $$(".offers, .use, .none", dialog)) one.hidden = fixed;
  $(".none", dialog).hidden = fixed || known.source === "none";
  if (!fixed && !$(".found", dialog).dataset.shown) showFound();
}

async function showFound() {
  const own = dialog;
  const place = $(".found", dialog);
  place.dataset.shown = "true";
  const servers = await guarded(() => get("/models/found"));
  if (!servers || dialog !== own) return;
  const offers = servers.flatMap((server) => server.models.length
    ? server.models.map((model) => {
      const offer = field("radio", "which", "found", model, h("small", {}, ` ${server.kind}, ${server.url}`));
      Object.assign($("input", offer).dataset, { url: server.url, model });
      return offer;
    })
    : [h("p", { class: "quiet" }, `${server.kind}, ${server.url}: ${server.why || t("models.no_models")}`)]);
  place.replaceChildren(...(offers.length ? offers : [h("p", { class: "quiet" }, t("models.nothing_here"))]));
  const first = $("input", place);
  if (first && !chosenField()) { first.checked = true; first.focus(); }
}

const value = (name) => $(`input[name=${name}]`, dialog).value.trim();

async function listNames() {
  await busy(async () => {
    const names = await post("/models/names", { url: value("url"), key: value("key") });
    if (!dialog) return "";
    $("#models-names").replaceChildren(...names.map((name) => h("option", { value: name })));
    const name = $("input[name=model]", dialog);
    if (!name.value) name.value = names[0];
    name.focus();
    return names.slice(0, 12).join(", ") + (names.length > 12 ? ` … (${number(names.length)})` : "");
  }, "");
}

function use() {
  const which = chosenField();
  const wanted = which?.value === "found" ? { url: which.dataset.url, model: which.dataset.model }
    : which?.value === "server" && value("url") ? { url: value("url"), model: value("model"), key: value("key") }
      : which?.value === "file" && value("path") ? { file: value("path") } : null;
  if (!wanted) return say(t("models.which"), "bad");
  return change("/models/use", wanted, ({ tried }) => t("models.tried", { seconds: number(Math.round(tried.seconds * 10) / 10), words: tried.words }));
}

const change = (path, body, told) => busy(async () => told(await post(path, body)), t("models.trying"));

// Run something with the buttons off, and show what it returns.
async function busy(run, meanwhile) {
  const own = dialog;
  const buttons = $$(".button, .use", own);
  buttons.forEach((one) => { one.disabled = true; });
  say(meanwhile);
  try {
    const outcome = await run();
    if (dialog === own) { say(outcome); showChosen(); }
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (dialog === own) say(`${error.message} ${error.remedy}`.trim(), "bad");
  } finally {
    buttons.forEach((one) => { one.disabled = false; });
  }
}

async function guarded(run) {
  const own = dialog;
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (dialog === own && own) say(`${error.message} ${error.remedy}`.trim(), "bad");
    return null;
  }
}

function say(text, kind = "") {
  const line = $(".outcome", dialog);
  line.textContent = text;
  line.dataset.kind = kind;
}
