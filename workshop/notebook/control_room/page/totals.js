// The part with the totals: what to look at, the tree table, and the picture beside it.

const PICTURES = [["sunburst", "Sunburst"], ["treemap", "Treemap"], ["bar", "Bars"]];
const MEASURES = [["value", "Value"], ["trades", "Trades"]];

function makeTotals(redraw) {
  const view = { measure: "value", picture: "sunburst", depth: 0, order: [], filter: "", root: ROOT, open: new Map() };
  const change = (name) => (value) => {
    view[name] = value;
    redraw();
  };
  const act = {
    open(key, isOpen) {
      view.open.set(key, isOpen);
      redraw();
    },
    drill(key) {
      view.root = view.root === key ? parentOf(key) ?? ROOT : key;
      view.open.delete(key);
      redraw();
    },
  };
  const measure = chooser("Measure", MEASURES, change("measure"));
  const picture = chooser("Picture", PICTURES, change("picture"));
  const depth = picker("Depth", (text) => {
    view.depth = Number(text);
    view.open.clear();
    redraw();
  });
  const order = picker("Order", (text) => {
    view.order = text.split(",").map(Number);
    view.root = ROOT;
    view.open.clear();
    redraw();
  });
  const filter = make("input", { type: "search", placeholder: "Filter by name", "aria-label": "Filter by name" });
  filter.addEventListener("input", () => change("filter")(filter.value));
  const trail = make("nav", { class: "ws-trail", "aria-label": "Where you are in the tree" });
  const grid = makeTreegrid(act);
  const pictureFor = keyed(() => makePicture(act));
  const pictures = make("div", { class: "ws-pictures" });
  const note = make("p", { class: "soft ws-note" });
  const element = make(
    "section",
    { class: "ws-part", "aria-label": "Totals" },
    make("div", { class: "ws-bar" }, make("h4", {}, "Totals"), measure.element, picture.element, depth.element, order.element, filter),
    make("div", { class: "ws-totals" }, make("div", { class: "ws-left" }, trail, grid.element, note), pictures),
  );

  function showChoices(levels) {
    measure.show(view.measure);
    picture.show(view.picture);
    depth.show(levels.map((_, place) => [String(place + 1), counted(place + 1, "level")]), view.depth);
    const all = orders(levels.length).map((each) => [each.join(","), each.map((level) => levels[level]).join(" → ")]);
    order.show(all, view.order.join(","));
  }

  function show(snapshot, previous, Plotly, ink) {
    const { pipelines } = snapshot;
    const levels = snapshot.levels?.length ? snapshot.levels : ["Level 1", "Level 2", "Level 3"];
    if (view.order.length !== levels.length) {
      view.order = levels.map((_, place) => place);
      view.depth = levels.length;
    }
    showChoices(levels);
    const nodes = growTree(snapshot, view);
    const left = keysLeft(nodes, view.filter);
    if (!nodes.has(view.root) || (left.size && !left.has(view.root))) view.root = ROOT;
    const before = previous && growTree(previous, view);
    const wrong = new Set(
      pipelines.filter((each) => each.meter?.state === "off").map((each) => keyOfPath(each.meter.path, view.order)),
    );
    grid.show(pipelines, linesOf(nodes, left, before, view, wrong), view.measure);
    showTrail(trail, view, act);
    const summed = isOwnOrder(view.order) ? "" : "In this order the totals are summed from the leaves, to the cent.";
    const unknown = left.size ? "" : `No name contains “${view.filter.trim()}”.`;
    tell(note, [unknown, summed, heldBefore(pipelines)].join(" ").trim());
    element.classList.toggle("two", pipelines.length > 1);
    const drawings = pictureFor(pipelines.map((each) => each.name));
    arrange(pictures, drawings.map((each) => each.element));
    drawings.forEach((each, column) =>
      each.show(Plotly, nodes, left, column, view, ink, pipelines.length > 1 ? pipelines[column].name : spoken(view.root)),
    );
  }

  return { element, show, plots: () => [...pictures.querySelectorAll(".ws-plot")] };
}

/** Say so where pipelines began with different messages: then they are apart by these as well. */
function heldBefore(pipelines) {
  if (new Set(pipelines.map((each) => each.held ?? 0)).size < 2) return "";
  const told = pipelines.map((each) => `${each.name} ${counted(each.held ?? 0, "message")}`).join(", ");
  return `Before this run they held different messages (${told}), which keep them apart.`;
}

/** Return the lines of the table from the top down, as far as they are open. */
function linesOf(nodes, left, before, view, wrong) {
  const lines = [];
  const top = nodes.get(view.root);
  const visit = (node, level) => {
    const isOpen = view.open.get(node.key) ?? (Boolean(view.filter.trim()) || level <= view.depth);
    const earlier = before ? (before.get(node.key) ?? null) : undefined;
    lines.push({ node, level, isOpen, before: earlier, isOff: wrong.has(node.key) });
    if (isOpen) node.children.filter((child) => left.has(child.key)).forEach((child) => visit(child, level + 1));
  };
  visit(top, 1);
  return lines;
}

function showTrail(trail, view, act) {
  const keys = trailOf(view.root);
  if (trail.dataset.root === view.root && trail.children.length) return;
  trail.dataset.root = view.root;
  trail.hidden = view.root === ROOT;
  trail.replaceChildren(
    ...keys.flatMap((key, place) => {
      const name = key === ROOT ? "All" : shownName(key.slice(key.lastIndexOf(":") + 1));
      const isHere = place === keys.length - 1;
      const step = isHere
        ? make("b", { "aria-current": "location" }, name)
        : make("button", { type: "button", class: "ws-link", onclick: () => act.drill(key) }, name);
      return place ? [make("span", { class: "soft", "aria-hidden": true }, " › "), step] : [step];
    }),
  );
}
