// What each function is doing: batches, what waits, how old, errors and retries, the last error behind a button.

const HOP_HEADS = ["Function", "Mapping", "Batch", "Waiting", "Iterator age", "Errors", "Retries", ""];

function makeHops() {
  const body = make("tbody");
  const caption = make("caption");
  const head = make("tr", {}, ...HOP_HEADS.map((text, place) => headCell(text, place)));
  const element = make("div", { class: "ws-scroll" }, make("table", { class: "ws-hops" }, caption, make("thead", {}, head), body));
  const rowsFor = keyed(makeHop);
  return {
    element,
    show(pipeline) {
      const hops = pipeline.hops ?? [];
      tell(caption, pipeline.name);
      const rows = rowsFor(hops.map((hop) => hop.function));
      rows.forEach((row, place) => row.show(hops[place]));
      arrange(body, rows.flatMap((row) => row.elements));
    },
  };
}

function headCell(text, place) {
  if (!text) return make("th", { scope: "col" }, make("span", { class: "ws-hidden" }, "Last error"));
  return make("th", { scope: "col", class: place > 1 ? "num" : null }, text);
}

function makeHop(name) {
  const cells = HOP_HEADS.slice(1).map((_, place) => make("td", { class: place > 0 && place < 6 ? "num" : null }));
  const [mapping, batch, waiting, age, errors, retries, last] = cells;
  const text = make("pre", {});
  const details = make("tr", { class: "ws-error", hidden: true }, make("td", { colspan: HOP_HEADS.length }, text));
  const button = make("button", { type: "button", class: "ws-link", "aria-expanded": "false", hidden: true }, "Last error");
  mark(button, "aria-label", `Last error of ${name}`);
  button.addEventListener("click", () => {
    details.hidden = !details.hidden;
    mark(button, "aria-expanded", String(!details.hidden));
  });
  last.append(button);
  const row = make("tr", {}, make("th", { scope: "row" }, make("code", {}, name)), ...cells);

  function show(hop) {
    const isOn = hop.state === "Enabled";
    tell(mapping, `${isOn ? "●" : "○"} ${hop.state ?? NOT_KNOWN}`);
    mark(mapping, "class", isOn ? "word ok" : "word warn");
    tell(batch, `${hop.mean_batch == null ? NOT_KNOWN : hop.mean_batch.toFixed(1)} of ${whole(hop.batch_size)}`);
    tell(waiting, whole(hop.waiting));
    mark(waiting, "style", `--full:${Math.min(100, ((hop.waiting ?? 0) / Math.max(1, hop.batch_size ?? 1)) * 50).toFixed(0)}%`);
    mark(waiting, "class", "num ws-gauge");
    tell(age, seconds(hop.age_seconds));
    for (const [cell, count] of [[errors, hop.errors], [retries, hop.retries]]) {
      tell(cell, count ? `△ ${whole(count)}` : whole(count));
      mark(cell, "class", count ? "num word warn" : "num");
    }
    button.hidden = !hop.last_error;
    if (!hop.last_error) details.hidden = true;
    tell(text, hop.last_error ?? "");
  }

  return { elements: [row, details], show };
}
