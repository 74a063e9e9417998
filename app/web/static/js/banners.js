/* Banners that were closed in this browser stay closed. Runs at once, so that nothing is seen to vanish. */
{
  const KEY = "closed-banners";
  const MOST = 50;

  const closed = () => {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return []; // Storage is shut off or holds nonsense: then every banner is shown.
    }
  };

  const gone = new Set(closed());
  for (const banner of document.querySelectorAll("[data-banner]")) {
    const id = banner.dataset.banner;
    banner.hidden = gone.has(id);
    const button = banner.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => {
      banner.hidden = true;
      document.getElementById("main")?.focus();
      try {
        localStorage.setItem(KEY, JSON.stringify([...new Set([...closed(), id])].slice(-MOST)));
      } catch {
        /* It stays closed on this page, at least. */
      }
    });
  }
}
