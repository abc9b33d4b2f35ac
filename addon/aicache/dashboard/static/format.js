// Formats numbers, times, money and sizes.

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
