/* What is typed and not yet sent stays in this browser, and comes back. */
import { make, words } from "./main.js";

const PAUSE = 400;
const MONTH = 30 * 86400_000;
const FIELDS = "textarea, select, input:not([type=hidden], [type=password], [type=checkbox], [type=radio])";

const failed = document.querySelector("[data-failed], [aria-invalid], #errors");
const [visit] = performance.getEntriesByType("navigation");
// A page that answers a form without complaint: its draft has done its duty.
if (!failed && visit.type === "navigate") (take(sessionStorage, "sent") ?? []).forEach((key) => put(localStorage, key));
put(sessionStorage, "sent");

export function start(root) {
  root.querySelectorAll("[data-draft]").forEach(keep);
}

function keep(form) {
  const key = `draft ${form.dataset.draft}`;
  const fields = [...form.elements].filter((field) => field.matches(FIELDS));
  const read = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  const fill = (values) => fields.forEach((field) => (field.value = values[field.name] ?? field.value));
  const save = () => put(localStorage, key, { values: read(), at: Date.now() });
  const first = read();
  const kept = take(localStorage, key);
  let timer;

  if (kept && kept.at > Date.now() - MONTH && JSON.stringify(kept.values) !== JSON.stringify(first)) {
    if (fields.every((field) => field.matches("select") || !field.value)) {
      fill(kept.values);
      note(form, words.kept, words.discard, () => {
        fill(first);
        put(localStorage, key);
      });
    } else if (!failed) {
      note(form, words.found, words.use, () => fill(kept.values));
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save();
    put(sessionStorage, "sent", [...(take(sessionStorage, "sent") ?? []), key]);
  });
  form.addEventListener("sent", () => {
    put(localStorage, key);
    put(sessionStorage, "sent");
  });
}

function note(form, text, label, act) {
  const button = make("button", { type: "button", class: "button quiet compact" }, label);
  const box = make("p", { class: "notice row apart small", role: "status" }, make("span", {}, text), button);
  button.addEventListener("click", () => {
    act();
    box.remove();
    form.querySelector(FIELDS).focus();
  });
  form.prepend(box);
}

function take(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

function put(storage, key, value) {
  try {
    if (value) storage.setItem(key, JSON.stringify(value));
    else storage.removeItem(key);
  } catch {
    // A full or forbidden storage must not stand in the way of typing.
  }
}
