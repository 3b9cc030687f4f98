/* The double of X's widgets.js: it draws message buttons in a customer's page.

   A button leads where its link does: to the conversation at the double. Class and attributes
   are X's (message button reference). */
(() => {
  "use strict";

  function draw(link) {
    const isLarge = link.dataset.size === "large";
    link.target = "_blank";
    link.rel = "noopener";
    Object.assign(link.style, {
      background: "#0f1419",
      borderRadius: "999px",
      color: "#fff",
      display: "inline-block",
      font: `600 ${isLarge ? 16 : 13}px sans-serif`,
      padding: isLarge ? "0.4em 1em" : "0.3em 0.8em",
      textDecoration: "none",
    });
    link.dataset.drawn = "";
  }

  function load(root = document) {
    root.querySelectorAll("a.twitter-dm-button:not([data-drawn])").forEach(draw);
  }

  window.twttr = { widgets: { load } };
  /* The script may come before what it draws. */
  if (document.readyState !== "loading") load();
  else document.addEventListener("DOMContentLoaded", () => load());
})();
