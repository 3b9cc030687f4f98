// Keeps a list live: one socket a page, hints at most once a second, rows fetched over HTTP.
(() => {
  "use strict";
  const kept = 100; // rows
  const firstWait = 1000; // ms before the first try to reconnect, doubled up to the last
  const lastWait = 30000;
  const offlineAfter = 10000; // ms without a socket until the words say so
  const announceEvery = 10000; // ms

  class LiveTable {
    constructor(bar) {
      this.bar = bar;
      this.words = bar.dataset;
      this.body = document.querySelector("[data-live-rows]");
      this.state = bar.querySelector("[data-live-state]");
      this.pause = bar.querySelector("[data-live-pause]");
      this.show = bar.querySelector("[data-live-show]");
      this.paused = false;
      this.waiting = 0;
      this.unsaid = 0;
      this.wait = firstWait;
      this.lostAt = null;
      bar.hidden = false;
      this.pause.addEventListener("click", () => this.toggle());
      this.show.addEventListener("click", () => this.showWaiting());
      this.saying = setInterval(() => this.say(), announceEvery);
      this.open();
    }

    // The socket -------------------------------------------------------------------
    open() {
      const scheme = location.protocol === "https:" ? "wss" : "ws";
      this.socket = new WebSocket(`${scheme}://${location.host}/ws/live/`);
      this.socket.addEventListener("open", () => {
        this.socket.send(JSON.stringify({ subscribe: this.words.topics.split(" ") }));
      });
      this.socket.addEventListener("message", (event) => this.receive(JSON.parse(event.data)));
      this.socket.addEventListener("close", (event) => this.lost(event.code));
    }

    receive(message) {
      if ("subscribed" in message) {
        this.lostAt = null;
        this.wait = firstWait;
        this.showState();
        this.gap();
        return;
      }
      this.change(message.changed);
      // In an empty list a row may come to fit the filters by a change too.
      const mayFit = Object.keys(message.changed ?? {}).length;
      if (!this.body && (message.reload || message.new || mayFit)) this.fill();
      else if (message.reload) this.reload();
      else if (message.new) this.arrived(message.new);
    }

    end() {
      this.ended = true;
      clearInterval(this.saying);
      this.socket.close();
    }

    lost(code) {
      if (this.ended) return;
      this.lostAt ??= Date.now();
      this.showState();
      if (code === 4401) return;
      setTimeout(() => this.open(), this.wait * (0.5 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, lastWait);
      setTimeout(() => this.showState(), offlineAfter + 50);
    }

    // Words --------------------------------------------------------------------------
    showState() {
      let state = this.paused ? "paused" : "live";
      let words = this.paused ? this.words.paused : this.words.live;
      if (this.lostAt !== null) {
        const isOffline = Date.now() - this.lostAt >= offlineAfter;
        state = isOffline ? "offline" : "reconnecting";
        const since = new Date(this.lostAt).toISOString().slice(11, 16);
        words = isOffline ? this.words.offline.replace("{time}", since) : this.words.reconnecting;
      }
      if (this.state.textContent !== words) this.state.textContent = words;
      this.state.dataset.state = state;
    }

    toggle() {
      this.paused = !this.paused;
      this.pause.textContent = this.paused ? this.words.resume : this.words.pause;
      this.showState();
      if (!this.paused && !this.body) this.fill();
      else if (!this.paused && this.waiting) this.fetchRows();
    }

    say() {
      if (this.unsaid) this.tell(this.unsaid);
      this.unsaid = 0;
    }

    tell(count) {
      const words = count === 1 ? this.words.announceOne : this.words.announce;
      window.consolePage?.announce(words.replace("{n}", count));
    }

    // Rows -----------------------------------------------------------------------------
    mayInsert() {
      const busy = this.body.contains(document.activeElement) || this.body.querySelector("input:checked");
      return !this.paused && !busy && window.scrollY < 200;
    }

    arrived(count) {
      this.unsaid += count;
      this.waiting += count;
      if (this.mayInsert()) this.fetchRows();
      else this.showButton();
    }

    showButton() {
      this.show.hidden = !this.waiting;
      const words = this.waiting === 1 ? this.words.showOne : this.words.show;
      this.show.textContent = words.replace("{n}", this.waiting);
    }

    async showWaiting() {
      await this.fetchRows();
      window.scrollTo({ top: 0 });
      this.body.querySelector("a")?.focus();
    }

    // What came or changed between the drawing of the page, or the loss of the socket, and now.
    gap() {
      if (this.body) this.reload();
      else this.fill();
    }

    async load(cursor) {
      const url = new URL(location.href);
      url.searchParams.delete("cursor");
      url.searchParams.set("live", cursor);
      const response = await fetch(url, { headers: { "X-Requested-With": "live" } });
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      const holder = document.createElement("template");
      holder.innerHTML = await response.text();
      return holder.content.querySelector("tbody");
    }

    async fetchRows() {
      if (this.fetching) { this.again = true; return; }
      this.fetching = true;
      try {
        const fresh = await this.load(this.body.dataset.cursor || "top");
        if (fresh.dataset.more) await this.replaceAll();
        else this.insert(fresh);
        this.waiting = 0;
        this.showButton();
      } catch { this.showButton(); }
      this.fetching = false;
      if (this.again) { this.again = false; if (this.mayInsert()) this.fetchRows(); }
    }

    async replaceAll() {
      const all = await this.load("top");
      this.body.replaceChildren(...all.children);
      this.body.dataset.cursor = all.dataset.cursor;
      window.htmx?.process(this.body);
    }

    insert(fresh) {
      const rows = [...fresh.children].filter((row) => !document.getElementById(row.id));
      rows.forEach((row) => row.classList.add("row-new"));
      this.body.prepend(...rows);
      if (fresh.dataset.cursor) this.body.dataset.cursor = fresh.dataset.cursor;
      while (this.body.children.length > kept) this.body.lastElementChild.remove();
      rows.forEach((row) => window.htmx?.process(row));
    }

    // The first rows of an empty list: the words that nothing is here give way to the table.
    async fill() {
      const nothing = document.querySelector("#list > .empty-state");
      if (this.paused || this.filling || !nothing) return;
      this.filling = true;
      try {
        const response = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        if (page.querySelector("[data-live-rows]")) this.putTable(page.getElementById("list"), nothing);
      } catch { /* the next hint tries again */ }
      this.filling = false;
    }

    putTable(list, nothing) {
      const filters = document.querySelector("#list > .filters") ? null : list.querySelector(".filters");
      if (filters) this.bar.before(filters);
      list.querySelectorAll(":scope > :is(.filters, [data-live-bar], template)").forEach((part) => part.remove());
      nothing.replaceWith(...list.childNodes);
      this.body = document.querySelector("[data-live-rows]");
      window.htmx?.process(document.getElementById("list"));
      window.consolePage?.arm(document.getElementById("list"));
      this.tell(this.body.children.length);
    }

    async reload() {
      if (this.mayInsert()) { try { await this.replaceAll(); } catch { /* the next hint tries again */ } }
      else { this.waiting += 1; this.showButton(); }
    }

    change(changed) {
      const badges = document.getElementById("live-badges");
      for (const [id, state] of Object.entries(changed ?? {})) {
        const old = document.getElementById(`state-${id}`);
        const fresh = badges?.content.querySelector(`[data-state="${CSS.escape(state)}"] .status`);
        if (!old || !fresh) continue;
        const badge = fresh.cloneNode(true);
        badge.id = old.id;
        old.replaceWith(badge);
      }
    }
  }

  const tables = [];
  function arm() {
    for (const table of tables.splice(0)) {
      if (table.bar.isConnected) tables.push(table);
      else table.end();
    }
    for (const bar of document.querySelectorAll("[data-live-bar]")) {
      if (!bar.dataset.armed) { bar.dataset.armed = "1"; tables.push(new LiveTable(bar)); }
    }
  }
  document.addEventListener("console:arm", arm);
  arm();
})();
