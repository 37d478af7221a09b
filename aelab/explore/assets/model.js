// What the page holds, and the model that it runs.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const WEIGHTS = readWeights(DATA.weights);
const EVENTS = DATA.events.weight.map((weight, i) => ({
  x: WEIGHTS[weight], length: DATA.events.length && DATA.events.length[i], number: DATA.events.number[i],
  label: DATA.labels ? DATA.labels[DATA.events.mapped[i]] : null,
}));
const WORD = { image: "image", series: "series", vector: "row" }[DATA.kind];
const CHANNELS = DATA.kind === "vector" ? 1 : DATA.shape.at(-1);
const STEPS = DATA.shape[0]; // of a series; rows of an image; numbers of a vector

const model = {
  size: DATA.code.names.length,
  label: 0, // the class that a conditional model is told
  draws: DATA.programs.encode.outputs.length > 1, // whether q(z|x) has a spread
  encoder: build(DATA.programs.encode, WEIGHTS),
  decoder: build(DATA.programs.decode, WEIGHTS),
  usual: DATA.events.length ? middle(DATA.events.length) : null, // steps of a series that nobody said the length of

  // q(z|x): its mode, and its standard deviation or null.
  encode(x, length, told) {
    this.fill(this.encoder, x, length, told);
    const [mean, spread] = this.encoder.outputs;
    return { mean: mean.slice(), spread: spread ? spread.slice() : null };
  },

  // The mean of p(x|z).
  decode(code, length, told) {
    this.fill(this.decoder, code, length, told);
    return this.decoder.outputs[0].slice();
  },

  rebuild(x, length) {
    return this.decode(this.encode(x, length).mean, length);
  },

  // What a conditional model is shown for a class; null for a model that is shown none.
  condition(label) {
    return DATA.condition ? Float32Array.from({ length: DATA.condition }, (_, i) => (i === label ? Math.sqrt(DATA.condition) : 0)) : null;
  },

  fill(program, first, length, told) {
    const [input, ...beside] = program.inputs;
    input.set(first);
    if (DATA.events.length) beside.shift().forEach((_, i, mask) => (mask[i] = i < (length || this.usual) ? 1 : 0));
    if (DATA.condition) beside.shift().set(told || this.condition(this.label));
    program.run();
  },

  draw({ mean, spread }) {
    return mean.map((m, i) => m + (spread ? spread[i] * normal() : 0));
  },

  // A code from the prior, or of the spread that the codes of test events have.
  random() {
    const [mean, spread] = DATA.code.prior || [DATA.code.mean, DATA.code.spread];
    return Float32Array.from(DATA.code.mean, (_, i) => mean[i % mean.length] + spread[i % spread.length] * normal());
  },
};

// A draw from N(0, 1) by the method of Box and Muller.
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function middle(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

function className(label) {
  return label === null || label === undefined ? "" : String(DATA.classes[label]);
}

// How long one decode takes here, in milliseconds: the median of some.
function decodeTime(times = 21) {
  const code = Float32Array.from(DATA.code.mean), taken = [];
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    model.decode(code);
    taken.push(performance.now() - start);
  }
  return middle(taken);
}
