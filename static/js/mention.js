// Completes names behind an @ in a note. The text itself is all that is sent: it works without this.
const WORD = /(?:^|[^\w.@+/-])@([\w.@+-]{0,60})$/;
const WAIT_MS = 150;
const STEPS = { ArrowDown: 1, ArrowUp: -1 };
let timer = 0;
let asked = 0;

const box = (field) => document.getElementById(field.dataset.mentions);
const options = (field) => [...box(field).querySelectorAll("[role=option]")];

function typed(field) {
  const before = field.value.slice(0, field.selectionStart);
  return field.selectionStart === field.selectionEnd ? WORD.exec(before)?.[1] : undefined;
}

function close(field) {
  asked += 1;
  clearTimeout(timer);
  box(field).hidden = true;
  box(field).replaceChildren();
  field.removeAttribute("aria-activedescendant");
}

function choose(field, option) {
  for (const one of options(field)) one.setAttribute("aria-selected", String(one === option));
  field.setAttribute("aria-activedescendant", option.id);
}

function show(field, names) {
  if (!names.length) return close(field);
  box(field).replaceChildren(
    ...names.map((name, at) => {
      const option = Object.assign(document.createElement("li"), { id: `mention-${at}`, role: "option", textContent: name });
      option.className = "jump";
      return option;
    }),
  );
  box(field).hidden = false;
  choose(field, options(field)[0]);
}

async function ask(field, begins) {
  const mine = ++asked;
  try {
    const answer = await fetch(`${field.dataset.people}?${new URLSearchParams({ format: "json", begins })}`);
    if (!answer.ok || answer.redirected) return;
    const { names } = await answer.json();
    if (mine === asked) show(field, names);
  } catch {
    // The desk is away for a moment; the name can still be typed.
  }
}

function take(field, option) {
  const start = field.selectionStart - (typed(field)?.length ?? 0);
  field.setRangeText(`${option.textContent} `, start, field.selectionStart, "end");
  close(field);
  field.focus();
}

document.addEventListener("input", ({ target: field }) => {
  if (!field.dataset?.mentions) return;
  clearTimeout(timer);
  const begins = typed(field);
  if (begins === undefined) close(field);
  else timer = setTimeout(ask, WAIT_MS, field, begins);
});

document.addEventListener(
  "keydown",
  (event) => {
    const field = event.target;
    if (!field.dataset?.mentions || box(field).hidden || event.isComposing || event.ctrlKey || event.metaKey) return;
    const all = options(field);
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key in STEPS) choose(field, all[(at + STEPS[event.key] + all.length) % all.length]);
    else if (event.key === "Enter" || event.key === "Tab") take(field, all[at]);
    else if (event.key === "Escape") close(field);
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("[data-mention-list] [role=option]");
  if (!option) return;
  event.preventDefault();
  take(document.querySelector(`[data-mentions="${option.parentElement.id}"]`), option);
});
document.addEventListener("focusout", ({ target: field }) => field.dataset?.mentions && close(field));
