/* Colours as the device says, or light or dark as the reader chose. Runs before the first paint, so nothing flashes. */
(() => {
  const root = document.documentElement;
  const CHOICES = ["auto", "light", "dark"];

  function chosen() {
    try {
      return CHOICES.find((choice) => choice === localStorage.getItem("theme")) ?? "auto";
    } catch {
      return "auto"; // Storage may be forbidden; then the device decides.
    }
  }

  function show(choice) {
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
  }

  show(chosen());

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const label = button.querySelector("span");
    let choice = chosen();
    label.textContent = button.dataset[choice];
    button.hidden = false;
    button.addEventListener("click", () => {
      choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
      label.textContent = button.dataset[choice];
      show(choice);
      try {
        localStorage.setItem("theme", choice);
      } catch {
        // It holds for this page at least.
      }
    });
  });
})();
