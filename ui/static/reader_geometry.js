// Where the pages of a strip stand: runs of pages of one size, each page below the one before it.

export const GAP = 12;
export const TALLEST = 8; // a page's picture is at most so many times as high as it is wide

// Browsers place nothing beyond some 17 to 33 million pixels; a strip that is longer is scrolled in a shorter one.
export const LONGEST = 8_000_000;

export class Geometry {
  // `width` and `height` are what the view has room for; `zoom` is a factor of the width, or "page" for whole pages.
  constructor(runs, width, height, zoom) {
    this.runs = [];
    let first = 1;
    let y = GAP;
    let widest = 0;
    for (const [count, across, down] of runs) {
      const aspect = Math.min(down / across, TALLEST);
      const w = Math.max(40, zoom === "page" ? Math.min(width, (height - 2 * GAP) / aspect) : width * zoom);
      const h = w * aspect;
      this.runs.push({first, count, y, w, h, across, down});
      first += count;
      y += count * (h + GAP);
      widest = Math.max(widest, w);
    }
    this.pages = first - 1;
    this.height = y;
    this.width = widest;
  }

  // The box of a page in the strip, in pixels, and its size in points.
  place(page) {
    const run = this.runOf("first", page);
    return {...run, y: run.y + (page - run.first) * (run.h + GAP)};
  }

  // The page at a height, that below a gap in it.
  pageAt(y) {
    const run = this.runOf("y", y);
    return Math.min(run.first + run.count - 1, run.first + Math.max(0, Math.floor((y - run.y + GAP) / (run.h + GAP))));
  }

  runOf(key, value) {
    let low = 0;
    let high = this.runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.runs[middle][key] <= value) low = middle;
      else high = middle - 1;
    }
    return this.runs[low];
  }
}

// The scrolling of a strip of any height. `top` is how far it is scrolled, in pixels of the whole strip, of which the
// element has a part at a time: what moves by a wheel or a finger moves by as much, and what the scrollbar is dragged to
// is at the same share of the whole.
export class Scroll {
  constructor(element) {
    this.element = element;
    this.shift = 0;
    this.last = 0;
    this.measure(0);
  }

  // To be called whenever the height of the strip or of the view changes.
  measure(height) {
    this.view = this.element.clientHeight;
    this.height = Math.max(height, this.view);
    this.physical = Math.min(this.height, LONGEST);
    this.is_long = this.height > this.physical;
  }

  get top() {
    return this.clamp(this.element.scrollTop + this.shift);
  }

  clamp(top) {
    return Math.min(Math.max(top, 0), this.height - this.view);
  }

  // Scroll to a height of the whole strip.
  to(top) {
    const wanted = this.clamp(top);
    const at = this.is_long ? (wanted / (this.height - this.view)) * (this.physical - this.view) : wanted;
    this.element.scrollTop = at;
    this.last = this.element.scrollTop; // rounded by the browser
    this.shift = this.is_long ? wanted - this.last : 0;
  }

  // Take note of a scroll event; whether it was a jump, and whether the shift changed.
  moved() {
    const at = this.element.scrollTop;
    const jumped = Math.abs(at - this.last) > 2 * this.view;
    if (!this.is_long) {
      this.last = at;
      return {jumped, shifted: false};
    }
    const room = this.physical - this.view;
    const before = this.shift;
    if (jumped || at <= 0 || at >= room - 1) {
      this.shift = (Math.min(at / (room - 1), 1) * (this.height - this.view)) - at;
      this.last = at;
    } else if (at < 4 * this.view || at > room - 4 * this.view) {
      this.to(at + this.shift);
    } else {
      this.last = at;
    }
    return {jumped, shifted: this.shift !== before};
  }
}
