/* What is typed and not yet sent stays in this browser, and comes back: to the one who typed it, until it was taken. */
import { make, words } from "./main.js";

const PAUSE = 400;
const MONTH = 30 * 86400_000;
const FIELDS = "textarea, select, input:not([type=hidden], [type=file], [type=password], [type=checkbox], [type=radio])";
const ALL = "draft:"; // A key is "draft:", the person, ":" and the form; the person of visitors is "".
const { person } = document.body.dataset;
const keyOf = (name, owner = person) => `${ALL}${owner}:${name}`;

const [visit] = performance.getEntriesByType("navigation");
const sent = take(sessionStorage, "sent") ?? [];
put(sessionStorage, "sent");
// Only a deed that was done leads on to another address; every other answer, whatever it says, leaves the text here.
if (visit.type === "navigate" && visit.redirectCount) sent.forEach((key) => put(localStorage, key));
deleteOld();

const keeping = new WeakSet();
let left = false;

export function start() {
  document.addEventListener("submit", remember); // The same listener counts once, however often it is added.
}

/** Keep what is typed into a form. */
export function keep(form) {
  start();
  if (keeping.has(form)) return;
  keeping.add(form);
  const key = keyOf(form.dataset.draft);
  const fields = [...form.elements].filter((field) => field.matches(`${FIELDS}, [data-edition]`));
  const texts = fields.filter((field) => field.type !== "hidden"); // What they began from goes along, and is no text.
  const read = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  const fill = (values) => fields.forEach((field) => (field.value = values[field.name] ?? field.value));
  const save = () => left || put(localStorage, key, { values: read(), at: Date.now(), action: pathOf(form) });
  const first = read();
  const saveNow = () => {
    clearTimeout(timer);
    timer = null;
    save();
  };
  adopt(form.dataset.draft);
  const kept = take(localStorage, key);
  let timer;

  // An answer to this very form shows what was typed already.
  if (kept && !sent.includes(key) && texts.some(({ name }) => kept.values[name] !== first[name])) {
    if (texts.every((field) => field.matches("select") || !field.value)) {
      fill(kept.values);
      note(form, words.kept, words.discard, () => {
        fill(first);
        put(localStorage, key);
      });
    } else {
      note(form, words.found, words.use, () => fill(kept.values));
    }
  }

  if (person && form.elements.csrf_token) {
    const rest = { read, fill, texts, first, here: kept?.values, at: kept?.at ?? 0, note: (...words) => note(form, ...words) };
    whenSeen(form, () => import("./unsent.js").then((part) => part.follow(form, rest)));
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(saveNow, PAUSE);
  });
  addEventListener("pagehide", () => timer && saveNow()); // Whoever leaves within that pause has typed as well.
  form.addEventListener("submit", saveNow);
  form.addEventListener("sent", () => put(localStorage, key));
}

/* A form further down may never be used. */
function whenSeen(form, act) {
  const watcher = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    watcher.disconnect();
    act();
  });
  watcher.observe(form);
}

/* Note which texts this form is about, so that the next page can tell whether they were taken. */
function remember(event) {
  const form = event.target;
  if (!navigator.onLine && form.dataset.draft !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    form.querySelector(".lost")?.remove();
    form.append(make("p", { class: "notice bad lost", role: "alert" }, words.lost));
    return;
  }
  const { draft, endsDraft, enhance, plain, leaves } = form.dataset;
  if (leaves !== undefined) return forget();
  if (enhance && !plain) return; // It stays on this page, and says "sent" itself.
  const named = [draft, endsDraft].filter(Boolean).map((name) => keyOf(name));
  // A text that waited for signing in, or for a fresh page, is sent from a form that only carries it.
  const carried = named.length ? [] : keys().filter((key) => isMine(key) && take(localStorage, key)?.action === pathOf(form));
  const about = [...named, ...carried];
  put(sessionStorage, "sent", about.length && about);
}

/* Whoever signs out leaves nothing to the next person at this screen. */
function forget() {
  left = true;
  keys().filter((key) => key.startsWith(keyOf(""))).forEach((key) => put(localStorage, key));
}

/* Whoever signs in takes along what was typed before, once. */
function adopt(name) {
  const theirs = keyOf(name, "");
  const text = person && take(localStorage, theirs);
  if (!text) return;
  put(localStorage, theirs);
  put(localStorage, keyOf(name), text);
}

function isMine(key) {
  return [keyOf(""), keyOf("", "")].some((start) => key.startsWith(start));
}

function pathOf(form) {
  return new URL(form.getAttribute("action"), location).pathname; // A field may be called "action".
}

function deleteOld() {
  keys().forEach((key) => (take(localStorage, key)?.at > Date.now() - MONTH ? null : put(localStorage, key)));
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

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(ALL));
  } catch {
    return [];
  }
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
