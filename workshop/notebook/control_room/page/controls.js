// What can be switched while messages flow: each change is sent at once, and comes back as a mark in the charts.

const SENDING = {
  rate: { label: "Messages per second", min: 1, max: 10000, step: 10 },
  messages: { label: "Messages", min: 1, max: 1000000, step: 100 },
  seed: { label: "Seed", min: 0, max: 999999999, step: 1 },
  batch_size: { label: "Batch size", min: 1, max: 10000, step: 10 },
  duplicates: { label: "Sent twice", min: 0, max: 90, step: 1, unit: "%" },
  modify: { label: "Newer versions", min: 0, max: 90, step: 1, unit: "%" },
  out_of_order: { label: "Out of order", min: 0, max: 100, step: 1, unit: "%" },
};
const FAULT_LABELS = {
  crash_before: "Crash before a write",
  crash_after: "Crash after a write",
  timeout: "Time out",
  duplicate: "Deliver a batch twice",
  re_batched: "Cut a batch differently",
  bisected: "Deliver a batch in halves",
};
const FAULT = { min: 0, max: 50, step: 1, unit: "%" };

function makeControls(send) {
  const numbers = make("div", { class: "ws-fields", role: "group", "aria-label": "What is sent" });
  const faults = make("div", { class: "ws-fields", role: "group", "aria-label": "What goes wrong on purpose" });
  const faultTitle = make("div", { class: "ws-sub" }, "Faults, on purpose");
  const element = make("div", { class: "ws-controls" }, numbers, faultTitle, faults);
  const numberFor = keyed((name) => makeField(SENDING[name], name, (value) => send({ [name]: value })));
  const faultFor = keyed((name) =>
    makeField({ ...FAULT, label: FAULT_LABELS[name] ?? name.replaceAll("_", " ") }, name, (value) =>
      send({ faults: { [name]: value / 100 } }),
    ),
  );

  function showAll(parent, fieldFor, names, valueOf) {
    const fields = fieldFor(names);
    fields.forEach((field, place) => field.show(valueOf(names[place])));
    arrange(parent, fields.map((field) => field.element));
  }

  return {
    element,
    fields: () => element.querySelectorAll("input"),
    show(controls) {
      showAll(numbers, numberFor, Object.keys(SENDING).filter((name) => controls?.[name] != null), (name) => controls[name]);
      const named = Object.keys(controls?.faults ?? {});
      faultTitle.hidden = !named.length;
      showAll(faults, faultFor, named, (name) => Math.round(controls.faults[name] * 1000) / 10);
    },
  };
}

/** A slider for a share, a field for a number; what is being changed by hand is not overwritten. */
function makeField(kind, name, change) {
  const isShare = kind.unit === "%";
  const { min, max, step } = kind;
  const input = make("input", { type: isShare ? "range" : "number", min, max, step: isShare ? step : "any", name, "aria-label": kind.label });
  const told = make("b");
  let isTouched = false;
  const showTold = () => isShare && tell(told, `${input.value} %`);
  input.addEventListener("input", () => {
    isTouched = true;
    showTold();
  });
  input.addEventListener("change", () => {
    isTouched = false;
    const value = Math.min(max, Math.max(min, Number(input.value)));
    if (input.value !== "" && Number.isFinite(value)) change(value);
  });
  const element = make("label", { class: isShare ? "ws-field share" : "ws-field" }, make("span", {}, kind.label), isShare ? told : null, input);
  return {
    element,
    show(value) {
      if (isTouched || (document.activeElement === input && !isShare)) return;
      if (input.value !== String(value)) input.value = String(value);
      showTold();
      mark(element, "class", `ws-field${isShare ? " share" : ""}${isShare && value > 0 ? " on" : ""}`);
    },
  };
}
