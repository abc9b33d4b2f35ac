// The page of the latest requests: what became of each, and why.

import { request } from "./api.js";
import { el, table } from "./elements.js";
import { NOTHING, clock, count, seconds } from "./format.js";
import { startPolling } from "./polling.js";
import { put } from "./updates.js";

const TYPING_PAUSE_MS = 300;
const OUTCOMES = {
  exact: "exact hit", semantic: "hit by meaning", legacy: "hit, of Higress", embeddings: "embeddings hit",
  collapsed: "with one in flight", miss: "miss", bypass: "not looked up",
};
const $ = (id) => document.getElementById(id);

const reason = (each) => [each.why, each.storing].filter(Boolean).join(" · ") || NOTHING;

function duration(each) {
  if (each.upstream_seconds === null) return seconds(each.seconds);
  const end = each.status ? seconds(each.upstream_seconds) : "broken off";
  return `${seconds(each.seconds)} + ${end} upstream`;
}

function keyLink(each) {
  if (!each.key) return NOTHING;
  return el("a", { href: `./#key=${each.key}`, class: "key", "aria-label": `Find the entry ${each.key.slice(0, 8)}, asked for at ${clock(each.at)}` }, each.key.slice(0, 8));
}

function line(each, texts) {
  const tokens = each.prompt_tokens + each.completion_tokens;
  return [
    el("time", { class: "whole", datetime: new Date(each.at * 1000).toISOString() }, clock(each.at)),
    el("span", { class: `whole outcome ${each.outcome}` }, OUTCOMES[each.outcome] ?? each.outcome),
    ...(texts ? [each.question ?? NOTHING] : []),
    reason(each),
    each.similarity === null ? NOTHING : each.similarity.toFixed(3),
    each.differences.join(", ") || NOTHING,
    each.model || NOTHING,
    [each.api, each.mode, each.status && each.status !== 200 ? `status ${each.status}` : ""].filter(Boolean).join(", "),
    duration(each),
    tokens ? `${count(each.prompt_tokens)} + ${count(each.completion_tokens)}` : NOTHING,
    keyLink(each),
  ];
}

function show(found) {
  const filtered = $("outcome").value !== "" || $("text").value.trim() !== "";
  const heads = [["Time", ""], ["Outcome", ""], ...(found.texts ? [["Question", "text long"]] : []), ["Why", "text long"], ["Similarity", "number"], ["Differences", "text"],
    ["Model", "name"], ["API", ""], ["Time taken", ""], ["Tokens", "number"], ["Entry", ""]];
  put("found", [found, filtered], () => table("Latest requests", heads, found.requests.map((each) => line(each, found.texts)),
    filtered ? "None of the latest requests is like this." : "No requests yet."));
  const shown = !found.requests.length ? "" : `${count(found.requests.length)} ${found.requests.length === 1 ? "request" : "requests"}, the newest first. `;
  put("shown", [found.requests.length, found.texts, found.kept], () => [`${shown}The proxy keeps ${count(found.kept)} of each outcome in memory, of all its workers; log.file keeps more. `
    + (found.texts ? "" : "Questions are shown, and searched, with log.text: true.")]);
}

function start() {
  const poll = startPolling(() => request("api/requests", { outcome: $("outcome").value, text: $("text").value }), show, () => ["Up to date", "good"]);
  let typing = null;
  $("filter").addEventListener("submit", (event) => { event.preventDefault(); poll(); });
  $("outcome").addEventListener("change", () => poll());
  $("text").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(poll, TYPING_PAUSE_MS); });
}

start();
