// The meter of truth: exact to the cent, so many in flight, or off by how much, where and since when.

const METER = {
  empty: { tone: "quiet", shape: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", tape: 0 },
  exact: { tone: "ok", shape: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M7.6 12.4l3 3.1l5.8-6.6", tape: 1 },
  in_flight: { tone: "info", shape: "M3 7h10M3 12h14M3 17h8M17 7l5 5l-5 5", tape: 2 },
  off: { tone: "bad", shape: "M12 3L22.4 20.6H1.6ZM12 9.4v5.2M12 17.4v.6", tape: 3 },
};
const TAPE_WORDS = ["nothing sent", "exact", "in flight", "off"];
const TAPE_PIECES = 160;

function stateOf(meter) {
  return METER[meter?.state] ? meter.state : "empty";
}

/** The few words that must be readable from the back of the room. */
function headline(meter) {
  switch (stateOf(meter)) {
    case "exact":
      return "Exact to the cent";
    case "in_flight":
      // AWS does not tell how many, and totals may move although nothing waits.
      return meter.in_flight ? `${whole(meter.in_flight)} still in flight` : "Not there yet";
    case "off":
      return meter.off_by == null ? "Off: too many trades" : `Off by ${written(amount(meter.off_by), "value", true)}`;
    default:
      return "Nothing sent yet";
  }
}

function whereAndWhen(meter, now) {
  // What the headline says already is not said again.
  if (stateOf(meter) !== "off") return (meter.text ?? "").replace(`${headline(meter)}: `, "");
  const since = meter.since == null ? "" : ` · since ${seconds(meter.since)} (for ${seconds(Math.max(0, now - meter.since))})`;
  // Before the pipeline is at rest nobody knows by how much, but how many trades are too many.
  if (meter.off_by == null) return `${(meter.text ?? "").replace(/\.$/, "")}${since}`;
  return `${meter.path ? spoken(meter.path === GRAND_TOTAL ? ROOT : meter.path) : "somewhere"}${since}`;
}

function makeMeter(act) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  icon.append(shape);
  mark(icon, "viewBox", "0 0 24 24");
  mark(icon, "aria-hidden", true);
  const name = make("span", { class: "ws-pipe-name" });
  const stack = make("span", { class: "soft ws-stack" });
  const words = make("div", { class: "ws-headline" });
  const where = make("div", { class: "ws-where" });
  const trade = make("button", { type: "button", class: "ws-link" });
  trade.addEventListener("click", () => act.follow(trade.dataset.trade));
  const total = make("span", { class: "ws-grand" });
  const facts = make("div", { class: "ws-facts" });
  const tape = make("div", { class: "ws-tape", role: "img" });
  const announced = make("span", { class: "ws-hidden", role: "status" });
  const said = make("div", { class: "ws-says" }, words, make("div", { class: "ws-where-line" }, where, trade));
  const sum = make("span", { class: "ws-grand-line" }, make("span", { class: "soft" }, "Grand Total "), total);
  const head = make("header", {}, name, stack, make("span", { class: "grow" }), sum);
  const element = make(
    "section",
    { class: "ws-meter" },
    make("div", { class: "ws-meter-inside" }, head, make("div", { class: "ws-verdict" }, icon, said), tape, facts),
    announced,
  );
  let state = "";

  function show(pipeline, place, snapshot, ticks) {
    const { meter } = pipeline;
    const { tone, shape: outline } = METER[stateOf(meter)];
    mark(element, "data-tone", tone);
    mark(element, "aria-label", `Meter of truth, ${pipeline.name}`);
    mark(shape, "d", outline);
    tell(name, pipeline.name);
    tell(stack, pipeline.stack && pipeline.stack !== pipeline.name ? pipeline.stack : "");
    tell(words, headline(meter));
    tell(where, whereAndWhen(meter, snapshot.seconds));
    mark(element, "title", meter.text);
    trade.hidden = !meter.trade;
    if (meter.trade) {
      trade.dataset.trade = meter.trade;
      tell(trade, `Follow trade ${meter.trade}`);
    }
    tell(total, pipeline.totals?.[GRAND_TOTAL] == null ? NOT_KNOWN : written(amount(pipeline.totals[GRAND_TOTAL]), "value"));
    showFacts(facts, pipeline);
    showTape(tape, pipeline.name, place, ticks, snapshot);
    // Announced when it turns, not with each message that is in flight.
    if (state !== stateOf(meter)) {
      state = stateOf(meter);
      tell(announced, `${pipeline.name}: ${headline(meter)}. ${meter.text ?? ""}`);
    }
  }

  return { element, show };
}

function showFacts(list, pipeline) {
  const figures = [
    ["applied/s", whole(pipeline.applied_per_second)],
    ["in flight", whole(pipeline.meter.in_flight ?? (stateOf(pipeline.meter) === "exact" ? 0 : null))],
    ...["mean", "p50", "p95", "p99", "max"].map((name) => [name, seconds(pipeline.latency?.[name])]),
  ];
  if (list.children.length !== figures.length) {
    list.replaceChildren(...figures.map(([name]) => make("div", {}, make("span", {}, name), make("b"))));
  }
  figures.forEach(([, text], place) => tell(list.children[place].lastElementChild, text));
}

/** The whole run as a band: each piece has the worst that the meter said in it. */
function showTape(tape, name, place, ticks, snapshot) {
  const first = ticks[0]?.seconds ?? 0;
  const length = Math.max(ticks.at(-1)?.seconds ?? 0, snapshot.seconds) - first || 1;
  const pieces = new Array(TAPE_PIECES).fill(null);
  ticks.forEach((tick, number) => {
    const from = Math.floor(((tick.seconds - first) / length) * TAPE_PIECES);
    const to = Math.ceil((((ticks[number + 1]?.seconds ?? tick.seconds) - first) / length) * TAPE_PIECES);
    const code = METER[stateOf(tick.pipelines[place]?.meter)].tape;
    for (let piece = from; piece < Math.min(to, TAPE_PIECES); piece += 1) pieces[piece] = Math.max(pieces[piece] ?? 0, code);
  });
  const spans = [];
  pieces.forEach((code) => {
    if (spans.at(-1)?.code === code) spans.at(-1).width += 1;
    else spans.push({ code, width: 1 });
  });
  while (tape.children.length > spans.length) tape.lastElementChild.remove();
  spans.forEach(({ code, width }, number) => {
    const piece = tape.children[number] ?? tape.appendChild(make("i"));
    mark(piece, "data-state", code ?? 0);
    mark(piece, "style", `flex:${width}`);
  });
  const told = [...new Set(spans.map(({ code }) => TAPE_WORDS[code ?? 0]))].join(", then ");
  mark(tape, "aria-label", `${name} over the run: ${told}`);
}
