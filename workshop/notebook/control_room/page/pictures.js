// The totals as a sunburst, a treemap or bars, drawn by plotly.

const SHADES = [
  ["#2a6cb3", "#225a97", "#1b4a7d"],
  ["#0f766e", "#0c635c", "#0a514b"],
  ["#7a4bb8", "#673d9f", "#553186"],
  ["#a8500f", "#8f430b", "#773708"],
  ["#b0306a", "#962658", "#7d1e49"],
  ["#566510", "#48550c", "#3b4609"],
  ["#4c55c4", "#3f47a9", "#343b8f"],
  ["#8a5a00", "#744b00", "#5f3d00"],
];
const ROOT_COLOUR = "#4a5563";
const CLEAR = "rgba(0,0,0,0)";
const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";
const CONFIG = { displaylogo: false, displayModeBar: false, responsive: false };
const MOST_BARS = 24;

/** Draw a figure, unless exactly this one stands there already: plotly's work is most of a tick's. */
function drawFigure(Plotly, plot, traces, layout) {
  const wanted = JSON.stringify([traces, layout]);
  if (plot.drawnFigure === wanted) return;
  plot.drawnFigure = wanted;
  Plotly.react(plot, traces, layout, CONFIG);
}

function colourOf(node) {
  return node.key === ROOT ? ROOT_COLOUR : SHADES[node.hue][Math.min(node.depth - 1, 2)];
}

/** An area cannot be negative: a leaf's is its amount without sign, a parent's the sum of its children's. */
function areasOf(nodes, left, column) {
  const areas = new Map();
  const size = (node) => {
    const children = node.children.filter((child) => left.has(child.key));
    const units = node.units[column] ?? ZERO;
    const area = children.length ? children.reduce((sum, child) => sum + size(child), ZERO) : magnitude(units);
    areas.set(node.key, area);
    return area;
  };
  if (nodes.has(ROOT)) size(nodes.get(ROOT));
  return areas;
}

function areaTrace(nodes, left, column, view) {
  const shown = [...nodes.values()].filter((node) => left.has(node.key));
  const areas = areasOf(nodes, left, column);
  const units = shown.map((node) => node.units[column] ?? ZERO);
  const isTreemap = view.picture === "treemap";
  const label = (node, place) =>
    isTreemap && node.children.length ? `${node.name} · ${short(units[place], view.measure)}` : node.name;
  return {
    type: view.picture,
    ids: shown.map((node) => node.key || GRAND_TOTAL),
    parents: shown.map((node) => (node.key === ROOT ? "" : node.parent || GRAND_TOTAL)),
    labels: shown.map(label),
    values: shown.map((node) => drawn(areas.get(node.key))),
    text: units.map((each) => short(each, view.measure)),
    customdata: units.map((each) => `${written(each, view.measure)}${each < ZERO ? " (negative)" : ""}`),
    branchvalues: "total",
    level: view.root || GRAND_TOTAL,
    maxdepth: view.depth + 1,
    sort: false,
    texttemplate: "%{label}<br>%{text}",
    hovertemplate: "<b>%{label}</b><br>%{customdata}<extra></extra>",
    textfont: { color: "#ffffff" },
    marker: {
      colors: shown.map(colourOf),
      line: { color: "rgba(255,255,255,.55)", width: 1 },
      pattern: {
        shape: units.map((each) => (each < ZERO ? "/" : "")),
        fillmode: "overlay",
        fgcolor: "rgba(255,255,255,.3)",
        solidity: 0.15,
      },
    },
    ...(isTreemap ? { pathbar: { visible: false }, tiling: { pad: 2 } } : { leaf: { opacity: 1 }, insidetextorientation: "auto" }),
  };
}

/** The lowest level that is shown, as bars from the largest down. */
function barTrace(nodes, left, column, view) {
  const root = nodes.get(view.root);
  const deepest = (root?.depth ?? 0) + view.depth;
  const shown = [...nodes.values()]
    .filter((node) => left.has(node.key) && isBelow(node.key, view.root))
    .filter((node) => node.depth === deepest || (node.depth < deepest && !node.children.length))
    .sort((a, b) => (magnitude(a.units[column] ?? ZERO) > magnitude(b.units[column] ?? ZERO) ? -1 : 1))
    .slice(0, MOST_BARS)
    .reverse();
  const units = shown.map((node) => node.units[column] ?? ZERO);
  return {
    type: "bar",
    orientation: "h",
    y: shown.map((node) => spoken(node.key)),
    x: units.map(drawn),
    text: units.map((each) => short(each, view.measure)),
    customdata: units.map((each) => written(each, view.measure)),
    hovertemplate: "<b>%{y}</b><br>%{customdata}<extra></extra>",
    textposition: "auto",
    insidetextfont: { color: "#ffffff" },
    // Bars do not lie inside each other: the brightest shade will do for all levels.
    marker: { color: shown.map((node) => (node.key === ROOT ? ROOT_COLOUR : SHADES[node.hue][0])) },
    cliponaxis: false,
  };
}

function isBelow(key, root) {
  return root === ROOT ? key !== ROOT : key === root || key.startsWith(`${root}:`);
}

function pictureLayout(view, ink, width, height) {
  const base = {
    width,
    height,
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
    font: { family: FONT, size: 13, color: ink.text },
    uirevision: view.picture,
  };
  if (view.picture !== "bar") return { ...base, margin: { l: 4, r: 4, t: 4, b: 4 } };
  return {
    ...base,
    margin: { l: 8, r: 20, t: 4, b: 28 },
    bargap: 0.25,
    xaxis: { gridcolor: ink.line, zerolinecolor: ink.soft, tickfont: { color: ink.soft, size: 11 }, fixedrange: true },
    yaxis: { automargin: true, tickfont: { size: 11.5 }, ticksuffix: " ", fixedrange: true },
  };
}

/** One picture for one pipeline; a click on a part drills down to it. */
function makePicture(act) {
  const plot = make("div", { class: "ws-plot", "aria-hidden": true });
  const told = make("div", { role: "img" }, plot);
  const caption = make("figcaption");
  const element = make("figure", { class: "ws-figure" }, caption, told);
  let listening = false;

  function listen() {
    if (listening) return;
    listening = true;
    for (const kind of ["plotly_sunburstclick", "plotly_treemapclick"]) {
      plot.on(kind, (event) => {
        const id = event.points[0]?.id ?? GRAND_TOTAL;
        act.drill(id === GRAND_TOTAL ? ROOT : id);
        return false;
      });
    }
  }

  return {
    element,
    plot,
    show(Plotly, nodes, left, column, view, ink, title) {
      tell(caption, title);
      mark(told, "aria-label", `${view.picture} of ${view.measure}, ${title || "all"}: the table beside it tells the same`);
      const width = plot.clientWidth;
      if (!Plotly || !width) return;
      const trace = (view.picture === "bar" ? barTrace : areaTrace)(nodes, left, column, view);
      drawFigure(Plotly, plot, [trace], pictureLayout(view, ink, width, plot.clientHeight));
      listen();
    },
  };
}
