/* While a question is being typed, alike guides and solved questions show up beside it. */
import { parse } from "./html.js";

const PAUSE = 450;
const SHORTEST_TITLE = 6;
const LONGEST_DETAILS = 500; // The beginning of a text says what it is about, and addresses must stay short.

export function start(root) {
  const form = root.querySelector("[data-similar-url]");
  const region = document.getElementById("similar");
  if (!form || !region) return;
  let timer;
  let request;
  let asked = "";

  async function ask() {
    const { title, body, product } = form.elements;
    const query = new URLSearchParams({ title: title.value.trim() });
    if (body) query.set("details", body.value.trim().slice(0, LONGEST_DETAILS));
    if (product) query.set("product", product.value);
    if (title.value.trim().length < SHORTEST_TITLE || asked === String(query)) return;
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(`${form.dataset.similarUrl}?${query}`, { signal: request.signal });
      if (!response.ok) return;
      asked = String(query);
      region.replaceChildren(...parse(await response.text()).body.childNodes);
    } catch {
      // Offline, or overtaken by the next key: the same suggestions come once more before posting.
    }
  }

  form.addEventListener("input", (event) => {
    if (!["title", "body", "product"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
}
