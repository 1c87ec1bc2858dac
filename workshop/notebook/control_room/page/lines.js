// Throughput and latency over the run, drawn by plotly, with a numbered line where something was switched.

const LINE_COLOURS = ["#3b82c4", "#d9762b", "#1f9e89", "#9468bd", "#c2577f"];
const LATENCY_LINES = [
  ["mean", 0, "solid", 2.4],
  ["p50", 2, "solid", 1.6],
  ["p95", 1, "dash", 1.6],
  ["p99", 3, "dot", 1.8],
  ["max", 4, "dashdot", 1.4],
];
const MOST_POINTS = 300;
// From there on the figures are those of the whole run, and no moment of it.
const OVER = ["done", "stopped", "failed"];

/** Return at most so many ticks: of each stretch the last one, so that the newest is always there. */
function thinned(ticks) {
  const stride = Math.ceil(ticks.length / MOST_POINTS);
  return stride <= 1 ? ticks : ticks.filter((_, place) => (ticks.length - 1 - place) % stride === 0);
}

function line(name, ticks, value, colour, dash, width = 2) {
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: ticks.map((tick) => tick.seconds),
    y: ticks.map((tick) => (OVER.includes(tick.run?.state) ? null : value(tick))),
    line: { color: LINE_COLOURS[colour % LINE_COLOURS.length], dash, width, shape: "linear" },
    hovertemplate: `%{y:,.4~g}<extra>${name}</extra>`,
  };
}

function speedLines(ticks, pipelines) {
  const sent = line("sent", ticks, (tick) => tick.pipelines[0]?.sent_per_second ?? null, 0, "dash");
  const applied = pipelines.map((pipeline, place) =>
    line(
      pipelines.length > 1 ? `applied, ${pipeline.name}` : "applied",
      ticks,
      (tick) => tick.pipelines[place]?.applied_per_second ?? null,
      place ? 1 : 2,
      place ? "dot" : "solid",
      2.4,
    ),
  );
  return [sent, ...applied];
}

function latencyLines(ticks, pipelines) {
  if (pipelines.length === 1) {
    return LATENCY_LINES.map(([name, colour, dash, width]) =>
      line(name, ticks, (tick) => tick.pipelines[0]?.latency?.[name] ?? null, colour, dash, width),
    );
  }
  return pipelines.flatMap((pipeline, place) =>
    [["p50", "solid", 2.2], ["p99", "dot", 1.8]].map(([name, dash, width]) =>
      line(`${name}, ${pipeline.name}`, ticks, (tick) => tick.pipelines[place]?.latency?.[name] ?? null, place ? 1 : 2, dash, width),
    ),
  );
}

function upright(moment, ink, dash, width) {
  return { type: "line", x0: moment, x1: moment, yref: "paper", y0: 0, y1: 1, line: { color: ink, dash, width } };
}

function lineLayout(ink, width, height, range, marks, cursor, suffix) {
  const axis = { gridcolor: ink.line, linecolor: ink.soft, zeroline: false, tickfont: { color: ink.soft, size: 11 }, fixedrange: true };
  return {
    width,
    height,
    paper_bgcolor: CLEAR,
    plot_bgcolor: CLEAR,
    font: { family: FONT, size: 12, color: ink.text },
    margin: { l: 46, r: 10, t: 40, b: 26 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: ink.ground, bordercolor: ink.line, font: { color: ink.text } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, xanchor: "left", font: { size: 11.5 }, itemwidth: 30 },
    xaxis: { ...axis, range, ticksuffix: " s" },
    yaxis: { ...axis, rangemode: "tozero", ticksuffix: suffix, nticks: 5 },
    shapes: [
      ...marks.map((each) => upright(each.seconds, ink.warn, "dot", 1.4)),
      ...(cursor == null ? [] : [upright(cursor, ink.text, "solid", 1.2)]),
    ],
    annotations: marks.map((each, place) => ({
      x: each.seconds,
      yref: "paper",
      y: 1,
      yanchor: "top",
      xanchor: "left",
      xshift: 2,
      showarrow: false,
      text: `<b>${place + 1}</b>`,
      font: { size: 11, color: ink.warn },
    })),
  };
}

function makeLines() {
  const speed = lineFigure("Messages per second");
  const latency = lineFigure("Latency of the recent past");
  // Announced as they come: what cannot be set is told here as well.
  const marks = make("ol", { class: "ws-marks", "aria-label": "What was switched during the run", "aria-live": "polite", "aria-relevant": "additions" });
  const markFor = keyed(makeMark);
  const charts = make("div", { class: "ws-two" }, speed.element, latency.element);
  return {
    element: make("div", {}, charts, marks),
    plots: [speed.plot, latency.plot],
    show(Plotly, ticks, snapshot, ink, cursor) {
      const points = thinned(ticks);
      const range = [points[0]?.seconds ?? 0, Math.max(ticks.at(-1)?.seconds ?? 0, (points[0]?.seconds ?? 0) + 10)];
      const switched = snapshot.marks ?? [];
      showMarks(marks, markFor, switched);
      const draw = ({ plot }, lines, suffix) => {
        if (!Plotly || !plot.clientWidth) return;
        const layout = lineLayout(ink, plot.clientWidth, plot.clientHeight, range, switched, cursor, suffix);
        drawFigure(Plotly, plot, lines(points, snapshot.pipelines), layout);
      };
      mark(speed.told, "aria-label", speedTold(snapshot));
      mark(latency.told, "aria-label", latencyTold(snapshot));
      draw(speed, speedLines, "");
      draw(latency, latencyLines, " s");
    },
  };
}

function lineFigure(title) {
  const plot = make("div", { class: "ws-plot ws-lines-plot", "aria-hidden": true });
  const told = make("div", { role: "img" }, plot);
  return { plot, told, element: make("figure", { class: "ws-figure" }, make("figcaption", {}, title), told) };
}

function speedTold({ pipelines }) {
  const each = (one) => `${one.name}: ${whole(one.sent_per_second)} sent, ${whole(one.applied_per_second)} applied`;
  return `Messages per second. Now ${pipelines.map(each).join("; ")}`;
}

function latencyTold({ pipelines }) {
  const figures = (one) => LATENCY_LINES.map(([name]) => `${name} ${seconds(one.latency?.[name])}`).join(", ");
  return `Latency. Now ${pipelines.map((one) => `${one.name}: ${figures(one)}`).join("; ")}`;
}

function makeMark(key) {
  const [text, moment] = JSON.parse(key);
  return make("li", {}, make("b"), ` ${text} `, make("span", { class: "soft" }, `at ${seconds(moment)}`));
}

function showMarks(list, markFor, marks) {
  const items = markFor(marks.map((each) => JSON.stringify([each.text, each.seconds])));
  items.forEach((each, place) => tell(each.firstElementChild, String(place + 1)));
  arrange(list, items);
}
