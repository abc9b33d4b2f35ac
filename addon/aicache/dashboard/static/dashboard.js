// The dashboard's first page: the proxy's overview.

import { Requests, Similarities, Times, OUTCOMES, TIMES } from "./charts.js";
import { describeError, request } from "./api.js";
import { startEntries, read } from "./entries.js";
import { el, ranked, shareBar, table } from "./elements.js";
import { startPolling } from "./polling.js";
import { startSavings } from "./savings.js";
import { NOTHING, clock, count, money, percent, seconds } from "./format.js";
import { put } from "./updates.js";

const $ = (id) => document.getElementById(id);
const state = { window: 300 };

// ---------------------------------------------------------------- overview

let requests, times, similarities;

function describeHealth(now) {
  const failing = (now.health?.parts ?? []).filter((part) => part.failing);
  const missing = !now.health || now.health.parts.some((part) => part.name === "exact store" && !part.what);
  let words = "Serving", kind = "good";
  if (now.bypass) [words, kind] = ["Bypassed: every request passes by the cache", ""];
  else if (!now.enabled) [words, kind] = ["Switched off: every request passes untouched", ""];
  else if (missing) [words, kind] = ["Starting: requests go upstream", ""];
  else if (failing.length) [words, kind] = [`Failing: ${failing.map((part) => part.name).join(", ")}`, "bad"];
  else if (now.health.shadow) [words, kind] = ["Serving; hits by meaning in shadow", "good"];
  return [words, kind];
}

function showBypass(now) {
  $("bypass").setAttribute("aria-pressed", String(now.bypass));
  const offered = now.bypass ? "Use the cache again" : "Bypass the cache";
  if ($("bypass").textContent !== offered) $("bypass").textContent = offered;
}

async function switchBypass(poll) {
  try {
    await request("api/bypass", { on: $("bypass").getAttribute("aria-pressed") !== "true" });
    $("bypass-said").textContent = "";
  } catch (error) {
    $("bypass-said").textContent = describeError(error);
  }
  poll();
}

function tile(name, value, more, extra) {
  return el("li", {}, el("div", { class: "name" }, name), el("div", { class: "value" }, value), extra, el("div", { class: "more" }, more));
}

const named = (models) => (models.length > 2 ? `${models[0]} and ${models.length - 1} more` : models.join(" and "));

function showTiles(now) {
  const total = now.live.total, since = now.since;
  const hits = OUTCOMES.slice(0, 5).map(([name, label, color]) => [name, label, color, total[name]]);
  const hitCount = hits.reduce((sum, each) => sum + each[3], 0);
  const looked = hitCount + total.miss;
  const minutes = now.live.window / 60;
  const bar = hits.filter((each) => each[3]).map(([, label, , value]) => `${label} ${percent(value / looked)}`);
  const shares = shareBar([...hits.map(([, , color, value]) => [`var(${color})`, value]), ["var(--miss)", total.miss]]);
  const all = since.hit + since.miss + since.bypass;
  const tokens = since.prompt_tokens + since.completion_tokens;
  const restricted = now.kinds.filter((kind) => kind.standing && kind.standing !== "learned").length;
  const checked = now.judged.right + now.judged.wrong;
  const bound = now.error_bound !== null
    ? tile("Wrong answers, at most", percent(now.error_bound, 2), restricted ? `hits by meaning are restricted for ${restricted} of ${now.kinds.length}` : `of all requests; ${percent(now.health?.max_error, 1)} is allowed`)
    : tile("Wrong answers, at most", NOTHING, checked ? `${count(now.judged.wrong)} of ${count(checked)} checked` : "hits are not checked: semantic.audit");
  return [
    tile(`Hit ratio, last ${minutes} min`, looked ? percent(hitCount / looked) : NOTHING, bar.join(" · ") || "no look-ups", shares),
    tile(`Requests, last ${minutes} min`, count(looked + total.bypass), `${((looked + total.bypass) / now.live.window).toFixed(1)} a second · ${count(all)} since the start`),
    tile("Time to a hit, median", seconds(total.hit_p50), `p95 ${seconds(total.hit_p95)} · p99 ${seconds(total.hit_p99)}`),
    tile("Time upstream, median", seconds(total.upstream_p50), `p95 ${seconds(total.upstream_p95)} · p99 ${seconds(total.upstream_p99)}`),
    tile("Tokens saved", count(tokens), `${count(since.prompt_tokens)} in, ${count(since.completion_tokens)} out since the start · ${seconds(since.seconds)} not waited`),
    tile("Money saved", since.money || !since.unpriced.length ? money(since.money) : NOTHING, since.unpriced.length ? `without ${named(since.unpriced)}: set prices` : "estimated, since the start"),
    bound,
  ];
}

function showTraffic(now) {
  const live = now.live;
  requests.show(live);
  times.show(live);
  const at = live.times.map((each) => clock(each));
  const newest = at.map((_, i) => at.length - 1 - i);
  const who = OUTCOMES.filter(([name]) => live.series[name].some(Boolean));
  put("requests-table", [live.times, live.series], () => table("Requests", [["From", ""], ...who.map(([, label]) => [label, "number"])],
    newest.filter((i) => who.some(([name]) => live.series[name][i])).map((i) => [at[i], ...who.map(([name]) => count(live.series[name][i]))]), "No requests in this time."));
  put("latency-table", [live.times, live.series], () => table("Time to an answer", [["From", ""], ...TIMES.map(([, label]) => [label, "number"])],
    newest.filter((i) => TIMES.some(([name]) => live.series[name][i] !== null)).map((i) => [at[i], ...TIMES.map(([name]) => seconds(live.series[name][i]))]), "No answers in this time."));
}

const STANDINGS = {
  learned: () => el("span", { class: "ok" }, "served"),
  frozen: () => el("span", { class: "no" }, "only the safest"),
  off: () => el("span", { class: "no" }, "stopped"),
};

function showDecisions(now) {
  const near = now.similarity, health = now.health;
  const threshold = health && health.policy !== "verified" ? health.threshold : null;
  put("threshold-note", [health?.policy, health?.threshold, health?.max_error], () => [!health ? "" : threshold
    ? `Policy ${health.policy}: a hit by meaning needs a similarity of ${threshold.toFixed(2)}.`
    : `Policy verified: a neighbor answers if similar ones have been checked and were right; at most ${percent(health.max_error)} of all requests may get a wrong answer.`]);
  similarities.show(near, threshold);
  const rows = near.bounds.map((bound, i) => [(bound - 0.02).toFixed(2), bound.toFixed(2), near.hit[i], near.miss[i]]).filter((row) => row[2] || row[3]).reverse();
  put("similarity-table", rows, () => table("Similarity of the nearest question", [["From", "number"], ["To", "number"], ["Answered", "number"], ["Not answered by it", "number"]],
    rows.map((row) => [row[0], row[1], count(row[2]), count(row[3])]), "No question had a neighbor yet."));
  put("guards", now.guards, () => ranked(now.guards, "None was refused."));
  put("misses", now.misses, () => ranked(now.misses, "There were none."));
  put("header-misses", now.header_misses, () => ranked(now.header_misses, "No request missed only for a header."));
  put("bypasses", now.bypasses, () => ranked(now.bypasses, "There were none."));
  put("not-stored", now.not_stored, () => ranked(now.not_stored.filter(([name]) => name !== "bypass"), "All were kept."));
  put("judged", now.judged, () => now.judged.right + now.judged.wrong + now.judged.unknown
    ? ranked([["right", now.judged.right], ["wrong", now.judged.wrong], ["undecided", now.judged.unknown]], "")
    : el("p", { class: "empty" }, "No hit has been checked: semantic.audit and policy verified do so."));
  const judge = now.judge;
  put("judge-note", judge, () => [!judge.outcomes.length ? "" : `Median ${seconds(judge.p50)}, p95 ${seconds(judge.p95)}; ${count(judge.remembered)} remembered; ${count(judge.tokens)} tokens, ${money(judge.cost)}. `
    + `It allowed ${count(judge.hits)} hits, which saved ${money(judge.money)}.`]);
  put("judge", judge.outcomes, () => ranked(judge.outcomes, "It was asked about none: semantic.judge with when: before."));
  put("kinds", now.kinds, () => table("Error bounds", [["Model", "text"], ["Traffic", ""], ["Wrong at most", "number"], ["Hits by meaning", ""]],
    now.kinds.map((kind) => [kind.model, el("span", { class: "key" }, kind.name), percent(kind.error_bound, 2), STANDINGS[kind.standing ?? "learned"]()]), "None yet."));
}

function showComponents(now) {
  put("health", [now.health, now.log_dropped], ([health]) => {
    if (!health) return el("p", { class: "empty" }, "The cache has not started.");
    const rows = health.parts.map((part) => {
      const [words, kind] = !part.what ? ["not in use", "off"] : part.failing ? ["failing", "no"] : ["answers", "ok"];
      return [part.name, el("span", { class: kind }, words), part.what ?? NOTHING, count(part.failures), part.last_failure ?? NOTHING];
    });
    const lost = now.log_dropped ? ` Lines that the decision log dropped: ${count(now.log_dropped)}.` : "";
    const queues = Object.entries(health.queues).map(([name, value]) => `${name} ${count(value)}`).join(", ");
    return [table("Health", [["Component", ""], ["State", ""], ["In use", "text"], ["Failures", "number"], ["Last failure", "text"]], rows, ""), el("p", { class: "note" }, `Tasks in the background: ${queues}.${lost}`)];
  });
  put("steps", now.steps, (steps) => table("Steps of a look-up", [["Step", ""], ["Times", "number"], ["Median", "number"], ["p95", "number"]],
    steps.map((step) => [step.name, count(step.count), seconds(step.p50), seconds(step.p95)]), "No look-up yet."));
}

function showQuestions(now) {
  $("top-note").hidden = now.texts || !now.top.length;
  $("top-note").textContent = "Set log.text: true to show the texts of questions; without it, their keys are shown.";
  put("top", now.top, (top) => table("Questions asked most", [["Question", "text"], ["Requests", "number"], ["Hits", "number"], ["Tokens saved", "number"], ["", "actions"]],
    top.map((each) => [each.question ?? el("span", { class: "key" }, each.key.slice(0, 12)), count(each.count), count(each.hits), count(each.tokens),
      el("button", { type: "button", onclick: () => read(each.key), "aria-label": `Read the entry of ${each.question ?? each.key.slice(0, 12)}` }, "Read")]), "No questions yet."));
  put("models", now.models, (models) => table("Models", [["Model", "text"], ["Hits", "number"], ["Upstream", "number"], ["Stored", "number"], ["Tokens saved", "number"], ["Money saved", "number"]],
    models.map((each) => [each.model, count(each.hits), count(each.upstream), count(each.stored), count(each.tokens), money(each.money)]), "No answers yet."));
}

function show(now) {
  $("nothing").hidden = now.since.hit + now.since.miss + now.since.bypass > 0;
  showBypass(now);
  put("tiles", [now.live.total, now.since, now.judged, now.error_bound, now.kinds], () => showTiles(now));
  showTraffic(now);
  showDecisions(now);
  showComponents(now);
  showQuestions(now);
}

// ---------------------------------------------------------------- controls

function start() {
  requests = new Requests("requests", "Requests over time by outcome; the table below has the same numbers");
  times = new Times("latency", "Percentiles of the time to an answer; the table below has the same numbers");
  similarities = new Similarities("similarity", "Similarity of the nearest stored question; the table below has the same numbers");
  const windows = [...document.querySelectorAll("input[name=window]")];
  const choose = () => { state.window = Number(windows.find((each) => each.checked).value); };
  choose();
  const poll = startPolling(() => request(`api/overview?window=${state.window}`), show, describeHealth);
  for (const each of windows) each.addEventListener("change", () => { choose(); poll(); });
  $("bypass").addEventListener("click", () => switchBypass(poll));
  startEntries();
  startSavings();
}

start();
