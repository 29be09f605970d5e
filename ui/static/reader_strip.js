// The pages of a document, one below the other, of which only those near the view are there: their sizes are known, so
// that nothing jumps when they come.
import { h } from "./dom.js";
import { GAP, Geometry, Scroll } from "./reader_geometry.js";
import { PageView } from "./reader_page.js";

const SETTLED_MS = 120; // without scrolling: what is then in view is looked at
const THIRD = 1 / 3; // of the view, where a mark comes to rest
const PINCH = 40; // pixels of a wheel for a step of the zoom
const MARGIN = 12, LARGEST = 2.5; // points beside a column, and how far it is magnified at most

export const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4];

export class Strip {
  // `onpage(page)` is called when another page is in view, and `onpinch(by)` when fingers or a wheel ask for another zoom.
  constructor({ onpage, onpinch, label }) {
    this.onpage = onpage;
    this.pinched = 0;
    this.inner = h("div", { class: "pages" });
    this.root = h("div", { class: "strip", tabindex: 0, role: "region", "aria-label": label }, this.inner);
    this.scroll = new Scroll(this.root);
    this.views = new Map();
    this.marks = new Map();
    this.found = new Map();
    this.zoom = 1;
    this.page = 0;
    this.shown = null;
    this.root.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.root.addEventListener("copy", (event) => copied(event, this.root));
    this.root.addEventListener("pointerdown", (event) => selecting(event, this.root));
    this.root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.pinched += event.deltaY;
      if (Math.abs(this.pinched) < PINCH) return;
      onpinch(-Math.sign(this.pinched));
      this.pinched = 0;
    }, { passive: false });
    new ResizeObserver(() => this.resized()).observe(this.root);
  }

  // Show a document: `shown` has its name, version, count of pages and their sizes as runs.
  show(shown) {
    this.clear();
    this.shown = shown;
    this.measure();
  }

  clear() {
    for (const view of this.views.values()) this.drop(view);
    this.shown = this.geometry = this.target = null;
    clearTimeout(this.settling);
    this.marks = new Map();
    this.found = new Map();
    this.page = 0;
  }

  drop(view) {
    view.leave();
    view.root.remove();
    this.views.delete(view.page);
  }

  // Marks by page: [kind, left, top, right, bottom] in points.
  mark(marks) {
    this.marks = marks;
    this.remark();
  }

  highlight(found) {
    this.found = found;
    this.remark();
  }

  remark() {
    for (const view of this.views.values()) view.mark(this.boxesOf(view.page));
  }

  boxesOf(page) {
    return [...(this.marks.get(page) ?? []), ...(this.found.get(page) ?? [])];
  }

  measure() {
    const { clientWidth, clientHeight } = this.root;
    if (!this.shown || !clientWidth) return;
    this.size = [clientWidth, clientHeight];
    this.geometry = new Geometry(this.shown.runs, Math.max(80, clientWidth - 2 * GAP), clientHeight, this.zoom);
    this.across = Math.max(clientWidth, this.geometry.width + 2 * GAP);
    this.scroll.measure(this.geometry.height);
    this.inner.style.height = `${this.scroll.physical}px`;
    this.inner.style.width = `${this.across}px`;
  }

  // Keep what is at this share of the view where it is, while its size changes.
  keeping(change, share = THIRD) {
    const at = this.geometry && this.position(share);
    const middle = (this.root.scrollLeft + this.root.clientWidth / 2) / (this.across || 1);
    change();
    this.measure();
    if (!this.geometry) return;
    if (at) this.scroll.to(this.geometry.place(at.page).y + at.share * this.geometry.place(at.page).h - share * this.scroll.view);
    this.root.scrollLeft = middle * this.across - this.root.clientWidth / 2;
    this.draw();
  }

  // The page at a share of the view, and what share of it is above.
  position(share = 0) {
    const y = this.scroll.top + share * this.scroll.view;
    const page = this.geometry.pageAt(y), place = this.geometry.place(page);
    return { page, share: Math.min(Math.max((y - place.y) / place.h, 0), 1) };
  }

  resized() {
    const { clientWidth, clientHeight } = this.root;
    if (!this.shown || !clientWidth || (this.geometry && this.size[0] === clientWidth && this.size[1] === clientHeight)) return;
    if (!this.geometry) return this.measure();
    const waiting = this.target;
    this.keeping(() => {});
    if (waiting) this.goTo(...waiting);
  }

  setZoom(zoom) {
    this.zoom = zoom;
    this.target = null;
    this.was_zoomed = true; // by the reader
    this.keeping(() => {});
  }

  // The next step of the zoom, larger or smaller.
  step(by) {
    const width = this.geometry.place(this.page || 1).w / Math.max(80, this.root.clientWidth - 2 * GAP);
    const next = by > 0 ? ZOOMS.find((one) => one > width + 0.01) : ZOOMS.findLast((one) => one < width - 0.01);
    if (next) this.setZoom(next);
  }

  // The zoom at which a column of a page fills the view.
  columnZoom(page, [left, , right]) {
    const run = this.geometry?.place(page);
    return run ? Math.min(Math.max(run.across / (right - left + 2 * MARGIN), 1), LARGEST) : 1;
  }

  // Have a page at the top of the view, or a place on it, in points, a third down, with its column in view.
  goTo(page, box = null, column = box) {
    if (!this.geometry) this.measure();
    if (!this.geometry) return;
    const place = this.geometry.place(page);
    const top = box ? place.y + (box[1] / place.down) * place.h - THIRD * this.scroll.view : place.y - GAP;
    this.target = [page, box, column]; // until the reader scrolls, it stays there when the view changes
    this.scroll.to(top);
    if (box && place.w > this.root.clientWidth) {
      const room = this.root.clientWidth, pixels = place.w / place.across;
      const [left, right] = [0, 2].map((side) => this.left(place) + column[side] * pixels);
      const [begins, ends] = [0, 2].map((side) => this.left(place) + box[side] * pixels);
      const to = right - left < room ? (left + right - room) / 2 : left - GAP / 2;
      this.root.scrollLeft = ends > to + room ? Math.min(begins - GAP, ends - room + GAP) : to;
    }
    this.draw();
    this.settle();
  }

  // Scroll by a view, of which a line or two stay.
  by(views) {
    this.target = null;
    this.scroll.to(this.scroll.top + 0.9 * views * this.scroll.view);
    this.draw();
    this.settle();
  }

  left(place) {
    return (this.across - place.w) / 2;
  }

  scrolled() {
    if (!this.geometry) return;
    const before = this.scroll.last;
    const { jumped } = this.scroll.moved();
    if (Math.abs(this.scroll.last - before) > 2) this.target = null;
    this.draw(jumped);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_MS);
  }

  // What is in view is looked at: it may be fetched, with its words and its neighbours.
  settle() {
    clearTimeout(this.settling);
    if (!this.geometry) return;
    if (this.scroll.is_long) {
      this.scroll.to(this.scroll.top);
    }
    this.draw();
    const [first, last] = this.inView(0);
    const views = [...this.views.values()].sort((one, other) => distance(one.page, first, last) - distance(other.page, first, last));
    const seen = views.filter((view) => distance(view.page, first, last) === 0);
    const pictures = seen.map((view) => view.load());
    for (const view of seen) view.read();
    const { shown } = this;
    Promise.allSettled(pictures).then(() => {
      if (this.shown === shown && this.geometry) for (const view of views) if (this.views.get(view.page) === view) view.load();
    });
  }

  inView(more) {
    const { top, view } = this.scroll;
    return [this.geometry.pageAt(top - more * view), this.geometry.pageAt(top + (1 + more) * view)];
  }

  draw(jumped = false) {
    const [first, last] = this.inView(1);
    const kept = selected(this.root);
    for (const view of [...this.views.values()]) {
      if ((view.page < first || view.page > last) && !kept.includes(view.page)) this.drop(view);
    }
    for (let page = first; page <= last; page++) {
      if (!this.views.has(page)) this.add(page);
    }
    for (const view of this.views.values()) {
      const place = this.geometry.place(view.page);
      view.place(place, this.scroll.shift, this.left(place));
    }
    if (!jumped) for (const page of range(...this.inView(0))) this.views.get(page)?.load();
    const { page } = this.position(THIRD);
    if (page !== this.page) {
      this.page = page;
      this.onpage(page);
    }
  }

  add(page) {
    const view = new PageView(this.shown, page, this.geometry.place(page));
    view.mark(this.boxesOf(page));
    this.views.set(page, view);
    const after = [...this.inner.children].find((one) => Number(one.dataset.page) > page);
    this.inner.insertBefore(view.root, after ?? null); // in order, for whoever selects or hears them
  }
}

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, number) => first + number);
const distance = (page, first, last) => Math.max(first - page, page - last, 0);

// The pages in which a selection begins and ends: they stay.
function selected(root) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !root.contains(selection.anchorNode)) return [];
  return [selection.anchorNode, selection.focusNode].map((node) => Number(node?.parentElement?.closest("[data-page]")?.dataset.page ?? 0));
}

// What is copied has its lines, and no words that a line's end divides.
function copied(event, root) {
  const selection = getSelection();
  if (!selection || !root.contains(selection.anchorNode)) return;
  const text = selection.toString().replace(/(\p{L})[-\u2010\u00ad]\s*\n(?=\p{Ll})/gu, "$1").replace(/[ \t]+$/gm, "");
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}

// While words are being selected, the rest of the page is out of the way: between words nothing is selected anew.
function selecting(event, root) {
  const words = event.target.closest?.(".words");
  if (!words) return;
  root.classList.add("selecting");
  const end = () => { root.classList.remove("selecting"); removeEventListener("pointerup", end); removeEventListener("pointercancel", end); };
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}
