// Ticked rows: they stay ticked while pages are turned, and the bar below the list sends them.
const bar = () => document.querySelector("[data-selection]");
const boxes = () => [...document.querySelectorAll("[data-item] [data-tick]")];
const others = () => bar().querySelector("[data-others]");
const all = () => bar()?.querySelector("[data-all]");
const keyOf = (name) => `selection:${name}`;

// At first what the page came with: ticked boxes, and what it does not show.
const given = () => [...boxes().filter((box) => box.checked).map((box) => box.value), ...others().value.split(" ").filter(Boolean)];

function read() {
  const kept = sessionStorage.getItem(keyOf(bar().dataset.selection));
  return new Set(kept === null ? given() : JSON.parse(kept));
}

function keep(picked) {
  sessionStorage.setItem(keyOf(bar().dataset.selection), JSON.stringify([...picked]));
}

function words(count) {
  if (all()?.checked) return "All that match are selected";
  return `${count.toLocaleString("en")} selected`;
}

// Rows of other pages travel as one field; those of this page are boxes of the form.
function show(picked) {
  const here = boxes();
  const every = Boolean(all()?.checked);
  for (const box of here) {
    box.checked = every || picked.has(box.value);
    box.disabled = every;
  }
  const shown = new Set(here.map((box) => box.value));
  others().value = [...picked].filter((ref) => !shown.has(ref)).join(" ");
  bar().querySelector("[data-picked]").textContent = words(picked.size);
  bar().hidden = !picked.size && !every;
  const head = document.querySelector("[data-tick-page]");
  if (!head) return;
  head.hidden = false;
  head.disabled = every;
  const ticked = here.filter((box) => box.checked).length;
  head.checked = ticked > 0 && ticked === here.length;
  head.indeterminate = ticked > 0 && ticked < here.length;
}

function change(refs, on) {
  const picked = read();
  for (const ref of refs) on ? picked.add(ref) : picked.delete(ref);
  keep(picked);
  show(picked);
}

function clear() {
  if (all()) all().checked = false;
  keep(new Set());
  show(new Set());
  document.querySelector("[data-item].is-current a[data-open], main h1")?.focus();
}

function restore() {
  if (bar()) show(read());
}

document.addEventListener("change", (event) => {
  if (!bar()) return;
  if (event.target.matches?.("[data-tick]")) change([event.target.value], event.target.checked);
  else if (event.target.matches?.("[data-tick-page]")) change(boxes().map((box) => box.value), event.target.checked);
  else if (event.target.matches?.("[data-all]")) show(read());
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-clear]")) clear();
});
// Confirmed: what was ticked is being worked on.
document.addEventListener("submit", (event) => {
  const spent = event.target.dataset?.spends;
  if (spent !== undefined) sessionStorage.removeItem(keyOf(spent));
});
document.addEventListener("htmx:afterSettle", restore);
addEventListener("pageshow", restore);
restore();
