/* Comforts for reading: code to copy, tabs, and the place in the table of contents. */
import { make, words } from "./main.js";

export function start(root) {
  root.querySelectorAll(".highlight:not(:has(.copy))").forEach(offerCopy);
  root.querySelectorAll(".tabs:not(:has([role=tablist]))").forEach(makeTabs);
  if (root === document) followHeadings([...document.querySelectorAll(".toc.only-wide a")]);
}

function offerCopy(block) {
  const button = make("button", { type: "button", class: "copy" }, words.copy);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").textContent);
    button.textContent = words.copied;
    setTimeout(() => (button.textContent = words.copy), 2000);
  });
  block.append(button);
}

let tabCount = 0;

function makeTabs(box) {
  const panels = [...box.children].filter((child) => child.matches(".tab"));
  const bar = make("div", { role: "tablist" });
  const tabs = panels.map((panel) => {
    const id = `tab-${++tabCount}`;
    panel.id ||= `${id}-panel`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", id);
    return make("button", { type: "button", role: "tab", id, "aria-controls": panel.id }, panel.querySelector(".tab-title").textContent);
  });
  const show = (index) =>
    tabs.forEach((tab, position) => {
      tab.ariaSelected = String(position === index);
      tab.tabIndex = position === index ? 0 : -1;
      panels[position].hidden = position !== index;
    });
  bar.addEventListener("click", (event) => tabs.includes(event.target) && show(tabs.indexOf(event.target)));
  bar.addEventListener("keydown", (event) => {
    const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const step = event.key === forward ? 1 : -1;
    const index = (tabs.indexOf(event.target) + step + tabs.length) % tabs.length;
    show(index);
    tabs[index].focus();
    event.preventDefault();
  });
  bar.append(...tabs);
  box.prepend(bar);
  show(0);
}

function followHeadings(links) {
  const link = new Map(links.map((one) => [document.getElementById(decodeURIComponent(one.hash.slice(1))), one]));
  link.delete(null);
  const watcher = new IntersectionObserver(
    (entries) => {
      const entry = entries.find((one) => one.isIntersecting);
      if (!entry) return;
      links.forEach((one) => (one.ariaCurrent = null));
      link.get(entry.target).ariaCurrent = "true";
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  link.forEach((_, heading) => watcher.observe(heading));
}
