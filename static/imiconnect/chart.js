// Draws charts with uPlot from figures that the server answers, again and again.
(() => {
  "use strict";
  if (window.consoleCharts) return;
  window.consoleCharts = true;
  const height = 224; // px
  const pad = (number) => String(number).padStart(2, "0");
  const clock = (seconds) => {
    const time = new Date(seconds * 1000);
    return `${pad(time.getUTCHours())}:${pad(time.getUTCMinutes())}`;
  };
  // Canvas does not know light-dark(); an element does.
  const resolved = (name) => {
    const probe = document.createElement("span");
    probe.className = `probe-${name}`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };

  class Chart {
    constructor(element) {
      this.element = element;
      this.canvas = element.querySelector(".chart-canvas");
      this.every = Number(element.dataset.every) * 1000;
      this.refresh();
      new ResizeObserver(() => this.resize()).observe(element);
      new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
    }

    async refresh() {
      if (!this.element.isConnected) return;
      if (!document.hidden) {
        try {
          const response = await fetch(this.element.dataset.url, { headers: { Accept: "application/json" } });
          if (response.ok && !response.redirected) this.take(await response.json());
        } catch { /* the next round asks again; the figures on the page stay */ }
      }
      setTimeout(() => this.refresh(), this.every);
    }

    take(answer) {
      this.answer = answer;
      this.data = [answer.times, ...answer.series.map((series) => series.values)];
      this.canvas.hidden = false;
      this.canvas.setAttribute("aria-label", answer.summary);
      this.element.querySelector("[data-chart-summary]").textContent = answer.summary;
      this.table();
      if (this.plot) this.plot.setData(this.data);
      else this.draw();
    }

    table() {
      const details = this.element.querySelector("details");
      if (!details.open && this.plot) return;
      const rows = this.answer.times.map((time, index) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = clock(time);
        row.append(head, ...this.answer.series.map((series) => {
          const cell = document.createElement("td");
          cell.className = "num";
          cell.textContent = series.values[index];
          return cell;
        }));
        return row;
      });
      this.element.querySelector("[data-chart-rows]").replaceChildren(...rows.reverse());
    }

    draw() {
      if (!this.data) return;
      this.plot?.destroy();
      const axis = { stroke: resolved("quiet"), grid: { stroke: resolved("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
      this.plot = new uPlot({
        width: this.canvas.clientWidth || 300,
        height,
        tzDate: (seconds) => new Date(new Date(seconds * 1000).toLocaleString("en-US", { timeZone: "UTC" })),
        legend: { show: false },
        cursor: { points: { show: false }, drag: { x: false } },
        scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.15, 4)] } },
        axes: [
          { ...axis, values: (_, splits) => splits.map(clock), grid: { show: false } },
          { ...axis, size: 48, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? value.toLocaleString("en") : "")) },
        ],
        series: [{}, ...this.answer.series.map((series, index) => {
          const stroke = resolved(`series-${index + 1}`);
          return { label: series.label, stroke, width: 2, points: { show: false }, dash: index ? [6, 3 + index * 2] : undefined };
        })],
      }, this.data, this.canvas);
    }

    resize() {
      if (this.plot && this.canvas.clientWidth) this.plot.setSize({ width: this.canvas.clientWidth, height });
    }
  }

  const arm = () => {
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (!element.dataset.armed) { element.dataset.armed = "1"; new Chart(element); }
    }
  };
  document.addEventListener("console:arm", arm);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", arm);
  else arm();
})();
