// The palette: actions of this page are known here, everything else is asked of the desk.
const part = (name) => document.getElementById(name);
const options = () => [...document.querySelectorAll("#palette-options [role=option]:not([hidden])")];
const chosen = () => document.querySelector("#palette-options [aria-selected=true]");
// Enter before the answer to what was typed waits for it: the options shown belong to older words.
let waiting = false;
let eager = false;

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) part("palette-input").setAttribute("aria-activedescendant", option.id);
  else part("palette-input").removeAttribute("aria-activedescendant");
}

// Links of the answer become options: the focus stays in the field.
function settle() {
  const all = document.querySelectorAll("#palette-options .jump");
  all.forEach((option, at) => {
    option.id = `palette-option-${at}`;
    option.role = "option";
    option.tabIndex = -1;
    option.setAttribute("aria-selected", "false");
  });
  for (const group of document.querySelectorAll("#palette-options section")) group.role = "group";
  const shown = options();
  part("palette-count").textContent = `${shown.length} found`;
  choose(shown[0]);
}

function showActions() {
  const known = [];
  document.dispatchEvent(new CustomEvent("desk:actions", { detail: known }));
  const actions = known.filter((entry) => entry.id !== "palette" && !entry.id.startsWith("go-"));
  const section = document.createElement("section");
  section.ariaLabel = "On this page";
  section.append(Object.assign(document.createElement("h2"), { textContent: "On this page", role: "presentation" }));
  for (const entry of actions) {
    const option = Object.assign(document.createElement("div"), { className: "jump", textContent: entry.label });
    option.dataset.press = entry.id;
    section.append(option);
  }
  part("palette-actions").replaceChildren(section);
}

function filterActions() {
  const words = part("palette-input").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const option of document.querySelectorAll("#palette-actions .jump")) {
    option.hidden = !words.every((word) => option.textContent.toLowerCase().includes(word));
  }
  const section = document.querySelector("#palette-actions section");
  section.hidden = !section.querySelector(".jump:not([hidden])");
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  part("palette").showModal();
  const input = part("palette-input");
  input.value = "";
  input.focus();
  showActions();
  ask();
}

function ask() {
  waiting = true;
  eager = false;
  filterActions();
  settle();
  part("palette-input").dispatchEvent(new CustomEvent("palette:ask"));
}

function answered() {
  waiting = false;
  settle();
  if (eager) pick(chosen());
}

function pick(option) {
  if (!option) return;
  part("palette").close();
  if (option.dataset.press) document.dispatchEvent(new CustomEvent("desk:press", { detail: option.dataset.press }));
  else option.click();
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

function onKey(event) {
  if (event.target.id !== "palette-input" || event.isComposing) return;
  const all = options();
  if (event.key in STEPS) {
    const at = all.indexOf(chosen()) + STEPS[event.key];
    choose(all[(at + all.length) % all.length]);
  } else if (event.key === "Enter") {
    if (waiting) eager = true;
    else pick(chosen());
  } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") part("palette").close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

document.addEventListener("keydown", onKey, true);
document.addEventListener("input", (event) => {
  if (event.target.id === "palette-input") ask();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "palette-found") answered();
});
document.addEventListener(
  "click",
  (event) => {
    const opener = event.target.closest?.("[data-open-palette]");
    if (!opener || event.ctrlKey || event.metaKey) {
      const option = event.target.closest?.("#palette-options [data-press]");
      if (option) pick(option);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    open();
  },
  true,
);
