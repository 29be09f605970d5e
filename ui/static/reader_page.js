// A page in the reader: its picture, the marks on it, and its words, which lie over the picture so that they can be
// selected and copied.
import { h, t } from "./dom.js";
import { Failed, get, request } from "./net.js";

// The widths in which the server draws pages, in pixels (see runtime/evidence.py).
const WIDTHS = [480, 900, 1400, 2200];
const SHARP = 1.2; // times the pixels of the screen: what has hardly more is blurred where it is made smaller

const MOST_WORDS = 8000;
const letters = document.createElement("canvas").getContext("2d");
letters.font = "10px sans-serif";

const of = (shown) => ({ document: shown.document, version: shown.version });

export function pictureAddress(shown, page, width) {
  const wanted = width * Math.min(devicePixelRatio, 3) * SHARP;
  const drawn = WIDTHS.find((one) => one >= wanted) ?? WIDTHS.at(-1);
  return { drawn, address: `/document/page/${page}?${new URLSearchParams({ ...of(shown), width: drawn })}` };
}

const percent = (share) => `${(100 * share).toFixed(4)}%`;

export class PageView {
  constructor(shown, page, place) {
    this.shown = shown;
    this.page = page;
    this.drawn = 0; // the width of the picture that is there
    this.loading = null;
    this.picture = null;
    this.marks = h("div", { class: "marks", "aria-hidden": "true" });
    this.words = h("div", { class: "words", translate: "no" });
    this.root = h("div", { class: "sheet", role: "group", "data-page": page, "aria-label": t("reader.page_of", { page, pages: shown.pages }) }, this.marks, this.words);
    this.place(place);
  }

  // Put the page where it stands, in pixels.
  place(place, shift = 0, left = 0) {
    this.at = place;
    const { style } = this.root;
    style.top = `${place.y - shift}px`;
    style.left = `${left}px`;
    style.width = `${place.w}px`;
    style.height = `${place.h}px`;
    // Points of a page that is far higher than wide are not as high as they are wide.
    this.words.style.setProperty("--across", `${place.w / place.across}px`);
    this.words.style.setProperty("--down", `${place.h / place.down}px`);
  }

  // Fetch the picture in a width that is sharp; the one before it stays until then.
  async load() {
    const { drawn, address } = pictureAddress(this.shown, this.page, this.at.w);
    if (this.drawn >= drawn || this.loading === address) return;
    this.loading = address;
    const picture = h("img", { class: "picture", alt: "", draggable: "false" });
    this.pending = picture;
    picture.src = address;
    try {
      await picture.decode();
    } catch {
      if (this.loading === address) await this.fail(address);
      return;
    }
    if (this.loading !== address) return;
    this.loading = null;
    this.drawn = drawn;
    this.problem?.remove();
    if (this.picture) this.picture.replaceWith(picture);
    else this.root.prepend(picture);
    this.picture = picture;
    this.root.dataset.drawn = drawn;
  }

  // A picture does not say why it is not there: ask for it in another way.
  async fail(address) {
    let why = t("net.failed"), remedy = "";
    try {
      await request(address);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      [why, remedy] = [error.message, error.remedy ?? ""];
    }
    if (this.loading !== address) return;
    this.loading = null;
    this.problem?.remove();
    const again = () => { this.problem.remove(); this.load(); };
    this.problem = h("div", { class: "problem" }, h("p", {}, why), remedy && h("p", { class: "quiet" }, remedy),
      h("button", { type: "button", onclick: again }, t("reader.try_again")));
    if (!this.picture) this.root.append(this.problem);
  }

  // What is no longer near is not waited for.
  leave() {
    if (this.loading) this.pending.removeAttribute("src");
    this.loading = null;
    this.reading?.abort();
  }

  // Boxes on the page: [kind, left, top, right, bottom] in points.
  mark(boxes) {
    const { across, down } = this.at;
    this.marks.replaceChildren(...boxes.map(([kind, left, top, right, bottom]) => {
      const one = h("div", { class: `mark ${kind}` });
      one.style.left = percent(left / across);
      one.style.top = percent(top / down);
      one.style.width = percent((right - left) / across);
      one.style.height = percent((bottom - top) / down);
      return one;
    }));
  }

  // Lay the words over the picture, once. Where there are none, the picture says that it is one.
  async read() {
    if (this.reading) return;
    this.reading = new AbortController();
    let lines;
    try {
      ({ lines } = await get(`/document/words/${this.page}`, of(this.shown), { signal: this.reading.signal, cache: "default" }));
    } catch (error) {
      this.reading = error instanceof Failed && error.status === 503 ? null : this.reading;
      if (!(error instanceof Failed) && error.name !== "AbortError") throw error;
      return;
    }
    const made = document.createDocumentFragment();
    let count = 0;
    for (const line of lines) {
      for (const word of line) if (count++ < MOST_WORDS) made.append(this.word(word, word === line.at(-1)));
      made.append(h("br", { role: "presentation" }));
    }
    made.append(h("div", { class: "rest" }));
    this.words.replaceChildren(made);
    if (!count && this.picture) this.picture.alt = t("reader.picture_of", { page: this.page });
    this.root.dataset.words = count;
  }

  word([text, left, top, right, bottom], isLast) {
    const one = h("span", { dir: "auto" }, isLast ? text : `${text} `);
    const width = right - left, height = bottom - top;
    const upright = height > 1.5 * width && text.length > 2; // runs downwards, or upwards
    const size = 0.8 * (upright ? width : height);
    const natural = (size * letters.measureText(text).width) / 10 || 1;
    const { style } = one;
    style.left = `calc(var(--across) * ${left.toFixed(1)})`;
    style.top = `calc(var(--down) * ${top.toFixed(1)})`;
    style.fontSize = `calc(var(--down) * ${size.toFixed(2)})`;
    style.lineHeight = `calc(var(--down) * ${(upright ? width : height).toFixed(1)})`;
    if (upright) {
      style.writingMode = "vertical-rl";
      style.transform = `scaleY(${(height / natural).toFixed(3)})`;
    } else {
      style.transform = `scaleX(${(width / natural).toFixed(3)})`;
    }
    return one;
  }
}
