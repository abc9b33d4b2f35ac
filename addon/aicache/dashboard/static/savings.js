// What was asked, saved and spent, month by month: kept in the store, so it is asked for once a minute only.

import { describeError, request } from "./api.js";
import { el, table } from "./elements.js";
import { NOTHING, count, percent } from "./format.js";

const POLL_INTERVAL_MS = 60_000;
const FIGURES = ["Hits", "Misses", "Hit ratio", "Tokens in", "Cached", "Tokens out", "Saved", "Spent", "Net"].map((name) => [name, "number"]);
const $ = (id) => document.getElementById(id);
let timer = null, month = "", polled = null;

// Amounts come as text, exact: they are cut to four decimals here, and the CSV has all of them.
function usd(text) {
  const value = Number(text);
  return `${value < 0 ? "-" : ""}$${Math.abs(value).toFixed(Math.abs(value) < 1 ? 4 : 2)}`;
}

const ratio = (row) => (row.hits + row.misses ? percent(row.hits / (row.hits + row.misses)) : NOTHING);
const figures = (row) => [count(row.hits), count(row.misses), ratio(row), count(row.prompt_tokens), count(row.cached_tokens), count(row.completion_tokens), usd(row.saved_usd), usd(row.spent_usd), usd(row.net_usd)];

function sums(caption, head, rows) {
  const counted = rows.filter((row) => row.hits + row.misses + Number(row.spent_usd) > 0); // the others were not looked up
  return table(caption, [[head, "name"], ...FIGURES], counted.map((row) => [row.name, ...figures(row)]), "Nothing yet.");
}

function chooser(row) {
  return el("button", { type: "button", "aria-pressed": String(row.month === month), "aria-label": `Show ${row.month}`, onclick: () => { month = row.month; poll(); } }, row.month);
}

function show(found) {
  month = found.month;
  const unpriced = found.months.find((row) => row.month === month)?.unpriced_hits ?? 0;
  $("savings-months").replaceChildren(table("Savings by month", [["Month", "name"], ...FIGURES], [...found.months.map((row) => [chooser(row), ...figures(row)]), ["in all", ...figures(found.total)]], ""));
  $("savings-callers").replaceChildren(sums("Savings by caller", "Caller", found.callers));
  $("savings-models").replaceChildren(sums("Savings by model", "Model", found.models));
  $("savings-apis").replaceChildren(sums("Savings by API", "API", found.apis));
  $("savings-note").textContent = `List prices of ${found.prices.date}, or your own; less what the provider's prompt cache would have saved anyway. `
    + `Spent: judge models, and requests that check hits or replace expired answers.${unpriced ? ` ${count(unpriced)} hits of ${month} have no known price: set prices.` : ""}`;
  $("savings-csv").href = `api/savings.csv?month=${month}`;
  $("savings-csv").textContent = `${month} as CSV`;
  $("savings-csv").hidden = false;
}

async function poll() {
  clearTimeout(timer);
  if (document.hidden) return;
  const polling = (polled = {});
  try {
    const found = await request(`api/savings${month ? `?month=${month}` : ""}`);
    if (polled === polling) show(found);
  } catch (error) {
    if (polled === polling) $("savings-note").textContent = describeError(error);
  }
  if (polled === polling) timer = setTimeout(poll, POLL_INTERVAL_MS);
}

export function startSavings() {
  document.addEventListener("visibilitychange", poll);
  poll();
}
