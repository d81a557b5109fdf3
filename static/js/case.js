// The case page: time left of the claim, heartbeat, and the words for both.
const BEAT_MS = 30_000;
const ACTIVE_MS = 300_000;
const WARN_S = 60;
let touched = Date.now();

const claimNode = () => document.querySelector("[data-claim-expires]");

function clockText(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function say(words) {
  const alert = document.getElementById("alert");
  if (alert && alert.textContent !== words) alert.textContent = words;
}

const serverNow = () => Date.now() + Number(document.documentElement.dataset.ahead ?? 0) * 1000;

function lost(node, by = "") {
  const words = by ? `${by} took this case over.` : "Your claim on this case is over.";
  node.removeAttribute("data-claim-expires");
  node.querySelector("[data-claim-left]")?.replaceChildren("Claim lost");
  document.querySelector("[data-claim-lost]")?.removeAttribute("hidden");
  document.querySelector("[data-claim-how]")?.replaceChildren(words);
  say(`${words} What you typed stays.`);
}

// The poll says who holds the case by now: "you", a name, or nobody.
function held(event) {
  const box = document.querySelector("[data-holder]");
  const holder = event.detail;
  if (!box || box.dataset.holder === holder) return;
  const mine = box.dataset.holder === "you";
  box.dataset.holder = holder;
  if (mine) return box.dataset.claimExpires && lost(box, holder);
  const words = holder === "you" ? "You claimed it in another window." : holder ? `Claimed by ${holder} by now.` : "It is free by now.";
  document.querySelector("[data-claim-changed]")?.removeAttribute("hidden");
  document.querySelector("[data-claim-news]")?.replaceChildren(words);
  document.getElementById("status")?.replaceChildren(words);
}

function tick() {
  const node = claimNode();
  if (!node) return;
  const left = (Date.parse(node.dataset.claimExpires) - serverNow()) / 1000;
  if (left <= 0) return lost(node);
  const label = node.querySelector("[data-claim-left]");
  if (label) label.textContent = clockText(left);
  if (left <= WARN_S) say("Less than a minute is left of your claim.");
}

async function beat() {
  const node = claimNode();
  if (!node || document.hidden || Date.now() - touched > ACTIVE_MS) return;
  const body = new FormData(document.getElementById("decide"));
  try {
    const answer = await fetch(node.dataset.claimRenew, { method: "POST", body });
    if (answer.status === 409) return lost(node);
    if (answer.ok) node.dataset.claimExpires = (await answer.json()).expires_at;
  } catch {
    // offline: the clock goes on, the next beat tries again
  }
}

function openMenu({ target }) {
  const inside = target.querySelector?.(".sheet")?.contains(document.activeElement);
  if (target.matches?.("details.menu") && target.open && !inside) {
    target.querySelector("[data-first], input:not([type=hidden], [type=date]), textarea, select")?.focus();
  }
}

document.addEventListener("desk:claim", held);
setInterval(tick, 1000);
setInterval(beat, BEAT_MS);
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}
document.addEventListener("toggle", openMenu, true);
tick();
