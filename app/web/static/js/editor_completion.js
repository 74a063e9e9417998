/* Names after an @ and titles after [[, in a list that is walked with the arrow keys. */
import { queryOf } from "./address.js";
import { make } from "./main.js";
import { replace } from "./typing.js";

const PAUSE = 120;
const MOST = 8;
const PERSON = /(?:^|[\s(])@([\p{L}\p{N}_.-]*)$/u;
const THING = /\[\[([^\][\n]*)$/;
const lists = new WeakMap();

/** Look whether what stands before the caret can be completed, and offer what fits. */
export function complete(box, area, say) {
  if (!lists.has(area)) lists.set(area, makeList(box, area, say));
  lists.get(area)();
}

function makeList(box, area, say) {
  const list = make("ul", { class: "suggestions completion", role: "listbox", id: `${area.id}-completion`, hidden: "" });
  const status = make("span", { class: "hush", role: "status" });
  box.append(list, status);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-haspopup", "listbox");
  area.setAttribute("aria-controls", list.id);
  let active = 0;
  let choices = [];
  let request;
  let timer;

  function close() {
    clearTimeout(timer);
    request?.abort();
    choices = [];
    list.hidden = true;
    status.textContent = "";
    area.removeAttribute("aria-activedescendant");
  }

  function select(index) {
    active = (index + choices.length) % choices.length;
    [...list.children].forEach((option, at) => (option.ariaSelected = String(at === active)));
    area.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function take(choice) {
    close();
    replace(area, choice.start, area.selectionStart, choice.text);
  }

  function draw(found, label) {
    choices = found;
    if (!found.length) return close();
    list.ariaLabel = label;
    list.replaceChildren(...found.map((one, index) =>
      make("li", { role: "option", id: `${list.id}-${index}` }, make("span", {}, one.label), make("span", { class: "soft small" }, one.note ?? ""))));
    list.style.setProperty("inset-block-start", `${caretBottom(area) + area.offsetTop}px`);
    list.hidden = false;
    select(0);
    status.textContent = say.found.replace("{n}", found.length);
  }

  async function ask() {
    const before = area.value.slice(0, area.selectionStart);
    const person = before.match(PERSON);
    const thing = before.match(THING);
    if (!person && !thing) return close();
    request?.abort();
    request = new AbortController();
    try {
      const found = person ? await people(person[1], request.signal) : await things(thing[1], request.signal);
      const start = before.length - (person ? person[1].length + 1 : thing[1].length + 2);
      if (area.value.slice(0, area.selectionStart) === before) draw(found.map((one) => ({ ...one, start })), person ? say.people : say.things);
    } catch (error) {
      if (error.name !== "AbortError") close(); // What is typed stands by itself.
    }
  }

  area.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") select(active + 1);
    else if (event.key === "ArrowUp") select(active - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(choices[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  area.addEventListener("input", () => list.hidden || askSoon());
  area.addEventListener("blur", close);
  area.addEventListener("scroll", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // The field keeps its focus.
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(choices[[...list.children].indexOf(option)]);
  });

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }
  return askSoon;
}

/* Those who take part in this thread come first. */
async function people(typed, signal) {
  const key = typed.toLowerCase();
  const here = [...document.querySelectorAll(".post .person a")].map((link) => link.textContent);
  const near = here.filter((name) => name.toLowerCase().startsWith(key) && name !== document.body.dataset.person);
  const far = typed ? (await get("/editor/people", typed, signal)).names : [];
  return [...new Set([...near, ...far])].slice(0, MOST).map((name) => ({ label: name, text: `@${name} ` }));
}

async function things(typed, signal) {
  if (typed.trim().length < 2) return [];
  const { suggestions } = await get("/search/suggest", typed, signal);
  return suggestions.slice(0, MOST).map(({ title, url, label }) => ({
    label: title,
    note: label,
    text: `[${title.replace(/[[\]\\]/g, "\\$&")}](${new URL(url, location).pathname})`,
  }));
}

async function get(address, typed, signal) {
  const response = await fetch(`${address}?${queryOf({ q: typed })}`, { signal });
  return response.json();
}

/* How far below the upper edge of the field the line of the caret ends: measured in a copy of it. */
function caretBottom(area) {
  const style = getComputedStyle(area);
  const copy = make("div", { class: "mirror" }, `${area.value.slice(0, area.selectionStart)}.`);
  for (const name of ["inlineSize", "padding", "border", "font", "lineHeight", "letterSpacing"]) copy.style[name] = style[name];
  area.after(copy);
  const bottom = copy.offsetHeight;
  copy.remove();
  return Math.min(bottom - area.scrollTop, area.offsetHeight);
}
