// What one draws, and what the model rebuilds of it.
"use strict";

function drawingPart() {
  const image = DATA.kind === "image", canvas = element("canvas"), out = picture("What the model rebuilds", "");
  const x = new Float32Array(EVENTS[0].x.length), { scale, shift, low, high } = DATA.scale;
  let length = model.usual, radius = DATA.shape[1] / 22, erase = false, channel = 0, ink = Array(CHANNELS).fill(1);
  const level = (share, c) => ((low + share * (high - low)) * scale[0] + shift[0] - shift[c]) / scale[c]; // as the model sees it
  const draw = () => show(canvas, x, { length });
  const rebuild = eachFrame(() => show(out.canvas, model.rebuild(x, length), { length, under: x }));

  function stroke(from, to) {
    if (image) {
      covered(canvas, from, to, radius, (pixel, share) => {
        for (let c = 0; c < CHANNELS; c++) {
          const entry = pixel * CHANNELS + c, wanted = level(erase ? 0 : ink[c], c), mixed = x[entry] + share * (wanted - x[entry]);
          x[entry] = CHANNELS > 1 ? mixed : erase ? Math.min(x[entry], mixed) : Math.max(x[entry], mixed);
        }
      });
    } else crossed(canvas, from, to, (step, value) => step < (length || STEPS) && (x[step * CHANNELS + channel] = value));
    draw();
    rebuild();
  }
  function start(values, steps) {
    x.set(values);
    length = steps;
    draw();
    rebuild();
  }
  const empty = Float32Array.from(x, (_, i) => (image ? level(0, i % CHANNELS) : Math.max(low, Math.min(high, 0))));
  const events = strip(`Start from a test ${WORD}`, 0, (event) => start(event.x, event.length));
  const tools = element("div", { class: "tools" }, button("Blank", () => {
    events.mark(-1);
    start(empty, model.usual);
  }));
  if (image) tools.append(...brushes((r) => (radius = r), (e) => (erase = e), (colours) => (ink = colours)));
  else if (CHANNELS > 1) {
    const choice = element("select", { onchange: () => (channel = Number(choice.value)) },
      ...Array.from({ length: CHANNELS }, (_, c) => element("option", { value: c }, DATA.columns[c] || `channel ${c + 1}`)));
    tools.append(element("label", {}, "Draw", choice));
  }
  const paint = paintable(canvas, { name: "Drawing", stroke });
  start(EVENTS[0].x, EVENTS[0].length);
  document.addEventListener("told", rebuild);
  const sentence = `${image ? "Paint over the image, or begin with a blank one" : "Draw over the line, or begin with a flat one"}. The model
    squeezes it into ${model.size} number${model.size === 1 ? "" : "s"} and rebuilds it. It knows only what it was trained on: what of
    yours does it keep, and what does it turn into something that it knows?`;
  return section("drawing", "Draw, and see it rebuilt", sentence, events.group,
    element("div", { class: "row" }, element("figure", {}, element("h3", {}, "Yours"), paint, tools), out.figure));
}

function brushes(size, erase, colours) {
  const width = element("input", { type: "range", min: DATA.shape[1] / 60, max: DATA.shape[1] / 8, step: "any" });
  width.value = DATA.shape[1] / 22;
  width.addEventListener("input", () => size(Number(width.value)));
  const rubber = element("button", { type: "button", "aria-pressed": "false" }, CHANNELS > 1 ? "Erase" : "Dark brush");
  rubber.addEventListener("click", () => {
    const on = rubber.getAttribute("aria-pressed") !== "true";
    rubber.setAttribute("aria-pressed", String(on));
    erase(on);
  });
  const made = [rubber, element("label", {}, "Brush", width)];
  if (CHANNELS < 3) return made;
  const chosen = element("input", { type: "color", value: "#e04030", "aria-label": "Colour of the brush" });
  const tell = () => colours([1, 3, 5].map((i) => parseInt(chosen.value.slice(i, i + 2), 16) / 255));
  chosen.addEventListener("input", tell);
  tell();
  return [...made, chosen];
}
