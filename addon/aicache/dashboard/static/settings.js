// The page of the settings in force. They are asked for once, and again when the page is shown again.

import { describeError, request } from "./api.js";
import { el, table } from "./elements.js";
import { count } from "./format.js";

const $ = (id) => document.getElementById(id);
let settings = [];

function line(each) {
  return [el("span", { class: "key" }, each.key), el("span", { class: each.is_default ? "key off" : "key" }, each.value), each.origin, each.meaning];
}

function show() {
  const text = $("text").value.trim().toLowerCase();
  const found = settings.filter((each) => (!each.is_default || !$("changed").checked)
    && [each.key, each.value, each.origin, each.meaning].some((words) => words.toLowerCase().includes(text)));
  $("shown").textContent = `${count(found.length)} of ${count(settings.length)} settings, ${count(settings.filter((each) => !each.is_default).length)} of which differ from the default.`;
  $("found").replaceChildren(table("Settings in force", [["Setting", ""], ["Value", "text origin"], ["Comes from", "text origin"], ["Meaning", "text long"]], found.map(line), "No setting is like this."));
}

async function load() {
  if (document.hidden) return;
  try {
    settings = (await request("api/settings")).settings;
    $("trouble").hidden = true;
    show();
  } catch (error) {
    $("trouble").textContent = describeError(error);
    $("trouble").hidden = false;
  }
}

$("filter").addEventListener("submit", (event) => event.preventDefault());
$("text").addEventListener("input", show);
$("changed").addEventListener("change", show);
document.addEventListener("visibilitychange", load);
load();
