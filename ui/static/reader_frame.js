// How much room the reader has: beside the answer a share of the width, which a divider changes; on a narrow page a
// sheet over the answer, of part of the height or all of it; and all of the page, where that is asked for.
import { $, h, t } from "./dom.js";

const KEPT = "plumbline.reader.share";
const USUAL = 44, LEAST = 28, MOST = 70, STEP = 2; // percent of the width
const SHEET = "(max-width: 760px), (max-width: 1023px) and (orientation: portrait)";
const CLOSES_BELOW = 0.3, FULL_ABOVE = 0.8; // of the height, where a sheet is let go

export const isSheet = () => matchMedia(SHEET).matches;

export class Frame {
  // `onchange` is called when the reader is something else than before: a sheet, or not; full, or not.
  constructor(root, { onclose, onchange }) {
    this.root = root;
    this.onclose = onclose;
    this.onchange = onchange;
    this.divider = h("div", { class: "divider", role: "separator", tabindex: 0, "aria-orientation": "vertical", "aria-label": t("reader.divider"), "aria-controls": "reader", "aria-valuemin": LEAST, "aria-valuemax": MOST, title: t("reader.divider") });
    this.grip = h("button", { type: "button", class: "grip", "aria-label": t("reader.taller"), "aria-expanded": "false" }, h("span", {}));
    this.divider.addEventListener("pointerdown", (event) => this.dragDivider(event));
    this.divider.addEventListener("keydown", (event) => this.pressed(event));
    this.divider.addEventListener("dblclick", () => this.setShare(USUAL));
    this.grip.addEventListener("pointerdown", (event) => this.dragSheet(event));
    this.grip.addEventListener("click", () => { if (!this.dragged) this.setFull(!this.full); });
    matchMedia(SHEET).addEventListener("change", () => this.changed());
    this.full = false;
    this.setShare(Number(localStorage.getItem(KEPT)) || USUAL, false);
  }

  changed() {
    this.root.classList.toggle("full", this.full);
    document.documentElement.toggleAttribute("data-reader-full", this.full && !this.root.hidden);
    this.grip.setAttribute("aria-expanded", String(this.full));
    this.grip.setAttribute("aria-label", t(this.full ? "reader.shorter" : "reader.taller"));
    this.onchange();
  }

  setFull(full) {
    this.full = full;
    this.changed();
  }

  setShare(share, keep = true) {
    this.share = Math.min(Math.max(share, LEAST), MOST);
    document.documentElement.style.setProperty("--right", `${this.share}%`);
    this.divider.setAttribute("aria-valuenow", Math.round(this.share));
    if (keep) localStorage.setItem(KEPT, this.share.toFixed(1));
  }

  pressed(event) {
    const to = { ArrowLeft: this.share + STEP, ArrowRight: this.share - STEP, Home: MOST, End: LEAST, Enter: USUAL }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.setShare(to);
  }

  dragDivider(event) {
    if (event.button) return;
    event.preventDefault();
    this.divider.focus();
    const move = ({ clientX }) => this.setShare(100 * (1 - clientX / innerWidth), false);
    drag(this.divider, event, move, () => this.setShare(this.share));
  }

  dragSheet(event) {
    if (event.button) return;
    const start = event.clientY, height = this.root.getBoundingClientRect().height;
    this.dragged = false;
    const move = ({ clientY }) => {
      this.dragged ||= Math.abs(clientY - start) > 6;
      if (this.dragged) this.root.style.height = `${Math.max(80, height + start - clientY)}px`;
    };
    drag(this.grip, event, move, () => {
      const share = this.root.getBoundingClientRect().height / innerHeight;
      this.root.style.height = "";
      if (!this.dragged) return;
      setTimeout(() => { this.dragged = false; }); // after the click that ends it
      if (share < CLOSES_BELOW) this.onclose();
      else this.setFull(share > FULL_ABOVE);
    });
  }
}

function drag(element, event, move, end) {
  element.setPointerCapture(event.pointerId);
  const stop = () => {
    element.removeEventListener("pointermove", move);
    element.removeEventListener("lostpointercapture", stop);
    document.documentElement.removeAttribute("data-dragging");
    end();
  };
  document.documentElement.setAttribute("data-dragging", "");
  element.addEventListener("pointermove", move);
  element.addEventListener("lostpointercapture", stop);
}
