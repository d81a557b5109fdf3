// Covered evidence: held or pressed it is fetched and shown; whatever happens next covers it again.
const PRESS_MS = 10_000;
// Statuses with which a translation says in a sentence why there is none.
const SAID = new Set([409, 422, 502]);
const waiting = new Set();
let open = null;
let asked = null;
let timer = 0;

const pressing = () => Boolean(document.querySelector("[data-veil][data-press]"));

function cover() {
  clearTimeout(timer);
  if (!open) return;
  open.querySelector("[data-peeked]").replaceChildren();
  open.classList.remove("is-open");
  open = null;
}

// What was let go before the answer came is not shown; a refusal is, where the form says so itself.
async function show(veil, form) {
  if (!veil || document.documentElement.classList.contains("is-covered")) return;
  cover();
  open = veil;
  asked = form;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => null);
  const told = answer?.ok || (form.hasAttribute("data-says") && SAID.has(answer?.status));
  const words = told ? await answer.text() : "";
  if (open !== veil || asked !== form) return;
  if (!words) return cover();
  const page = new DOMParser().parseFromString(words, "text/html");
  veil.querySelector("[data-peeked]").replaceChildren(...page.body.childNodes);
  veil.classList.add("is-open");
  if (pressing()) timer = setTimeout(cover, PRESS_MS);
}

function begin(veil, form = veil?.querySelector("[data-peek]")) {
  if (pressing() && open === veil && asked === form) cover();
  else show(veil, form);
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

const formOf = (event) => event.target.closest?.("[data-veil] [data-peek] button")?.form;

// In words that are not covered, a translation stands below them until the next press.
async function translate(form) {
  const place = form.parentElement.querySelector("[data-translated]");
  if (place.childElementCount) return place.replaceChildren();
  if (waiting.has(form)) return;
  waiting.add(form); // its button is not disabled: that would take the focus away
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => null);
  waiting.delete(form);
  const told = answer?.ok || SAID.has(answer?.status);
  const words = told ? await answer.text() : '<p class="form-error" role="alert">The desk did not answer. Press again.</p>';
  const page = new DOMParser().parseFromString(words, "text/html");
  place.replaceChildren(...page.body.childNodes);
}

function translateChosen() {
  const veil = chosen();
  const form = (document.querySelector("[data-item].is-current") ?? document).querySelector("[data-says], [data-translate]");
  if (form?.matches("[data-says]")) begin(veil, form);
  else form?.requestSubmit();
}

const KEYS = { peek: () => begin(chosen()), translate: translateChosen };

document.addEventListener("desk:item", (event) => (KEYS[event.detail] ?? cover)());
document.addEventListener("pointerdown", (event) => {
  const form = event.button === 0 && formOf(event);
  if (form) begin(form.closest("[data-veil]"), form);
});
document.addEventListener("keydown", (event) => {
  const form = [" ", "Enter"].includes(event.key) && formOf(event);
  if (!form) return;
  event.preventDefault();
  if (!event.repeat) begin(form.closest("[data-veil]"), form);
});
for (const kind of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(kind, release);
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-peek], [data-translate]")) event.preventDefault();
  if (!event.target.matches("[data-translate]")) return;
  event.stopPropagation(); // a second press in a moment is meant: it takes the words away
  translate(event.target);
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
