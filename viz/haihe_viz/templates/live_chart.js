/* Charts as plain SVG: lines with a band, and stacks. Words go in as text, never as markup. */

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Rough width of a text [px]: full-width signs 1 em, others 0.56 em.
function textWidth(text, size) {
  let width = 0;
  for (const sign of text) width += sign.codePointAt(0) > 0x2e7f ? size : 0.56 * size;
  return width;
}

// At most two lines no wider than `widest`; what is left over is cut, visibly.
function wrapWords(text, size, widest) {
  if (textWidth(text, size) <= widest) return [text];
  const lines = [];
  let rest = text;
  while (rest && lines.length < 2) {
    let end = 1;
    while (end < rest.length && textWidth(rest.slice(0, end + 1), size) <= widest) end++;
    if (end < rest.length && lines.length === 0) {
      const blank = rest.lastIndexOf(" ", end);
      if (blank > 0 && rest.charCodeAt(end) < 0x2e80) end = blank;
    }
    lines.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  if (rest) lines[1] = lines[1].slice(0, -1) + "…";
  return lines;
}

function roundStep(span, count) {
  if (!(span > 0) || !Number.isFinite(span)) return 1;
  const power = 10 ** Math.floor(Math.log10(span / count));
  return [1, 2, 2.5, 5, 10].find((one) => one * power >= (span / count) * (1 - 1e-9)) * power;
}

// From zero, unless that would flatten all that there is to see; round ends, so that the axis
// stands still while a lever moves.
function makeAxis(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return { start: 0, stop: 1, ticks: [0, 1], digits: 0 };
  let low = Math.min(...finite);
  let high = Math.max(...finite);
  if (low >= 0 && low <= 0.6 * high) low = 0;
  else if (high <= 0 && 0.6 * low <= high) high = 0;
  if (high - low < 1e-9 * Math.max(Math.abs(high), Math.abs(low), 1e-30)) {
    const pad = Math.abs(low) * 0.1 || 1;
    [low, high] = [low - pad, high + pad];
  }
  const step = roundStep(high - low, 4);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  let digits = 0;
  while (digits < 8 && Math.abs(Math.round(step * 10 ** digits) - step * 10 ** digits) > 1e-9 * step * 10 ** digits) digits++;
  return { start: first * step, stop: last * step, ticks, digits };
}

// Middles of labels moved apart until none overlaps, in their order.
function spreadLabels(wanted, sizes, low, high) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const total = sizes.reduce((sum, one) => sum + one, 0);
  const squeeze = Math.min(1, (high - low) / total);
  const blocks = [];
  for (const i of order) {
    let block = { members: [i], size: sizes[i] * squeeze, middle: wanted[i] };
    for (;;) {
      block.middle = clamp(block.middle, [low + block.size / 2, high - block.size / 2]);
      const before = blocks[blocks.length - 1];
      if (!before || before.middle + before.size / 2 <= block.middle - block.size / 2 + 1e-9) break;
      blocks.pop();
      const size = before.size + block.size;
      const count = before.members.length + block.members.length;
      const middle = (before.middle * before.members.length + block.middle * block.members.length) / count;
      block = { members: [...before.members, ...block.members], size, middle };
    }
    blocks.push(block);
  }
  const places = [];
  for (const block of blocks) {
    let top = block.middle - block.size / 2;
    for (const i of block.members) {
      places[i] = top + (sizes[i] * squeeze) / 2;
      top += sizes[i] * squeeze;
    }
  }
  return places;
}

const LABEL = 12;
const LINE_HEIGHT = 14;

// A frame with axes: gives the places of years and values, and room for names at the right.
function makeFrame(root, { width, height, years, values, names, baseYear }) {
  const axis = makeAxis(values);
  const tickTexts = axis.ticks.map((one) => formatNumber(one, axis.digits));
  const left = Math.max(...tickTexts.map((one) => textWidth(one, LABEL))) + 10;
  const widest = Math.min(124, 0.34 * width);
  const wrapped = names.map((one) => wrapWords(one.text, LABEL, widest));
  const indent = names.some((one) => one.swatch) ? 22 : 7;
  const right = names.length ? Math.max(...wrapped.flat().map((one) => textWidth(one, LABEL))) + indent + 2 : 14;
  const top = 10;
  const bottom = height - 24;
  const first = years[0];
  const last = years[years.length - 1];
  const x = (year) => left + ((year - first) / (last - first)) * (width - right - left);
  const y = (value) => bottom - ((value - axis.start) / (axis.stop - axis.start)) * (bottom - top);
  const frame = { axis, x, y, left, right: width - right, top, bottom, wrapped };
  // What stays while a lever moves stays in the page: only the ink is drawn anew.
  const kept = [width, height, left, right, axis.start, axis.stop, first, last].join();
  if (root.dataset.kept === kept) {
    frame.ink = root.lastChild;
    frame.ink.replaceChildren();
    return frame;
  }
  root.dataset.kept = kept;
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("width", width);
  root.setAttribute("height", height);
  const back = svg("g", {},
    svg("rect", { class: "past", x: x(first), y: top, width: Math.max(0, x(Math.min(baseYear, last)) - x(first)), height: bottom - top }));
  axis.ticks.forEach((tick, i) => {
    back.append(
      svg("line", { class: tick === 0 ? "zero" : "hair", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      svg("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, tickTexts[i]));
  });
  const step = Math.max(1, roundStep(last - first, (width - left - right) / 46));
  for (let year = Math.ceil(first / step) * step; year <= last + 1e-9; year += step)
    back.append(
      svg("line", { class: "mark", x1: x(year), x2: x(year), y1: bottom, y2: bottom + 4 }),
      svg("text", { class: "tick", x: x(year), y: bottom + 17, "text-anchor": "middle" }, String(year)));
  frame.ink = svg("g");
  root.replaceChildren(back, frame.ink);
  return frame;
}

function linePath(frame, years, values) {
  let text = "";
  let open = false;
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      open = false;
      return;
    }
    text += `${open ? "L" : "M"}${frame.x(years[i]).toFixed(1)} ${frame.y(value).toFixed(1)}`;
    open = true;
  });
  return text;
}

function areaPath(frame, years, low, high) {
  const upper = high.map((value, i) => `${frame.x(years[i]).toFixed(1)} ${frame.y(value).toFixed(1)}`);
  const lower = low.map((value, i) => `${frame.x(years[i]).toFixed(1)} ${frame.y(value).toFixed(1)}`).reverse();
  return `M${[...upper, ...lower].join("L")}Z`;
}

function writeNames(frame, names) {
  const sizes = frame.wrapped.map((lines) => lines.length * LINE_HEIGHT + 2);
  const places = spreadLabels(names.map((one) => frame.y(one.at)), sizes, frame.top - 6, frame.bottom + 3);
  names.forEach((name, i) => {
    const lines = frame.wrapped[i];
    const first = places[i] - ((lines.length - 1) * LINE_HEIGHT) / 2 + 4;
    const start = frame.right + (name.swatch ? 22 : 7);
    if (name.swatch)
      frame.ink.append(svg("rect", { class: "swatch", x: frame.right + 7, y: places[i] - 5, width: 10, height: 10, fill: name.swatch }));
    lines.forEach((line, k) =>
      frame.ink.append(svg("text", { class: `name ${name.kind}`, x: start, y: first + k * LINE_HEIGHT }, line)));
  });
}

// Lines in the order of drawing: {kind: "baseline"|"preset"|"now", text, values}; the band behind.
function drawLines(root, chart) {
  const { years, lines, band, points, marks, read } = chart;
  const values = [
    ...lines.flatMap((one) => one.values),
    ...(band ? [...band.low, ...band.high] : []),
    ...points.map((one) => one[1]),
    ...marks.map((one) => one.value),
  ];
  const names = lines.map((one) => ({ text: one.text, kind: one.kind, at: one.values[years.length - 1] })).reverse();
  const frame = makeFrame(root, { ...chart, values, names: names.filter((one) => Number.isFinite(one.at)) });
  if (band) frame.ink.append(svg("path", { class: chart.stale ? "band stale" : "band", d: areaPath(frame, years, band.low, band.high) }));
  frame.ink.append(svg("line", { class: "reading", x1: frame.x(read), x2: frame.x(read), y1: frame.top, y2: frame.bottom }));
  for (const line of lines) frame.ink.append(svg("path", { class: `line ${line.kind}`, d: linePath(frame, years, line.values) }));
  for (const [year, value] of points)
    if (year >= years[0]) frame.ink.append(svg("circle", { class: "seen", cx: frame.x(year), cy: frame.y(value), r: 2.6 }));
  for (const mark of marks) {
    const [x, y] = [frame.x(mark.year), frame.y(mark.value)];
    frame.ink.append(svg("path", { class: "aim", d: `M${x - 5} ${y}L${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}Z` }, svg("title", {}, mark.text)));
  }
  writeNames(frame, names.filter((one) => Number.isFinite(one.at)));
  return frame;
}

// Bands upon each other; the baseline's total as a line.
function drawStack(root, chart) {
  const { years, parts, baseline, read, look, id } = chart;
  const sums = [years.map(() => 0)];
  for (const part of parts) sums.push(part.values.map((one, i) => one + sums[sums.length - 1][i]));
  const last = years.length - 1;
  const fill = (k) => (look.hatches[k % look.hatches.length].trim() ? `url(#${id}-hatch-${k})` : look.bands[k % look.bands.length]);
  const names = parts
    .map((part, k) => ({ text: part.text, kind: "plain", swatch: fill(k), at: (sums[k][last] + sums[k + 1][last]) / 2, size: part.values[last] }))
    .reverse();
  const whole = [...sums[parts.length], ...(baseline ? baseline.values : []), 0];
  if (baseline) names.push({ text: baseline.text, kind: "baseline", at: baseline.values[last] });
  const frame = makeFrame(root, { ...chart, values: whole, names });
  const patterns = svg("defs");
  parts.forEach((_, k) => {
    if (fill(k).startsWith("url")) patterns.append(makeHatch(`${id}-hatch-${k}`, look, k));
  });
  frame.ink.append(patterns);
  parts.forEach((_, k) =>
    frame.ink.append(svg("path", { class: "layer", fill: fill(k), d: areaPath(frame, years, sums[k], sums[k + 1]) })));
  frame.ink.append(svg("line", { class: "reading", x1: frame.x(read), x2: frame.x(read), y1: frame.top, y2: frame.bottom }));
  if (baseline) frame.ink.append(svg("path", { class: "line baseline", d: linePath(frame, years, baseline.values) }));
  writeNames(frame, names);
  return frame;
}

function makeHatch(id, look, k) {
  const kind = look.hatches[k % look.hatches.length];
  const ink = look.inks[k % look.inks.length];
  const pattern = svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
    svg("rect", { width: 8, height: 8, fill: look.bands[k % look.bands.length] }));
  if (kind === "dot") pattern.append(svg("circle", { cx: 4, cy: 4, r: 1, fill: ink, opacity: 0.7 }));
  else {
    const turned = kind.startsWith("left");
    pattern.append(svg("path", { d: turned ? "M0 0L8 8" : "M0 8L8 0", stroke: ink, "stroke-width": 0.8, opacity: 0.6 }));
  }
  return pattern;
}
