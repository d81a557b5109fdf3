// Keeps the numbers of an open page true: often while somebody works, seldom when not, never hidden.
// Rows are never moved under the cursor: what is new is announced, and `r` shows it.
const BUSY_MS = 4_000;
const QUIET_MS = 15_000;
const WORKING_MS = 300_000;
let lastInput = Date.now();
let etag = "";
let timer = 0;

const EXACT = 10_000;

const format = new Intl.NumberFormat("en");

// The desk counts no further than that: one more stands for all that follow.
function told(count) {
  return count > EXACT ? `${format.format(EXACT)}+` : format.format(count);
}

function show(numbers) {
  for (const node of document.querySelectorAll("[data-live-text]")) {
    const value = numbers[node.dataset.liveText];
    if (value !== undefined && node.textContent !== value) node.textContent = value;
  }
  if ("case.holder" in numbers) document.dispatchEvent(new CustomEvent("desk:claim", { detail: numbers["case.holder"] }));
  for (const node of document.querySelectorAll("[data-live]")) {
    const value = numbers[node.dataset.live];
    if (value !== undefined) node.textContent = told(value);
  }
  const rows = document.querySelector("[data-live-rows]");
  if (!rows) return;
  const { liveRows: slug, newest } = rows.dataset;
  if ((numbers[`${slug}.newest`] ?? 0) <= Number(newest)) return;
  if (rows.querySelector("[data-item]")) announce();
  else document.getElementById("show-new")?.click();
}

function announce() {
  const bar = document.getElementById("new-rows");
  if (!bar?.hidden) return;
  bar.hidden = false;
  document.getElementById("status")?.replaceChildren("New cases came. Press r to show them.");
}

async function ask() {
  if (!document.hidden && document.querySelector("[data-live]")) {
    try {
      const ref = document.querySelector("[data-case]")?.dataset.case;
      const answer = await fetch(ref ? `/live/?case=${encodeURIComponent(ref)}` : "/live/", { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (answer.ok && !answer.redirected) {
        etag = answer.headers.get("ETag") ?? "";
        show(await answer.json());
      }
    } catch {
      // The desk is away for a moment; the next round asks again.
    }
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(ask, Date.now() - lastInput < WORKING_MS ? BUSY_MS : QUIET_MS);
}

for (const kind of ["keydown", "pointerdown", "scroll"]) {
  addEventListener(kind, () => (lastInput = Date.now()), { passive: true });
}
document.addEventListener("visibilitychange", () => !document.hidden && ask());
document.addEventListener("htmx:afterSettle", () => (etag = ""));
if (document.querySelector("[data-case]")) ask();
else plan();
