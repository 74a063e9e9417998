/* An address such as #answer-7 finds its post also when that is on another page of the thread, or folded away. */

export function start() {
  addEventListener("hashchange", seek); // The same listener counts once, however often it is added.
  seek();
}

async function seek() {
  const named = /^#(answer|comment)-(\d+)$/.exec(location.hash);
  if (!named || document.getElementById(location.hash.slice(1))) return;
  const response = await fetch(`/${named[1]}s/${named[2]}`, { method: "HEAD" }).catch(() => null);
  if (!response?.ok) return; // It is gone; the thread is the best we have.
  const { pathname, search } = new URL(response.url);
  if (pathname + search !== location.pathname + location.search) location.replace(pathname + search + location.hash);
}
