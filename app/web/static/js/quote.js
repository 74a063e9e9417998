/* Quoting: the selected words of a post, or all of it, go into the answer, with the name of who wrote them. */
import { words } from "./editor_words.js";
import { make } from "./main.js";
import { insertBlock } from "./typing.js";

let last; // What was selected last, because a press on a button may end the selection.
let float;

document.addEventListener("selectionchange", remember);
remember();

function remember() {
  const selection = getSelection();
  const text = selection.toString().trim();
  const post = text && postOf(selection);
  if (float) float.hidden = true;
  if (!post) return;
  last = { post, text };
  offer(selection.getRangeAt(0), post);
}

function postOf(selection) {
  const [from, to] = [selection.anchorNode, selection.focusNode].map((node) => prose(node));
  return from && from === to ? from.closest(".post") : null;
}

function prose(node) {
  return (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(".post > .stack > .prose");
}

/* A button beside the selection, for those who selected with a pointer. The one under the post does the same. */
async function offer(range, post) {
  const button = post.querySelector("[data-quote]");
  if (!button) return;
  const say = await words;
  if (!float) {
    float = make("button", { type: "button", class: "button compact primary quote-float", tabindex: "-1" }, say.quote);
    float.addEventListener("mousedown", (event) => event.preventDefault());
    float.addEventListener("click", () => quote(last.post.querySelector("[data-quote]")));
    document.body.append(float);
  }
  const place = range.getBoundingClientRect();
  if (!place.width) return;
  float.style.insetBlockStart = `${place.bottom + scrollY + 6}px`;
  float.style.left = `${Math.min(place.left + scrollX, document.documentElement.clientWidth - 110)}px`;
  float.hidden = false;
}

/** Put the words of the post that this button belongs to into the answer. */
export async function quote(button) {
  const say = await words;
  const post = button.closest(".post");
  const text = last?.post === post ? last.text : post.querySelector(".prose").innerText.trim();
  const area = document.getElementById("your-answer-text") ?? document.getElementById(`comment-${post.id}`);
  if (!area || !text) return;
  area.closest("details")?.setAttribute("open", "");
  const { author, url } = button.dataset;
  const head = `[${say.wrote.replace("{name}", author)}](${new URL(url, location).pathname})`;
  const lines = text.split(/\r?\n/).map((line) => `> ${line}`.trimEnd());
  insertBlock(area, [`> ${head}`, ">", ...lines].join("\n"));
  area.scrollIntoView({ block: "center" });
  last = null;
  if (float) float.hidden = true;
}
