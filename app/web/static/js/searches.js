/* Tells the site what was looked for, what was opened and what came of it; never who: the key dies with the tab. */

const SETTLED = 1500; // Who has gone on within a moment was not looking for this.
const KEPT = "search";

function tell(path, values) {
  const token = document.querySelector("[name=csrf_token]")?.value;
  navigator.sendBeacon(path, new URLSearchParams(token ? { ...values, csrf_token: token } : values));
}

export function start(root) {
  const page = root.querySelector("[data-search]");
  if (!page || !crypto.randomUUID) return;
  // A result has several links: its title, the passage, its answer.
  const targets = [...new Set([...page.querySelectorAll("[data-target]")].map((link) => link.dataset.target))];
  const first = Number(page.dataset.firstRank);
  const key = crypto.randomUUID();
  let isNoted = false;

  function note() {
    if (isNoted || first > 1) return;
    isNoted = true;
    tell("/search/noted", {
      key,
      q: page.dataset.search,
      total: page.dataset.total,
      shown: targets.join(" "),
      after: sessionStorage.getItem(KEPT) ?? "",
    });
    sessionStorage.setItem(KEPT, key);
  }

  setTimeout(note, SETTLED);
  page.addEventListener("click", ({ target }) => {
    const opened = target.closest("a[data-target]")?.dataset.target;
    const rank = targets.indexOf(opened);
    if (rank < 0) return;
    note();
    const ofFirstPage = first > 1 ? sessionStorage.getItem(KEPT) : key;
    if (ofFirstPage) tell("/search/opened", { key: ofFirstPage, target: opened, rank: rank + first });
  });
}

/** A title was taken while typing: what was typed so far was a search too. */
export function noteTaken(query, targets, target) {
  if (!crypto.randomUUID) return;
  const key = crypto.randomUUID();
  const after = sessionStorage.getItem(KEPT) ?? "";
  tell("/search/noted", { key, q: query, total: targets.length, shown: targets.join(" "), after, typed: 1 });
  tell("/search/opened", { key, target, rank: targets.indexOf(target) + 1 });
  sessionStorage.setItem(KEPT, key);
}

const OUTCOMES = { "/ask": "asked", "/ask/solved": "solved" };

/** A search has helped when its reader says so, and has not when they have to ask. */
export function watch() {
  addEventListener("submit", ({ target, submitter }) => {
    const isHelped = submitter?.name === "helped" && submitter.value === "yes";
    const outcome = isHelped ? "solved" : OUTCOMES[new URL(target.action).pathname];
    if (outcome) tell("/search/outcome", { key: sessionStorage.getItem(KEPT), outcome });
  });
}
