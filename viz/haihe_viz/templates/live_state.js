/* The state of the page: read from and written to the address, and written as a scenario file. */

// Small and large helpers for words and numbers.
const MINUS = "\u2212";

function formatNumber(value, digits, signed) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const power = 10 ** digits;
  const rounded = Math.round(Math.abs(value) * power * (1 + 1e-12)) / power;
  // The browser's own formatting takes longer than the model.
  const [whole, part] = rounded.toFixed(Math.max(digits, 0)).split(".");
  const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part ? `.${part}` : "");
  if (rounded === 0) return text;
  if (value < 0) return MINUS + text;
  return signed ? "+" + text : text;
}

function withUnit(number, unit) {
  if (!unit) return number;
  return unit.startsWith("%") ? number + unit : number + " " + unit;
}

function isSameValue(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return JSON.stringify(a) === JSON.stringify(b);
}

function clamp(value, [low, high]) {
  return Math.min(Math.max(value, low), high);
}

// The number that a slider shows: the value itself, or where a trajectory ends.
function endOf(value) {
  return Array.isArray(value) ? value[value.length - 1][1] : value;
}

// A trajectory with another end: what comes before keeps its share of the way.
function moveEnd(value, end, own) {
  if (!Array.isArray(value)) return end;
  const last = endOf(value);
  return value.map(([year, one], i) => {
    if (i === value.length - 1) return [year, end];
    return [year, last === own ? one : own + ((one - own) * (end - own)) / (last - own)];
  });
}

// Another year for the end; all points move alike. No year: the model's schedule carries it.
function moveYear(value, year) {
  if (year === null) return endOf(value);
  if (!Array.isArray(value)) return [[year, value]];
  const shift = year - value[value.length - 1][0];
  return value.map(([x, y]) => [x + shift, y]);
}

// A preset's value may lie beyond the model's limits; the slider then reaches as far.
function limitsOf(slider, values) {
  const end = endOf(values[slider.id]);
  return [Math.min(slider.limits[0], end), Math.max(slider.limits[1], end)];
}

function changedSliders(data, state) {
  const own = valuesOf(data, state.preset);
  return data.sliders.filter((one) => !isSameValue(state.values[one.id], own[one.id]));
}

// --- the address: #s=plan&l.rail+sidings=0.6&l.manure+use=0.95@2025&air=new&y=2035&lang=en ---

function writeValue(value) {
  return Array.isArray(value) ? value.map(([x, y]) => `${y}@${x}`).join(",") : String(value);
}

function readValue(text, slider, data) {
  if (!text.includes("@")) {
    const value = Number(text);
    return text.trim() && Number.isFinite(value) ? clamp(value, slider.limits) : null;
  }
  if (!slider.moves) return null;
  const points = [];
  for (const part of text.split(",")) {
    const [value, year, ...rest] = part.split("@").map((one) => (one.trim() ? Number(one) : NaN));
    const before = points.length ? points[points.length - 1][0] : data.policyStart - 1e-9;
    if (rest.length || !Number.isFinite(value) || !(year > before) || !(year <= data.time.stop)) return null;
    points.push([year, clamp(value, slider.limits)]);
  }
  return points;
}

function writeAddress(data, state, lang) {
  const parts = new URLSearchParams();
  parts.set("s", state.preset);
  for (const slider of changedSliders(data, state)) parts.set("l." + slider.id, writeValue(state.values[slider.id]));
  if (state.standard !== "old") parts.set("air", state.standard);
  parts.set("y", String(state.year));
  if (!isSameValue(state.charts, data.charts)) parts.set("c", state.charts.join("|"));
  parts.set("m", data.model.digest.slice(0, 8));
  parts.set("lang", lang);
  return "#" + parts.toString();
}

// Whatever an address holds, a state comes out; what could not be used is named.
function readAddress(data, hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const known = (id) => data.presets.some((one) => one.id === id);
  const asked = parts.get("s");
  const wrong = [];
  if (asked !== null && !known(asked)) wrong.push(asked);
  const preset = known(asked) ? asked : data.start;
  const values = valuesOf(data, preset);
  const sliders = new Map(data.sliders.map((one) => [one.id, one]));
  for (const [key, text] of parts) {
    if (!key.startsWith("l.")) continue;
    const slider = sliders.get(key.slice(2));
    const value = slider ? readValue(text, slider, data) : null;
    if (value === null) wrong.push(key.slice(2));
    else values[slider.id] = value;
  }
  const year = Number(parts.get("y"));
  const charts = (parts.get("c") ?? "").split("|").filter((id) => data.outcomes.some((one) => one.id === id));
  return {
    state: {
      preset,
      values,
      standard: parts.get("air") === "new" && data.standards.length ? "new" : "old",
      year: data.readYears.includes(year) ? year : data.readYears[1] ?? data.readYears[0],
      charts: charts.length ? [...new Set(charts)] : [...data.charts],
    },
    lang: ["zh", "en"].includes(parts.get("lang")) ? parts.get("lang") : null,
    wrong,
    otherModel: parts.has("m") && parts.get("m") !== data.model.digest.slice(0, 8),
  };
}

// --- a scenario file ---

// A JSON text is a text of YAML too; control signs that JSON lets pass are escaped as well.
function quote(text) {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff]/g, (sign) =>
    "\\u" + sign.charCodeAt(0).toString(16).padStart(4, "0"));
}

function writeYaml(value) {
  if (Array.isArray(value)) return `[${value.map(writeYaml).join(", ")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value).map(([key, one]) => `${quote(key)}: ${writeYaml(one)}`).join(", ")}}`;
  return typeof value === "string" ? quote(value) : String(value);
}

// Everything that differs from the model itself, so that the file needs no other.
function leverSection(data, state) {
  const section = {};
  for (const slider of data.sliders) {
    const value = state.values[slider.id];
    if (isSameValue(value, slider.default)) continue;
    let place = section;
    const keys = [slider.name, ...slider.element];
    for (const key of keys.slice(0, -1)) place = place[key] ??= {};
    place[keys[keys.length - 1]] = value;
  }
  return section;
}

function writeScenario(data, state, words) {
  const sections = { levers: leverSection(data, state), ...presetOf(data, state.preset).written };
  const lines = [
    `# haihe ${data.haihe}; model ${data.model.digest.slice(0, 12)}`,
    `title: ${writeYaml(words.title)}`,
    `story: ${writeYaml(words.story)}`,
    `model: ${quote(data.model.name)}`,
  ];
  const { start, stop, step, saveStep, differs } = data.time;
  if (differs) lines.push(`time: {start: ${start}, stop: ${stop}, step: ${step}, save_step: ${saveStep}}`);
  const beyond = data.sliders.some((one) => {
    const values = Array.isArray(state.values[one.id]) ? state.values[one.id].map((p) => p[1]) : [state.values[one.id]];
    return values.some((value) => value < one.limits[0] || value > one.limits[1]);
  });
  if (beyond) lines.push("allow_out_of_range: true");
  for (const [name, section] of Object.entries(sections)) {
    if (!Object.keys(section).length) continue;
    lines.push(`${name}:`);
    for (const [key, value] of Object.entries(section)) lines.push(`  ${quote(key)}: ${writeYaml(value)}`);
  }
  return lines.join("\n") + "\n";
}
