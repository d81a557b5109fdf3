// The only place that draws: figures come as JSON, colours from the tokens of the theme.
const CONFIG = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false, displayModeBar: false, responsive: true };
const TRACES = new Set(["bar", "scatter", "histogram", "heatmap", "sankey"]);

const probe = document.createElement("span");
document.body.append(probe);

function colour(token) {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

function axis(own = {}) {
  return {
    gridcolor: colour("line"), linecolor: colour("border"), zerolinecolor: colour("border"),
    tickfont: { color: colour("muted") }, automargin: true, fixedrange: true, ...own,
  };
}

function paint(trace) {
  const token = trace.meta?.colour;
  if (!TRACES.has(trace.type)) throw new Error(`trace type ${trace.type} is not allowed`);
  if (!token) return trace;
  const ink = colour(token);
  const pattern = { ...trace.marker?.pattern, fillmode: "overlay", fgcolor: colour("bg"), fgopacity: 0.45, size: 7, solidity: 0.18 };
  const marker = { ...trace.marker, color: ink, pattern };
  if (trace.type === "scatter") {
    delete marker.pattern;
    return { ...trace, marker, line: { ...trace.line, color: ink } };
  }
  return { ...trace, marker: { ...marker, line: { width: 0 } } };
}

// As many labels below bars as stand side by side; every one where there is room.
function roomy(node, figure) {
  const labels = figure.data[0]?.type === "bar" ? figure.data[0].x : [];
  const longest = Math.max(0, ...labels.map((label) => String(label).length));
  const fit = Math.max(2, Math.floor(node.clientWidth / (7 * longest + 12)));
  if (labels.length <= fit) return {};
  const step = Math.ceil(labels.length / fit);
  return { tickmode: "array", tickvals: labels.filter((_, at) => (labels.length - 1 - at) % step === 0) };
}

function draw(node) {
  const figure = JSON.parse(document.getElementById(node.dataset.figure).textContent);
  const layout = {
    ...figure.layout,
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("text"), family: getComputedStyle(document.body).fontFamily, size: 12 },
    xaxis: { ...axis(figure.layout.xaxis), ...roomy(node, figure) }, yaxis: axis(figure.layout.yaxis),
    hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("border"), font: { color: colour("text") } },
  };
  Plotly.newPlot(node, figure.data.map(paint), layout, CONFIG).then(() => { node.dataset.drawn = ""; });
}

for (const node of document.querySelectorAll("[data-figure]")) draw(node);
