// What comes up over the page: messages, dialogs and popovers.
import { $, h, say, t } from "./dom.js";

const TOAST_MS = 7000;

// A message at the edge. `action: {label, run}`, `ms` until it goes, `stays` until it is closed. Returns how to close it.
export function toast(text, { kind = "info", action = null, ms = TOAST_MS, stays = false, gone = null } = {}) {
  let timer = 0;
  const close = () => {
    clearTimeout(timer);
    if (!made.isConnected) return;
    const before = made.contains(document.activeElement);
    made.remove();
    if (before) $("#question textarea")?.focus();
    gone?.();
  };
  const made = h("div", { class: `toast ${kind}`, role: kind === "error" ? "alert" : null },
    h("span", {}, text),
    action && h("button", { type: "button", class: "plain", onclick: () => { action.run(); close(); } }, action.label),
    h("button", { type: "button", class: "icon", "data-icon": "close", "aria-label": t("pop.close"), onclick: close }),
  );
  const count = () => { if (!stays) timer = setTimeout(close, ms); };
  made.addEventListener("pointerenter", () => clearTimeout(timer));
  made.addEventListener("pointerleave", count);
  made.addEventListener("focusin", () => clearTimeout(timer));
  made.addEventListener("focusout", count);
  $("#toasts").append(made);
  if (kind !== "error") say(text);
  count();
  return close;
}

// Ask before something is done: true if `yes` was chosen. The dialog never stands under the pointer.
export function confirm(title, text, yes, { dangerous = false } = {}) {
  return new Promise((answer) => {
    const dialog = h("dialog", { class: "confirm", "aria-labelledby": "confirm-title" },
      h("h2", { id: "confirm-title" }, title),
      typeof text === "string" ? h("p", {}, text) : text,
      h("form", { method: "dialog" },
        h("button", { value: "no" }, t("pop.cancel")),
        h("button", { value: "yes", class: dangerous ? "danger" : "primary" }, yes)),
    );
    dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
    keepAway(dialog);
  });
}

let pointer = null;
addEventListener("pointerdown", (event) => { pointer = { x: event.clientX, y: event.clientY }; }, true);

// Put an open dialog where it does not stand under the pointer, which may be about to click once more.
export function keepAway(dialog) {
  const own = dialog.getBoundingClientRect();
  if (!pointer || pointer.x < own.left || pointer.x > own.right || pointer.y < own.top || pointer.y > own.bottom) return;
  const below = innerHeight - pointer.y, room = own.height + 24;
  dialog.style.marginBottom = dialog.style.marginTop = "0";
  if (below >= room || below >= pointer.y) dialog.style.top = `${Math.min(pointer.y + 24, innerHeight - own.height)}px`;
  else dialog.style.top = `${Math.max(0, pointer.y - 24 - own.height)}px`;
}

let popped = null;

// Open a panel below (or above) an element, until something else is clicked, Escape, or the focus leaves it.
export function popover(anchor, panel, { className = "" } = {}) {
  if (popped?.anchor === anchor) return closePopover();
  closePopover();
  panel.classList.add("popover", ...className.split(" ").filter(Boolean));
  document.body.append(panel);
  const place = () => {
    const at = anchor.getBoundingClientRect(), own = panel.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - own.width - 8));
    const below = at.bottom + 4 + own.height <= innerHeight || at.top < own.height;
    panel.style.left = `${left}px`;
    panel.style.top = `${below ? Math.min(at.bottom + 4, innerHeight - own.height - 8) : at.top - own.height - 4}px`;
  };
  place();
  anchor.setAttribute("aria-expanded", "true");
  popped = { anchor, panel, place };
  (panel.querySelector("[autofocus]") ?? panel.querySelector("button, input, a[href], [tabindex]") ?? panel).focus({ preventScroll: true });
  return panel;
}

export function closePopover(refocus = true) {
  if (!popped) return;
  const { anchor, panel } = popped;
  popped = null;
  const inside = panel.contains(document.activeElement);
  panel.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (refocus && inside && anchor.isConnected) anchor.focus();
  panel.dispatchEvent(new Event("close"));
}

export const isPopped = () => popped !== null;

document.addEventListener("pointerdown", (event) => {
  if (popped && !popped.panel.contains(event.target) && !popped.anchor.contains(event.target)) closePopover(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && popped) { event.preventDefault(); event.stopPropagation(); closePopover(); }
}, true);
document.addEventListener("focusin", (event) => {
  if (popped && !popped.panel.contains(event.target) && !popped.anchor.contains(event.target) && event.target !== document.body) closePopover(false);
});
addEventListener("resize", () => popped?.place());
