// A citation in an answer opens its source; on a narrow screen the list of conversations starts closed.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href*="#source-"]');
  if (!link) return;
  event.preventDefault();
  const source = document.getElementById(link.getAttribute("href").split("#")[1]);
  if (!source) return;
  document.querySelectorAll("#evidence section").forEach((group) => {
    group.hidden = !group.contains(source);
  });
  source.parentElement.querySelectorAll("details").forEach((other) => { other.open = other === source; });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  source.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
  source.querySelector("summary").focus({ preventScroll: true });
});

// Where a page's picture can't be had, such as of a document that was deleted, the reason stands in its place.
document.addEventListener("error", async (event) => {
  const picture = event.target;
  const link = picture.closest && picture.closest('#evidence a[href^="/page/"]');
  if (!link) return;
  const answer = await fetch(picture.src);
  if (answer.ok) return;
  const said = (await answer.json()).detail;
  if (typeof said !== "string") return;
  const line = Object.assign(document.createElement("p"), { className: "hint gone", textContent: said });
  link.replaceWith(line);
}, true);

// An answer is copied as plain text with its sources, not as Gradio keeps it. In the capture phase: before Gradio.
// The button is the first below a message, whatever it is called in the reader's language.
document.addEventListener("click", (event) => {
  const button = event.target.closest("#chat .message-buttons .icon-button-wrapper > button:first-child");
  if (!button) return;
  const answers = [...document.querySelectorAll("#chat .bot.message, #chat .message.bot")];
  const answer = answers.filter((one) => one.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING || one.contains(button)).pop();
  const question = [...document.querySelectorAll("#chat .user.message, #chat .message.user")]
    .filter((one) => one.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING || one.contains(button)).pop();
  if (!answer || (question && answer.compareDocumentPosition(question) & Node.DOCUMENT_POSITION_FOLLOWING)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const group = document.querySelector(`#evidence section[data-turn="${answers.indexOf(answer)}"]`);
  const sources = group ? [...group.querySelectorAll("details")].map((source) => source.dataset.cited) : [];
  const title = group ? `\n\n${group.querySelector("h2").textContent}:\n` : "";
  copy(answer.innerText.trim() + title + sources.join("\n")).then(
    () => say(sources.length ? "withSources" : "copied"),
    () => say("failed"),
  );
}, true);

// Browsers have a clipboard over HTTPS and on this machine alone; elsewhere a selection is copied.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (!copied) throw new Error("no clipboard");
}

let quiet;
function say(what) {
  const line = document.getElementById("said");
  line.textContent = line.dataset[what];
  clearTimeout(quiet);
  quiet = setTimeout(() => { line.textContent = ""; }, 4000);
}

// The keys of the list in ui/html.py: by their place on the keyboard, since Alt changes what they write on a Mac.
const KEYS = { KeyQ: "#question textarea", KeyN: "#new", KeyS: "#search input, #search textarea", KeyK: "#show-keys" };
document.addEventListener("keydown", (event) => {
  const dialog = document.getElementById("keys");
  if (event.key === "Escape" && !event.defaultPrevented && !dialog.open) {
    const choosing = event.target.closest('[aria-expanded="true"]');
    const stop = document.querySelector("#stop");
    if (stop && stop.offsetParent && !choosing) stop.click();
  }
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.code in KEYS)) return;
  event.preventDefault();
  if (dialog.open) return event.code === "KeyK" ? dialog.close() : undefined;
  const chat = document.querySelector('[role="tab"]');
  if (chat && chat.getAttribute("aria-selected") !== "true" && event.code !== "KeyK") chat.click();
  const list = document.querySelector("#conversations > button.label-wrap");
  if (event.code === "KeyS" && list && !list.classList.contains("open")) list.click();
  const use = () => {
    const found = document.querySelector(KEYS[event.code]);
    if (found && found.tagName === "BUTTON") found.click();
    else if (found) found.focus();
  };
  use();
  // A tab or a section that opens draws what is in it a moment later.
  requestAnimationFrame(() => requestAnimationFrame(() => { if (event.code === "KeyS" || event.code === "KeyQ") use(); }));
});

document.addEventListener("click", (event) => {
  const dialog = document.getElementById("keys");
  if (event.target.closest("#show-keys")) dialog.showModal();
  if (event.target.closest("#hide-keys")) dialog.close();
});

// What Gradio draws lacks these; it draws some of it anew, and later than this is read.
function describe() {
  const keys = { "#question textarea": "Alt+Q", "#new": "Alt+N", "#search input, #search textarea": "Alt+S", "#stop": "Escape", "#show-keys": "Alt+K" };
  for (const [selector, key] of Object.entries(keys)) {
    document.querySelectorAll(selector).forEach((one) => one.setAttribute("aria-keyshortcuts", key));
  }
}
const ready = setInterval(() => {
  const toggle = document.querySelector("#conversations > button.label-wrap");
  if (!toggle) return;
  clearInterval(ready);
  // Gradio names the browser's language, where the page is in English for want of it too.
  document.documentElement.lang = document.getElementById("said").dataset.language;
  if (window.matchMedia("(max-width: 760px)").matches && toggle.classList.contains("open")) toggle.click();
  new MutationObserver(describe).observe(document.body, { childList: true, subtree: true });
  describe();
}, 100);
