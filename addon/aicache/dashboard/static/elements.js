// Builds elements: tables, ranked lists, bars. What comes from a request becomes text, and never markup.

import { count } from "./format.js";

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
  const region = el("div", { class: "wide-table", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body)));
  widths.observe(region);
  return region;
}

// A table that is wider than its place says so.
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) target.classList.toggle("overflows", target.scrollWidth > target.clientWidth);
});

// A bar of shares in SVG, whose sizes are attributes: the page's content security policy forbids inline styles.
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
