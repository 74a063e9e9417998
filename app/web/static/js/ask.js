/* While a question is being typed, alike guides and solved questions show up beside it. */
import { queryOf } from "./address.js";
import { parse } from "./html.js";
import { make } from "./main.js";

const PAUSE = 450;
const SHORTEST_TITLE = 6;
const LONGEST_DETAILS = 500; // The beginning of a text says what it is about.

export function start(root) {
  const form = root.querySelector("[data-similar-url]");
  const region = document.getElementById("similar");
  if (!form || !region) return;
  // On a phone the suggestions are far below what is typed: a line by the title tells of them and leads there.
  const line = make("p", { class: "line small", role: "status" });
  form.elements.title.closest(".field").after(line);
  let timer;
  let request;
  let asked = "";

  async function ask() {
    const { title, body, product } = form.elements;
    const query = queryOf({
      title: title.value.trim(),
      product: product.value,
      details: body.value.trim().slice(0, LONGEST_DETAILS),
    });
    if (title.value.trim().length < SHORTEST_TITLE || asked === query) return;
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(`${form.dataset.similarUrl}?${query}`, { signal: request.signal });
      if (!response.ok) return;
      region.replaceChildren(...parse(await response.text()).body.childNodes);
      asked = query;
      tell();
    } catch {
      // Offline, or overtaken by the next key: the same suggestions come once more before posting.
    }
  }

  function tell() {
    const text = region.querySelector("[data-count]")?.dataset.count;
    if (text === line.textContent) return; // Said already.
    line.replaceChildren(...(text ? [make("a", { href: "#similar-panel" }, text)] : []));
  }

  if (!form.elements.looked) tell(); // Else a notice above has said it.
  form.addEventListener("input", (event) => {
    if (!["title", "body", "product"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  // On a slow connection somebody has begun to type before this script was here.
  if (!form.elements.looked) timer = setTimeout(ask, PAUSE);
}
