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
  // Who reads further up stays there, also when earlier messages come in above.
  const near = 80; // px from the end that still count as there
  const ends = () => [said()?.querySelector(".said")?.id, said()?.lastElementChild?.id];
  let [oldest, newest] = ends();
  let height = 0;
  let top = 0;
  function remember() {
    const list = said();
    if (list) [height, top] = [list.scrollHeight, list.scrollTop];
  }
  function follow() {
    const list = said();
    const [first, last] = ends();
    if (!list || (first === oldest && last === newest)) return;
    const wasAtEnd = height - top - list.clientHeight < near;
    if (first !== oldest && last === newest) {
      list.scrollTop = top + list.scrollHeight - height;
      if (asked && !list.contains(document.activeElement)) list.focus({ preventScroll: true });
      asked = false;
    } else if (last !== newest) {
      if (wasAtEnd) list.scrollTop = list.scrollHeight;
      window.consolePage?.announce(label.dataset.announce);
    }
    [oldest, newest] = [first, last];
    remember();
  }
  let asked = false;
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-desk-earlier]")) asked = true;
  });
  const talk = document.querySelector(".desk-talk");
  if (said()) said().scrollTop = said().scrollHeight;
  remember();
  // A picture has no height until it comes, and would push the newest message out of sight.
  document.addEventListener("load", (event) => {
    const list = said();
    if (!event.target.closest?.(".desk-said")) return;
    if (height - top - list.clientHeight < near) list.scrollTop = list.scrollHeight;
    remember();
  }, true);
  document.addEventListener("scroll", (event) => event.target === said() && remember(), true);
  if (talk) new MutationObserver(follow).observe(talk, { childList: true, subtree: true });

  document.querySelector("[data-desk-reply] textarea")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form.requestSubmit();
  });
  open();
})();
