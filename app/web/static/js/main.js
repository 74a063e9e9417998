/* Loads the parts that the page at hand can use. Every page works without any of them. */

const PARTS = [
  ["[data-similar-url]", "./ask.js"],
  ["[data-enhance]", "./enhance.js"],
  ["[data-leaves]", "./drafts.js"],
  ["[data-live]", "./live.js"],
  ["[data-anchors]", "./anchors.js"],
  ["[data-seen]", "./seen.js"],
  ["[data-passkey]", "./passkey.js"],
  ["[data-search]", "./searches.js"],
  ["time[data-relative]", "./times.js"],
  [".highlight, .tabs, .toc.only-wide a", "./reading.js"],
];

/** The words that scripts say; the page brings them, translated. */
export const words = JSON.parse(document.body.dataset.words);

/** A new element: attributes by name, then what is in it. */
export function make(tag, attributes, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

const SIGNS = ["pointermove", "pointerdown", "keydown", "scroll", "focusin"];

/** Somebody is there: moves, types or touches. What only serves them then can wait, and the page comes sooner. */
export const somebody = new Promise((resolve) => {
  for (const sign of SIGNS) addEventListener(sign, resolve, { once: true, passive: true });
  if (document.activeElement !== document.body) resolve();
});

/* The tools for writing, and what keeps a text, come when the field they are for does. */
const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    if (target.matches("form")) import("./drafts.js").then((part) => part.keep(target));
    else somebody.then(() => import("./editor.js")).then((part) => part.start(target));
  }
}, { rootMargin: "200px" });

/** Bring a piece of the page to life. */
export function wake(root) {
  for (const [selector, path] of PARTS) {
    if (root.querySelector(selector)) import(path).then((part) => part.start(root));
  }
  root.querySelectorAll("[data-draft], [data-editor]").forEach((box) => near.observe(box));
}

/* One press sends once: a second one while the first is on its way does nothing. */
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "downloads" in form.dataset) return; // No page follows a file.
  if (form.ariaBusy) event.preventDefault();
  form.ariaBusy = "true";
});
addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => (form.ariaBusy = null)));

/* Escape closes the account menu; a press elsewhere does so by itself. */
const menu = document.querySelector(".menu");
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.firstElementChild.focus();
});

document.getElementById("errors")?.focus();
wake(document);
// Nobody types into the search before it has the focus.
addEventListener("focusin", watchSearch);
function watchSearch({ target }) {
  if (target.type !== "search") return;
  removeEventListener("focusin", watchSearch);
  import("./suggest.js").then((part) => part.start(target));
}
// Nobody quotes before something is selected, or the button is pressed.
document.addEventListener("selectionchange", watchSelection);
function watchSelection() {
  if (getSelection().isCollapsed || !document.querySelector("[data-quote]")) return;
  document.removeEventListener("selectionchange", watchSelection);
  import("./quote.js");
}
addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-quote]");
  if (button) import("./quote.js").then((part) => part.quote(button));
});
try {
  if (sessionStorage.getItem("sent")) import("./drafts.js"); // A form of the page before: was it taken?
  if (sessionStorage.getItem("search")) import("./searches.js").then((searches) => searches.watch());
} catch {
  // Where storage is forbidden, no draft was kept.
}
