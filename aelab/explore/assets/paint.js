// A canvas that one paints on with a mouse, a finger or the keyboard.
"use strict";

// `stroke(from, to)` is called with places in the canvas, in pixels of the page. Arrow keys move a cursor, and paint
// while shift is held; space paints where it is.
function paintable(canvas, { name, stroke, done = () => {} }) {
  const cursor = element("span", { class: "cursor", hidden: true });
  const help = "Arrow keys move the brush, space paints, shift and an arrow key paint a line.";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `${name}. ${help}`);
  let last = null, at = null;

  const place = (event) => ({ x: event.offsetX, y: event.offsetY });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    cursor.hidden = true;
    last = place(event);
    stroke(last, last);
    event.preventDefault();
    canvas.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const here = place(event);
    stroke(last, here);
    last = here;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (last) done();
      last = null;
    });
  }

  canvas.addEventListener("keydown", (event) => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const step = width / (DATA.kind === "image" ? DATA.shape[1] : 60);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!by && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    at = at || { x: width / 2, y: height / 2 };
    const before = at;
    if (by) at = { x: Math.max(0, Math.min(width - 1, at.x + by[0])), y: Math.max(0, Math.min(height - 1, at.y + by[1])) };
    cursor.hidden = false;
    cursor.style.left = `${at.x}px`;
    cursor.style.top = `${at.y}px`;
    if (!by || event.shiftKey) {
      stroke(before, at);
      done();
    }
  });
  canvas.addEventListener("blur", () => (cursor.hidden = true));
  return element("div", { class: "paint" }, canvas, cursor);
}

// How much of each pixel of an image a line covers that is drawn with a round brush of this radius, in pixels.
function covered(canvas, from, to, radius, visit) {
  const [height, width] = DATA.shape, across = width / canvas.clientWidth, down = height / canvas.clientHeight;
  const a = [from.x * across, from.y * down], b = [to.x * across, to.y * down];
  const long = [b[0] - a[0], b[1] - a[1]], square = long[0] ** 2 + long[1] ** 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const here = [column + 0.5 - a[0], row + 0.5 - a[1]];
      const along = square ? Math.max(0, Math.min(1, (here[0] * long[0] + here[1] * long[1]) / square)) : 0;
      const far = Math.hypot(here[0] - along * long[0], here[1] - along * long[1]);
      const share = Math.max(0, Math.min(1, radius + 0.5 - far));
      if (share > 0) visit(row * width + column, share);
    }
  }
}

// The steps of a series that a line crosses, and the values that it has there.
function crossed(canvas, from, to, visit) {
  const place = frame(canvas.clientWidth, canvas.clientHeight, false);
  const a = place.step(from.x), b = place.step(to.x);
  for (let step = Math.min(a, b); step <= Math.max(a, b); step++) {
    const share = a === b ? 1 : (step - a) / (b - a);
    visit(step, place.value(from.y + share * (to.y - from.y)));
  }
}
