/* What is new in an open thread: counts renew in place, comments join, new answers wait until they are asked for. */
import { parse } from "./html.js";
import { make, wake } from "./main.js";

const NOTE_TIME = 10_000;

const region = document.getElementById("live");
const waiting = new Map(); // New answers, by id, until the reader wants them.
let noteTimer;

/** Bring a page up to date with how it would be drawn now. */
export function merge(text) {
  const fresh = parse(text);
  let comments = 0;
  for (const id of ["answers", "affected-count"]) say(document.getElementById(id), fresh.getElementById(id));
  renewBadges(document.getElementById("badges"), fresh.getElementById("badges"));
  for (const post of fresh.querySelectorAll("article.post")) {
    const here = document.getElementById(post.id);
    if (here) comments += renew(here, post);
    else waiting.set(post.id, document.importNode(post, true));
  }
  for (const id of waiting.keys()) if (!fresh.getElementById(id)) waiting.delete(id);
  if (waiting.size) offer();
  else note(comments);
}

function renewBadges(before, after) {
  if (!before || !after || before.textContent.trim() === after.textContent.trim()) return;
  before.replaceChildren(...[...after.children].map((badge) => document.importNode(badge, true)));
}

function say(before, after) {
  if (before && after && before.textContent !== after.textContent) before.textContent = after.textContent;
}

/** Bring one post up to date, leaving alone whatever has the focus. Gives the number of new comments. */
function renew(here, post) {
  for (const state of ["accepted", "deleted"]) here.classList.toggle(state, post.classList.contains(state));
  replace(here, post, ":scope > .votes");
  const badges = ":scope > .stack > .row:has(> .badge)";
  if (here.querySelector(badges) || !post.querySelector(badges)) replace(here, post, badges);
  else here.querySelector(":scope > .stack").prepend(document.importNode(post.querySelector(badges), true));
  return renewComments(here, post);
}

function replace(here, post, selector) {
  const [before, after] = [here.querySelector(selector), post.querySelector(selector)];
  if (!before || before.contains(document.activeElement) || before.isEqualNode(after)) return;
  if (!after) return before.remove();
  const copy = document.importNode(after, true);
  before.replaceWith(copy);
  wake(copy);
}

function renewComments(here, post) {
  const own = here.querySelector(".comments");
  const fresh = new Map([...post.querySelectorAll(".comments > [id]")].map((one) => [one.id, one]));
  const isWhole = !post.querySelector(".comments > .more"); // Else some are only on the page of all.
  for (const one of own?.querySelectorAll(":scope > [id]") ?? []) {
    const now = fresh.get(one.id);
    if (one.contains(document.activeElement)) continue;
    if (!now && isWhole) one.remove();
    else if (now && said(one) !== said(now)) one.replaceWith(document.importNode(now, true));
  }
  const added = [...fresh.values()].filter((one) => !document.getElementById(one.id));
  if (!added.length) return 0;
  const copies = added.map((one) => document.importNode(one, true));
  if (own) own.append(...copies);
  else here.querySelector(".comments-box").prepend(make("ul", { class: "plain comments" }, ...copies));
  copies.forEach(wake);
  return added.length;
}

function said(comment) {
  return `${comment.className} ${(comment.querySelector(".prose") ?? comment).textContent.trim()}`;
}

function words(name, count) {
  return count === 1 ? region.dataset[name] : region.dataset[`${name}s`].replace("{n}", count);
}

function offer() {
  clearTimeout(noteTimer);
  const button = make("button", { type: "button", class: "button compact primary" }, region.dataset.show);
  button.addEventListener("click", show);
  region.replaceChildren(make("span", {}, words("answer", waiting.size)), button);
}

function note(comments) {
  if (!comments) return;
  region.replaceChildren(make("span", {}, words("comment", comments)));
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => region.replaceChildren(), NOTE_TIME);
}

/** The reader asked for the new answers: they stand at the end, and the reader goes to the first of them. */
function show() {
  const answers = [...waiting.values()];
  waiting.clear();
  const last = [...document.querySelectorAll("article.post.answer")].pop();
  if (last) last.after(...answers);
  else document.getElementById("answers").parentElement.after(...answers);
  region.replaceChildren();
  answers.forEach(wake);
  answers[0].tabIndex = -1;
  answers[0].focus();
  answers[0].scrollIntoView({ block: "nearest" });
}
