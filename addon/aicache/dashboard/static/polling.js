// Asks the proxy again and again, and shows what it says: not while the page is hidden, nor while a person has paused it.

import { describeError } from "./api.js";
import { clock } from "./format.js";

const POLL_INTERVAL_MS = 2000;
const RETRY_INTERVAL_MS = 8000;
const $ = (id) => document.getElementById(id);

function showState(words, kind) {
  $("state").className = `pill ${kind}`;
  if ($("state").textContent !== words) $("state").textContent = words;
}

// Begin. load() returns a promise of what show() is called with, and describe(), which returns the words and the kind
// of the pill. The function that is returned asks once, also while updates are paused.
export function startPolling(load, show, describe) {
  let timer = null, paused = false, newest = null;

  async function poll() {
    clearTimeout(timer);
    if (document.hidden) return;
    const polling = (newest = {});
    let interval = POLL_INTERVAL_MS;
    try {
      const found = await load();
      if (newest !== polling) return;
      $("trouble").hidden = true;
      show(found);
      if (!paused) showState(...describe(found));
    } catch (error) {
      if (newest !== polling) return;
      const words = `${describeError(error)} The page may be out of date${paused ? "." : "; it tries again every few seconds."}`;
      if ($("trouble").textContent !== words) $("trouble").textContent = words;
      $("trouble").hidden = false;
      showState("No contact", "bad");
      interval = RETRY_INTERVAL_MS;
    }
    if (!paused) timer = setTimeout(poll, interval);
  }

  function pause() {
    paused = !paused;
    newest = null; // what is on its way is not shown any more
    $("pause").textContent = paused ? "Resume updates" : "Pause updates";
    $("paused").textContent = paused ? `Updates of this page are paused since ${clock(Date.now() / 1000)}; the proxy goes on answering requests.` : "";
    if (!paused) return poll();
    clearTimeout(timer);
    showState("Paused", "");
  }

  $("pause").addEventListener("click", pause);
  document.addEventListener("visibilitychange", () => { if (!paused) poll(); });
  poll();
  return poll;
}
