/* Tells the site that a page with news is before its reader's eyes; the count at the top follows. */

export function start(root) {
  const form = root.querySelector("[data-seen]");
  const tell = async () => {
    if (document.hidden) return;
    document.removeEventListener("visibilitychange", tell);
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!response.ok) return;
    const count = await response.text();
    for (const place of document.querySelectorAll("[data-unread]")) {
      if (count === "0") place.remove();
      else place.lastChild.data = count;
    }
  };
  // A page opened in the background is not seen yet.
  document.addEventListener("visibilitychange", tell);
  tell();
}
