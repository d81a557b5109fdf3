// Keys of the registry: a key clicks (or focuses) the element that carries its id.
const registry = JSON.parse(document.getElementById("key-registry")?.textContent ?? "[]");
const LATIN = /^[a-z]$/;
// Keys that click nothing: list.js and masks.js listen.
const ITEM_KEYS = { "item-next": "next", "item-previous": "previous", "item-open": "open", "item-preview": "preview", "item-select": "tick", "item-extend": "extend", "item-extend-back": "extendBack", peek: "peek", translate: "translate" };
// Where they need more than a row.
const NEEDED = { "item-preview": "[data-preview]", peek: "[data-veil]", translate: "[data-says], [data-translate]" };
const TICKS = new Set(["item-select", "item-extend", "item-extend-back"]);
// Keys of the graph that has the focus: graph.js listens.
const ofGraph = (id) => id.startsWith("graph-");
const REPEATED = new Set(["item-next", "item-previous", "item-extend", "item-extend-back", "graph-up", "graph-down", "graph-left", "graph-right", "graph-in", "graph-out"]);
const SEQUENCE_MS = 1000;
let [pending, timer] = ["", 0];

// What the space bar does there already.
const PRESSED = "button, summary, input, select, label";

const isField = (node) => node?.closest?.("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");

const visible = (node) => node.checkVisibility?.() ?? true;

function target(id) {
  const found = [...document.querySelectorAll(`[data-hotkey~="${id}"]`)];
  return found.find((node) => visible(node) && !node.disabled);
}

// Ctrl+Enter sends the form one is typing in.
const ownSubmit = () => document.activeElement?.form?.querySelector("button:not([type=button])");

function chord(event) {
  let key = event.key;
  if (!/^[\x20-\x7e]$/.test(key) && key.length === 1 && /^Key[A-Z]$/.test(event.code)) {
    key = event.code.slice(3).toLowerCase();
  }
  const letter = LATIN.test(key.toLowerCase()) && key.length === 1;
  if (letter) key = event.shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase();
  return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key;
}

// What an open menu offers goes before what the page behind it offers.
const inMenu = (entry) => Number(Boolean(document.querySelector(`details.menu[open] [data-hotkey~="${entry.id}"]`)));

function candidates(keys) {
  const found = registry.filter((entry) => entry.keys.length === keys.length && entry.keys.every((key, i) => key === keys[i]));
  return found.sort((one, other) => inMenu(other) - inMenu(one));
}

function available(id) {
  if (id in ITEM_KEYS) return Boolean(document.querySelector(NEEDED[id] ?? (TICKS.has(id) ? "[data-item] [data-tick]" : "[data-item]")));
  if (ofGraph(id)) return Boolean(document.activeElement?.closest("[data-graph]"));
  return Boolean((id === "submit" && ownSubmit()) || target(id));
}

function press(id) {
  if (!available(id)) return false;
  if (id in ITEM_KEYS) {
    document.dispatchEvent(new CustomEvent("desk:item", { detail: ITEM_KEYS[id] }));
    return true;
  }
  if (ofGraph(id)) return !document.dispatchEvent(new CustomEvent("desk:graph", { detail: id, cancelable: true }));
  const node = (id === "submit" && ownSubmit()) || target(id);
  if (node.matches("input:not([type=radio], [type=checkbox], [type=submit]), textarea, select")) {
    node.focus();
    node.scrollIntoView({ block: "nearest" });
  } else {
    node.click();
    // The browser's own word of an opened menu may come after the next key.
    if (node.matches("summary")) node.parentElement.dispatchEvent(new Event("toggle"));
  }
  return true;
}

function closePanel() {
  pending = "";
  clearTimeout(timer);
  document.getElementById("key-panel")?.remove();
}

function openPanel(first) {
  const entries = registry.filter((entry) => entry.keys[0] === first && entry.keys.length === 2 && available(entry.id));
  if (!entries.length) return false;
  closePanel();
  pending = first;
  const panel = Object.assign(document.createElement("div"), { id: "key-panel", className: "key-panel" });
  for (const entry of entries) {
    const row = Object.assign(document.createElement("div"), { className: "key-row" });
    const label = Object.assign(document.createElement("span"), { textContent: entry.label });
    const key = Object.assign(document.createElement("kbd"), { textContent: entry.keys[1] });
    row.append(label, key);
    panel.append(row);
  }
  document.body.append(panel);
  timer = setTimeout(closePanel, SEQUENCE_MS * 2);
  return true;
}

function escape(event) {
  if (document.querySelector("dialog[open]")) return;
  const open = document.querySelector("details.menu[open]");
  const preview = document.querySelector("#preview:not([hidden])");
  if (pending) closePanel();
  else if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (isField(event.target)) event.target.blur();
  else if (preview) preview.hidden = true;
  else press("back");
}

const run = (keys) => candidates(keys).some((entry) => press(entry.id));

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.altKey) return;
  const key = chord(event);
  if (key === "Escape") return escape(event);
  if (document.querySelector("dialog[open]")) return;
  const typing = isField(event.target);
  if (key === " " && event.target.closest?.(PRESSED)) return;
  const allowed = candidates([key]).filter((entry) => !typing || entry.typing);
  if (typing && !allowed.length) return;
  if ((event.ctrlKey || event.metaKey) && !allowed.length) return;
  if (event.repeat && !allowed.some((entry) => REPEATED.has(entry.id))) return;
  if (pending) {
    const first = pending;
    closePanel();
    if (run([first, key])) event.preventDefault();
    return;
  }
  if (allowed.some((entry) => press(entry.id)) || (!typing && openPanel(key))) event.preventDefault();
}

function markAway() {
  for (const row of document.querySelectorAll("[data-key-row]")) {
    row.classList.toggle("is-away", !available(row.dataset.keyRow));
  }
}

document.addEventListener("keydown", onKey);
// The palette asks what this page can do, and says what was chosen.
document.addEventListener("desk:actions", (event) => {
  event.detail.push(...registry.filter((entry) => !(entry.id in ITEM_KEYS) && available(entry.id)));
});
document.addEventListener("desk:press", (event) => press(event.detail));
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-open-keys]")) {
    markAway();
    document.getElementById("keys").showModal();
  }
  if (event.target.closest?.("[data-close-dialog]")) event.target.closest("dialog").close();
});
