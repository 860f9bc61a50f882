"use strict";
/* What a live page computes, without any page: from sliders to series, targets and bands.
   It runs in the page and in its worker alike. */

// Base64 of little-endian doubles.
function unpack(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Float64Array(bytes.buffer);
}

function presetOf(data, id) {
  return data.presets.find((one) => one.id === id);
}

// Value of every slider in a preset: a number, or points [year, value].
function valuesOf(data, id) {
  const set = presetOf(data, id).levers;
  const values = {};
  for (const slider of data.sliders)
    values[slider.id] = Object.hasOwn(set, slider.id) ? set[slider.id] : slider.default;
  return values;
}

// What is in force where a scenario gives a trajectory: the state of 2021 up to the delayed start,
// then straight lines, each value done as far as the group's completion goes.
function carryOut(points, own, delay, completion, start) {
  const begin = start + delay;
  const x = [start];
  const y = [own];
  if (begin > start) {
    x.push(begin);
    y.push(own);
  }
  for (const [year, value] of points) {
    if (year + delay <= Math.max(begin, start)) continue;
    x.push(year + delay);
    y.push(completion === 1 ? value : own + completion * (value - own));
  }
  return { x, y };
}

// Straight lines between points, ends held.
function readAt(curve, year) {
  const { x, y } = curve;
  const last = x.length - 1;
  if (year <= x[0]) return y[0];
  if (year >= x[last]) return y[last];
  let j = 0;
  while (year >= x[j + 1]) j++;
  return y[j] + (y[j + 1] - y[j]) * ((year - x[j]) / (x[j + 1] - x[j]));
}

// Runs the model for a state {preset, values}, in the middle or in a future.
function makeEngine(data, createModel, createSchedule) {
  const model = createModel();
  const schedule = createSchedule();
  const sliders = new Map(data.sliders.map((one) => [one.id, one]));
  const groupOf = (lever) => sliders.get(lever.sliders[0]).group;
  const futures = data.futures && readFutures(data, model);
  let memory = { values: null, inputs: null };

  function timing(values, name, group, otherwise) {
    const id = `policy ${name}[${group}]`;
    return id in values ? values[id] : otherwise;
  }

  // Constants and series that the levers make, whatever the future.
  function leverInputs(values) {
    if (memory.values === values) return memory.inputs;
    const constants = {};
    for (const lever of data.levers)
      constants[lever.name] = lever.sliders.map((id, i) =>
        Array.isArray(values[id]) ? lever.default[i] : values[id]);
    const byTime = schedule.run({ constants });
    const times = schedule.times;
    const series = {};
    for (const lever of data.levers) {
      if (!lever.inForce) continue;
      const moving = lever.sliders.some((id) => Array.isArray(values[id]));
      series[lever.inForce] = moving
        ? moveLever(lever, values)
        : { x: times, y: byTime[lever.inForce] };
    }
    memory = { values, inputs: { constants, series } };
    return memory.inputs;
  }

  function moveLever(lever, values) {
    const group = groupOf(lever);
    const delay = timing(values, "delay", group, 0);
    const completion = timing(values, "completion", group, 1);
    const curves = lever.sliders.map((id, i) =>
      Array.isArray(values[id])
        ? carryOut(values[id], lever.default[i], delay, completion, data.policyStart)
        : { x: [data.policyStart], y: [lever.default[i]] });
    if (curves.length === 1) return curves[0];
    const x = [...new Set(curves.flatMap((one) => one.x))].sort((a, b) => a - b);
    return { x, y: x.flatMap((year) => curves.map((one) => readAt(one, year))) };
  }

  // What a preset sets itself wins over a future: a number that differs from the model's own.
  function presetConstants(preset, drawn) {
    const merged = { ...preset.constants };
    for (const name of Object.keys(merged))
      if (drawn[name])
        merged[name] = merged[name].map((one, i) => (one === data.futures.own[name][i] ? drawn[name][i] : one));
    return merged;
  }

  // A future first, then the preset, then the levers.
  function inputsOf(state, future) {
    const preset = presetOf(data, state.preset);
    const own = leverInputs(state.values);
    const drawn = future === undefined || !futures ? { constants: {}, series: {} } : futures[future];
    return {
      constants: { ...drawn.constants, ...presetConstants(preset, drawn.constants), ...own.constants },
      series: { ...drawn.series, ...preset.series, ...own.series },
    };
  }

  return {
    years: Array.from(model.times),
    futures: futures ? futures.length : 0,
    run: (state, future) => model.run(inputsOf(state, future)),
  };
}

function readFutures(data, model) {
  const { count, constants, series } = data.futures;
  const cut = (text) => {
    const all = unpack(text);
    const size = all.length / count;
    return Array.from({ length: count }, (_, k) => all.subarray(k * size, (k + 1) * size));
  };
  const members = Array.from({ length: count }, () => ({ constants: {}, series: {} }));
  for (const [name, text] of Object.entries(constants))
    cut(text).forEach((own, k) => (members[k].constants[name] = own));
  for (const [name, { x, y }] of Object.entries(series))
    cut(y).forEach((own, k) => {
      if (!Number.isNaN(own[0])) members[k].series[name] = { x, y: own };
    });
  return members;
}

// --- outcomes and targets ---

// Values of an outcome in people's unit: one number a year, summed over cells where it has several.
function seriesOf(outcome, results, cells) {
  const raw = results[outcome.variable];
  const size = outcome.cells;
  const wanted = cells && cells.length ? cells : Array.from({ length: size }, (_, k) => k);
  return Array.from({ length: raw.length / size }, (_, t) =>
    wanted.reduce((sum, k) => sum + (raw[t * size + k] * outcome.factor + outcome.offset), 0));
}

function cellSeries(outcome, results, cell) {
  return seriesOf(outcome, results, [cell]);
}

function yearIndex(years, year) {
  return years.findIndex((one) => Math.abs(one - year) < 1e-6);
}

// The measure of a target in every year; NaN where it is not defined.
function measureSeries(target, years, values) {
  if (target.measure === "level") return values;
  if (target.measure === "peak year") {
    const known = values.every(Number.isFinite);
    return values.map(() => (known ? years[values.indexOf(Math.max(...values))] : NaN));
  }
  const base = target.baseYear;
  const start = years.reduce((best, one, i) =>
    Math.abs(one - base) < Math.abs(years[best] - base) ? i : best, 0);
  if (target.measure === "change") return values.map((one) => 100 * (one / values[start] - 1));
  if (target.measure === "difference") return values.map((one) => one - values[start]);
  if (target.measure === "growth")
    return values.map((one, i) =>
      years[i] > base ? 100 * ((one / values[start]) ** (1 / (years[i] - base)) - 1) : NaN);
  let largest = -Infinity;
  return values.map((one, i) => {
    if (i <= start) return NaN;
    largest = Math.max(largest, 100 * (one / values[i - 1] - 1));
    return largest;
  });
}

const ROUNDING = 1e-9;

// Value, margin and verdict of one target; nulls where the run has no number.
function scoreTarget(data, target, years, results) {
  const outcome = (id) => data.outcomes.find((one) => one.id === id);
  let values = seriesOf(outcome(target.indicator), results, target.cells);
  if (target.per) {
    const other = seriesOf(outcome(target.per), results);
    values = values.map((one, i) => one / other[i]);
  } else values = values.map((one) => one * target.factor);
  const value = measureSeries(target, years, values)[yearIndex(years, target.year)] + target.offset;
  if (!Number.isFinite(value)) return { value: null, margin: null, met: null };
  const margin = target.better === "higher" ? value - target.value : target.value - value;
  return { value, margin, met: margin >= -ROUNDING * Math.max(1, Math.abs(target.value)) };
}

function scoreAll(data, years, results) {
  return data.targets.map((target) =>
    target.scored ? scoreTarget(data, target, years, results) : null);
}

// --- futures ---

const LOW = 0.05;
const HIGH = 0.95;

function quantile(sorted, share) {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

// Gathers members one by one, then gives bands of plain outcomes and shares of targets met.
function makeGatherer(data, years) {
  const plain = data.outcomes.filter((one) => one.cells === 1);
  const rows = [];
  const met = data.targets.map(() => 0);
  const known = data.targets.map(() => 0);
  return {
    add(results) {
      rows.push(plain.map((one) => results[one.variable]));
      scoreAll(data, years, results).forEach((score, k) => {
        if (!score || score.met === null) return;
        known[k] += 1;
        met[k] += score.met ? 1 : 0;
      });
    },
    finish() {
      const own = new Float64Array(rows.length);
      const bands = {};
      plain.forEach((outcome, j) => {
        const band = { low: [], high: [] };
        for (let t = 0; t < years.length; t++) {
          for (let k = 0; k < rows.length; k++) own[k] = rows[k][j][t] * outcome.factor + outcome.offset;
          own.sort();
          band.low.push(quantile(own, LOW));
          band.high.push(quantile(own, HIGH));
        }
        bands[outcome.id] = band;
      });
      return {
        count: rows.length,
        bands,
        chances: met.map((count, k) => (known[k] ? count / known[k] : null)),
      };
    },
  };
}
