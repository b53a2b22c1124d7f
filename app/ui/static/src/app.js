// Small improvements to pages that already work without them. Everything is
// found by its data-… attribute; nothing here knows a page. Words come from
// the page, in its language.
import htmx from "../vendor/htmx/htmx.esm.js";
import { Idiomorph } from "../vendor/idiomorph/idiomorph.esm.js";

// A strict Content-Security-Policy, no copies of pages left in the browser
// (a ballot is on some of them), and forms that come back with 422.
Object.assign(htmx.config, {
  allowEval: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
  selfRequestsOnly: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});
htmx.defineExtension("morph", {
  isInlineSwap: (style) => style === "morph",
  handleSwap(style, target, fragment) {
    return style === "morph" ? Idiomorph.morph(target, fragment.children) : false;
  },
});

const on = (type, selector, handler) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) handler(event, found);
  });
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\[(\w)\]/g, (_, name) => values[name]);

// Menus close on Escape and on a click elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  closeMenus();
  menu?.querySelector("summary").focus();
});

// Dialogs.
on("click", "[data-dialog-open]", (event, link) => {
  const dialog = byId(link.dataset.dialogOpen);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
});
on("click", "[data-dialog-close]", (event, link) => {
  const dialog = link.closest("dialog");
  if (!dialog.open) return;
  event.preventDefault();
  dialog.close();
});
on("click", "dialog", (event, dialog) => {
  if (event.target === dialog) dialog.close();
});

// What has been typed is not lost without a warning.
let unsaved = false;
const setUnsaved = (value) => {
  unsaved = value;
  for (const text of document.querySelectorAll("[data-unsaved-text]")) text.hidden = !value;
};
on("input", "form[data-unsaved]", () => setUnsaved(true));
document.addEventListener("submit", () => (unsaved = false));
on("click", "a[href]:not(.booth-leave)", () => {
  if (document.body.classList.contains("booth")) unsaved = false;
});
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// Buttons to hold: a finger must stay for a second. By keyboard or with
// assistive technology, the button is pressed twice instead. Only then does
// the button send its value: without this script, the server asks again.
const HOLD = 1100;
let holding;
const held = (button) => (button.value = button.dataset.held);
const release = () => {
  if (!holding) return;
  clearTimeout(holding.timer);
  holding.button.classList.remove("is-holding");
  holding = undefined;
};
on("pointerdown", "[data-hold]", (event, button) => {
  release();
  button.classList.add("is-holding");
  holding = { button, timer: setTimeout(() => (release(), held(button), button.form.requestSubmit(button)), HOLD) };
});
for (const type of ["pointerup", "pointercancel", "pointerleave", "contextmenu"])
  document.addEventListener(type, release, true);
on("click", "[data-hold]", (event, button) => {
  if (button.dataset.armed && event.detail === 0) return held(button);
  event.preventDefault();
  const words = button.querySelector("span");
  button.dataset.label ??= words.textContent;
  words.textContent = event.detail === 0 ? button.dataset.again : button.dataset.hold;
  if (event.detail === 0) button.dataset.armed = "1";
  setTimeout(() => {
    words.textContent = button.dataset.label;
    delete button.dataset.armed;
  }, 4000);
});

// Smaller things.
on("change", "[data-auto-submit]", (event, field) => field.form.requestSubmit());
on("click", "[data-print]", () => window.print());
on("click", "[data-copy]", async (event, button) => {
  await navigator.clipboard.writeText(byId(button.dataset.copy).value);
  button.querySelector("span").textContent = button.dataset.copied;
});
const countLeft = (area) => {
  const text = document.querySelector(`[data-left-of="${area.id}"]`);
  if (text) text.textContent = fill(text.dataset.leftText, { n: area.maxLength - area.value.length });
};
on("input", "textarea[maxlength]", (event, area) => countLeft(area));
const countChoices = (group) => {
  const text = group.querySelector("[data-choices-count]");
  const n = group.querySelectorAll("input:checked").length;
  text.textContent = fill(text.dataset.choicesCount, { n, m: group.dataset.max });
  group.classList.toggle("is-over", n > group.dataset.max);
};
on("change", "fieldset[data-max]", (event, group) => countChoices(group));
on("change", "[data-select-all]", (event, box) => {
  for (const other of box.closest("table").querySelectorAll("tbody .cell-select input")) other.checked = box.checked;
});

// A click on the plan of a pin field writes the point; the point moves the pin.
const metres = 111320; // of a degree of latitude
const planOf = (svg) => {
  const { lat, lon, span } = svg.dataset;
  const scale = 190 / span; // units of the drawing a metre
  return { lat: +lat, lon: +lon, tall: metres * scale, wide: metres * scale * Math.cos((lat * Math.PI) / 180) };
};
const movePin = (svg) => {
  const [lat, lon] = byId(svg.dataset.pin).value.split(/[ ,;/]+/).map(Number);
  const mark = svg.querySelector("[data-pin-mark]");
  const plan = planOf(svg);
  mark.toggleAttribute("hidden", !lat || !lon);
  if (!lat || !lon) return;
  mark.setAttribute("cx", 300 + (lon - plan.lon) * plan.wide);
  mark.setAttribute("cy", 200 - (lat - plan.lat) * plan.tall);
};
on("click", "svg[data-pin]", (event, svg) => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const plan = planOf(svg);
  const lat = plan.lat + (200 - at.y) / plan.tall;
  const lon = plan.lon + (at.x - 300) / plan.wide;
  const input = byId(svg.dataset.pin);
  input.value = `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  movePin(svg);
});

// What each new piece of page needs at once.
htmx.onLoad((root) => {
  for (const svg of root.querySelectorAll("svg[data-pin]")) {
    svg.removeAttribute("hidden");
    movePin(svg);
  }
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  for (const button of root.querySelectorAll("[data-print], [data-select-all]")) button.hidden = false;
  for (const area of root.querySelectorAll("textarea[maxlength]")) countLeft(area);
  for (const group of root.querySelectorAll("fieldset[data-max]")) countChoices(group);
  const first = root.querySelector("[data-focus]");
  if (first) first.focus();
});
const shown = document.querySelector("[data-unsaved-text]");
if (shown && !shown.hidden) setUnsaved(true);
const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
if (target?.matches?.("dialog")) target.showModal();

// A page that says the site is away comes back once the site answers.
const retry = document.querySelector("meta[name=retry]");
if (retry) {
  setInterval(async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => {});
    if (answer && answer.status !== 503) location.reload();
  }, retry.content * 1000);
}
