// A matrix product in WebAssembly, on four numbers at once. It is written here instruction by instruction, so that the
// page stays one file that can be read. Where a browser has no such instructions, `SIMD` is null and JavaScript takes over.
"use strict";

const COLUMNS = 16; // of a panel: four vectors of four float32

const SIMD = (() => {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(productModule()), { m: { m: memory } });
    let used = 0, floats = new Float32Array(memory.buffer);
    return {
      exports,
      get floats() {
        return floats;
      },
      reserve(count) { // the byte where a new piece of memory begins
        const start = used;
        used += 4 * Math.ceil(count / 4) * 4;
        const missing = Math.ceil((used - memory.buffer.byteLength) / 65536);
        if (missing > 0) {
          memory.grow(Math.max(missing, 64));
          floats = new Float32Array(memory.buffer);
        }
        return start;
      },
    };
  } catch {
    return null;
  }
})();

// A module with `one` and `two`: out [rows, columns] = a [rows, inner] times panels of b, one row or two at a time.
function productModule() {
  const section = (id, bytes) => [id, ...unsigned(bytes.length), ...bytes], name = (text) => [text.length, ...new TextEncoder().encode(text)];
  const bodies = [1, 2].map(productBody).map((body) => [...unsigned(body.length), ...body]);
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 6, ...Array(6).fill(0x7f), 0]), // (a, b, out, rows, inner, panels), all i32
    ...section(2, [1, ...name("m"), ...name("m"), 2, 0, 1]),
    ...section(3, [2, 0, 0]),
    ...section(7, [2, ...name("one"), 0, 0, ...name("two"), 0, 1]),
    ...section(10, [2, ...bodies.flat()]),
  ]);
}

function productBody(rows) {
  const [a, b, out, count, inner, panels] = [0, 1, 2, 3, 4, 5];
  const [from, from2, panel, to, left, k, wide] = [6, 7, 8, 9, 10, 11, 12];
  const sum = (row, vector) => 13 + 4 * row + vector, part = (vector) => 13 + 4 * rows + vector, one = 17 + 4 * rows;
  const get = (local) => [0x20, local], set = (local, ...value) => [...value, 0x21, local], number = (n) => [0x41, ...signed(n)];
  const plus = (x, y) => [...x, ...y, 0x6a], times = (x, y) => [...x, ...y, 0x6c], add = (local, n) => set(local, ...plus(get(local), n));
  const vector = (operation, ...more) => [0xfd, ...unsigned(operation), ...more];
  const each = (n, f) => Array.from({ length: n }, (_, i) => f(i)).flat();
  const until0 = (local, step, ...body) => [0x03, 0x40, ...body, ...get(local), ...number(step), 0x6b, 0x22, local, 0x0d, 0, 0x0b];
  const froms = [from, from2];
  const innermost = [
    ...each(4, (v) => set(part(v), ...get(panel), ...vector(0x00, 4, 16 * v))), // v128.load
    ...each(rows, (row) => [
      ...set(one, ...get(froms[row]), ...vector(0x09, 2, 0)), // v128.load32_splat
      ...each(4, (v) => set(sum(row, v), ...get(sum(row, v)), ...get(one), ...get(part(v)), ...vector(0xe6), ...vector(0xe4))), // mul, add
      ...add(froms[row], number(4)),
    ]),
    ...add(panel, number(4 * COLUMNS)),
  ];
  const rowLoop = [
    ...each(4 * rows, (i) => set(13 + i, ...vector(0x0c, ...Array(16).fill(0)))), // v128.const 0
    ...set(panel, ...get(b)), ...set(k, ...get(inner)),
    ...(rows > 1 ? set(from2, ...plus(get(from), times(get(inner), number(4)))) : []),
    ...until0(k, 1, ...innermost),
    ...each(rows, (row) => [
      ...each(4, (v) => [...get(to), ...get(sum(row, v)), ...vector(0x0b, 4, 16 * v)]), // v128.store
      ...add(to, get(wide)),
    ]),
    ...(rows > 1 ? set(from, ...get(from2)) : []),
  ];
  const code = [
    ...set(wide, ...times(get(panels), number(4 * COLUMNS))),
    ...until0(panels, 1,
      ...set(from, ...get(a)), ...set(to, ...get(out)), ...set(left, ...get(count)),
      ...until0(left, rows, ...rowLoop),
      ...set(b, ...get(panel)), ...add(out, number(4 * COLUMNS))),
  ];
  return [2, 7, 0x7f, ...unsigned(4 * rows + 5), 0x7b, ...code, 0x0b];
}

function unsigned(n) {
  const bytes = [];
  for (; n > 127; n >>>= 7) bytes.push((n & 127) | 128);
  return [...bytes, n];
}

function signed(n) { // of numbers from 0 on
  const bytes = [];
  for (; n > 63; n >>>= 7) bytes.push((n & 127) | 128);
  return [...bytes, n];
}
