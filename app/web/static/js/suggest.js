/* Titles while typing. The field stays a search box; the list below it is walked with the arrow keys. */
import { queryOf } from "./address.js";
import { make, words } from "./main.js";

const PAUSE = 150;

export function start(input) {
  const form = input.form;
  const list = make("ul", { id: "suggestions", class: "suggestions", role: "listbox", "aria-label": input.ariaLabel, hidden: "" });
  const status = make("span", { class: "hush", role: "status" });
  form.append(list, status);
  for (const [name, value] of [["autocomplete", "list"], ["haspopup", "listbox"], ["controls", list.id]]) {
    input.setAttribute(`aria-${name}`, value);
  }

  let timer;
  let request;
  let active = -1;
  let searches;

  function choose(index) {
    const options = [...list.children];
    const places = options.length + 1; // The field itself is one of them.
    active = ((index + 1 + places) % places) - 1;
    options.forEach((option, position) => (option.ariaSelected = String(position === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    list.replaceChildren();
    status.textContent = "";
    choose(-1);
  }

  function draw(suggestions) {
    list.replaceChildren(
      ...suggestions.map(({ title, url, kind, label, target }, position) =>
        make("li", { id: `suggestion-${position}`, role: "option", "data-url": url, "data-target": target },
          make("span", {}, title), make("span", { class: `badge ${kind === "article" ? "guide" : ""}` }, label)),
      ),
    );
    list.hidden = !suggestions.length;
    if (suggestions.length) import("./searches.js").then((part) => (searches = part));
    status.textContent = suggestions.length ? words.suggestions.replace("{n}", suggestions.length) : "";
    choose(-1);
  }

  function take(option) {
    searches?.noteTaken(input.value.trim(), [...list.children].map(({ dataset }) => dataset.target), option.dataset.target);
    location.assign(option.dataset.url);
  }

  async function ask() {
    const text = input.value.trim();
    if (text.length < 2) return close();
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(`${form.dataset.suggest}?${queryOf({ q: text })}`, { signal: request.signal });
      if (!response.ok) return close();
      const { suggestions } = await response.json();
      draw(suggestions.filter(({ url }) => new URL(url, location).origin === location.origin));
    } catch (error) {
      if (error.name !== "AbortError") close(); // The search itself still works.
    }
  }

  function askSoon() {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }

  if (input.value !== input.defaultValue) askSoon(); // Typed before this file was here.
  input.addEventListener("input", askSoon);
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") choose(active + 1);
    else if (event.key === "ArrowUp") choose(active - 1);
    else if (event.key === "Enter" && active >= 0) take(list.children[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  form.addEventListener("submit", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // The field keeps its focus.
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
}
