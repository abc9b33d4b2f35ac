// Charts by uPlot. Each stands beside a table of the same numbers, for those who cannot see it.

import { clock, count, seconds } from "./format.js";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const HEIGHT_PX = 240;

export const OUTCOMES = [
  ["exact", "exact hits", "--exact"],
  ["semantic", "hits by meaning", "--semantic"],
  ["legacy", "of Higress", "--legacy"],
  ["embeddings", "embeddings", "--embeddings"],
  ["collapsed", "with one in flight", "--collapsed"],
  ["miss", "misses", "--miss"],
  ["bypass", "not looked up", "--bypass"],
];

export const TIMES = [
  ["hit_p50", "hit p50", "--hit-p50"],
  ["hit_p95", "hit p95", "--hit-p95"],
  ["hit_p99", "hit p99", "--hit-p99"],
  ["upstream_p50", "upstream p50", "--up-p50"],
  ["upstream_p95", "upstream p95", "--up-p95"],
];

class Chart {
  constructor(place, label) {
    this.place = document.getElementById(place);
    this.place.setAttribute("role", "img");
    this.place.setAttribute("aria-label", label);
    this.plot = null;
    this.last = null;
    this.shape = "";
    new ResizeObserver(() => this.fit()).observe(this.place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.shape = ""; if (this.last) this.show(...this.last); });
  }

  width() { return Math.max(240, Math.floor(this.place.clientWidth)); }

  fit() { if (this.plot && this.plot.width !== this.width()) this.plot.setSize({ width: this.width(), height: HEIGHT_PX }); }

  draw(shape, options, data) {
    if (!this.plot || this.shape !== shape) {
      this.plot?.destroy();
      this.plot = new uPlot({ width: this.width(), height: HEIGHT_PX, padding: [null, 30, null, null], ...options }, data, this.place);
      this.shape = shape;
    } else {
      this.plot.setData(data);
    }
  }

  hours(live) { return this.axis({ space: 76, values: (_, ticks) => ticks.map((tick) => clock(tick, tick % 60 !== 0)) }); }

  axis(more) { return { stroke: color("--soft"), grid: { stroke: color("--grid"), width: 1 }, ticks: { stroke: color("--grid"), width: 1 }, font: "12px system-ui, sans-serif", ...more }; }
}

// One bar on top of the other: each series is the sum of itself and those below, and the highest is drawn first.
function stack(rows) {
  const sums = [];
  let below = null;
  for (const row of rows) {
    below = row.map((value, i) => value + (below ? below[i] : 0));
    sums.push(below);
  }
  return sums.reverse();
}

export class Requests extends Chart {
  show(live) {
    this.last = [live];
    const shown = OUTCOMES.filter(([name]) => name === "exact" || name === "semantic" || name === "miss" || live.series[name].some(Boolean));
    this.rows = shown.map(([name]) => live.series[name]).reverse();
    const bars = uPlot.paths.bars({ size: [0.8, 40], align: 1 });
    const series = shown.toReversed().map(([, label, name], k) => ({
      label, fill: color(name), stroke: color(name), width: 0, paths: bars, points: { show: false },
      value: (_, __, ___, i) => (i === null ? "–" : count(this.rows[k][i])),
    }));
    const whole = (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : ""));
    this.draw(`${live.window}${shown}`, {
      series: [{ value: (_, at) => (at === null ? "–" : clock(at)) }, ...series],
      axes: [this.hours(live), this.axis({ size: 56, values: whole })],
      scales: { x: { range: (_, least, most) => [least, most + live.step] }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
      legend: { live: true }, cursor: { y: false, drag: { x: false, y: false } },
    }, [live.times, ...stack(shown.map(([name]) => live.series[name]))]);
  }
}

export class Times extends Chart {
  show(live) {
    this.last = [live];
    const series = TIMES.map(([, label, name]) => ({
      label, stroke: color(name), width: 2, spanGaps: true, points: { show: true, size: 5, fill: color(name) },
      dash: name.startsWith("--up") ? [6, 4] : undefined, value: (_, value) => seconds(value),
    }));
    this.draw(String(live.window), {
      series: [{ value: (_, at) => (at === null ? "–" : clock(at)) }, ...series],
      axes: [this.hours(live), this.axis({ size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null || !/^1e/.test(tick.toExponential()) ? "" : seconds(tick))) })],
      scales: { x: { range: (_, least, most) => [least, most + live.step] }, y: { distr: 3, range: (_, least, most) => (least ? [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most * 1.01))] : [0.001, 1]) } },
      cursor: { drag: { x: false, y: false } },
    }, [live.times, ...TIMES.map(([name]) => live.series[name])]);
  }
}

export class Similarities extends Chart {
  show(similarity, threshold) {
    this.last = [similarity, threshold];
    this.threshold = threshold;
    const from = Math.max(0, similarity.bounds.findIndex((_, i) => similarity.hit[i] || similarity.miss[i] || similarity.bounds[i] >= 0.5) - 1);
    const cut = (row) => row.slice(from);
    const rows = [cut(similarity.hit), cut(similarity.miss)];
    const bars = uPlot.paths.bars({ size: [0.9, 60], align: -1 });
    const kind = (label, name, k) => ({ label, fill: color(name), stroke: color(name), width: 0, paths: bars, points: { show: false }, value: (_, __, ___, i) => (i === null ? "–" : count(rows[k][i])) });
    this.draw(`${from}${JSON.stringify(rows)}${threshold}`, {
      series: [{ label: "up to", value: (_, value) => (value === null ? "–" : value.toFixed(2)) }, kind("not answered by it", "--miss", 1), kind("answered", "--semantic", 0)],
      axes: [this.axis({ space: 36, values: (_, ticks) => ticks.map((tick) => tick.toFixed(2)) }), this.axis({ size: 56, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")) })],
      scales: { x: { time: false, range: [similarity.bounds[from] - 0.02, 1.005] }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: { draw: [(plot) => this.line(plot)] },
    }, [cut(similarity.bounds), ...stack(rows)]);
  }

  line(plot) {
    if (!this.threshold) return;
    const x = Math.round(plot.valToPos(this.threshold, "x", true));
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = color("--bad");
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    ctx.fillText(`threshold ${this.threshold.toFixed(2)}`, x - 6 * devicePixelRatio, bbox.top + 14 * devicePixelRatio);
    ctx.restore();
  }
}
