// The tree table: collapsible, with the change since the last look; arrows move, Enter drills down.

/** `act` has `open(key, isOpen)` and `drill(key)`. */
function makeTreegrid(act) {
  const columns = make("colgroup");
  const head = make("thead");
  const body = make("tbody");
  const table = make("table", { role: "treegrid", "aria-label": "Totals, a tree" }, columns, head, body);
  const element = make("div", { class: "ws-scroll ws-tree" }, table);
  const rowsFor = keyed((key) => makeRow(key, act));
  let focused = ROOT;
  let shownHead = "";

  body.addEventListener("keydown", (event) => {
    const rows = [...body.children];
    const place = rows.findIndex((row) => row.contains(event.target));
    const row = rows[place];
    if (!row || event.target !== row) return;
    const target = moved(event.key, rows, place, act);
    if (target === undefined) return;
    event.preventDefault();
    if (target) focusRow(rows, target);
  });
  body.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr");
    if (row) focused = row.dataset.key;
  });

  function focusRow(rows, row) {
    focused = row.dataset.key;
    for (const each of rows) mark(each, "tabindex", each === row ? 0 : -1);
    row.focus();
  }

  return {
    element,
    show(pipelines, lines, measure) {
      const wanted = JSON.stringify([pipelines.map((each) => each.name), measure]);
      if (shownHead !== wanted) {
        shownHead = wanted;
        head.replaceChildren(...headRows(pipelines, measure));
        // A narrow page leaves out whole columns.
        const pairs = pipelines.flatMap(() => [make("col"), make("col", { class: "moved" })]);
        columns.replaceChildren(make("col"), ...pairs);
      }
      if (!lines.some((line) => line.node.key === focused)) focused = lines[0]?.node.key ?? ROOT;
      const rows = rowsFor(lines.map((line) => line.node.key));
      rows.forEach((row, place) => {
        row.show(lines[place], measure, pipelines.length);
        mark(row.element, "tabindex", lines[place].node.key === focused ? 0 : -1);
      });
      arrange(body, rows.map((row) => row.element));
    },
  };
}

/** Return the row that a key leads to, null where it only opens or drills, undefined where it means nothing. */
function moved(key, rows, place, act) {
  const row = rows[place];
  const isOpen = row.getAttribute("aria-expanded");
  const level = Number(row.getAttribute("aria-level"));
  switch (key) {
    case "ArrowDown":
      return rows[place + 1] ?? null;
    case "ArrowUp":
      return rows[place - 1] ?? null;
    case "Home":
      return rows[0];
    case "End":
      return rows.at(-1);
    case "Enter":
      act.drill(row.dataset.key);
      return null;
    case "ArrowRight":
      if (isOpen === "false") act.open(row.dataset.key, true);
      return isOpen === "true" ? rows[place + 1] : null;
    case "ArrowLeft":
      if (isOpen === "true") act.open(row.dataset.key, false);
      else return rows.slice(0, place).findLast((each) => Number(each.getAttribute("aria-level")) < level) ?? null;
      return null;
    default:
      return undefined;
  }
}

function headRows(pipelines, measure) {
  const what = measure === "trades" ? "Trades" : "Value";
  const th = (text, attributes = {}) => make("th", { scope: "col", ...attributes }, text);
  if (pipelines.length === 1) {
    return [make("tr", {}, th("Risk"), th(what, { class: "num" }), th("Since the last look", { class: "num moved" }))];
  }
  const groups = pipelines.map((each) => th(each.name, { colspan: 2, scope: "colgroup", class: "group" }));
  const pairs = pipelines.flatMap(() => [th(what, { class: "num first" }), th("Change", { class: "num moved" })]);
  return [
    make("tr", {}, th("Risk", { rowspan: 2 }), ...groups, th("Apart by", { rowspan: 2, class: "num first" })),
    make("tr", {}, ...pairs),
  ];
}

function makeRow(key, act) {
  const row = make("tr", { "data-key": key });
  const toggle = make("span", { class: "ws-toggle", "aria-hidden": true });
  const swatch = make("span", { class: "ws-swatch", "aria-hidden": true });
  const name = make("span", { class: "ws-name", title: "Click to look at this part alone" });
  const flag = make("span", { class: "word bad" });
  const heading = make("th", { scope: "row", role: "rowheader" }, make("div", {}, toggle, swatch, name, flag));
  const cells = [];
  toggle.addEventListener("click", () => act.open(key, row.getAttribute("aria-expanded") !== "true"));
  name.addEventListener("click", () => act.drill(key));
  row.append(heading);

  function cell(place, style) {
    while (cells.length <= place) row.append((cells[cells.length] = make("td", { role: "gridcell" })));
    if (cells[place].dataset.style !== style) cells[place].className = cells[place].dataset.style = style;
    return cells[place];
  }

  function show({ node, before, isOpen, level, isOff }, measure, count) {
    mark(row, "aria-level", level);
    mark(row, "aria-expanded", node.children.length ? String(isOpen) : null);
    mark(row, "class", node.key === ROOT ? "sum" : node.depth === 1 ? "top" : null);
    mark(row, "style", `--depth:${level - 1}`);
    mark(swatch, "data-hue", node.key === ROOT ? "root" : node.hue);
    tell(toggle, node.children.length ? (isOpen ? "▾" : "▸") : "");
    tell(name, node.name);
    tell(flag, isOff ? "△ off" : "");
    node.units.forEach((units, pipeline) => {
      const change = units == null ? ZERO : units - (before?.units[pipeline] ?? ZERO);
      tell(cell(pipeline * 2, `num value ${count > 1 ? "first" : ""}`), units == null ? NOT_KNOWN : written(units, measure));
      showChange(cell(pipeline * 2 + 1, "num moved"), before === undefined ? ZERO : change, measure, count > 1);
    });
    if (count > 1) showApart(cell(count * 2, "num first"), node.units, measure);
    while (cells.length > count * 2 + (count > 1 ? 1 : 0)) cells.pop().remove();
  }

  return { element: row, show };
}

/** Show a change: to the cent, or where two pipelines share the room in a few characters. */
function showChange(cell, change, measure, isShort) {
  const exact = written(change, measure, true);
  const told = isShort ? `${change > ZERO ? "+" : ""}${short(change, measure)}` : exact;
  const text = change === ZERO ? "" : `${change > ZERO ? "▲" : "▼"} ${told}`;
  if (cell.textContent === text) return;
  cell.replaceChildren(text && make("span", { class: change > ZERO ? "ws-up" : "ws-down" }, text));
}

function showApart(cell, units, measure) {
  const apart = (units[0] ?? ZERO) - (units[1] ?? ZERO);
  const text = apart === ZERO ? "" : `△ ${written(apart, measure, true)}`;
  if (cell.textContent !== text) cell.replaceChildren(text && make("span", { class: "word warn" }, text));
}
