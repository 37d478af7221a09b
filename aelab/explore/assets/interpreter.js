// Programs that `aelab.explore` writes, run on flat arrays of float32. Tables are made once, when a program is built.
"use strict";

// A loop of its own for each: a browser makes faster code of it than of one loop that calls a function.
// An operand of one number (step 0) meets an array of any size.
const UNARY = {
  abs(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.abs(x[i * a]); },
  ceil(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.ceil(x[i * a]); },
  copy(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = x[i * a]; },
  cos(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.cos(x[i * a]); },
  erf(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = erf(x[i * a]); },
  exp(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.exp(x[i * a]); },
  expm1(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.expm1(x[i * a]); },
  floor(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.floor(x[i * a]); },
  log(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.log(x[i * a]); },
  log1p(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.log1p(x[i * a]); },
  logistic(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = 1 / (1 + Math.exp(-x[i * a])); },
  neg(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = -x[i * a]; },
  not(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] ? 0 : 1; },
  round(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = roundToEven(x[i * a]); },
  rsqrt(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = 1 / Math.sqrt(x[i * a]); },
  sign(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.sign(x[i * a]); },
  sin(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.sin(x[i * a]); },
  sqrt(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.sqrt(x[i * a]); },
  square(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] * x[i * a]; },
  tanh(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = 1 - 2 / (Math.exp(2 * x[i * a]) + 1); },
  truncate(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = Math.trunc(x[i * a]); },
  truth(o, x, a) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] ? 1 : 0; },
};

const BINARY = {
  add(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] + y[i * b]; },
  and(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] && y[i * b] ? 1 : 0; },
  div(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] / y[i * b]; },
  eq(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] === y[i * b]); },
  ge(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] >= y[i * b]); },
  gt(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] > y[i * b]); },
  le(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] <= y[i * b]); },
  lt(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] < y[i * b]); },
  max(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = Math.max(x[i * a], y[i * b]); },
  min(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = Math.min(x[i * a], y[i * b]); },
  mul(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] * y[i * b]; },
  ne(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(x[i * a] !== y[i * b]); },
  or(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] || y[i * b] ? 1 : 0; },
  pow(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = Math.pow(x[i * a], y[i * b]); },
  rem(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] % y[i * b]; },
  sub(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = x[i * a] - y[i * b]; },
  xor(o, x, a, y, b) { for (let i = 0; i < o.length; i++) o[i] = +(!x[i * a] !== !y[i * b]); },
};

const REDUCE = {
  add(o, x, inner) { for (let i = 0, p = 0; i < o.length; i++) { let s = 0; for (let k = 0; k < inner; k++) s += x[p++]; o[i] = s; } },
  mul(o, x, inner) { for (let i = 0, p = 0; i < o.length; i++) { let s = 1; for (let k = 0; k < inner; k++) s *= x[p++]; o[i] = s; } },
  max(o, x, inner) { for (let i = 0, p = 0; i < o.length; i++) { let s = -Infinity; for (let k = 0; k < inner; k++) s = Math.max(s, x[p++]); o[i] = s; } },
  min(o, x, inner) { for (let i = 0, p = 0; i < o.length; i++) { let s = Infinity; for (let k = 0; k < inner; k++) s = Math.min(s, x[p++]); o[i] = s; } },
};

// To the nearest whole number; of two that are as near, the even one.
function roundToEven(x) {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

// The error function: its series near 0, and Lentz's continued fraction of 1 - erf further out.
function erf(x) {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 2.5) {
    let term = x, sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = size;
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction);
}

const MAKE = {
  view(operation, [x], [out]) {
    const table = walkTable(operation.shape, operation.strides, operation.offset);
    return () => {
      for (let i = 0; i < table.length; i++) out[i] = x[table[i]];
    };
  },
  place(operation, inputs, [out]) {
    out.fill(operation.fill);
    const tables = operation.walks.map((walk) => walkTable(walk.shape, walk.strides, walk.offset));
    return () => {
      tables.forEach((table, piece) => {
        const x = inputs[piece];
        for (let i = 0; i < table.length; i++) out[table[i]] = x[i];
      });
    };
  },
  select(operation, [which, no, yes], [out]) {
    const [w, n, y] = [which, no, yes].map((x) => (x.length === 1 ? 0 : 1));
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = which[i * w] ? yes[i * y] : no[i * n];
    };
  },
  reduce({ kind, inner }, [x], [out]) {
    return () => REDUCE[kind](out, x, inner);
  },
  which({ kind, inner }, [x], [out]) { // where the least or the largest is, the first of equal ones
    const sign = kind === "argmin" ? -1 : 1;
    return () => {
      for (let i = 0, p = 0; i < out.length; i++, p += inner) {
        let best = 0;
        for (let k = 1; k < inner; k++) if (sign * x[p + k] > sign * x[p + best]) best = k;
        out[i] = best;
      }
    };
  },
  rows({ inner }, [table, index], [out]) {
    const last = table.length / inner - 1;
    return () => {
      for (let i = 0; i < index.length; i++) {
        const row = Math.max(0, Math.min(last, index[i]));
        out.set(table.subarray(row * inner, (row + 1) * inner), i * inner);
      }
    };
  },
  product({ batch, rows, inner, columns }, [a, b], [out], fixed) {
    const made = Array.from({ length: fixed[1] ? batch : 1 }, () => matrixProduct(rows, inner, columns));
    if (fixed[1]) made.forEach((one, i) => one.load(b, i * inner * columns));
    return () => {
      for (let i = 0; i < batch; i++) {
        const one = made[fixed[1] ? i : 0];
        if (!fixed[1]) one.load(b, i * inner * columns);
        one.a.set(a.subarray(i * rows * inner, (i + 1) * rows * inner));
        one.run(out, i * rows * columns);
      }
    };
  },
  convolution(operation, [x, w], [out], fixed) {
    const table = patchTable(operation), columns = operation.window.at(-1), inner = w.length / columns;
    const made = matrixProduct(table.length / inner, inner, columns);
    if (fixed[1]) made.load(w, 0);
    return () => {
      const patches = made.a;
      for (let i = 0; i < table.length; i++) patches[i] = table[i] < 0 ? 0 : x[table[i]];
      if (!fixed[1]) made.load(w, 0);
      made.run(out, 0);
    };
  },
  scan(operation, inputs, outs, fixed, weights) {
    const { body: given, length, reverse, carried: [first, count] } = operation;
    const body = build(given, weights), shares = inputs.slice(first + count);
    const taken = shares.map((_, i) => body.inputs[first + count + i]);
    return () => {
      for (let i = 0; i < first + count; i++) body.inputs[i].set(inputs[i]);
      for (let done = 0; done < length; done++) {
        const at = reverse ? length - 1 - done : done;
        taken.forEach((input, i) => input.set(shares[i].subarray(at * input.length, (at + 1) * input.length)));
        body.run();
        for (let i = count; i < outs.length; i++) outs[i].set(body.outputs[i], at * body.outputs[i].length);
        for (let i = 0; i < count; i++) body.inputs[first + i].set(body.outputs[i]);
      }
      for (let i = 0; i < count; i++) outs[i].set(body.inputs[first + i]);
    };
  },
};

function elementwise(name, [x, y], [out]) {
  const one = UNARY[name], two = BINARY[name];
  if (!one && !two) throw new Error(`no operation ${name}`);
  const a = x.length === 1 ? 0 : 1, b = y && y.length > 1 ? 1 : 0;
  return one ? () => one(out, x, a) : () => two(out, x, a, y, b);
}

// A program ready to run: fill `inputs`, call `run`, read `outputs`. What depends on no input is computed here.
function build(program, weights) {
  const buffers = program.sizes.map((size) => new Float32Array(size)), fixed = new Set(), steps = [];
  for (const [buffer, weight] of program.constants) {
    buffers[buffer] = weights[weight];
    fixed.add(buffer);
  }
  for (const operation of program.operations) {
    if (operation.op === "view" && isPiece(operation)) {
      const { in: [from], out: [to], offset } = operation;
      buffers[to] = buffers[from].subarray(offset, offset + buffers[to].length);
      if (fixed.has(from)) fixed.add(to);
      continue;
    }
    const inputs = operation.in.map((i) => buffers[i]), outs = operation.out.map((i) => buffers[i]);
    const known = operation.in.map((i) => fixed.has(i)), make = MAKE[operation.op];
    const step = make ? make(operation, inputs, outs, known, weights) : elementwise(operation.op, inputs, outs);
    if (known.every(Boolean)) {
      step();
      operation.out.forEach((i) => fixed.add(i));
    } else steps.push(step);
  }
  return {
    inputs: program.inputs.map((i) => buffers[i]),
    outputs: program.outputs.map((i) => buffers[i]),
    run() {
      for (const step of steps) step();
    },
  };
}

// Whether a walk passes neighbours one after the other: then it is a piece of the buffer, and nothing is copied.
function isPiece({ shape, strides }) {
  return shape.length === 0 || (shape.length === 1 && strides[0] === 1);
}

// The numbers of a model, from base64. Halves become float32.
function readWeights({ bytes, arrays }) {
  const text = atob(bytes), memory = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) memory[i] = text.charCodeAt(i);
  return arrays.map(([start, size, half]) =>
    half ? Float32Array.from(new Uint16Array(memory.buffer, start, size), fromHalf) : new Float32Array(memory.buffer, start, size));
}

function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
