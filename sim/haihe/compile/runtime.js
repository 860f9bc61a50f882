// What every printed model needs: lookups, the loop over time, and the door for inputs.
// Names in capitals are printed before this text by emit_javascript.py; so are the functions
// common, begin, clock, step and save. Comments stay out of the page.

// --- operations that JavaScript defines differently from IEEE 754 and C ---

// 1 to any power and -1 to an infinite one are 1, as C has it; JavaScript says NaN.
function power(a, b) {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return Math.pow(a, b);
}

// Remainder with the sign of the divisor.
function modulo(a, b) {
  const rest = a % b;
  if (rest === 0) return b < 0 ? -0 : 0;
  return b < 0 !== rest < 0 ? rest + b : rest;
}

// The nearest whole number, a half to the even one.
function nearest(a) {
  const low = Math.floor(a);
  const over = a - low;
  if (over < 0.5) return low;
  return over > 0.5 || low % 2 !== 0 ? low + 1 : low;
}

// --- lookups: X does not decrease, Y belongs to it, S is the slope to the next point ---

function points(x, y) {
  const X = Float64Array.from(x);
  const Y = Float64Array.from(y);
  const S = new Float64Array(X.length);
  for (let j = 0; j + 1 < X.length; j++) S[j] = (Y[j + 1] - Y[j]) / (X[j + 1] - X[j]);
  return { X, Y, S };
}

// The last segment that does not begin beyond x; the last of all where x is NaN.
function segment(x, X) {
  let low = 0;
  let high = X.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x < X[middle]) high = middle;
    else low = middle;
  }
  return low;
}

function look(x, p) {
  const X = p.X;
  const last = X.length - 1;
  if (x >= X[last]) return p.Y[last];
  if (x < X[0]) return p.Y[0];
  const j = segment(x, X);
  return p.Y[j] + p.S[j] * (x - X[j]);
}

function lookBeyond(x, p) {
  const X = p.X;
  const last = X.length - 1;
  if (x === X[last]) return p.Y[last];
  const j = segment(x, X);
  return p.Y[j] + p.S[j] * (x - X[j]);
}

function lookBack(x, p) {
  const X = p.X;
  const last = X.length - 1;
  if (x >= X[last]) return p.Y[last];
  return x < X[0] ? p.Y[0] : p.Y[segment(x, X)];
}

function lookForward(x, p) {
  const X = p.X;
  const last = X.length - 1;
  if (x >= X[last]) return p.Y[last];
  if (x < X[0]) return p.Y[0];
  const j = segment(x, X);
  return x === X[j] ? p.Y[j] : p.Y[j + 1];
}

function lookRaw(x, p) {
  const X = p.X;
  const last = X.length - 1;
  if (x === X[last]) return p.Y[last];
  if (x > X[last]) return NaN;
  const j = segment(x, X);
  return x === X[j] ? p.Y[j] : NaN;
}

// A series along the time axis, into its column of C; ends held. Times only grow, so the segment does.
function fillColumn(c, { X, Y }) {
  const last = X.length - 1;
  for (let h = 0, j = 0; h < TIMES; h++) {
    const time = START + h * GRID;
    let value = Y[0];
    if (time >= X[last] && !(time <= X[0])) value = Y[last];
    else if (time > X[0]) {
      while (time >= X[j + 1]) j++;
      value = Y[j] + (Y[j + 1] - Y[j]) * ((time - X[j]) / (X[j + 1] - X[j]));
    }
    C[h * CURVES + c] = value;
  }
}

// --- inputs ---

const names = JSON.parse(NAMES);

function fold(name) {
  const plain = String(name).replace(/_/g, " ").trim().split(/\s+/).join(" ").toLowerCase();
  return plain.replace(/^"+|"+$/g, "");
}

function index(entries) {
  const found = new Map();
  for (const entry of entries) found.set(entry.key, entry).set(entry.name, entry);
  return found;
}

const KNOWN = {};
for (const group of ["constants", "initial", "series", "lookups"]) KNOWN[group] = index(names[group]);

// Entries of a group with what is given for them; names fold as in the model, numbers count.
function given(group, inputs) {
  const all = names[group];
  const values = inputs[group] || {};
  const found = new Map();
  for (const name of Object.keys(values)) {
    const entry = KNOWN[group].get(name) || KNOWN[group].get(fold(name)) || (/^\d+$/.test(name) && all[name]);
    if (!entry) throw new RangeError(group + ": nothing is called " + name);
    found.set(entry, values[name]);
  }
  return found;
}

// A missing number must not become 0, as null does.
function areNumbers(list, count) {
  if (list instanceof Float64Array) return list.length === count;
  if (!(Array.isArray(list) || ArrayBuffer.isView(list)) || list.length !== count) return false;
  return Array.prototype.every.call(list, (x) => typeof x === "number");
}

function fillNumbers(group, inputs) {
  for (const [entry, value] of given(group, inputs)) {
    const list = typeof value === "number" ? [value] : value;
    if (!areNumbers(list, entry.count))
      throw new RangeError(entry.name + ": needs " + entry.count + " numbers");
    for (let i = 0; i < entry.count; i++) n[entry.first + i] = list[i];
  }
}

function checkNumbers(group, inputs) {
  const has = given(group, inputs);
  for (const entry of names[group])
    if (!entry.has && !has.has(entry)) throw new RangeError(entry.name + ": has no value of its own; give one");
}

function isSame(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

// y lies point by point: all elements at the first point, then all at the second.
function fillCurves(group, inputs) {
  for (const [entry, value] of given(group, inputs)) {
    const { x, y } = value;
    if (!x || !x.length || !areNumbers(y, x.length * entry.count))
      throw new RangeError(entry.name + ": needs " + entry.count + " values of y for each x");
    for (let i = 0; i < x.length; i++)
      if (!Number.isFinite(x[i]) || (i > 0 && !(x[i] > x[i - 1])))
        throw new RangeError(entry.name + ": x must be finite and increasing");
    for (let k = 0; k < entry.count; k++) {
      const own = new Float64Array(x.length);
      for (let i = 0; i < x.length; i++) own[i] = y[i * entry.count + k];
      // Where the same numbers were given before, their column still stands.
      const before = columns[entry.first + k];
      const same = before && before.given && isSame(before.X, x) && isSame(before.Y, own);
      curves[entry.first + k] = same ? before : { ...points(x, own), given: true };
    }
  }
  for (const entry of names[group])
    if (!curves[entry.first]) throw new RangeError(entry.name + ": has no series; give one");
}

// --- the run ---
// What the printed functions read and write has one letter.
const v = new Float64Array(VALUES); // values that one function computes and another reads
const n = new Float64Array(DEFAULTS.length); // numbers given
const s = new Float64Array(KINDS.length); // states
const r = new Float64Array(KINDS.length); // their rates, or what they become
const d = new Float64Array(KINDS.length); // lengths of pipes [unit of time]
const T = new Float64Array(TIMES * ROWS); // values of the time axis
const C = new Float64Array(TIMES * CURVES); // series along the time axis
const O = new Float64Array(SAVES * CELLS); // results
let curves = [];
const columns = []; // the curves that C holds
let now = 0; // the step, which the stages of Runge and Kutta share
let member = 0; // what random functions draw by
let seedLow = 0;
let seedHigh = 0;
const kept = new Float64Array(KINDS.length);
const total = new Float64Array(KINDS.length);
const pipes = [];
KINDS.forEach((kind, k) => {
  if (kind === 3) pipes.push({ k, length: 0, first: 0, past: new Float64Array(STEPS + 1) });
});

common();
for (let h = 0; h < TIMES; h++) clock(START + h * GRID, h * ROWS);

function prepare(inputs) {
  const seed = inputs.seed || 0;
  member = inputs.member || 0;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("seed: a whole number from 0 is needed");
  if (member !== member >>> 0) throw new RangeError("member: a whole number from 0 to 2^32 is needed");
  seedLow = seed % 4294967296;
  seedHigh = Math.floor(seed / 4294967296);
  if (inputs.slots) {
    if (!areNumbers(inputs.slots, n.length)) throw new RangeError("slots: " + n.length + " numbers are needed");
    n.set(inputs.slots);
  } else {
    n.set(DEFAULTS);
    checkNumbers("constants", inputs);
    checkNumbers("initial", inputs);
  }
  fillNumbers("constants", inputs);
  fillNumbers("initial", inputs);
  curves = CURVE_DEFAULTS.slice();
  fillCurves("series", inputs);
  fillCurves("lookups", inputs);
  for (let c = 0; c < CURVES; c++)
    if (columns[c] !== curves[c]) fillColumn(c, (columns[c] = curves[c]));
}

function simulate() {
  begin();
  for (const pipe of pipes) {
    pipe.length = nearest(Math.max(d[pipe.k] / STEP, 1) + 1e-6);
    pipe.first = s[pipe.k];
  }
  for (let i = 0, cell = 0; i <= STEPS; i++) {
    const h = i * STAGES;
    now = i;
    step(h * ROWS, h * CURVES);
    if (i % EVERY === 0) {
      save(h * ROWS, h * CURVES, cell);
      cell += CELLS;
    }
    if (i < STEPS) {
      if (STAGES === 1) advance(STEP);
      else advanceInStages(h);
      for (const pipe of pipes) throughPipe(pipe, i);
    }
  }
}

// KINDS: 0 a stock, 1 a stock that is never below zero, 2 a value that is kept, 3 a pipe.
function advance(size) {
  for (let k = 0; k < KINDS.length; k++) {
    const kind = KINDS[k];
    if (kind === 0) s[k] = s[k] + r[k] * size;
    else if (kind === 1) s[k] = Math.max(s[k] + r[k] * size, 0);
    else if (kind === 2) s[k] = r[k];
    else kept[k] = r[k];
  }
}

// What is not a stock stands still within a step, and takes what the step's beginning gave it.
function advanceInStages(h) {
  kept.set(s);
  total.set(r);
  for (let stage = 1; stage <= 3; stage++) {
    const part = stage === 3 ? STEP : 0.5 * STEP;
    for (let k = 0; k < KINDS.length; k++) if (KINDS[k] < 2) s[k] = kept[k] + r[k] * part;
    const at = stage === 3 ? h + 2 : h + 1;
    step(at * ROWS, at * CURVES);
    const weight = stage === 3 ? 1 : 2;
    for (let k = 0; k < KINDS.length; k++) if (KINDS[k] < 2) total[k] += weight * r[k];
  }
  for (let k = 0; k < KINDS.length; k++) {
    s[k] = kept[k];
    r[k] = KINDS[k] < 2 ? total[k] / 6 : total[k];
  }
  advance(STEP);
}

function throughPipe(pipe, i) {
  pipe.past[i] = kept[pipe.k];
  const due = i + 1 - pipe.length;
  s[pipe.k] = due >= 0 ? pipe.past[due] : pipe.first;
}

function collect() {
  const results = Object.create(null);
  for (const output of names.outputs) {
    const own = new Float64Array(SAVES * output.count);
    for (let t = 0; t < SAVES; t++)
      for (let k = 0; k < output.count; k++) own[t * output.count + k] = O[t * CELLS + output.first + k];
    results[output.name] = own;
  }
  return results;
}

const times = Float64Array.from({ length: SAVES }, (_, k) => START + k * EVERY * STEP);

// One member. `inputs`: {constants, initial: {name: number or numbers}, series, lookups:
// {name: {x, y}}, slots: all numbers by index}; each may be left out where there are defaults.
function run(inputs) {
  prepare(inputs || {});
  simulate();
  return collect();
}

return { names, times, slots: DEFAULTS.slice(), run };
