/* Moments in the reader's words, "3 days ago", the full date on hover: in the zone they chose, else in their device's. */

const UNITS = [["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const MONTH = 30 * 86400;

export function start(root) {
  const language = document.documentElement.lang;
  const timeZone = known(document.body.dataset.zone);
  const full = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

  for (const element of root.querySelectorAll("time[data-relative]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(+moment)) continue;
    const seconds = (Date.now() - moment) / 1000;
    const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ["second", Infinity];
    element.title = full.format(moment);
    element.textContent =
      seconds < MONTH ? relative.format(-Math.floor(seconds / size) || 0, unit) : day.format(moment);
  }
}

/* A zone that is younger than the browser is left out. */
function known(timeZone) {
  try {
    return new Intl.DateTimeFormat([], { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
