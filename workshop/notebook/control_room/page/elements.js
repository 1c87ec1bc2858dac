// Elements of the page. What did not change is not written again, so that focus and selection stay.

/** Make an element: `make("button", { class: "x", onclick: f }, "text", child)`; false and null leave out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Set an attribute, or take it away where the value is null or false. */
function mark(element, name, value) {
  if (value == null || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Make the children of an element exactly these, without touching those that stand right already. */
function arrange(parent, children) {
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Keep one thing per key: made when its key is new, forgotten when its key is gone. */
function keyed(makeOne) {
  let kept = new Map();
  return (keys) => {
    const next = new Map(keys.map((key) => [key, kept.get(key) ?? makeOne(key)]));
    kept = next;
    return [...next.values()];
  };
}

/** A row of buttons of which one is chosen; `choose` gets its value. */
function chooser(label, options, choose) {
  const buttons = options.map(([value, text]) =>
    make("button", { type: "button", class: "ws-choice", onclick: () => choose(value), "data-value": value }, text),
  );
  const group = make("div", { role: "group", class: "ws-choices", "aria-label": label }, ...buttons);
  return {
    element: group,
    show: (chosen) => buttons.forEach((each) => mark(each, "aria-pressed", each.dataset.value === String(chosen))),
  };
}

/** A list to choose from, with its label in front; the options may change. */
function picker(label, choose) {
  const select = make("select", { "aria-label": label, onchange: () => choose(select.value) });
  const shown = { options: "" };
  return {
    element: make("label", { class: "ws-field-inline" }, make("span", {}, label), select),
    show: (options, chosen) => {
      const wanted = JSON.stringify(options);
      if (shown.options !== wanted) {
        shown.options = wanted;
        select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
      }
      if (select.value !== String(chosen)) select.value = String(chosen);
    },
  };
}

const NOT_KNOWN = "–";

function seconds(value) {
  if (value == null) return NOT_KNOWN;
  return value < 0.9995 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(value < 99.95 ? 1 : 0)} s`;
}

function whole(value) {
  return value == null ? NOT_KNOWN : Math.round(value).toLocaleString("en-US");
}

function counted(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}
