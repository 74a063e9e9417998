/* The tools around a field for Markdown: formatting and preview. Pictures and completion are loaded when needed. */
import { words } from "./editor_words.js";
import { parse } from "./html.js";
import { make } from "./main.js";
import { insertBlock, replace } from "./typing.js";

const CSS = new URL("../css/editor.css", import.meta.url).href;
const KINDS = {
  comment: ["bold", "italic", "code", "link", "guide"],
  post: ["bold", "italic", "code", "link", "guide", "quote", "list", "numbered", "picture"],
  guide: ["heading", "bold", "italic", "code", "link", "guide", "quote", "list", "numbered", "table", "picture"],
};
const ICONS = {
  bold: "M7 5h6a3.5 3.5 0 0 1 0 7H7Zm0 7h7a3.5 3.5 0 0 1 0 7H7Z",
  italic: "M10 5h7M7 19h7M14 5l-4 14",
  code: "m8 7-5 5 5 5m8-10 5 5-5 5M13.5 5l-3 14",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  guide: "M12 6.5C10 5 7 4.5 4 5v13c3-.5 6 0 8 1.5 2-1.5 5-2 8-1.5V5c-3-.5-6 0-8 1.5Zm0 0v13",
  quote: "M5 5v14M10 8h9m-9 4h9m-9 4h6",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  numbered: "M10 6h10M10 12h10M10 18h10M4 4.5 5.2 4v4M3.8 13.2c.3-1.6 2.4-1.2 2 .2L3.8 16H6",
  heading: "M6 5v14M18 5v14M6 12h12",
  table: "M4 5h16v14H4Zm0 5h16M4 14.5h16M10 5v14",
  picture: "M4 5h16v14H4Zm0 11 5-5 4 4 2.5-2.5L20 17M15.5 9h.01",
};
const KEYS = { bold: "B", italic: "I", code: "E", link: "K", quote: "Shift+.", list: "Shift+8", numbered: "Shift+7" };
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const ABOUT_TO_COMPLETE = /(?:^|[\s(])@[\p{L}\p{N}_.-]*$|\[\[[^\][\n]*$/u;
const ITEM = /^(\s*)(?:([-*+])|(\d{1,4})([.)]))( +)(?=(.?))/;

const styled = new Promise((resolve) => {
  const sheet = make("link", { rel: "stylesheet", href: CSS });
  sheet.addEventListener("load", resolve);
  sheet.addEventListener("error", resolve);
  document.head.append(sheet);
});

const ACTS = {
  bold: (area) => wrap(area, "**"),
  italic: (area) => wrap(area, "*"),
  code: (area) => (selected(area).includes("\n") ? fence(area) : wrap(area, "`")),
  link: insertLink,
  guide: (area) => replace(area, area.selectionStart, area.selectionEnd, `[[${selected(area)}`),
  quote: (area) => prefix(area, () => "> ", /^> ?/),
  list: (area) => prefix(area, () => "- ", /^[-*+] /),
  numbered: (area) => prefix(area, (index) => `${index + 1}. `, /^\d+[.)] /),
  heading: (area) => prefix(area, () => "## ", /^#{1,6} /),
};

/** Give a field its tools. */
export async function start(box) {
  const [say] = await Promise.all([words, styled]);
  if (box.classList.contains("ready")) return;
  box.classList.add("ready");
  const area = box.querySelector("textarea");
  const { form } = area;
  form?.querySelectorAll(".unscripted").forEach((one) => one.remove()); // What stands in for these tools.
  const member = document.body.dataset.person !== "";
  const names = KINDS[box.dataset.editor].filter((name) => name !== "picture" || member);
  const acts = { ...ACTS, table: () => insertTable(area, say), picture: () => pictures().then((part) => part.choose()) };
  const bar = make("div", { class: "tools", role: "toolbar", "aria-label": say.formatting, "aria-controls": area.id });
  const buttons = names.map((name) => tool(name, say[name]));
  bar.append(...buttons);
  const head = make("div", { class: "bar" });
  area.before(head);

  let loading;
  const pictures = () => (loading ??= import("./editor_pictures.js").then((part) => part.prepare(box, area, say)));

  bar.addEventListener("mousedown", (event) => event.preventDefault()); // The field keeps its focus and its selection.
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) acts[button.dataset.tool](area);
  });
  walk(bar, buttons);

  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const ctrl = MAC ? event.metaKey : event.ctrlKey;
    if (ctrl && event.key === "Enter") {
      form?.requestSubmit([...form.elements].find((one) => one.type === "submit"));
    } else if (ctrl && !event.altKey) {
      const pressed = (event.shiftKey ? "Shift+" : "") + (event.code.match(/^Digit(\d)/)?.[1] ?? (event.code === "Period" ? "." : event.key.toUpperCase()));
      const name = names.find((one) => KEYS[one] === pressed);
      if (!name) return;
      acts[name](area);
    } else if (event.key !== "Enter" || event.shiftKey || !goOn(area)) return;
    event.preventDefault();
  });

  if (member && names.includes("picture")) takePictures(box, area, pictures);
  area.addEventListener("input", async () => {
    const before = area.value.slice(0, area.selectionStart);
    if (!ABOUT_TO_COMPLETE.test(before.slice(-80))) return;
    (await import("./editor_completion.js")).complete(box, area, say);
  });

  const sender = form?.querySelector("[data-preview]");
  if (sender) head.append(tabs(box, bar, area, sender, say));
  head.append(bar);
}

function tool(name, label) {
  const keys = KEYS[name] && `${MAC ? "⌘" : "Ctrl+"}${KEYS[name]}`;
  const button = make("button", { type: "button", "data-tool": name, "aria-label": label, title: keys ? `${label} (${keys})` : label });
  if (keys) button.setAttribute("aria-keyshortcuts", `${MAC ? "Meta" : "Control"}+${KEYS[name]}`);
  const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS(sign.namespaceURI, "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) sign.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  sign.append(path);
  button.append(sign);
  return button;
}

/* One stop for the tab key; the arrow keys walk within. */
function walk(bar, buttons) {
  const select = (button) => buttons.forEach((one) => (one.tabIndex = one === button ? 0 : -1));
  select(buttons[0]);
  bar.addEventListener("focusin", (event) => select(event.target));
  bar.addEventListener("keydown", (event) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const at = buttons.indexOf(document.activeElement);
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -at, End: buttons.length - 1 - at };
    if (!(event.key in steps)) return;
    const step = event.key.startsWith("Arrow") && forward === "ArrowLeft" ? -steps[event.key] : steps[event.key];
    buttons[(at + step + buttons.length) % buttons.length].focus();
    event.preventDefault();
  });
}

// Formatting

function selected(area) {
  return area.value.slice(area.selectionStart, area.selectionEnd);
}

function wrap(area, mark) {
  let { selectionStart: start, selectionEnd: end } = area;
  const { value } = area;
  while (start < end && /\s/.test(value[start])) start++;
  while (end > start && /\s/.test(value[end - 1])) end--;
  const text = value.slice(start, end);
  const isMarked = value.slice(start - mark.length, start) === mark && value.slice(end, end + mark.length) === mark;
  if (isMarked) return replace(area, start - mark.length, end + mark.length, text, 0);
  replace(area, start, end, mark + text + mark, mark.length, mark.length + text.length);
}

function fence(area) {
  const text = selected(area);
  const marks = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  insertBlockOver(area, `${marks}\n${text}\n${marks}`);
}

function insertBlockOver(area, text) {
  if (area.selectionStart !== area.selectionEnd) replace(area, area.selectionStart, area.selectionEnd, "");
  insertBlock(area, text);
}

function insertLink(area) {
  const text = selected(area).trim();
  const { selectionStart: start, selectionEnd: end } = area;
  if (/^https?:\/\/\S+$/.test(text)) return replace(area, start, end, `[](${text})`, 1);
  const link = `[${text}](https://)`;
  const place = text ? link.length - 1 : 1;
  replace(area, start, end, link, text ? link.length - 9 : 1, place);
}

function insertTable(area, say) {
  const head = say.table_head;
  insertBlockOver(area, `| ${head} 1 | ${head} 2 |\n| --- | --- |\n|  |  |`);
}

/* Give each selected line what is due before it, or take it away where all have it. */
function prefix(area, mark, known) {
  const { value, selectionStart, selectionEnd } = area;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const next = value.indexOf("\n", Math.max(start, selectionEnd - (selectionEnd > selectionStart ? 1 : 0)));
  const end = next < 0 ? value.length : next;
  const lines = value.slice(start, end).split("\n");
  const has = lines.every((line) => known.test(line));
  const text = lines.map((line, index) => (has ? line.replace(known, "") : mark(index) + line)).join("\n");
  const alone = !has && start > 0 && value.slice(0, start).trimEnd() && value[start - 2] !== "\n" ? "\n" : "";
  const single = lines.length === 1;
  replace(area, start, end, alone + text, single ? undefined : alone.length, single ? undefined : alone.length + text.length);
}

/* A list goes on in the next line; an item without words ends it. */
function goOn(area) {
  const { value, selectionStart: place } = area;
  if (place !== area.selectionEnd) return false;
  const start = value.lastIndexOf("\n", place - 1) + 1;
  const item = value.slice(start, place).match(ITEM);
  if (!item) return false;
  const [all, space, sign, number, dot, gap, first] = item;
  if (!first) replace(area, start, start + all.length, "");
  else replace(area, place, place, `\n${space}${sign ?? Number(number) + 1 + dot}${gap}`);
  return true;
}

// Preview

let count = 0;

function tabs(box, bar, area, sender, say) {
  const panel = make("div", { class: "prose preview", role: "tabpanel", tabindex: "0", id: `preview-${++count}`, hidden: "" });
  const [write, look] = [say.write, say.preview].map((label) => make("button", { type: "button", role: "tab" }, label));
  write.id = `write-tab-${count}`;
  look.id = `preview-tab-${count}`;
  write.setAttribute("aria-controls", area.id);
  look.setAttribute("aria-controls", panel.id);
  panel.setAttribute("aria-labelledby", look.id);
  const list = make("div", { class: "views", role: "tablist", "aria-label": `${say.write} / ${say.preview}` }, write, look);
  area.after(panel);
  sender.hidden = true;

  function show(tab) {
    [write, look].forEach((one) => {
      one.ariaSelected = String(one === tab);
      one.tabIndex = one === tab ? 0 : -1;
    });
    panel.hidden = tab === write;
    area.hidden = bar.hidden = tab === look;
    if (tab === look) draw();
  }

  async function draw() {
    panel.replaceChildren(make("p", { class: "soft" }, area.value.trim() ? say.loading : say.empty));
    if (!area.value.trim()) return;
    panel.ariaBusy = "true";
    try {
      const response = await fetch(sender.formAction, { method: "POST", body: new URLSearchParams(new FormData(sender.form, sender)) });
      const page = parse(await response.text());
      const drawn = page.getElementById("preview")?.parentElement.querySelector(".prose");
      const trouble = page.querySelector("#errors, .notice.bad") ?? page.querySelector("main p");
      if (drawn) panel.replaceChildren(...document.importNode(drawn, true).childNodes);
      else panel.replaceChildren(make("p", { class: "error", role: "alert" }, trouble?.textContent.trim() || say.preview_failed));
    } catch {
      panel.replaceChildren(make("p", { class: "error", role: "alert" }, say.preview_failed));
    }
    panel.ariaBusy = null;
  }

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (!tab) return;
    show(tab);
    if (tab === write) area.focus();
  });
  list.addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = document.activeElement === write ? look : write;
    show(other);
    other.focus();
    event.preventDefault();
  });
  // What is wrong with a field has to be seen where it is typed.
  area.addEventListener("invalid", () => show(write));
  show(write);
  return list;
}

// Pictures

function takePictures(box, area, pictures) {
  const imagesOf = (transfer) => [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
  const add = (files) => pictures().then((part) => part.add(files));
  area.addEventListener("paste", (event) => {
    const files = imagesOf(event.clipboardData);
    // Words copied from an office program bring a picture of themselves along.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(files);
  });
  area.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    box.classList.add("dropping");
  });
  for (const over of ["dragleave", "drop"]) area.addEventListener(over, () => box.classList.remove("dropping"));
  area.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault(); // Else the browser would leave the page for the file.
    add([...event.dataTransfer.files]);
  });
}
