// Rows and evidence: j and k move a current item, o and Enter open it, Space previews its case, x ticks it; the place survives a visit.
const items = () => [...document.querySelectorAll("[data-item]")];
const current = () => document.querySelector("[data-item].is-current");
const place = () => `place:${location.pathname}`;

function select(item, { scroll = true } = {}) {
  if (!item) return;
  current()?.classList.remove("is-current");
  item.classList.add("is-current");
  const link = item.querySelector("a[data-open]");
  (link ?? item).focus({ preventScroll: true });
  if (scroll) item.scrollIntoView({ block: "nearest" });
  if (item.id) sessionStorage.setItem(place(), item.id);
  if (drawer() && !drawer().hidden) show(item);
}

const drawer = () => document.getElementById("preview");

// The case page in short, asked for as a part of it; nothing is claimed.
function show(item) {
  const link = item.querySelector("a[data-open]");
  if (!link || !item.matches("[data-preview]")) return;
  drawer().dataset.of = item.id;
  drawer().hidden = false;
  htmx.ajax("GET", `${link.pathname}?preview=1`, { target: "#preview", swap: "innerHTML" });
}

function preview() {
  const item = current() ?? items()[0];
  if (!drawer().hidden && drawer().dataset.of === item?.id) {
    drawer().hidden = true;
  } else if (item === current()) {
    show(item);
  } else {
    drawer().hidden = false;
    select(item);
  }
}

function move(step) {
  const all = items();
  const at = all.indexOf(current());
  select(all[Math.min(all.length - 1, Math.max(0, at + step))]);
}

function open() {
  (current() ?? items()[0])?.querySelector("a[data-open]")?.click();
}

function restore() {
  const id = sessionStorage.getItem(place());
  const item = id && document.getElementById(id);
  if (!item?.matches("[data-item]")) return;
  item.classList.add("is-current");
  item.scrollIntoView({ block: "nearest" });
}

function tick(item, on) {
  const box = item?.querySelector("[data-tick]");
  if (box && box.checked !== on) box.click();
}

function toggle() {
  const item = current() ?? items()[0];
  tick(item, !item?.querySelector("[data-tick]")?.checked);
  select(item);
}

function extend(step) {
  if (!current()) select(items()[0]);
  tick(current(), true);
  move(step);
  tick(current(), true);
}

const KEYS = { next: () => move(1), previous: () => move(-1), open, preview, tick: toggle, extend: () => extend(1), extendBack: () => extend(-1) };

document.addEventListener("desk:item", (event) => KEYS[event.detail]?.());
document.addEventListener("focusin", (event) => {
  const item = event.target.closest?.("[data-item]");
  if (item && item !== current()) {
    current()?.classList.remove("is-current");
    item.classList.add("is-current");
  }
});
restore();
