// The graph of a case: keys of the registry go along links, zoom, open and lead to the cut.
const TURNS = { "graph-up": [0, -1], "graph-down": [0, 1], "graph-left": [-1, 0], "graph-right": [1, 0] };
const STEP = 1.4;
const SMALLEST = 100;

const graphOf = (node) => node?.closest?.("[data-graph]");
const ends = (link) => link.dataset.ends.split(" ").map((number) => byNumber(graphOf(link), number));
const byNumber = (graph, number) => graph.querySelector(`[data-node="${number}"]`);

function place(stop) {
  if (stop.dataset.node) return [Number(stop.dataset.x), Number(stop.dataset.y)];
  const [from, to] = ends(stop).map(place);
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}

// From an account along its links; from a link to its accounts; without links to any account.
function around(stop) {
  if (stop.dataset.ends) return ends(stop);
  const graph = graphOf(stop);
  const links = [...graph.querySelectorAll("[data-ends]")].filter((link) => link.dataset.ends.split(" ").includes(stop.dataset.node));
  return links.length ? links : [...graph.querySelectorAll("[data-node]")].filter((node) => node !== stop);
}

// The straightest way in that direction, then the nearest.
function next(stop, [dx, dy]) {
  const [x, y] = place(stop);
  let best = null;
  let least = Infinity;
  for (const other of around(stop)) {
    const [ox, oy] = place(other);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    const cost = ahead + 2 * aside;
    if (ahead > 0 && cost < least) [best, least] = [other, cost];
  }
  return best;
}

function zoom(graph, factor, around) {
  const whole = (graph.dataset.whole ??= graph.getAttribute("viewBox")).split(" ").map(Number);
  const now = graph.getAttribute("viewBox").split(" ").map(Number);
  const side = Math.min(whole[2], Math.max(SMALLEST, now[2] / factor));
  const [x, y] = around ? place(around) : [now[0] + now[2] / 2, now[1] + now[3] / 2];
  const inside = (value) => Math.max(0, Math.min(whole[2] - side, value - side / 2));
  graph.setAttribute("viewBox", [inside(x), inside(y), side, side].map(Math.round).join(" "));
}

function act(id, stop, graph) {
  if (id in TURNS) next(stop, TURNS[id])?.focus();
  else if (id === "graph-in") zoom(graph, STEP, stop);
  else if (id === "graph-out") zoom(graph, 1 / STEP, stop);
  else if (id === "graph-fit") zoom(graph, 0, null);
  else if (id === "graph-open") stop.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  else if (id === "graph-cut" && stop.dataset.cut) location.assign(stop.dataset.cut);
  else if (id === "graph-expand" && stop.dataset.expand) location.assign(stop.dataset.expand);
  else if (id === "graph-isolate" && stop.dataset.isolate) location.assign(stop.dataset.isolate);
  else return false;
  return true;
}

// One stop for Tab, not hundreds: the one that had the focus last.
function oneStop(graph, stop) {
  for (const one of graph.querySelectorAll("[data-node], [data-ends]")) one.setAttribute("tabindex", one === stop ? "0" : "-1");
}

function start() {
  for (const graph of document.querySelectorAll("[data-graph]:not([data-started])")) {
    graph.dataset.started = "";
    oneStop(graph, graph.querySelector("[data-node]"));
  }
}

document.addEventListener("desk:graph", (event) => {
  const stop = document.activeElement.closest("[data-node], [data-ends]");
  if (stop && act(event.detail, stop, graphOf(stop))) event.preventDefault();
});
document.addEventListener("focusin", (event) => {
  const stop = event.target.closest?.("[data-node], [data-ends]");
  if (graphOf(stop)) oneStop(graphOf(stop), stop);
});
document.addEventListener("htmx:afterSettle", (event) => {
  start();
  if (event.target.id === "tie") document.getElementById("tie-head")?.focus();
});
start();
