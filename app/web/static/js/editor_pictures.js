/* Adding pictures to a text: sent at once, with a field for what they show, errors in place. */
import { make } from "./main.js";
import { insertBlock } from "./typing.js";

const KINDS = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const LARGEST = 8 * 1024 * 1024;

/** Make a field ready to take pictures: `choose()` opens the file dialog, `add(files)` takes files. */
export function prepare(box, area, say) {
  const input = make("input", { type: "file", accept: KINDS.join(), multiple: "", hidden: "", "aria-label": say.picture });
  box.append(input);
  const waiting = [];
  let open = false;

  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });

  function add(files) {
    waiting.push(...files);
    if (!open) next();
  }

  function next() {
    const file = waiting.shift();
    open = Boolean(file);
    if (file) ask(file);
    else area.focus();
  }

  /* The panel of one picture, from its sending to its place in the text. */
  function ask(file) {
    const status = make("p", { role: "status", class: "small" });
    const bar = make("progress", { max: "100", value: "0", "aria-label": file.name });
    const shown = make("div", { class: "thumb" }, bar);
    const hint = make("p", { class: "hint", id: `${area.id}-picture-hint` }, say.picture_why);
    const words = make("input", { type: "text", maxlength: "300", id: `${area.id}-picture`, "aria-describedby": hint.id });
    const label = make("label", { for: words.id }, say.picture_say);
    const insert = make("button", { type: "button", class: "button compact primary", disabled: "" }, say.picture_insert);
    const cancel = make("button", { type: "button", class: "button compact quiet" }, say.picture_cancel);
    const again = make("button", { type: "button", class: "button compact", hidden: "" }, say.again);
    const panel = make("div", { class: "picture panel", role: "group", "aria-label": `${say.picture}: ${file.name}` },
      make("div", { class: "field" }, label, hint, words), shown, status,
      make("div", { class: "row" }, insert, again, cancel));
    let url;
    let sending;
    let failed = false;

    function close() {
      area.form?.removeEventListener("submit", takeAlong, true);
      sending?.abort();
      panel.remove();
      next();
    }
    function put() {
      if (!url) return;
      const text = words.value.replace(/[[\]\\]/g, " ").replace(/\s+/g, " ").trim();
      insertBlock(area, `![${text}](${url})`);
      close();
    }
    /* Who sends the text with a picture beside it means the picture too. One that is still on its way is waited for. */
    function takeAlong(event) {
      if (failed) return;
      if (url) put();
      if (url && !open) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      box.querySelector(".picture input")?.focus();
    }
    function fail(message, mayTry) {
      failed = true;
      status.textContent = message;
      status.className = "error";
      bar.hidden = true;
      again.hidden = !mayTry;
      insert.hidden = true;
    }
    async function begin() {
      failed = false;
      status.className = "small";
      again.hidden = true;
      bar.hidden = insert.hidden = false;
      if (!KINDS.includes(file.type)) return fail(fill(say.picture_kind, file), false);
      if (file.size > LARGEST) return fail(fill(say.picture_large, file), false);
      sending = send(file, area.form, (percent) => {
        bar.value = percent;
        status.textContent = fill(percent < 100 ? say.picture_sending : say.picture_checking, file, percent);
      });
      const answer = await sending.answer;
      if (!panel.isConnected) return;
      if (!answer) return fail(say.picture_lost, true);
      if (answer.error) return fail(answer.error, false);
      ({ url } = answer);
      const picture = make("img", { src: url, alt: "", width: answer.width, height: answer.height });
      shown.replaceChildren(picture);
      status.textContent = fill(say.picture_ready, file);
      insert.disabled = false;
    }

    insert.addEventListener("click", put);
    cancel.addEventListener("click", close);
    again.addEventListener("click", begin);
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && event.target === words) put();
      else return;
      event.preventDefault(); // Not the form around it is meant.
    });
    area.form?.addEventListener("submit", takeAlong, true);
    area.after(panel);
    words.focus();
    begin();
  }

  return { add, choose: () => input.click() };
}

function fill(text, file, percent = 0) {
  return text.replace("{name}", file.name).replace("{percent}", percent);
}

/* XMLHttpRequest, because fetch does not tell how far it is. */
function send(file, form, tell) {
  const request = new XMLHttpRequest();
  const data = new FormData();
  const token = form?.querySelector("[name=csrf_token]")?.value;
  if (token) data.append("csrf_token", token);
  data.append("image", file);
  const answer = new Promise((resolve) => {
    request.upload.addEventListener("progress", (event) => tell(Math.round((100 * event.loaded) / (event.total || 1))));
    request.addEventListener("load", () => resolve(answerOf(request)));
    for (const event of ["error", "timeout"]) request.addEventListener(event, () => resolve(null));
  });
  request.open("POST", "/uploads");
  request.timeout = 180_000;
  request.send(data);
  return { answer, abort: () => request.abort() };
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null; // A page that says why, for example that the session is over: trying again will do, once signed in.
  }
}
