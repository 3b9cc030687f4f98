// Keeps the desk fresh: asks for its parts again when the log's hints tell of something new.
(() => {
  "use strict";
  const wait = 3000; // ms before the next try after the socket was lost
  const label = document.querySelector("[data-desk-state]");
  const said = () => document.querySelector(".desk-said");

  function show(state) {
    label.dataset.state = state;
    label.textContent = state === "live" ? label.dataset.live : label.dataset.lost;
  }

  function refresh() {
    for (const part of document.querySelectorAll("[data-desk-part]")) part.dispatchEvent(new Event("desk:changed"));
  }

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live/`);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ subscribe: ["messages"] })));
    socket.addEventListener("message", (event) => {
      const hint = JSON.parse(event.data);
      if ("subscribed" in hint) show("live");
      refresh();
    });
    socket.addEventListener("close", (event) => {
      show("reconnecting");
      if (event.code !== 4401) setTimeout(open, wait);
    });
  }

  // The newest message stays in sight, and a new one is told to who cannot see it come.
  let newest = said()?.lastElementChild?.id;
  function follow() {
    const list = said();
    if (!list || list.lastElementChild?.id === newest) return;
    newest = list.lastElementChild?.id;
    list.scrollTop = list.scrollHeight;
    window.consolePage?.announce(label.dataset.announce);
  }
  const talk = document.querySelector(".desk-talk");
  if (said()) said().scrollTop = said().scrollHeight;
  if (talk) new MutationObserver(follow).observe(talk, { childList: true, subtree: true });

  document.querySelector("[data-desk-reply] textarea")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
  });
  open();
})();
