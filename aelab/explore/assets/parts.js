// Pieces of the page that several of its parts are made of.
"use strict";

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

// A titled part of the page, with a sentence that says what to look for.
function section(id, title, sentence, ...body) {
  const heading = element("h2", { id: `${id}-title` }, title);
  return element("section", { id, "aria-labelledby": `${id}-title` }, heading, element("p", { class: "look" }, sentence), ...body);
}

// A canvas under a title, for an event that the model gives.
function picture(title, kind = "") {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  return { canvas, figure: element("figure", { class: kind }, element("h3", {}, title), canvas) };
}

function button(name, press, main = false) {
  return element("button", { type: "button", class: main ? "main" : "", onclick: press }, name);
}

// A slider with its name before it and its value behind it. `input` is called with the value while it moves.
function slider({ id, name, note = "", low, high, value, step, input, digits = 2, kind = "" }) {
  const range = element("input", { type: "range", id, min: low, max: high, step });
  const said = element("output", { for: id });
  range.value = value;
  const say = () => (said.textContent = (Number(Number(range.value).toFixed(digits)) || 0).toFixed(digits).replace("-", "−"));
  range.addEventListener("input", () => {
    say();
    input(Number(range.value));
  });
  say();
  const label = element("label", { for: id }, name, ...(note ? [element("small", {}, note)] : []));
  return {
    row: element("div", { class: `slider ${kind}` }, label, range, said),
    set(number) {
      range.value = number;
      say();
    },
  };
}

// Test events to choose from: a group of radio buttons that the arrow keys walk through.
// A conditional model is told the class of the one that is chosen, but where `keep` says that each keeps its own.
function strip(name, chosen, choose, { keep = false } = {}) {
  const buttons = EVENTS.map((event, i) => {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const said = `test ${WORD} ${event.number + 1}${event.label === null ? "" : `, ${className(event.label)}`}`;
    const made = element("button", { type: "button", role: "radio", "aria-label": said, title: said, onclick: () => pick(i) }, canvas);
    show(canvas, event.x, { length: event.length, plain: true });
    return made;
  });
  function mark(i) {
    buttons.forEach((one, k) => {
      one.setAttribute("aria-checked", String(k === i));
      one.tabIndex = k === i || (i < 0 && k === 0) ? 0 : -1;
    });
  }
  function pick(i) {
    mark(i);
    if (DATA.condition && !keep) tell(EVENTS[i].label);
    choose(EVENTS[i], i);
  }
  const group = element("div", { class: "strip", role: "radiogroup", "aria-label": name }, ...buttons);
  group.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], at = buttons.indexOf(document.activeElement);
    if (!by || at < 0) return;
    event.preventDefault();
    const next = (at + by + buttons.length) % buttons.length;
    pick(next);
    buttons[next].focus();
  });
  mark(chosen);
  return { group, mark };
}

// Tell the model another class, and say so in the menu and to the parts of the page, which listen for "told".
function tell(label) {
  model.label = label;
  const menu = document.getElementById("told");
  if (menu) menu.value = label;
  document.dispatchEvent(new Event("told"));
}

// Work for the next frame; asked again before that, only the last is done.
function eachFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
