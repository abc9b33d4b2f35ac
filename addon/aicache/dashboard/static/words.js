// Numbers and times in words, and elements of them. Whatever comes from a request becomes text, and never markup.

export const NOTHING = "–";

export function count(value) {
  if (value === null || value === undefined) return NOTHING;
  if (Math.abs(value) < 10_000) return value.toLocaleString("en");
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function percent(share, digits = 1) {
  return share === null || share === undefined ? NOTHING : `${(100 * share).toFixed(digits)} %`;
}

export function seconds(value) {
  if (value === null || value === undefined) return NOTHING;
  if (value < 0.001) return `${(value * 1e6).toFixed(0)} µs`;
  if (value < 1) return `${(value * 1e3).toFixed(value < 0.01 ? 1 : 0)} ms`;
  if (value < 120) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  if (value < 7200) return `${(value / 60).toFixed(0)} min`;
  if (value < 172800) return `${(value / 3600).toFixed(1)} h`;
  return `${(value / 86400).toFixed(1)} d`;
}

export function money(value) {
  if (value === null || value === undefined) return NOTHING;
  const small = value > 0 && value < 0.01;
  return `$${value.toLocaleString("en", small ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 3 : 2 })}`;
}

export function bytes(value) {
  for (const [unit, size] of [["GB", 1024 ** 3], ["MB", 1024 ** 2], ["KB", 1024]]) {
    if (value >= size) return `${(value / size).toFixed(1)} ${unit}`;
  }
  return `${value} B`;
}

export function ago(at) {
  return `${seconds(Math.max(0, Date.now() / 1000 - at))} ago`;
}

export function clock(at, withSeconds = true) {
  return new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}) });
}

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

export function table(caption, heads, rows, empty) {
  if (!rows.length) return el("p", { class: "empty" }, empty);
  const head = heads.map(([name, kind]) => el("th", { scope: "col", class: kind }, name || el("span", { class: "unseen" }, "Actions")));
  const body = rows.map((row) => el("tr", {}, ...row.map((cell, i) => el("td", { class: heads[i][1] }, cell))));
  return el("div", { class: "wide-table", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)));
}

// A bar of shares in SVG, whose sizes are attributes: styles in attributes are against the page's policy.
export function shareBar(parts, label) {
  const total = parts.reduce((sum, [, value]) => sum + value, 0);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["class", "share"], ["viewBox", "0 0 100 1"], ["preserveAspectRatio", "none"]]) svg.setAttribute(name, value);
  if (label) { svg.setAttribute("role", "img"); svg.setAttribute("aria-label", label); } else svg.setAttribute("aria-hidden", "true");
  let x = 0;
  for (const [color, value] of total ? parts : [["var(--grid)", 1]]) {
    const width = (100 * value) / (total || 1);
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, each] of [["x", x], ["y", 0], ["width", width], ["height", 1]]) rect.setAttribute(name, each);
    rect.style.fill = color;
    svg.append(rect);
    x += width;
  }
  return svg;
}

export function ranked(pairs, empty) {
  if (!pairs.length) return el("p", { class: "empty" }, empty);
  const most = Math.max(...pairs.map(([, value]) => value));
  return el("ul", { class: "ranked" }, ...pairs.slice(0, 12).map(([name, value]) => el("li", {},
    el("span", {}, name), el("span", { class: "count" }, count(value)),
    shareBar([["var(--semantic)", value], ["var(--grid)", most - value]]))));
}
