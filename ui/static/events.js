// The stream of events from the server. A page that is hidden for a while lets go of it, since a browser has only six
// connections for all pages of a server; whoever comes back gets the state anew.
import { page, request } from "./net.js";

const HIDDEN_MS = 30_000;
const SILENT_MS = 50_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

const handlers = new Map();
let abort = null;
let retry = FIRST_RETRY_MS;
let timer = 0;
let hiding = 0;
let isBack = false;

// Call `handle(event)` for each event of a type. Of the page itself: "open" (the stream is there; `again` if it was lost
// meanwhile) and "gone" (it is not, and is tried for; with the error).
export function on(type, handle) {
  if (!handlers.has(type)) handlers.set(type, []);
  handlers.get(type).push(handle);
}

export function emit(event) {
  for (const handle of handlers.get(event.type) ?? []) handle(event);
}

export function start() {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { stop(); isBack = true; }, HIDDEN_MS);
    else connect();
  });
  addEventListener("online", () => { retry = FIRST_RETRY_MS; connect(); });
  addEventListener("pageshow", (event) => { if (event.persisted) { isBack = true; stop(); connect(); } });
  addEventListener("pagehide", stop);
  connect();
}

function stop() {
  clearTimeout(timer);
  abort?.abort();
  abort = null;
}

async function connect() {
  if (abort || document.hidden) return;
  clearTimeout(timer);
  const mine = abort = new AbortController();
  let watch = 0;
  const listen = () => { clearTimeout(watch); watch = setTimeout(() => mine.abort(), SILENT_MS); };
  try {
    listen();
    const response = await request(`/events?page=${page}`, { signal: mine.signal });
    retry = FIRST_RETRY_MS;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      listen();
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) if (part.startsWith("data: ")) take(JSON.parse(part.slice(6)));
    }
    if (abort === mine) lost(null);
  } catch (error) {
    if (abort === mine) lost(error);
  } finally {
    clearTimeout(watch);
  }
}

function take(event) {
  if (event.type === "hello") {
    emit({ type: "open", again: isBack, version: event.version });
    isBack = true;
  } else if (event.type === "lost") emit({ type: "open", again: true });
  else emit(event);
}

function lost(error) {
  abort = null;
  isBack = true;
  emit({ type: "gone", error });
  if (error?.status === 401) return;
  timer = setTimeout(connect, retry * (0.7 + 0.6 * Math.random()));
  retry = Math.min(2 * retry, LAST_RETRY_MS);
}
