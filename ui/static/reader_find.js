// Looks for a text in the open document, page by page from the one in view, and leads from place to place.
import { h, number, t } from "./dom.js";
import { Failed, get } from "./net.js";

const WAIT_MS = 250; // after the last letter
const MOST = 2000; // places

export class Find {
  // `strip` shows what is found; `onclose` is called when the box is closed.
  constructor(strip, onclose) {
    this.strip = strip;
    this.onclose = onclose;
    this.box = h("input", { type: "search", maxlength: 200, autocomplete: "off", spellcheck: "false", "aria-label": t("reader.find"), placeholder: t("reader.find"), oninput: () => this.changed(), onkeydown: (event) => this.pressed(event) });
    this.says = h("span", { class: "says", role: "status" });
    this.before = button("left", "reader.find_before", () => this.step(-1));
    this.next = button("right", "reader.find_next", () => this.step(1));
    this.root = h("div", { class: "find", role: "search", hidden: true }, this.box, this.says, this.before, this.next, button("close", "reader.find_close", () => this.close()));
    this.clear();
  }

  clear() {
    this.asking?.abort();
    this.asking = null;
    clearTimeout(this.waiting);
    this.places = [];
    this.at = -1;
    this.is_over = true;
    this.says.textContent = "";
    this.before.disabled = this.next.disabled = true;
    this.strip.highlight(new Map());
  }

  open() {
    this.root.hidden = false;
    this.box.focus();
    this.box.select();
    if (this.box.value && !this.places.length) this.look();
  }

  close() {
    if (this.root.hidden) return false;
    this.clear();
    this.root.hidden = true;
    this.onclose();
    return true;
  }

  changed() {
    this.clear();
    this.waiting = setTimeout(() => this.look(), WAIT_MS);
  }

  pressed(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (this.places.length) this.step(event.shiftKey ? -1 : 1);
    else this.look();
  }

  // From the page in view to the end, then from the first page to it.
  async look() {
    this.clear();
    const text = this.box.value.trim(), { shown } = this.strip;
    if (!text || !shown) return;
    const asking = (this.asking = new AbortController());
    const from = this.strip.page || 1;
    this.is_over = false;
    this.tell();
    try {
      for (const [first, last] of [[from, shown.pages], [1, from - 1]]) {
        for (let page = first; page && page <= last;) {
          const found = await get("/document/find", { document: shown.document, version: shown.version, text, page }, { signal: asking.signal });
          if (this.asking !== asking) return;
          this.add(found.places.filter((place) => place.page <= last));
          page = this.places.length < MOST ? found.next : 0;
        }
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Failed)) throw error;
      this.says.textContent = error.message;
      return;
    }
    this.is_over = true;
    this.tell();
  }

  add(places) {
    const here = this.places[this.at];
    const had = this.places.length;
    this.places = [...this.places, ...places].sort((one, other) => one.page - other.page);
    this.at = here ? this.places.indexOf(here) : places.length && !had ? 0 : -1;
    this.show(!had && places.length > 0);
    this.tell();
  }

  step(by) {
    if (!this.places.length) return;
    this.at = (this.at + by + this.places.length) % this.places.length;
    this.show(true);
    this.tell();
  }

  show(go) {
    const found = new Map();
    this.places.forEach((place, index) => {
      const kind = index === this.at ? "found here" : "found";
      found.set(place.page, [...(found.get(place.page) ?? []), ...place.boxes.map((box) => [kind, ...box])]);
    });
    this.strip.highlight(found);
    const place = this.places[this.at];
    if (go && place) this.strip.goTo(place.page, place.boxes[0]);
  }

  tell() {
    const count = this.places.length;
    this.before.disabled = this.next.disabled = count === 0;
    const of = { at: number(this.at + 1), count: number(count) };
    if (count) this.says.textContent = t(this.is_over ? "reader.found" : "reader.found_so_far", of);
    else this.says.textContent = t(this.is_over ? "reader.found_nothing" : "reader.finding");
  }
}

export function button(icon, key, onclick, more = {}) {
  return h("button", { type: "button", class: "icon", "data-icon": icon, "aria-label": t(key), title: t(key), onclick, ...more });
}
