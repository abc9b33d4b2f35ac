// Updates the page only where a value has changed, so that a reader is not disturbed. Focus and scroll positions stay.

const seen = {};

export function put(id, value, make) {
  const text = JSON.stringify(value);
  if (seen[id] === text) return;
  seen[id] = text;
  replace(document.getElementById(id), [make(value)].flat());
}

function replace(place, made) {
  const name = place.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  const scrolled = [...place.querySelectorAll(".wide-table")].map((each) => [each.scrollLeft, each.scrollTop]);
  place.replaceChildren(...made);
  [...place.querySelectorAll(".wide-table")].forEach((each, i) => { [each.scrollLeft, each.scrollTop] = scrolled[i] ?? [0, 0]; });
  if (name !== null) [...place.querySelectorAll("[aria-label]")].find((each) => each.getAttribute("aria-label") === name)?.focus({ preventScroll: true });
}
