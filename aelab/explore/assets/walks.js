// Tables that say where numbers come from or go to. They are made once, when a program is built.
"use strict";

// Where each entry of each patch of a convolution comes from, -1 where there is nothing: [batch, *grid, *window, channel].
function patchTable(operation) {
  const { input, window: kernel, grid, window_strides: step, padding, lhs_dilation: spread, rhs_dilation: hole } = operation;
  const axes = grid.length, channels = input[axes + 1], taps = kernel.slice(0, axes);
  const reach = grid.map((_, axis) => reached(axis)); // along each axis: the entry of (place, tap), or -1
  function reached(axis) {
    const found = [];
    for (let place = 0; place < grid[axis]; place++) {
      for (let tap = 0; tap < taps[axis]; tap++) {
        const at = place * step[axis] + tap * hole[axis] - padding[axis][0];
        const entry = at / spread[axis];
        found.push(at >= 0 && at % spread[axis] === 0 && entry < input[axis + 1] ? entry : -1);
      }
    }
    return found;
  }
  const table = [];
  for (let batch = 0; batch < input[0]; batch++) {
    for (const place of counted(grid)) {
      for (const tap of counted(taps)) {
        let from = batch;
        for (let axis = 0; axis < axes && from >= 0; axis++) {
          const entry = reach[axis][place[axis] * taps[axis] + tap[axis]];
          from = entry < 0 ? -1 : from * input[axis + 1] + entry;
        }
        for (let channel = 0; channel < channels; channel++) table.push(from < 0 ? -1 : from * channels + channel);
      }
    }
  }
  return Int32Array.from(table);
}

// All places of a grid, the last axis fastest.
function* counted(sizes) {
  const place = sizes.map(() => 0);
  if (sizes.includes(0)) return;
  for (;;) {
    yield place;
    let axis = sizes.length - 1;
    for (; axis >= 0 && ++place[axis] === sizes[axis]; axis--) place[axis] = 0;
    if (axis < 0) return;
  }
}

// The places that a walk with these strides passes, in the order in which it passes them.
function walkTable(shape, strides, offset) {
  const table = new Int32Array(shape.reduce((product, size) => product * size, 1));
  let i = 0;
  for (const place of counted(shape)) {
    table[i++] = place.reduce((sum, entry, axis) => sum + entry * strides[axis], offset);
  }
  return table;
}
