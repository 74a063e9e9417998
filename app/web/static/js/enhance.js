/* Forms that renew only their part of the page: sent in the background, the answer's part takes the old one's place. */
import { parse } from "./html.js";
import { make, wake, words } from "./main.js";

const FLASH_TIME = 10_000;
let flashTimer;

export function start() {
  document.addEventListener("submit", send); // The same listener counts once, however often it is added.
}

async function send(event) {
  const form = event.target;
  const id = form.dataset.enhance;
  if (!id || form.dataset.plain) return;
  event.preventDefault();
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const sender = event.submitter;
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, sender)) });
    const fresh = parse(await response.text());
    if (new URL(response.url).pathname !== location.pathname && response.redirected) return location.assign(response.url);
    const [before, after] = [document.getElementById(id), fresh.getElementById(id)];
    if (!before || !after) throw new Error(`no #${id} in the answer`);
    renew(before, document.importNode(after, true), form, sender);
    tell(fresh.getElementById("flashes"));
    if (response.redirected) form.dispatchEvent(new Event("sent")); // Else it was answered with a complaint.
  } catch {
    if (!response) return tellLost(form);
    // The deed is done when we were led on; else send it the plain way, so that the person sees what happened.
    if (response?.redirected) return location.assign(response.url);
    form.dataset.plain = "yes";
    form.ariaBusy = null;
    form.requestSubmit(sender);
  }
}

/* Nothing came back: what was typed stays where it is, to be sent once more. A mere button has no room for words. */
function tellLost(form) {
  form.ariaBusy = null;
  form.querySelector(".lost")?.remove();
  const typed = form.querySelector("textarea");
  const notice = make("p", { class: "notice bad lost", role: "alert" }, typed ? words.lost : words.lost_press);
  if (typed) form.append(notice);
  else flash([notice]);
}

function renew(before, after, form, sender) {
  const action = form.getAttribute("action");
  const name = sender?.ariaLabel || sender?.textContent;
  before.replaceWith(after);
  const controls = [...after.querySelectorAll("button")].filter((one) => one.form?.getAttribute("action") === action);
  const next = after.querySelector("[aria-invalid]") ?? controls.find((one) => (one.ariaLabel || one.textContent) === name) ?? controls[0];
  next?.focus();
  if (!next || document.activeElement !== next) {
    after.tabIndex = -1;
    after.focus();
  }
  wake(after);
}

function tell(flashes) {
  flash(flashes?.children ?? []);
}

function flash(notices) {
  const region = document.getElementById("flashes");
  region.replaceChildren(...notices);
  region.classList.add("floating");
  clearTimeout(flashTimer);
  flashTimer = setTimeout(() => region.replaceChildren(), FLASH_TIME);
}
