// A citation in an answer opens its source.
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

// If a page's picture can't be loaded, say because its document was deleted, the reason takes its place.
document.addEventListener("error", async (event) => {
  const picture = event.target;
  const link = picture.closest && picture.closest('#evidence a[href^="/page/"]');
  if (!link) return;
  const answer = await fetch(picture.src);
  if (answer.ok) return;
  const reason = (await answer.json()).detail;
  if (typeof reason !== "string") return;
  const line = Object.assign(document.createElement("p"), { className: "hint gone", textContent: reason });
  link.replaceWith(line);
}, true);

// An answer is copied as plain text with its sources, not as Gradio stores it. In the capture phase, to run before Gradio.
// The button is the first below a message, whatever its name in the reader's language.
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
    () => announce(sources.length ? "withSources" : "copied"),
    () => announce("failed"),
  );
}, true);

// Browsers offer a clipboard only over HTTPS and on localhost; elsewhere a selection is copied.
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

let clearing;
function announce(what) {
  const line = document.getElementById("said");
  line.textContent = line.dataset[what];
  clearTimeout(clearing);
  clearing = setTimeout(() => { line.textContent = ""; }, 4000);
}

// The shortcuts listed in ui/html.py, by key position, since Alt changes what a key types on a Mac.
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
  // A tab or section that opens draws its content a moment later.
  requestAnimationFrame(() => requestAnimationFrame(() => { if (event.code === "KeyS" || event.code === "KeyQ") use(); }));
});

document.addEventListener("click", (event) => {
  const dialog = document.getElementById("keys");
  if (event.target.closest("#show-keys")) dialog.showModal();
  if (event.target.closest("#hide-keys")) dialog.close();
});

// Gradio's elements lack these attributes; it redraws some of them, and after this script has run.
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
  // Gradio sets the browser's language even where the page falls back to English.
  document.documentElement.lang = document.getElementById("said").dataset.language;
  // On a narrow screen the list of conversations starts closed.
  if (window.matchMedia("(max-width: 760px)").matches && toggle.classList.contains("open")) toggle.click();
  new MutationObserver(describe).observe(document.body, { childList: true, subtree: true });
  describe();
}, 100);
