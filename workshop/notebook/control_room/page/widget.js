// The control room: draws the snapshots that the model pushes, and sends back what a person does.

const LIBRARY = "__workshopPlotly";

/** Plotly is asked for once in a page: it is 1.5 MB on the way, and all widgets draw with the same. */
function plotlyFor(model) {
  globalThis[LIBRARY] ??= new Promise((resolve) => {
    model.on("msg:custom", async (message, buffers) => {
      if (message.kind !== "plotly") return;
      const packed = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
      const source = await new Response(packed).text();
      const holder = { exports: {} };
      // It comes from the kernel's own plotly package, and must not meet another page's module loader.
      new Function("module", "exports", "define", source)(holder, holder.exports, undefined);
      resolve(holder.exports);
    });
    model.send({ do: "plotly" });
  });
  return globalThis[LIBRARY];
}

function inkOf(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  return { text: read("--ink"), soft: read("--soft"), line: read("--line"), ground: read("--ground"), warn: read("--warn") };
}

function makeFollow(act) {
  const field = make("input", { type: "text", placeholder: "Trade", "aria-label": "Trade to follow", spellcheck: "false" });
  const answer = make("div", { class: "ws-answer", role: "status", tabindex: 0, "aria-label": "The way of the trade" });
  const ask = () => field.value.trim() && act.follow(field.value.trim());
  const button = make("button", { type: "button", class: "ws-button", onclick: ask }, "Follow");
  const form = make("div", { class: "ws-follow" }, field, button);
  // No form: JupyterLab lets none be submitted.
  field.addEventListener("keydown", (event) => event.key === "Enter" && ask());
  return {
    element: make("section", { class: "ws-part", "aria-label": "Follow a trade" }, make("div", { class: "ws-bar" }, make("h4", {}, "Follow a trade"), form), answer),
    ask: (trade) => {
      field.value = trade;
    },
    show: (told) => {
      answer.hidden = !told?.html;
      // Markup of the kernel's own views, in which all data is escaped.
      if (answer.dataset.html !== told?.html) answer.innerHTML = answer.dataset.html = told?.html ?? "";
      if (told?.html && told.isNew) answer.scrollIntoView({ block: "nearest" });
    },
  };
}

function save(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function makeRoom(model) {
  const memory = makeMemory();
  const state = { at: null, isDead: false, isPlanned: false, isSeen: true, Plotly: null };
  const command = (message) => !state.isDead && model.send(message);
  const act = {
    command: (message) => command(message),
    follow(trade) {
      follow.ask(trade);
      command({ do: "follow", trade });
    },
  };
  const header = makeHeader(act);
  const controls = makeControls((set) => command({ do: "set", set }));
  const panel = make("details", { class: "ws-part ws-panel" }, make("summary", {}, "Controls"), controls.element);
  const scrubber = makeScrubber((place) => {
    state.at = place == null ? null : (memory.ticks[place] ?? null);
    plan();
  });
  const meterFor = keyed(() => makeMeter(act));
  const meters = make("div", { class: "ws-meters" });
  const totals = makeTotals(plan);
  const lines = makeLines();
  const hopsFor = keyed(makeHops);
  const hops = make("div", { class: "ws-hop-tables" });
  const follow = makeFollow(act);
  const gone = make("p", { class: "ws-gone", role: "alert", hidden: true }, "△ No kernel knows these controls any more: run this cell again.");
  const part = (name, ...inside) => make("section", { class: "ws-part", "aria-label": name }, make("div", { class: "ws-bar" }, make("h4", {}, name)), ...inside);
  const root = make(
    "div",
    { class: "ws ws-room", role: "region", "aria-label": "Control room", "data-lm-suppress-shortcuts": "true" },
    gone,
    header.element,
    meters,
    scrubber.element,
    panel,
    totals.element,
    part("Over time", lines.element),
    part("Functions", hops),
    follow.element,
  );
  // A button that says it would do nothing does nothing; it stays in reach of the keyboard.
  root.addEventListener("click", (event) => event.target.closest('[aria-disabled="true"]') && event.stopImmediatePropagation(), true);
  panel.open = (model.get("snapshot")?.run?.state ?? "ready") === "ready";

  // Many ticks before the next frame are drawn once; a page that nobody sees is not drawn at all.
  function plan() {
    if (state.isPlanned) return;
    state.isPlanned = true;
    requestAnimationFrame(() => {
      state.isPlanned = false;
      draw();
    });
  }

  function draw() {
    const { ticks } = memory;
    const latest = ticks.at(-1);
    if (!latest || !root.isConnected || !state.isSeen) return;
    const found = state.at ? ticks.indexOf(state.at) : -1;
    const place = found < 0 ? ticks.length - 1 : found;
    const shown = ticks[place];
    const at = found < 0 ? null : found;
    const ink = inkOf(root);
    header.show(latest, state.isDead);
    controls.show(latest.controls);
    scrubber.show(ticks, at);
    const drawings = meterFor(shown.pipelines.map((each) => each.name));
    arrange(meters, drawings.map((each) => each.element));
    drawings.forEach((each, column) => each.show(shown.pipelines[column], column, shown, ticks));
    const tables = hopsFor(shown.pipelines.map((each) => each.name));
    arrange(hops, tables.map((each) => each.element));
    tables.forEach((each, column) => each.show(shown.pipelines[column]));
    lines.show(state.Plotly, ticks, { ...shown, marks: latest.marks }, ink, at == null ? null : shown.seconds);
    totals.show(shown, ticks[place - 1], state.Plotly, ink);
  }

  function die(isDead) {
    if (state.isDead === isDead) return;
    state.isDead = isDead;
    gone.hidden = !isDead;
    for (const field of [...controls.fields(), ...follow.element.querySelectorAll("input, button")]) field.disabled = isDead;
    plan();
  }

  function take() {
    const snapshot = model.get("snapshot");
    if (snapshot?.pipelines) memory.add(snapshot);
    plan();
  }

  function hear(message) {
    if (message.kind === "ticks") {
      memory.fill(message.ticks);
      die(false);
    }
    if (message.kind === "csv") save(message.name, message.text);
    plan();
  }

  const answered = () => follow.show({ ...model.get("answer"), isNew: true });
  // The kernel that made the widget is gone, or was out of reach: only its answer shows that it is there.
  function lose() {
    die(true);
    setTimeout(ask, 2000);
  }

  function ask() {
    try {
      model.send({ do: "history" });
    } catch {
      die(true);
    }
  }

  const kernel = watchKernel(model, lose);
  const watchers = watch(root, { plan, see: (isSeen) => ((state.isSeen = isSeen), isSeen && plan()) });
  model.on("change:snapshot", take);
  model.on("change:answer", answered);
  model.on("msg:custom", hear);
  take();
  follow.show(model.get("answer"));
  ask();
  plotlyFor(model).then((Plotly) => ((state.Plotly = Plotly), plan()));

  function close() {
    model.off("change:snapshot", take);
    model.off("change:answer", answered);
    model.off("msg:custom", hear);
    [...watchers, kernel].forEach((each) => each.disconnect());
    root.querySelectorAll(".ws-plot").forEach((plot) => state.Plotly?.purge(plot));
    root.remove();
  }
  return { root, close };
}

const GONE = new Set(["restarting", "autorestarting", "dead", "terminating"]);

/** Tell when the kernel restarts or dies; only JupyterLab has a kernel to ask. */
function watchKernel(model, lose) {
  const signal = model.widget_manager?.kernel?.statusChanged;
  const hear = (_, status) => GONE.has(status) && lose();
  signal?.connect(hear);
  model.on("comm_live_update", lose);
  return {
    disconnect() {
      signal?.disconnect(hear);
      model.off("comm_live_update", lose);
    },
  };
}

/** Watch for another size, another theme and another place on the page. */
function watch(root, { plan, see }) {
  const sizes = new ResizeObserver(plan);
  const theme = new MutationObserver(plan);
  const sight = new IntersectionObserver((entries) => see(entries.at(-1).isIntersecting));
  sizes.observe(root);
  sight.observe(root);
  theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  return [sizes, theme, sight];
}

function render({ model, el }) {
  const room = makeRoom(model);
  el.append(room.root);
  return room.close;
}

export default { render };
