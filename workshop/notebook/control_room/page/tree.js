// The totals as a tree, in the pipeline's own order of levels or in any other.

const ROOT = "";
const GRAND_TOTAL = "Grand Total";
const HUES = 8;

/** A name as people wrote it, of a path's part. */
function shownName(part) {
  return part.replace(/%3A/g, ":").replace(/%23/g, "#").replace(/%20/g, " ").replace(/%25/g, "%");
}

/** All orders of the levels, as lists of their places. */
function orders(count) {
  if (count > 4) return [[...Array(count).keys()]];
  const extend = (chosen) => {
    const left = [...Array(count).keys()].filter((place) => !chosen.includes(place));
    return left.length ? left.flatMap((place) => extend([...chosen, place])) : [chosen];
  };
  return extend([]);
}

function isOwnOrder(order) {
  return order.every((level, place) => level === place);
}

function parentOf(key) {
  return key === ROOT ? null : key.includes(":") ? key.slice(0, key.lastIndexOf(":")) : ROOT;
}

/** Return the paths, each with its amount, that stand on the lowest level. */
function leavesOf(amounts) {
  const parents = new Set(Object.keys(amounts).map(parentOf));
  return Object.keys(amounts).filter((path) => path !== GRAND_TOTAL && !parents.has(path));
}

/**
 * Return path → amount for one pipeline. In the pipeline's own order a parent has the total that the pipeline
 * itself keeps, right or wrong; in another order it is the exact sum of its leaves.
 */
function amountsOf(pipeline, measure, order) {
  const kept = (measure === "trades" ? pipeline.trades : pipeline.totals) ?? {};
  const sums = new Map([[ROOT, ZERO]]);
  for (const leaf of leavesOf(kept)) {
    const parts = leaf.split(":");
    const names = parts.length === order.length ? order.map((level) => parts[level]) : parts;
    const units = amount(kept[leaf]);
    for (let depth = 0; depth <= names.length; depth += 1) {
      const key = names.slice(0, depth).join(":");
      sums.set(key, (sums.get(key) ?? ZERO) + units);
    }
  }
  if (isOwnOrder(order)) {
    for (const [path, units] of Object.entries(kept)) if (path !== GRAND_TOTAL) sums.set(path, amount(units));
  }
  if (kept[GRAND_TOTAL] != null) sums.set(ROOT, amount(kept[GRAND_TOTAL]));
  return sums;
}

/** Return the tree of all pipelines of a snapshot: key → { key, name, depth, hue, parent, children, units }. */
function growTree(snapshot, view) {
  const columns = snapshot.pipelines.map((pipeline) => amountsOf(pipeline, view.measure, view.order));
  const keys = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  keys.sort((a, b) => (a.split(":").join("\u0000") < b.split(":").join("\u0000") ? -1 : 1));
  const nodes = new Map();
  for (const key of keys) {
    const depth = key === ROOT ? 0 : key.split(":").length;
    const name = key === ROOT ? GRAND_TOTAL : shownName(key.slice(key.lastIndexOf(":") + 1));
    const units = columns.map((column) => column.get(key) ?? null);
    nodes.set(key, { key, name, depth, hue: 0, parent: parentOf(key), children: [], units });
  }
  for (const node of nodes.values()) nodes.get(node.parent)?.children.push(node);
  nodes.get(ROOT)?.children.forEach((top, place) => paint(top, place % HUES));
  return nodes;
}

function paint(node, hue) {
  node.hue = hue;
  for (const child of node.children) paint(child, hue);
}

/** Return the keys that a filter leaves: what has the text in its name, with all above and below it. */
function keysLeft(nodes, filter) {
  const wanted = filter.trim().toLowerCase();
  if (!wanted) return new Set(nodes.keys());
  const left = new Set();
  const below = (node) => {
    left.add(node.key);
    node.children.forEach(below);
  };
  for (const node of nodes.values()) {
    if (node.key === ROOT || !node.name.toLowerCase().includes(wanted)) continue;
    below(node);
    for (let key = node.parent; key != null; key = parentOf(key)) left.add(key);
  }
  return left;
}

/** Where a path of the pipeline stands in the tree; null in another order, where only leaves have a place. */
function keyOfPath(path, order) {
  if (!path) return null;
  if (path === GRAND_TOTAL) return ROOT;
  const parts = path.split(":");
  if (isOwnOrder(order)) return path;
  return parts.length === order.length ? order.map((level) => parts[level]).join(":") : null;
}

function trailOf(key) {
  return key === ROOT ? [ROOT] : [...trailOf(parentOf(key)), key];
}

function spoken(key) {
  return key === ROOT ? GRAND_TOTAL : key.split(":").map(shownName).join(" › ");
}
