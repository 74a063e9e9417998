/* What is typed is kept on the server too, for its writer alone: begun on one device, finished on another. */
const PAUSE = 3000;

/**
 * Keep a form on the server while it is typed into, and offer what another device left there.
 * `form` has its place in data-draft; `read` gives its fields, `fill` sets them, `note` shows an offer; `texts` are those that somebody types into;
 * `here` is what this browser kept of it, `at` when it did.
 */
export async function follow(form, { read, fill, texts, note, at, here, first }) {
  const address = `/unsent/${encodeURIComponent(form.dataset.draft)}`;
  const untouched = JSON.stringify(first);
  let saved = JSON.stringify(read());
  let timer;
  let isSent = false;

  async function save(isLeaving = false) {
    clearTimeout(timer);
    const fields = JSON.stringify(read());
    if (isSent || fields === saved) return;
    const data = new URLSearchParams({
      csrf_token: form.elements.csrf_token?.value ?? "",
      page: location.pathname,
      fields: fields === untouched ? "{}" : fields,
    });
    try {
      const response = await fetch(address, { method: "POST", body: data, keepalive: isLeaving && fields.length < 50_000 });
      if (response.ok) saved = fields;
    } catch {
      // This browser keeps it as well; the next stroke tries again.
    }
  }

  form.addEventListener("input", () => {
    isSent = false;
    timer ??= setTimeout(() => {
      timer = null;
      save();
    }, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented && !form.dataset.enhance) return;
    clearTimeout(timer);
    isSent = true;
  });
  document.addEventListener("visibilitychange", () => document.hidden && save(true));

  const kept = await fetch(address).then((response) => response.json()).catch(() => null);
  if (!kept?.fields || kept.at <= at) return;
  const differs = (from) => texts.some(({ name }) => name in kept.fields && from[name] !== kept.fields[name]);
  if (!differs(read()) || (here && !differs(here))) return;
  const say = await (await import("./editor_words.js")).words;
  note(say.other_device, say.use, () => fill(kept.fields));
}
