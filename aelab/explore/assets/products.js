// Matrix products: by vectors of four numbers where the browser has them, else in tiles of plain JavaScript.
"use strict";

// A product [rows, inner] times [inner, columns]: fill `a`, give `b` to `load`, and `run` writes into `out`.
function matrixProduct(rows, inner, columns) {
  return SIMD && inner > 0 ? new VectorProduct(rows, inner, columns) : new TiledProduct(rows, inner, columns);
}

class VectorProduct {
  constructor(rows, inner, columns) {
    Object.assign(this, { rows, inner, columns, panels: Math.ceil(columns / COLUMNS), even: rows > 1 ? rows + (rows % 2) : 1 });
    const sizes = [this.even * inner, this.panels * COLUMNS * inner, this.even * this.panels * COLUMNS];
    [this.aStart, this.bStart, this.outStart] = sizes.map((size) => SIMD.reserve(size));
  }

  get a() {
    return SIMD.floats.subarray(this.aStart / 4, this.aStart / 4 + this.rows * this.inner);
  }

  load(b, start) {
    panelsOf(b, start, this.inner, this.columns, COLUMNS, SIMD.floats, this.bStart / 4);
  }

  run(out, start) {
    const multiply = this.rows > 1 ? SIMD.exports.two : SIMD.exports.one, { columns } = this, wide = this.panels * COLUMNS;
    multiply(this.aStart, this.bStart, this.outStart, this.even, this.inner, this.panels);
    const found = SIMD.floats, first = this.outStart / 4;
    if (wide === columns) return out.set(found.subarray(first, first + this.rows * columns), start);
    for (let row = 0; row < this.rows; row++) {
      for (let c = 0; c < columns; c++) out[start + row * columns + c] = found[first + row * wide + c];
    }
  }
}

class TiledProduct {
  constructor(rows, inner, columns) {
    Object.assign(this, { rows, inner, columns, a: new Float32Array(rows * inner) });
    this.panels = new Float32Array(Math.ceil(columns / TILE) * TILE * inner);
  }

  load(b, start) {
    panelsOf(b, start, this.inner, this.columns, TILE, this.panels, 0);
  }

  run(out, start) {
    multiply(this.a, this.panels, out, start, this.rows, this.inner, this.columns);
  }
}

// The columns of b [inner, columns], `width` side by side, so that a tile reads them in the order of memory.
function panelsOf(b, start, inner, columns, width, out, first) {
  for (let column = 0; column < columns; column += width) {
    const here = Math.min(width, columns - column);
    let place = first + column * inner;
    for (let k = 0; k < inner; k++, place += width) {
      const row = start + k * columns + column;
      for (let c = 0; c < here; c++) out[place + c] = b[row + c];
    }
  }
}

const TILE = 4; // rows and columns whose sums are kept in registers together

// out [rows, columns] = a [rows, inner] times panels. Sums are in double precision.
function multiply(a, panels, out, outStart, rows, inner, columns) {
  for (let column = 0; column < columns; column += TILE) {
    const panel = column * inner;
    const width = Math.min(TILE, columns - column);
    let row = 0;
    for (; row + TILE <= rows; row += TILE) {
      tile(a, row * inner, panels, panel, out, outStart + row * columns + column, inner, columns, width);
    }
    for (; row < rows; row++) {
      line(a, row * inner, panels, panel, out, outStart + row * columns + column, inner, width);
    }
  }
}

function tile(a, start, b, panel, out, place, inner, columns, width) {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  const second = start + inner, third = second + inner, fourth = third + inner;
  for (let k = 0, p = panel; k < inner; k++, p += 4) {
    const b0 = b[p], b1 = b[p + 1], b2 = b[p + 2], b3 = b[p + 3];
    const a0 = a[start + k], a1 = a[second + k], a2 = a[third + k], a3 = a[fourth + k];
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
  }
  put(out, place, width, c00, c01, c02, c03);
  put(out, place + columns, width, c10, c11, c12, c13);
  put(out, place + 2 * columns, width, c20, c21, c22, c23);
  put(out, place + 3 * columns, width, c30, c31, c32, c33);
}

function line(a, start, b, panel, out, place, inner, width) {
  let c0 = 0, c1 = 0, c2 = 0, c3 = 0;
  for (let k = 0, p = panel; k < inner; k++, p += 4) {
    const x = a[start + k];
    c0 += x * b[p]; c1 += x * b[p + 1]; c2 += x * b[p + 2]; c3 += x * b[p + 3];
  }
  put(out, place, width, c0, c1, c2, c3);
}

function put(out, place, width, c0, c1, c2, c3) {
  out[place] = c0;
  if (width > 1) out[place + 1] = c1;
  if (width > 2) out[place + 2] = c2;
  if (width > 3) out[place + 3] = c3;
}
