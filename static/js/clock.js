// Clocks of due times tick by the time of the desk, whatever the clock of this machine says.
const UNITS = [[172_800, 86_400, "d"], [7_200, 3_600, "h"], [60, 60, "min"]];
const SOON_S = 4 * 3_600;
const SECONDS_S = 600;
const page = document.documentElement;

// Seconds by which the desk is ahead of this machine.
page.dataset.ahead = String((Date.parse(page.dataset.now) - Date.now()) / 1000);

function span(seconds) {
  const [, size, unit] = UNITS.find(([from]) => seconds >= from) ?? [0, 1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

function left(seconds) {
  if (seconds < 0) return `${span(-seconds)} late`;
  if (seconds >= SECONDS_S) return `${span(seconds)} left`;
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} left`;
}

function tick() {
  if (document.hidden) return;
  const now = Date.now() + Number(page.dataset.ahead) * 1000;
  for (const node of document.querySelectorAll("time[data-due]")) {
    const seconds = (Date.parse(node.dateTime) - now) / 1000;
    const words = left(seconds);
    if (node.textContent !== words) node.textContent = words;
    node.classList.toggle("late", seconds < 0);
    node.classList.toggle("soon", seconds >= 0 && seconds < SOON_S);
  }
}

// The absolute time is for the keyboard too: rows show theirs while they have the focus, others take it.
function reach() {
  for (const node of document.querySelectorAll("main time[title]")) {
    if (!node.closest("[data-item], a, button, summary, label")) node.tabIndex = 0;
  }
}

function settle() {
  tick();
  reach();
}

setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
document.addEventListener("htmx:afterSettle", settle);
settle();
