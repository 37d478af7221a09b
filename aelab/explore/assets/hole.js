// A hole that one paints into a test event, and what the model puts there.
"use strict";

const ROUNDS = 12; // how often a guess is put into the hole, encoded and decoded again
const GUESSES = 4;

function holePart() {
  const image = DATA.kind === "image", canvas = element("canvas"), out = picture("The hole filled", "");
  const places = image ? DATA.shape[0] * DATA.shape[1] : STEPS, each = EVENTS[0].x.length / places;
  const hidden = new Uint8Array(places), others = model.draws ? Array.from({ length: GUESSES }, (_, i) => picture(`Guess ${i + 1}`)) : [];
  const state = element("p", { class: "quiet", role: "status" });
  const radius = DATA.shape[1] / 12; // of the brush, in pixels
  let event = EVENTS[0], run = 0;
  const usual = EVENTS[0].x.map((_, i) => EVENTS.reduce((sum, one) => sum + one.x[i], 0) / EVENTS.length);
  const blank = () => event.x.map((v, i) => (hidden[Math.floor(i / each)] ? usual[i] : v)); // a guess to begin with
  const draw = () => show(canvas, blank(), { hidden, length: event.length });

  function stroke(from, to) {
    run++;
    if (image) covered(canvas, from, to, radius, (pixel) => (hidden[pixel] = 1));
    else crossed(canvas, from, to, (step) => (hidden[step] = 1));
    draw();
  }

  // A guess in the hole; with `drawn`, each code is drawn from q(z|x), so that every call gives another.
  async function guess(drawn, mine) {
    let x = blank();
    for (let round = 0; round < ROUNDS && mine === run; round++) {
      const q = model.encode(x, event.length);
      const made = model.decode(drawn ? model.draw(q) : q.mean, event.length);
      x = x.map((v, i) => (hidden[Math.floor(i / each)] ? made[i] : v));
      if (round % 4 === 3) await new Promise((next) => setTimeout(next));
    }
    return x;
  }

  async function fill() {
    const mine = ++run;
    if (!hidden.includes(1)) {
      state.textContent = "Paint a hole first.";
      return;
    }
    state.textContent = "Filling …";
    const views = [out, ...others];
    for (let i = 0; i < views.length; i++) {
      const x = await guess(i > 0, mine);
      if (mine !== run) return;
      show(views[i].canvas, x, { length: event.length, under: image ? null : event.x });
    }
    state.textContent = `${hidden.reduce((a, b) => a + b)} of ${places} ${image ? "pixels" : "places"} filled.`;
  }

  function begin() { // a hole to begin with: a box in an image, a stretch of a series
    hidden.fill(0);
    for (let i = 0; i < places; i++) {
      const [row, column] = image ? [Math.floor(i / DATA.shape[1]) / DATA.shape[0], (i % DATA.shape[1]) / DATA.shape[1]] : [0.5, i / (event.length || places)];
      hidden[i] = row >= 0.25 && row < 0.75 && column >= 0.5 && column < 0.8 ? 1 : 0;
    }
    draw();
    fill();
  }

  const events = strip(`A test ${WORD}`, 0, (chosen) => {
    event = chosen;
    draw();
    fill();
  });
  const tools = element("div", { class: "tools" }, button("Fill the hole", fill, true), button("No hole", () => {
    run++;
    hidden.fill(0);
    state.textContent = "";
    draw();
    show(out.canvas, event.x, { length: event.length });
  }));
  const paint = paintable(canvas, { name: "Hole", stroke, done: fill });
  begin();
  document.addEventListener("told", fill);
  const sentence = `Paint over a part of a test ${WORD}. The model sees the rest, and in the hole the mean of the events at
    first. Then its own guess is put there and rebuilt with the rest, ${ROUNDS} times. ${model.draws ? "Each guess below draws other codes: where do they agree, and where does the rest leave a choice?"
    : "Does the guess fit what stands around it?"}`;
  const more = others.length ? [element("h3", { class: "more" }, "Other guesses, each from codes drawn from q(z|x)"), element("div", { class: "small" }, ...others.map((one) => one.canvas))] : [];
  return section("hole", "Paint a hole, and have it filled", sentence, events.group,
    element("div", { class: "row" }, element("figure", {}, element("h3", {}, "Paint the hole here"), paint, tools, state), element("div", {}, out.figure)), ...more);
}
