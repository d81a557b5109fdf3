// Covered evidence: held or pressed it is fetched and shown; whatever happens next covers it again.
const PRESS_MS = 10_000;
let open = null;
let timer = 0;

const pressing = () => Boolean(document.querySelector("[data-veil][data-press]"));

function cover() {
  clearTimeout(timer);
  if (!open) return;
  open.querySelector("[data-peeked]").replaceChildren();
  open.classList.remove("is-open");
  open = null;
}

async function show(veil) {
  if (!veil || document.documentElement.classList.contains("is-covered")) return;
  cover();
  open = veil;
  if (pressing()) timer = setTimeout(cover, PRESS_MS);
  const form = veil.querySelector("[data-peek]");
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => null);
  const words = answer?.ok ? await answer.text() : "";
  // Let go before the answer came: it is not shown.
  if (open !== veil) return;
  if (!words) return cover();
  const page = new DOMParser().parseFromString(words, "text/html");
  veil.querySelector("[data-peeked]").replaceChildren(...page.body.childNodes);
  veil.classList.add("is-open");
}

function begin(veil) {
  if (pressing() && open === veil) cover();
  else show(veil);
}

function release() {
  if (!pressing()) cover();
}

function chosen() {
  const within = document.querySelector("[data-item].is-current");
  return within ? within.querySelector("[data-veil]") : document.querySelector("[data-veil]");
}

function toggleAll() {
  cover();
  document.documentElement.classList.toggle("is-covered");
}

// What works with script only, and the blur that this person chose: no style may stand in the page.
function offer() {
  for (const button of document.querySelectorAll("[data-cover]")) button.hidden = false;
  for (const veil of document.querySelectorAll("[data-blur]")) veil.style.setProperty("--veil-blur", `${veil.dataset.blur}px`);
}

const veilOf = (event) => event.target.closest?.("[data-peek] button")?.closest("[data-veil]");

document.addEventListener("desk:item", (event) => (event.detail === "peek" ? begin(chosen()) : cover()));
document.addEventListener("pointerdown", (event) => {
  const veil = event.button === 0 && veilOf(event);
  if (veil) begin(veil);
});
document.addEventListener("keydown", (event) => {
  const veil = [" ", "Enter"].includes(event.key) && veilOf(event);
  if (!veil) return;
  event.preventDefault();
  if (!event.repeat) begin(veil);
});
for (const kind of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(kind, release);
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-peek]")) event.preventDefault();
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-cover]")) toggleAll();
});
for (const kind of ["blur", "pagehide"]) window.addEventListener(kind, cover);
document.addEventListener("visibilitychange", cover);
document.addEventListener("focusin", (event) => {
  if (open && !(open.closest("[data-item]") ?? open).contains(event.target)) cover();
});
document.addEventListener("htmx:beforeSwap", cover);
document.addEventListener("htmx:afterSettle", offer);
offer();
