// The entries: search, read, pin, purge, mark as wrong and count them.

import { describeError, request } from "./api.js";
import { el, table } from "./elements.js";
import { ago, bytes, count, seconds } from "./format.js";

const $ = (id) => document.getElementById(id);
const state = { cursor: "", entry: null, searched: null, found: [], lookedAt: 0 };

const labeled = (name) => [...document.querySelectorAll("[aria-label]")].find((each) => each.getAttribute("aria-label") === name);
const say = (words) => { $("said").textContent = words; };

function line(each) {
  const near = each.similarity === null ? [] : [each.similarity.toFixed(3)];
  const name = each.question ?? each.key.slice(0, 12);
  const button = (words, what) => el("button", { type: "button", onclick: what, "aria-label": `${words}: ${name}`, class: words === "Purge …" ? "danger" : null, "data-key": words.endsWith("in") ? each.key : null }, words);
  return [...near, each.question ?? el("span", { class: "key" }, each.key.slice(0, 12)), each.model, count(each.prompt_tokens + each.completion_tokens), ago(each.stored_at),
    each.pinned ? "pinned" : seconds(Math.max(0, each.expires_at - Date.now() / 1000)),
    el("span", {}, button("Read", () => read(each.key)), " ", button(each.pinned ? "Unpin" : "Pin", () => change(each.key, each.pinned ? "unpin" : "pin")), " ", button("Purge …", () => purge(each)))];
}

async function search(wanted, more = false) {
  say("Looking …");
  try {
    const { entries, cursor, looked_at } = await request("api/search", wanted);
    state.searched = wanted;
    state.found = more ? [...state.found, ...entries] : entries;
    state.cursor = cursor;
    const near = state.found.some((each) => each.similarity !== null) ? [["Similarity", "number"]] : [];
    $("found").replaceChildren(table("Entries found", [...near, ["Question", "text"], ["Model", ""], ["Tokens", "number"], ["Stored", ""], ["Time left", ""], ["", "actions"]], state.found.map(line), "No entry was found."));
    $("more").hidden = !cursor;
    state.lookedAt = (more ? state.lookedAt : 0) + (looked_at ?? 0);
    const number = `${count(state.found.length)} ${state.found.length === 1 ? "entry" : "entries"}`;
    if (looked_at !== undefined) say(`${number} with these words, of ${count(state.lookedAt)} looked at${cursor ? "; More looks further" : ""}`);
    else say(state.found.length ? number : "");
  } catch (error) {
    $("found").replaceChildren();
    $("more").hidden = true;
    say(describeError(error));
  }
}

export async function read(key) {
  try {
    const entry = await request(`api/entries/${key}`);
    state.entry = entry;
    const facts = [["Question", entry.question ?? "only found by the very request"], ["Model", entry.model], ["API", `${entry.api}, ${entry.mode}`], ["Key", el("span", { class: "key" }, entry.key)],
      ["Tokens", `${count(entry.prompt_tokens)} in, ${count(entry.completion_tokens)} out`], ["Size", bytes(entry.size)], ["Stored", `${ago(entry.stored_at)}; it took ${entry.took ? seconds(entry.took) : "an unknown time"}`],
      ["Caller", entry.caller ? el("span", { class: "key" }, entry.caller) : "not known"],
      ["Time left", entry.pinned ? "pinned: it never expires" : seconds(Math.max(0, entry.expires_at - Date.now() / 1000))]];
    const answer = el("pre", { tabindex: "0", role: "region", "aria-label": "Answer" }, entry.answer);
    $("entry-body").replaceChildren(el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
      el("h3", {}, entry.raw ? "Response, as it was recorded" : "Answer"), answer, el("p", { class: "note" }, entry.cut ? "The rest is not shown." : ""));
    $("entry").querySelector("[data-do=pin]").textContent = entry.pinned ? "Unpin" : "Pin";
    if ($("entry").open) return;
    state.opener = document.activeElement?.getAttribute("aria-label");
    $("entry").showModal();
  } catch (error) {
    say(error.message === "there is no such page" ? "There is no such entry (any more)." : describeError(error));
    $("said").scrollIntoView({ block: "center" });
  }
}

async function change(key, what) {
  try {
    const { done } = await request(`api/entries/${key}/${what}`, {});
    const words = { purge: "The entry is purged.", pin: "The entry is pinned.", unpin: "The entry is unpinned.", wrong: "The entry answers its own request only." }[what];
    if (state.searched) await search(state.searched.cursor === undefined ? state.searched : { ...state.searched, cursor: "" });
    if (document.activeElement === document.body) ($("found").querySelector(`[data-key="${key}"]`) ?? $("text")).focus();
    say(done ? words : "There is no such entry (any more).");
  } catch (error) {
    say(describeError(error));
  }
}

function purge(entry) {
  $("sure-body").textContent = `${entry.question ?? entry.key} – its next request goes upstream again.`;
  $("sure").querySelector("[data-do=yes]").onclick = async () => {
    $("sure").close();
    $("entry").close();
    await change(entry.key, "purge");
    $("text").focus();
  };
  $("sure").showModal();
}

async function countEntries() {
  if (!$("stored").open) return;
  $("stored-models").textContent = "Counting …";
  try {
    const found = await request("api/models");
    const part = found.looked_at < found.count ? `; of ${count(found.looked_at)} of them:` : "";
    $("stored-models").replaceChildren(el("p", { class: "note" }, `${count(found.count)} entries${part}`),
      table("Entries by model", [["Model", "text"], ["Entries", "number"], ["Answers", "number"]], found.models.map((each) => [each.model, count(each.entries), bytes(each.bytes)]), ""));
  } catch (error) {
    $("stored-models").textContent = describeError(error);
  }
}

export function startEntries() {
  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text) search({ cursor: "" });
    else if (/^(?=.*[0-9])[0-9a-f]{6,40}$/i.test(text)) search({ key: text });
    else if ($("how").value === "contains") search({ contains: text, cursor: "" });
    else search({ like: text, similarity: Number($("similarity-least").value) });
  });
  const linked = /^#key=([0-9a-f]{40})$/.exec(location.hash);
  if (linked) { $("text").value = linked[1]; search({ key: linked[1] }).then(() => $("entries").scrollIntoView()); }
  $("all").addEventListener("click", () => search({ cursor: "" }));
  $("more").addEventListener("click", () => search({ ...state.searched, cursor: state.cursor }, true));
  const chooseHow = () => { $("similarity-least").disabled = $("how").value === "contains"; };
  $("how").addEventListener("change", chooseHow);
  chooseHow();
  $("stored").addEventListener("toggle", countEntries);
  $("entry").addEventListener("click", (event) => {
    const what = event.target.dataset?.do;
    if (what === "close") $("entry").close();
    if (what === "purge") purge(state.entry);
    if (what === "wrong") {
      $("entry").close();
      change(state.entry.key, "wrong");
    }
    if (what === "pin") change(state.entry.key, state.entry.pinned ? "unpin" : "pin").then(() => read(state.entry.key));
  });
  $("entry").addEventListener("close", () => { if (document.activeElement === document.body) labeled(state.opener)?.focus(); });
  $("sure").querySelector("[data-do=no]").addEventListener("click", () => $("sure").close());
}
