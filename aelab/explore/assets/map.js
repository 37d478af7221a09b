// The codes of test events in a plane; a click decodes the place.
"use strict";

function mapPart() {
  const { mean, directions, places } = DATA.code.map, out = picture("The code at this place, decoded", "view");
  const canvas = element("canvas", { class: "map", tabindex: 0, role: "application" });
  canvas.setAttribute("aria-label", "Map of codes. Arrow keys move the place that is decoded.");
  const flat = directions.length < 2, points = places.map(([a, b]) => [a, flat ? 0 : b]);
  const reach = 1.12 * Math.max(...points.flat().map(Math.abs), 1e-6), here = [...points[DATA.events.mapped[0]]];

  const refresh = eachFrame(() => {
    const code = Float32Array.from(mean, (m, i) => directions.reduce((sum, way, k) => sum + here[k] * way[i], m));
    show(out.canvas, model.decode(code), { length: model.usual });
    keepShown(canvas, draw);
  });

  function draw() {
    const size = canvas.clientWidth || 300, sharp = devicePixelRatio || 1, context = canvas.getContext("2d");
    canvas.width = canvas.height = size * sharp;
    context.scale(sharp, sharp);
    const at = ([a, b]) => [(size * (1 + a / reach)) / 2, (size * (1 - b / reach)) / 2];
    context.globalAlpha = 0.75;
    points.forEach((point, i) => {
      context.fillStyle = DATA.labels ? PALETTE[DATA.labels[i] % PALETTE.length] : colour("accent");
      context.beginPath();
      context.arc(...at(point), 3.2, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 1;
    const [x, y] = at(here);
    for (const [style, width] of [[colour("sheet"), 5], [colour("ink"), 2]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, 9, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function go(a, b) {
    here[0] = Math.max(-reach, Math.min(reach, a));
    here[1] = flat ? 0 : Math.max(-reach, Math.min(reach, b));
    refresh();
  }
  let held = false;
  const follow = (event) => {
    const size = canvas.clientWidth;
    if (held) go((2 * event.offsetX / size - 1) * reach, (1 - 2 * event.offsetY / size) * reach);
  };
  canvas.addEventListener("pointerdown", (event) => {
    held = true;
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", follow);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (held = false));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    event.preventDefault();
    go(here[0] + (by[0] * reach) / 25, here[1] + (by[1] * reach) / 25);
  });
  refresh();
  document.addEventListener("told", refresh);
  const sentence = `Each dot is the code of a test ${WORD}${DATA.labels ? ", coloured by its class" : ""}. The map lies along
    the two directions in which codes differ most. Click or drag: the place is decoded. Do neighbours look alike, and
    what does the model make up where no dot lies?`;
  return section("map", "A map of codes", sentence,
    element("div", { class: "row wide" }, element("figure", {}, element("h3", {}, `${points.length} codes`), canvas), out.figure), ...legend());
}

function legend() {
  if (!DATA.labels) return [];
  const items = DATA.classes.map((name, i) => {
    const dot = element("canvas", { width: 1, height: 1, "aria-hidden": "true" }), context = dot.getContext("2d");
    context.fillStyle = PALETTE[i % PALETTE.length];
    context.fillRect(0, 0, 1, 1);
    return element("li", {}, dot, String(name));
  });
  return [element("ul", { class: "legend", "aria-label": "Classes" }, ...items)];
}
