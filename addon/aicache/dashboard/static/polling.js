// Asks the proxy again and again, and shows what it says: not while the page is hidden, nor while a person has paused it.

import { describeError } from "./api.js";
import { clock } from "./format.js";

const POLL_INTERVAL_MS = 2000;
const RETRY_INTERVAL_MS = 8000;
const $ = (id) => document.getElementById(id);

export function showState(words, kind) {
  $("state").className = `pill ${kind}`;
  if ($("state").textContent !== words) $("state").textContent = words;
}

// Begin; the function that is returned asks at once. load() returns a promise of what show() is called with.
export function startPolling(load, show) {
  let timer = null, paused = false, newest = null;

  async function poll() {
    clearTimeout(timer);
    if (document.hidden || paused) return;
    const polling = (newest = {});
    try {
      const found = await load();
      if (newest !== polling) return;
      $("trouble").hidden = true;
      show(found);
      timer = setTimeout(poll, POLL_INTERVAL_MS);
    } catch (error) {
      if (newest !== polling) return;
      const words = `${describeError(error)} The page may be out of date; it tries again every few seconds.`;
      if ($("trouble").textContent !== words) $("trouble").textContent = words;
      $("trouble").hidden = false;
      showState("No contact", "bad");
      timer = setTimeout(poll, RETRY_INTERVAL_MS);
    }
  }

  function pause() {
    paused = !paused;
    newest = null; // what is on its way is not shown any more
    $("pause").textContent = paused ? "Resume updates" : "Pause updates";
    $("paused").textContent = paused ? `This page stays as it was at ${clock(Date.now() / 1000)}. The proxy goes on answering requests.` : "";
    poll();
  }

  $("pause").addEventListener("click", pause);
  document.addEventListener("visibilitychange", poll);
  poll();
  return poll;
}
