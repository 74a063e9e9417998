/* An open thread listens for what happens; how it is brought into the page comes with the first news. */
import { somebody } from "./main.js";

const SPREAD = 800; // Not all readers of a thread ask for it in the same moment.
const AGAIN = 30_000;
const LONG_ASLEEP = 30 * 60_000;
const LET_ALONE = 20_000; // A page that is only looked at listens from then on.

let region, known;
let source, asking, restTimer;
let asleepSince = 0;

export function start(root) {
  if (root !== document) return;
  region = document.getElementById("live");
  known = Number(region.dataset.since);
  Promise.race([somebody, new Promise((resolve) => setTimeout(resolve, LET_ALONE))]).then(begin);
}

function begin() {
  // A page that nobody looks at listens to nothing: browsers open six connections to a site, and tabs are many.
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  addEventListener("pagehide", rest);
  addEventListener("pageshow", ({ persisted }) => persisted && listen());
  if (!document.hidden) listen();
}

function listen() {
  if (source) return;
  if (asleepSince && Date.now() - asleepSince > LONG_ASLEEP) askSoon();
  source = new EventSource(`${region.dataset.live}?since=${known}`);
  source.addEventListener("message", ({ lastEventId }) => {
    known = Number(lastEventId) || known;
    askSoon();
  });
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // The browser comes back by itself.
    source = null;
    restTimer = setTimeout(() => document.hidden || listen(), AGAIN);
  });
}

function rest() {
  source?.close();
  source = null;
  clearTimeout(restTimer);
  asleepSince = Date.now();
}

function askSoon() {
  asking ??= setTimeout(ask, 100 + Math.random() * SPREAD);
}

async function ask() {
  asking = null;
  // What the reader is sending right now renews its own part of the page.
  if (document.querySelector("main form[aria-busy=true]")) return askSoon();
  let response, text;
  try {
    // Pages for visitors are kept for a moment; one for this very change was not drawn before it.
    response = await fetch(`${region.dataset.posts}&change=${known}`);
    text = await response.text();
  } catch {
    return; // Offline; the stream tells when to ask again.
  }
  if (response.ok) (await import("./live_merge.js")).merge(text);
  else if (response.status < 500) rest(); // The thread has gone, or is no longer this reader's to see.
}
