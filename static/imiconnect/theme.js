// Runs before the first paint: the server knows light and dark, only the browser knows "auto".
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (root.dataset.theme === "auto") {
      root.dataset.bsTheme = dark.matches ? "dark" : "light";
      root.dispatchEvent(new CustomEvent("console:theme", { bubbles: true }));
    }
  };
  dark.addEventListener("change", follow);
  follow();
})();
