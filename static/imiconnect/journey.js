// Asks for the journey again when the log's hints name its message.
(() => {
  "use strict";
  const wait = 3000; // ms before the next try after the socket was lost
  const tid = () => document.getElementById("journey")?.dataset.journey;

  function open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/live/`);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ subscribe: ["messages"] })));
    socket.addEventListener("message", (event) => {
      const { changed = {}, reload, subscribed } = JSON.parse(event.data);
      // Between the drawing of the page and the subscription nobody told it of changes.
      if (subscribed || reload || tid() in changed) document.getElementById("journey").dispatchEvent(new Event("journey:changed"));
    });
    socket.addEventListener("close", (event) => { if (event.code !== 4401) setTimeout(open, wait); });
  }
  if (tid()) open();
})();
