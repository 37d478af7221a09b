// Events as pictures: an image entry by entry, a series and a vector as lines.
"use strict";

const PALETTE = ["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"];
const shown = new Map(); // what each canvas shows, to be drawn again when its size or the colours change

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) if (shown.has(target)) shown.get(target)();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown.forEach((draw) => draw()));

function keepShown(canvas, draw) {
  if (!shown.has(canvas)) resized.observe(canvas);
  shown.set(canvas, draw);
  draw();
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// An event in a canvas. `hidden` marks entries of a hole, `under` is another event drawn faintly beneath a series.
function show(canvas, x, { hidden = null, under = null, length = null, plain = false } = {}) {
  const draw = DATA.kind === "image" ? drawImage : drawLines;
  keepShown(canvas, () => draw(canvas, x, { hidden, under, length, plain }));
}

function drawImage(canvas, x, { hidden }) {
  const [height, width] = DATA.shape, { scale, shift, low, high } = DATA.scale;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  const bottom = low * scale[0] + shift[0], top = high * scale[0] + shift[0];
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      const channel = CHANNELS < 3 ? 0 : c;
      const stored = x[i * CHANNELS + channel] * scale[channel] + shift[channel];
      pixels.data[4 * i + c] = 255 * Math.min(1, Math.max(0, (stored - bottom) / (top - bottom)));
    }
    pixels.data[4 * i + 3] = 255;
    if (hidden && hidden[i]) pixels.data.set((i + Math.floor(i / width)) % 2 ? [226, 120, 30] : [250, 176, 92], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
}

// Where a value of a series is drawn, in a canvas of this size.
function frame(width, height, plain) {
  const left = plain ? 2 : 44, bottom = plain ? 2 : 24, top = plain ? 2 : 10, right = plain ? 2 : 10;
  const { low, high } = DATA.scale, span = width - left - right, rise = height - top - bottom;
  return {
    left, right, top, bottom,
    x: (step) => left + (span * step) / Math.max(1, STEPS - 1),
    y: (value) => top + rise * (1 - (value - low) / (high - low)),
    step: (px) => Math.max(0, Math.min(STEPS - 1, Math.round(((px - left) / span) * (STEPS - 1)))),
    value: (py) => low + (high - low) * Math.max(0, Math.min(1, 1 - (py - top) / rise)),
  };
}

function drawLines(canvas, x, { hidden, under, length, plain }) {
  const width = canvas.clientWidth || 300, height = Math.round(width * (plain ? 0.7 : 0.58)), sharp = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [width * sharp, height * sharp];
  const context = canvas.getContext("2d"), place = frame(width, height, plain);
  context.scale(sharp, sharp);
  if (!plain) drawAxes(context, place, width, height);
  if (hidden) drawHole(context, place, hidden, height);
  for (const [series, faint] of [[under, true], [x, false]]) {
    if (!series) continue;
    for (let channel = 0; channel < CHANNELS; channel++) {
      context.globalAlpha = faint ? 0.35 : 1;
      context.strokeStyle = CHANNELS === 1 ? colour(faint ? "quiet" : "accent") : PALETTE[channel % PALETTE.length];
      context.lineWidth = plain ? 1.2 : 2;
      context.setLineDash(faint ? [4, 4] : []);
      context.beginPath();
      for (let step = 0; step < (length || STEPS); step++) {
        const point = [place.x(step), place.y(series[step * CHANNELS + channel])];
        if (hidden && (hidden[step] || hidden[step - 1])) context.moveTo(...point);
        else context.lineTo(...point);
      }
      context.stroke();
    }
  }
  context.globalAlpha = 1;
}

function drawAxes(context, place, width, height) {
  const { scale, shift, low, high } = DATA.scale, alike = scale.every((s) => s === scale[0]) && shift.every((s) => s === shift[0]);
  context.strokeStyle = colour("line");
  context.fillStyle = colour("quiet");
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "right";
  const [factor, base] = alike ? [scale[0], shift[0]] : [1, 0], step = roundStep(((high - low) * factor) / 6);
  for (let mark = Math.ceil((low * factor + base) / step); mark * step <= high * factor + base; mark++) {
    const y = place.y((mark * step - base) / factor);
    context.beginPath();
    context.moveTo(place.left, y);
    context.lineTo(width - place.right, y);
    context.stroke();
    context.fillText(String(+(mark * step).toPrecision(6)).replace("-", "−"), place.left - 6, y + 4);
  }
  context.textAlign = "center";
  const marks = DATA.kind === "vector" && STEPS <= 8 ? [...Array(STEPS).keys()] : [0, (STEPS - 1) >> 1, STEPS - 1];
  for (const step of marks) {
    const name = DATA.columns[step] && DATA.kind === "vector" ? DATA.columns[step].slice(0, 9) : String(step + 1);
    const half = context.measureText(name).width / 2;
    context.fillText(name, Math.min(width - half - 2, Math.max(half, place.x(step))), height - 7);
  }
}

// 1, 2 or 5 times a power of ten, no smaller than this.
function roundStep(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [1, 2, 5, 10].find((times) => times * power >= size * (1 - 1e-9));
}

function drawHole(context, place, hidden, height) {
  context.fillStyle = colour("second");
  context.globalAlpha = 0.22;
  const half = Math.max(1, (place.x(1) - place.x(0)) / 2);
  for (let step = 0; step < STEPS; step++) {
    if (hidden[step]) context.fillRect(place.x(step) - half, place.top, 2 * half, height - place.top - place.bottom);
  }
  context.globalAlpha = 1;
}
