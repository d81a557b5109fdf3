// On a phone rows of a table are cards: each cell bears the head of its column, which CSS shows there.
function headsOf(table) {
  const heads = [];
  for (const head of table.tHead?.rows[0]?.cells ?? []) {
    const words = head.querySelector(".sr") ? "" : head.textContent.trim().replace(/\s+/g, " ");
    for (let one = 0; one < head.colSpan; one += 1) heads.push(words);
  }
  return heads;
}

function label(table) {
  const heads = headsOf(table);
  if (!heads.some(Boolean)) return;
  table.dataset.labelled = "";
  for (const body of table.tBodies) {
    for (const row of body.rows) {
      let column = 0;
      for (const cell of row.cells) {
        const spans = cell.colSpan;
        if (spans === 1 && heads[column] && (cell.textContent.trim() || cell.firstElementChild)) cell.dataset.label = heads[column];
        column += spans;
      }
    }
  }
}

function start() {
  document.querySelectorAll("main table").forEach(label);
}

document.addEventListener("htmx:afterSettle", start);
start();
