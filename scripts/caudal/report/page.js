"use strict";
// Hovering, sorting and searching. Without it the page reads the same: marks have titles, tables all rows.

const FIRST_ROWS = 20;
const tip = document.getElementById("tip");
const ranking = document.getElementById("ranking-table");
const rowOf = {};
for (const row of ranking.tBodies[0].rows) rowOf[row.dataset.rank] = row;

// --- hovering: the nearest mark of a figure tells its name, its values and its point's parameters

function parametersOf(rank) {
  const row = rowOf[rank];
  if (!row) return "";
  const heads = ranking.tHead.rows[0].cells;
  return [...row.cells].map((cell, i) => heads[i].dataset.axis !== undefined ? heads[i].textContent + " " + cell.textContent : "")
    .filter(Boolean).join("\n");
}

function marksOf(figure) {
  const marks = [];
  for (const node of figure.querySelectorAll("circle, rect, path, polyline")) {
    const title = node.querySelector("title");
    if (!title) continue;
    const said = title.textContent;
    title.remove();  // ours takes its place, or there would be two
    if (node.tagName === "polyline") {
      const at = (node.dataset.at || "").split("|");
      [...node.points].forEach((p, i) => marks.push({ node, x: p.x, y: p.y, said: said + (at[i] ? "\n" + at[i] : "") }));
    } else {
      const box = node.getBBox();
      marks.push({ node, said, x: box.x + box.width / 2, y: box.y + box.height / 2,
        wide: node.tagName === "rect" ? box.width / 2 : 0, high: node.tagName === "rect" ? box.height / 2 : 0 });
    }
  }
  return marks;
}

function nearest(marks, x, y) {
  let best = null, least = 20;
  for (const mark of marks) {
    const far = Math.hypot(Math.max(0, Math.abs(mark.x - x) - (mark.wide || 0)), Math.max(0, Math.abs(mark.y - y) - (mark.high || 0)));
    if (far < least || (far === least && mark.node.tagName !== "rect")) { best = mark; least = far; }
  }
  return best;
}

let hot = [];
function light(rank, node) {
  for (const old of hot) old.classList.remove("hot");
  hot = rank ? [...document.querySelectorAll(`[data-rank="${rank}"]`)] : [];
  if (node && !hot.includes(node)) hot.push(node);
  for (const one of hot) one.classList.add("hot");
}

function show(text, event) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + "px";
  tip.style.top = (event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 18) + "px";
}

function hide() { tip.hidden = true; light(null); }

for (const figure of document.querySelectorAll("svg.figure")) {
  const marks = marksOf(figure);
  figure.addEventListener("mousemove", event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(figure.getScreenCTM().inverse());
    const mark = nearest(marks, at.x, at.y);
    if (!mark) return hide();
    light(mark.node.dataset.rank, mark.node);
    show(mark.said + (mark.node.dataset.rank ? "\n" + parametersOf(mark.node.dataset.rank) : ""), event);
  });
  figure.addEventListener("mouseleave", hide);
}

for (const node of document.querySelectorAll("[data-tip]")) {
  node.addEventListener("mousemove", event => show(node.dataset.tip, event));
  node.addEventListener("mouseleave", hide);
}

// --- tables: sorting by any column, searching by words, the first rows only until asked

function keyOf(row, column) {
  const cell = row.cells[column], text = cell.dataset.v ?? cell.textContent.trim();
  const number = text === "" ? NaN : Number(text);
  return Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a.localeCompare(b);
}

function sortable(table) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row, i) => [keyOf(row, column), i, row]);
      rows.sort((a, b) => {
        if (a[0] === "" || b[0] === "") return (a[0] === "") - (b[0] === "") || a[1] - b[1];  // empty ones last
        return (down ? -1 : 1) * compare(a[0], b[0]) || a[1] - b[1];
      });
      table.tBodies[0].append(...rows.map(([, , row]) => row));
      table.dispatchEvent(new Event("sorted"));
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
  });
}

function searchable(table) {
  const tools = table.closest("section").querySelector(`.tools[data-for="${table.id}"]`);
  const field = tools.querySelector("input"), count = tools.querySelector(".count"), more = tools.querySelector("button");
  const heads = [...table.tHead.rows[0].cells].map(head => head.textContent.trim());
  let all = false;
  const texts = new Map([...table.tBodies[0].rows].map(row =>
    [row, [...row.cells].map((cell, i) => `${heads[i]}=${cell.textContent} `).join(" ").toLowerCase()]));
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0, shown = 0, unfolded = 0;
    for (const row of table.tBodies[0].rows) {
      const fits = words.every(word => texts.get(row).includes(word));
      found += fits;
      const folded = !words.length && row.dataset.folded !== undefined;  // it predicts what another does
      unfolded += fits && !folded;
      const on = fits && (all || (!folded && unfolded <= FIRST_ROWS));
      shown += on;
      row.classList.toggle("off", !on);
    }
    count.textContent = `${shown} of ${texts.size} shown`;
    more.hidden = !all && shown === found;
    more.textContent = all ? "show fewer" : `show all ${found}`;
  };
  field.addEventListener("input", apply);
  more.addEventListener("click", () => { all = !all; apply(); });
  table.addEventListener("sorted", apply);
  apply();
}

for (const table of document.querySelectorAll("table.sortable")) sortable(table);
for (const table of document.querySelectorAll("table.searchable")) searchable(table);
for (const row of ranking.tBodies[0].rows) {
  row.addEventListener("mouseenter", () => light(row.dataset.rank));
  row.addEventListener("mouseleave", hide);
}
