/* Charts of a study that follow one another. What is drawn of all members was summed up before the
   page was made; filters work on the members that were drawn at random. */
(() => {
  const data = JSON.parse(document.getElementById("study").textContent);
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const say = (words) => words[root.dataset.lang] ?? words.en;
  const t = (name) => say(data.words[name]);

  function bytes(text) {
    const raw = atob(text);
    const found = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) found[i] = raw.charCodeAt(i);
    return found.buffer;
  }
  const EMPTY = 65535;
  const codes = (text) => new Uint16Array(bytes(text));
  const decode = (packed) =>
    Float64Array.from(codes(packed.codes), (code) => (code === EMPTY ? NaN : packed.low + (code / (EMPTY - 1)) * (packed.high - packed.low)));

  const groups = data.groups;
  const groupOf = data.groupOf;
  const drawn = groupOf.length;
  const all = Array.from({ length: drawn }, (_, i) => i);
  for (const course of data.courses) {
    course.percentiles = new Float32Array(bytes(course.percentiles));
    course.counts = codes(course.counts);
    course.values = decode(course.drawn);
  }
  for (const axis of data.axes) axis.values = decode(axis.drawn);

  const state = { course: 0, year: data.year, axis: 0, shown: groups.map(() => true), limits: new Map() };
  const course = () => data.courses[state.course];
  const years = () => course().years;
  const place = (one) => {
    const found = one.years.indexOf(state.year);
    return found >= 0 ? found : one.years.length - 1;
  };
  const at = (one, member) => one.values[member * one.years.length + place(one)];
  const unitOf = (one) => say(one.unit);
  const titled = (one) => say(one.title) + (unitOf(one) ? ` [${unitOf(one)}]` : "");
  const yearOf = () => years()[place(course())];

  // What stands on the poles: the most telling factors, the chosen outcome and two more.
  function poles() {
    const narrow = byId("parallel").parentElement.clientWidth < 560;
    const factors = data.axes.slice(0, narrow ? 2 : 5).map((axis) => ({ key: "x:" + axis.label, title: say(axis.title), unit: unitOf(axis), read: (i) => axis.values[i], digits: null }));
    if (data.axes.length && !data.axes.slice(0, factors.length).includes(data.axes[state.axis])) {
      const axis = data.axes[state.axis];
      factors.push({ key: "x:" + axis.label, title: say(axis.title), unit: unitOf(axis), read: (i) => axis.values[i], digits: null });
    }
    const chosen = [course(), ...data.courses.filter((one) => one !== course()).slice(0, narrow ? 1 : 2)];
    return [...factors, ...chosen.map((one) => ({ key: "y:" + one.id, title: `${say(one.title)} ${years().length > 1 ? one.years[place(one)] : ""}`, unit: unitOf(one), read: (i) => at(one, i), digits: one.digits }))];
  }

  function reachOf(pole) {
    let low = Infinity;
    let high = -Infinity;
    for (const i of all) {
      const value = pole.read(i);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return high > low ? [low, high] : [low - 1, high + 1];
  }

  const readers = new Map();
  function readerOf(key) {
    if (!readers.has(key)) {
      const one = key.startsWith("x:") ? data.axes.find((axis) => "x:" + axis.label === key) : data.courses.find((c) => "y:" + c.id === key);
      readers.set(key, key.startsWith("x:") ? (i) => one.values[i] : (i) => at(one, i));
    }
    return readers.get(key);
  }
  function picked() {
    const limits = [...state.limits].map(([key, [low, high]]) => [readerOf(key), low, high]);
    return all.map((i) => state.shown[groupOf[i]] && limits.every(([read, low, high]) => read(i) >= low && read(i) <= high));
  }

  function quantile(sorted, share) {
    if (!sorted.length) return NaN;
    const where = share * (sorted.length - 1);
    const low = Math.floor(where);
    return sorted[low] + (where - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  }
  const sortedValues = (one, members, k) =>
    members.map((i) => one.values[i * one.years.length + k]).filter(Number.isFinite).sort((a, b) => a - b);
  const percentile = (one, group, p) => Array.from(one.percentiles.subarray((group * 5 + p) * one.years.length, (group * 5 + p + 1) * one.years.length));
  const width = (svgRoot) => Math.max(260, Math.floor(svgRoot.parentElement.clientWidth));
  const colour = (group) => `--c:${groups[group].colour}`;
  const figures = (one) => (value) => formatNumber(value, one.digits);
  const filtered = () => state.limits.size > 0;

  function drawFan(keep) {
    const one = course();
    const svgRoot = byId("fan");
    const shown = groups.map((_, g) => g).filter((g) => state.shown[g]);
    const parts = shown.map((g) => ({ g, rows: [0, 2, 4].map((p) => percentile(one, g, p)) }));
    const last = one.years.length - 1;
    if (one.years.length < 2) return svgRoot.replaceChildren();
    const names = parts.map(({ g, rows }) => ({ text: groups.length > 1 ? say(groups[g].title) : t("median"), kind: "plain", swatch: groups[g].colour, at: rows[1][last] }));
    const frame = makeFrame(svgRoot, { width: width(svgRoot), height: 290, years: one.years, values: parts.flatMap(({ rows }) => (shown.length <= 3 ? rows.flat() : rows[1])), names, baseYear: 2021 });
    for (const { g, rows } of parts) {
      if (shown.length <= 3) frame.ink.append(svg("path", { class: "band", style: colour(g), d: areaPath(frame, one.years, rows[0], rows[2]) }));
      frame.ink.append(svg("path", { class: "line", style: colour(g), "stroke-width": 2.2, "stroke-dasharray": groups[g].dash, d: linePath(frame, one.years, rows[1]) }));
      if (!filtered()) continue;
      const members = all.filter((i) => keep[i] && groupOf[i] === g);
      if (members.length < 2) continue;
      const courses = one.years.map((_, k) => sortedValues(one, members, k));
      for (const share of [0.05, 0.5, 0.95])
        frame.ink.append(svg("path", { class: "picked", style: colour(g), d: linePath(frame, one.years, courses.map((column) => quantile(column, share))) }));
    }
    const x = frame.x(yearOf());
    frame.ink.append(svg("line", { class: "reading", x1: x, x2: x, y1: frame.top, y2: frame.bottom }));
    writeNames(frame, names);
    describe(svgRoot, `${titled(one)}: ` + parts.map(({ g, rows }) => `${say(groups[g].title)} ${yearOf()}: ${rows.map((row) => figures(one)(row[place(one)])).join(" / ")}`).join("; "));
  }

  function describe(svgRoot, words) {
    svgRoot.setAttribute("aria-label", words);
  }

  function axisTexts(box, ticks, digits, y) {
    return ticks.map((tick) => svg("text", { class: "tick", x: box.x(tick), y, "text-anchor": "middle" }, formatNumber(tick, digits)));
  }

  // Ticks of an axis of numbers that lie between its ends.
  function ticksWithin(low, high, room) {
    const step = roundStep(high - low, Math.max(2, room / 70));
    const first = Math.ceil(low / step - 1e-9);
    const ticks = [];
    for (let k = first; k * step <= high + 1e-9 * step; k++) ticks.push(k * step);
    let digits = 0;
    while (digits < 8 && Math.abs(Math.round(step * 10 ** digits) - step * 10 ** digits) > 1e-9 * step * 10 ** digits) digits++;
    return [ticks, digits];
  }

  function blank(id, height) {
    const svgRoot = byId(id);
    const wide = width(svgRoot);
    svgRoot.replaceChildren();
    delete svgRoot.dataset.kept;
    svgRoot.setAttribute("viewBox", `0 0 ${wide} ${height}`);
    svgRoot.setAttribute("width", wide);
    svgRoot.setAttribute("height", height);
    return [svgRoot, wide];
  }

  function drawSpread(keep) {
    const one = course();
    const k = place(one);
    const [svgRoot, wide] = blank("spread", 290);
    const [low, high] = one.edges[k];
    const bins = data.bins;
    const box = { left: 12, right: wide - 12, top: 12, bottom: 250 };
    if (!(high > low)) {
      svgRoot.append(svg("text", { class: "name", x: box.left, y: 40 }, `${t("same")} ${figures(one)(low)}`));
      return;
    }
    box.x = (value) => box.left + ((value - low) / (high - low)) * (box.right - box.left);
    const [ticks, digits] = ticksWithin(low, high, wide);
    svgRoot.append(svg("line", { class: "zero", x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom }), ...axisTexts(box, ticks, digits, box.bottom + 17));
    groups.forEach((group, g) => {
      if (!state.shown[g]) return;
      const start = (g * one.years.length + k) * bins;
      const whole = Array.from(one.counts.subarray(start, start + bins));
      const top = Math.max(...whole) || 1;
      const y = (share) => box.bottom - share * (box.bottom - box.top);
      const path = (heights) => "M" + heights.map((share, b) => `${box.x(low + (b / bins) * (high - low)).toFixed(1)} ${y(share).toFixed(1)}H${box.x(low + ((b + 1) / bins) * (high - low)).toFixed(1)}`).join("L");
      if (filtered()) {
        const counted = new Array(bins).fill(0);
        const members = all.filter((i) => groupOf[i] === g && Number.isFinite(at(one, i)));
        const binOf = (i) => clamp(Math.floor(((at(one, i) - low) / (high - low)) * bins), [0, bins - 1]);
        for (const i of members) if (keep[i]) counted[binOf(i)] += 1;
        // Of the drawn members only: as parts of what all members' bars would hold of them.
        const scale = members.length * (top / EMPTY);
        svgRoot.append(svg("path", { class: "bars", style: colour(g), d: `${path(counted.map((n) => Math.min(n / scale, 1.15)))}L${box.right} ${box.bottom}L${box.left} ${box.bottom}Z` }));
      }
      svgRoot.append(svg("path", { class: "steps", style: colour(g), "stroke-dasharray": group.dash, d: path(whole.map((n) => n / top)) }));
    });
    describe(svgRoot, `${titled(one)}, ${yearOf()}`);
  }

  function drawParallel(keep) {
    const [svgRoot, wide] = blank("parallel", 320);
    const shown = poles();
    const [top, bottom] = [64, 288];
    const step = wide / shown.length;
    const reaches = shown.map(reachOf);
    const x = (k) => (k + 0.5) * step;
    const y = (k, value) => bottom - ((value - reaches[k][0]) / (reaches[k][1] - reaches[k][0])) * (bottom - top);
    const path = (i) => "M" + shown.map((pole, k) => `${x(k).toFixed(1)} ${y(k, pole.read(i)).toFixed(1)}`).join("L");
    const whole = all.filter((i) => state.shown[groupOf[i]] && shown.every((pole) => Number.isFinite(pole.read(i))));
    svgRoot.append(svg("path", { class: "off", d: whole.filter((i) => !keep[i]).map(path).join("") }));
    groups.forEach((_, g) => svgRoot.append(svg("path", { class: "on", style: colour(g), d: whole.filter((i) => keep[i] && groupOf[i] === g).map(path).join("") })));
    shown.forEach((pole, k) => {
      const span = reaches[k][1] - reaches[k][0];
      const digits = pole.digits ?? clamp(2 - Math.floor(Math.log10(span)), [0, 8]);
      const lines = wrapWords(pole.title, 12, step - 8);
      lines.forEach((line, n) => svgRoot.append(svg("text", { class: "name", x: x(k), y: 14 + n * 14, "text-anchor": "middle" }, line)));
      svgRoot.append(
        svg("text", { class: "tick", x: x(k), y: top - 8, "text-anchor": "middle" }, withUnit(formatNumber(reaches[k][1], digits), pole.unit)),
        svg("text", { class: "tick", x: x(k), y: bottom + 18, "text-anchor": "middle" }, formatNumber(reaches[k][0], digits)),
        svg("line", { class: "pole", x1: x(k), x2: x(k), y1: top, y2: bottom }));
      const limits = state.limits.get(pole.key);
      if (limits) svgRoot.append(svg("rect", { class: "brush", x: x(k) - 8, width: 16, y: y(k, Math.min(limits[1], reaches[k][1])), height: Math.max(2, y(k, Math.max(limits[0], reaches[k][0])) - y(k, Math.min(limits[1], reaches[k][1]))) }));
      const grip = svg("rect", { class: "grip", x: x(k) - Math.min(18, step / 2), width: Math.min(36, step), y: top - 4, height: bottom - top + 8 });
      grip.dataset.pole = k;
      svgRoot.append(grip);
    });
    svgRoot.place = { shown, reaches, top, bottom };
    describe(svgRoot, shown.map((pole) => pole.title).join(" · "));
  }

  function drawScatter(keep) {
    if (!data.axes.length) return;
    const axis = data.axes[state.axis];
    const one = course();
    const [svgRoot, wide] = blank("scatter", 300);
    const [lowX, highX] = reachOf({ read: (i) => axis.values[i] });
    const [lowY, highY] = reachOf({ read: (i) => at(one, i) });
    const [ticksY, digitsY] = ticksWithin(lowY, highY, 240);
    const left = Math.max(...ticksY.map((tick) => textWidth(formatNumber(tick, digitsY), 12))) + 14;
    const box = { left, right: wide - 14, top: 30, bottom: 246 };
    box.x = (value) => box.left + ((value - lowX) / (highX - lowX)) * (box.right - box.left);
    const y = (value) => box.bottom - ((value - lowY) / (highY - lowY)) * (box.bottom - box.top);
    const [ticksX, digitsX] = ticksWithin(lowX, highX, wide);
    for (const tick of ticksY) svgRoot.append(svg("line", { class: "hair", x1: left, x2: box.right, y1: y(tick), y2: y(tick) }), svg("text", { class: "tick", x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, formatNumber(tick, digitsY)));
    svgRoot.append(...axisTexts(box, ticksX, digitsX, box.bottom + 18),
      svg("text", { class: "tick", x: 2, y: 14 }, `${titled(one)} ${yearOf()}`),
      svg("text", { class: "tick", x: box.right, y: box.bottom + 40, "text-anchor": "end" }, wrapWords(titled(axis), 12, wide - 20)[0]));
    const order = [...all].sort((a, b) => keep[a] - keep[b]);
    for (const i of order) {
      if (!state.shown[groupOf[i]] || !Number.isFinite(at(one, i) + axis.values[i])) continue;
      const ring = groupOf[i] % 2 ? " ring" : "";
      svgRoot.append(svg("circle", { class: keep[i] ? `dot${ring}` : "dim", style: colour(groupOf[i]), cx: box.x(axis.values[i]).toFixed(1), cy: y(at(one, i)).toFixed(1), r: keep[i] ? 2.6 : 1.8 }));
    }
    describe(svgRoot, `${titled(axis)} – ${titled(one)} ${yearOf()}`);
  }

  function element(tag, text, attributes) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
    return made;
  }

  function writeNumbers(keep) {
    const one = course();
    const k = place(one);
    const head = element("tr");
    for (const name of ["group", "members", "low", "median", "high"]) head.append(element("th", t(name), { scope: "col" }));
    const body = element("tbody");
    const row = (label, count, values) => {
      const made = element("tr");
      made.append(element("th", label, { scope: "row" }), element("td", formatNumber(count, 0)));
      for (const value of values) made.append(element("td", figures(one)(value)));
      body.append(made);
    };
    const shown = groups.map((_, g) => g).filter((g) => state.shown[g]);
    for (const g of shown) {
      row(say(groups[g].title), groups[g].members, [0, 2, 4].map((p) => percentile(one, g, p)[k]));
      if (!filtered()) continue;
      const members = all.filter((i) => keep[i] && groupOf[i] === g);
      const sorted = sortedValues(one, members, k);
      row(`${say(groups[g].title)} · ${t("filtered")}`, members.length, [0.05, 0.5, 0.95].map((share) => quantile(sorted, share)));
    }
    if (data.paired && shown.length === 2) {
      const half = drawn / groups.length;
      const [a, b] = shown;
      const apart = [];
      for (let j = 0; j < half; j++) if (keep[a * half + j] && keep[b * half + j]) apart.push(at(one, b * half + j) - at(one, a * half + j));
      const sorted = apart.filter(Number.isFinite).sort((p, q) => p - q);
      row(`${say(groups[b].title)} − ${say(groups[a].title)} · ${t("future")}`, sorted.length, [0.05, 0.5, 0.95].map((share) => quantile(sorted, share)));
    }
    const thead = element("thead");
    thead.append(head);
    byId("numbers").replaceChildren(thead, body);
  }

  function tell(keep) {
    const count = keep.filter(Boolean).length;
    const shown = all.filter((i) => state.shown[groupOf[i]]).length;
    byId("told").textContent = filtered() ? t("kept").replace("{a}", formatNumber(count, 0)).replace("{b}", formatNumber(shown, 0)) : t("nothing").replace("{b}", formatNumber(shown, 0));
    for (const small of document.querySelectorAll(".explore .what")) small.textContent = titled(course()) + (small.closest(".panel").querySelector("#fan") ? "" : ` ${yearOf()}`);
    byId("say-year").textContent = yearOf();
  }

  function writeLimits() {
    const box = byId("limits");
    box.replaceChildren();
    for (const pole of poles()) {
      const limits = state.limits.get(pole.key) ?? ["", ""];
      const label = element("div", undefined, { class: "limit" });
      label.append(element("label", pole.unit ? `${pole.title} [${pole.unit}]` : pole.title));
      const pair = element("span", undefined, { class: "pair" });
      limits.forEach((value, end) => {
        const input = element("input", undefined, { type: "number", step: "any", "aria-label": `${pole.title} ${t(end ? "to" : "from")}` });
        input.value = Number.isFinite(value) ? Number(value.toPrecision(5)) : "";
        input.addEventListener("change", () => {
          const now = state.limits.get(pole.key) ?? [-Infinity, Infinity];
          const next = [...now];
          next[end] = input.value.trim() === "" ? (end ? Infinity : -Infinity) : Number(input.value);
          setLimits(pole.key, next);
          draw();
        });
        pair.append(end ? "–" : "", input);
      });
      label.append(pair);
      box.append(label);
    }
  }

  function setLimits(key, [low, high]) {
    if (low === -Infinity && high === Infinity) state.limits.delete(key);
    else state.limits.set(key, [low, high]);
  }

  function draw() {
    const keep = picked();
    drawFan(keep);
    drawSpread(keep);
    drawParallel(keep);
    drawScatter(keep);
    writeNumbers(keep);
    tell(keep);
  }

  function fill(select, list, chosen) {
    select.replaceChildren(...list.map((one, i) => element("option", titled(one), { value: String(i) })));
    select.value = String(chosen);
  }

  function writeChoices() {
    fill(byId("pick-course"), data.courses, state.course);
    fill(byId("pick-axis"), data.axes, state.axis);
    byId("pick-year").max = String(years().length - 1);
    byId("pick-year").value = String(place(course()));
    byId("pick-groups").replaceChildren(...groups.map((group, g) => {
      const label = element("label");
      const box = element("input", undefined, { type: "checkbox" });
      box.checked = state.shown[g];
      box.addEventListener("change", () => {
        state.shown[g] = box.checked;
        if (!state.shown.some(Boolean)) state.shown[g] = box.checked = true;
        draw();
      });
      const mark = svg("svg", { width: 30, height: 10, "aria-hidden": "true" }, svg("line", { x1: 0, x2: 30, y1: 5, y2: 5, stroke: group.colour, "stroke-width": 2.4, "stroke-dasharray": group.dash }));
      label.append(box, mark, say(group.title));
      return label;
    }));
    writeLimits();
  }

  byId("pick-course").addEventListener("change", (event) => {
    state.course = Number(event.target.value);
    byId("pick-year").max = String(years().length - 1);
    byId("pick-year").value = String(place(course()));
    writeLimits();
    draw();
  });
  byId("pick-axis").addEventListener("change", (event) => {
    state.axis = Number(event.target.value);
    writeLimits();
    draw();
  });
  byId("pick-year").addEventListener("input", (event) => {
    state.year = years()[Number(event.target.value)];
    for (const key of [...state.limits.keys()]) if (key.startsWith("y:")) state.limits.delete(key);
    writeLimits();
    draw();
  });
  byId("clear").addEventListener("click", () => {
    state.limits.clear();
    writeLimits();
    draw();
  });

  let drag = null;
  const valueAt = (event) => {
    const box = byId("parallel").getBoundingClientRect();
    const { reaches, top, bottom } = byId("parallel").place;
    const share = clamp((bottom - (event.clientY - box.top)) / (bottom - top), [0, 1]);
    return reaches[drag.pole][0] + share * (reaches[drag.pole][1] - reaches[drag.pole][0]);
  };
  byId("parallel").addEventListener("pointerdown", (event) => {
    if (event.target.dataset.pole === undefined) return;
    drag = { pole: Number(event.target.dataset.pole), from: 0 };
    drag.key = byId("parallel").place.shown[drag.pole].key;
    drag.from = valueAt(event);
    drag.y = event.clientY;
    byId("parallel").setPointerCapture(event.pointerId);
  });
  byId("parallel").addEventListener("pointermove", (event) => {
    if (!drag || Math.abs(event.clientY - drag.y) < 3) return;
    const to = valueAt(event);
    state.limits.set(drag.key, [Math.min(drag.from, to), Math.max(drag.from, to)]);
    draw();
  });
  for (const name of ["pointerup", "pointercancel"])
    byId("parallel").addEventListener(name, (event) => {
      if (drag && Math.abs(event.clientY - drag.y) < 3) state.limits.delete(drag.key);
      if (drag) {
        writeLimits();
        draw();
      }
      drag = null;
    });

  function drawAll() {
    writeChoices();
    draw();
    root.dataset.explored = root.dataset.lang;
  }
  new MutationObserver(drawAll).observe(root, { attributes: true, attributeFilter: ["data-lang"] });
  let seen = 0;
  new ResizeObserver(() => {
    if (byId("explore").clientWidth === seen) return;
    seen = byId("explore").clientWidth;
    drawAll();
  }).observe(byId("explore"));
  drawAll();
})();
