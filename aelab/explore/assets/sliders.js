// A slider for each number of the code, the most used first.
"use strict";

const FIRST = 12; // sliders that are shown at once
const MOST = 200; // sliders at all

function slidersPart() {
  const { order, used, measure, mean, spread, names } = DATA.code, out = picture("What the model makes of it", "view");
  const code = Float32Array.from(mean), rows = new Map();
  let length = null;
  const refresh = eachFrame(() => show(out.canvas, model.decode(code, length), { length: length || model.usual }));

  function set(next, steps = null) {
    code.set(next);
    length = steps;
    rows.forEach((row, number) => row.set(code[number]));
    refresh();
  }

  function leave(next) {
    events.mark(-1);
    set(next);
  }

  for (const number of order.slice(0, MOST)) {
    const reach = 3 * Math.max(spread[number], 1e-3), low = mean[number] - reach, high = mean[number] + reach;
    const note = measure === "nats" ? `${used[number].toFixed(2)} nats` : `± ${Math.sqrt(used[number]).toPrecision(2)}`;
    rows.set(number, slider({
      id: `code-${number}`, name: names[number], note, low, high, value: mean[number], step: reach / 150, kind: "head",
      input(value) {
        code[number] = value;
        refresh();
      },
    }));
  }
  const all = [...rows.values()].map((row) => row.row), rest = all.slice(FIRST);
  const folded = rest.length ? [element("details", {}, element("summary", {}, `${rest.length} more`), ...rest)] : [];
  const tools = element("div", { class: "tools" },
    button("Mean code", () => leave(mean)), button("Random code", () => leave(model.random())));
  const events = strip(`Start from a test ${WORD}`, 0, (event) => set(model.encode(event.x, event.length).mean, event.length));
  set(model.encode(EVENTS[0].x, EVENTS[0].length).mean, EVENTS[0].length);
  document.addEventListener("told", refresh);
  const sentence = `Each slider is one number of the code, and the first ones are the most used. Move one and watch what
    changes: is it one thing at a time? A number with ${measure === "nats" ? "0 nats" : "± 0"} carries nothing.
    Choose a test ${WORD} to start from its code.`;
  return section("sliders", "Turn the numbers of a code", sentence, events.group,
    element("div", { class: "pair" }, out.figure, element("div", {}, tools, ...all.slice(0, FIRST), ...folded)));
}
