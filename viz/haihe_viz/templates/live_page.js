/* The live page: moves, runs, sentences, charts, scorecard, futures. No request, no eval. */
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const REST = 120; // [ms]
  const NAMES = { zh: "zh-CN", en: "en" };
  const outcomes = new Map(data.outcomes.map((one) => [one.id, one]));

  const engine = makeEngine(data, createModel, createSchedule);
  const years = engine.years;
  data.readYears = [2025, 2030, 2035, 2050, 2060].filter((one) => yearIndex(years, one) >= 0);
  if (!data.readYears.length) data.readYears = [years[years.length - 1]];
  const tableYears = [data.baseYear, ...data.readYears].filter((one) => yearIndex(years, one) >= 0);

  const first = readAddress(data, location.hash);
  const state = first.state;
  const page = { data, state, lang: first.lang ?? root.dataset.lang, say, tell, setValue, setRaw, resetSliders, presetValues };
  const levers = makeLevers(page);
  const timings = [];
  let results = null;
  let reference = null;
  let baseline = null;
  let scores = [];
  let referenceScores = [];
  let futures = null;
  let ticket = 0;
  let hovered = null;
  const panels = [];

  // --- words ---

  function tell(text) {
    return text[page.lang] || text.zh || text.en || "";
  }

  function say(key, values) {
    return tell(data.words[key]).replace(/\{(\w+)\}/g, (_, name) => String(values?.[name] ?? ""));
  }

  const shortTitle = (preset) => tell(preset.title).split(/[（(]/)[0].trim() || preset.id;
  const presetTitle = () => tell(presetOf(data, state.preset).title);
  const show = (outcome, value, signed) => withUnit(formatNumber(value, outcome.digits, signed), tell(outcome.unit));
  // A difference of shares is in points.
  const showGap = (outcome, gap) =>
    outcome.unit.en === "%" ? say("points", { number: formatNumber(gap, outcome.digits, true) }) : show(outcome, gap, true);
  const inWords = (title) => (page.lang === "en" && /^[A-Z][a-z]/.test(title) ? title[0].toLowerCase() + title.slice(1) : title);
  const bare = (outcome) => inWords(tell(outcome.title).split(/[（(]/)[0].trim());

  // --- running ---

  function presetValues() {
    return valuesOf(data, state.preset);
  }

  function at2(series, year) {
    return series[yearIndex(years, year)];
  }

  const cache = new WeakMap();
  function seriesIn(run, outcome) {
    if (!cache.has(run)) cache.set(run, new Map());
    const own = cache.get(run);
    if (!own.has(outcome.id)) own.set(outcome.id, seriesOf(outcome, run));
    return own.get(outcome.id);
  }

  function runReferences() {
    reference = engine.run({ preset: state.preset, values: presetValues() });
    referenceScores = scoreAll(data, years, reference);
    if (data.baseline && !baseline)
      baseline = engine.run({ preset: data.baseline, values: valuesOf(data, data.baseline) });
  }

  function run() {
    const begin = performance.now();
    results = engine.run(state);
    const middle = performance.now();
    scores = scoreAll(data, years, results);
    return { begin, simulated: middle - begin };
  }

  // One move: run, draw, and send the futures after it. Several moves of one frame are one.
  let pending = null;
  function change(moved) {
    pending ??= performance.now();
    ticket += 1;
    askFutures();
    if (moved) levers.refresh(moved);
    scheduleDraw();
  }

  let waiting = false;
  function scheduleDraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const from = pending;
      pending = null;
      try {
        const { begin, simulated } = run();
        drawAll();
        const done = performance.now();
        if (from !== null) timings.push({ simulated, worked: done - begin, drawn: done - from });
      } catch (error) {
        complain(say("stopped", { problem: error.message }));
        throw error;
      }
    });
  }

  function drawAll() {
    writeSentences();
    drawTiles();
    for (const panel of panels) {
      panel.due = !panel.near;
      if (panel.near) drawPanel(panel);
    }
    levers.refreshCounts();
    clearTimeout(resting);
    resting = setTimeout(drawRest, REST);
    rememberLater();
    askInfluence();
  }

  // What nobody looks at just now is drawn when the lever rests.
  let resting = 0;
  function drawRest() {
    for (const panel of panels) if (panel.due) drawPanel(panel);
    drawScores();
  }

  function setValue(slider, value) {
    const own = state.values[slider.id];
    setRaw(slider, moveEnd(own, value, slider.default));
  }

  function setRaw(slider, value) {
    state.values = { ...state.values, [slider.id]: value };
    change(slider);
  }

  function resetSliders(sliders) {
    const own = presetValues();
    state.values = { ...state.values, ...Object.fromEntries(sliders.map((one) => [one.id, own[one.id]])) };
    levers.refreshAll();
    change();
  }

  // --- futures, in a worker ---

  let worker = null;
  let answering = false;
  function startWorker() {
    if (!engine.futures) return;
    const text = ["model", "core", "worker"].map((id) => at(id).textContent).join("\n");
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      worker = new Worker(address);
    } catch {
      return startHere();
    }
    worker.onmessage = (event) => hear(event.data);
    worker.onerror = () => {
      worker = null;
      startHere();
    };
    worker.postMessage({ data: { ...data, engine: {}, measures: {}, words: {} } });
  }

  // Where there is no worker, the futures run in idle slices of the page itself.
  function startHere() {
    let job = null;
    const own = makeEngine(data, createModel, createSchedule);
    const advance = () => {
      if (!job) return;
      const stop = Math.min(job.next + 4, own.futures);
      for (; job.next < stop; job.next++) job.all.add(own.run(job.state, job.next));
      if (job.next < own.futures) return void setTimeout(advance, 0);
      const { ticket: done, all } = job;
      job = null;
      hear({ ticket: done, ...all.finish() });
    };
    worker = {
      postMessage(message) {
        const idle = !job;
        job = { ...message, next: 0, all: makeGatherer(data, years) };
        if (idle) setTimeout(advance, 0);
      },
    };
    answering = true;
    askFutures();
  }

  let movedAt = 0;
  let asking = 0;
  const answered = [];
  // While a lever is still moving, its line comes first: the futures start when it rests.
  function askFutures() {
    movedAt = performance.now();
    clearTimeout(asking);
    if (worker && answering)
      asking = setTimeout(() => worker.postMessage({ ticket, state: { preset: state.preset, values: state.values } }), REST);
  }

  function hear(message) {
    if (message.ready !== undefined) {
      answering = true;
      return askFutures();
    }
    if (message.error) return complain(say("stopped", { problem: message.error }));
    if (message.ticket !== ticket) return;
    futures = message;
    answered.push(performance.now() - movedAt);
    requestAnimationFrame(() => {
      writeSentences();
      drawTiles();
      panels.forEach(drawPanel);
      drawScores();
      root.dataset.futures = String(ticket);
    });
  }

  const isFresh = () => futures !== null && futures.ticket === ticket;
  const bandOf = (outcome) => futures?.bands?.[outcome.id] ?? null;

  // --- what the top says ---

  function changeWords(outcome, now, then) {
    if (!Number.isFinite(now) || !Number.isFinite(then)) return "–";
    const unit = tell(outcome.unit);
    const percent = outcome.unit.en.startsWith("%");
    const gap = percent ? now - then : then === 0 ? NaN : (100 * (now - then)) / Math.abs(then);
    if (!Number.isFinite(gap)) return show(outcome, now - then, true);
    const rounded = Math.abs(Number(gap.toFixed(1)));
    if (rounded === 0) return say("flat");
    const number = percent && unit === "%" ? say("points", { number: rounded.toFixed(1) }) : `${rounded.toFixed(1)}%`;
    return say(gap < 0 ? "falls" : "rises", { number });
  }

  function isCounted(target) {
    if (data.standards.length < 2) return true;
    const [old, young] = data.standards;
    const other = state.standard === "old" ? young : old;
    return target.indicator !== other;
  }

  function tally(list, scope) {
    const counted = data.targets.map((one, k) => [one, list[k]])
      .filter(([one, score]) => one.scope === scope && score && score.met !== null && isCounted(one));
    return { all: counted.length, met: counted.filter(([, score]) => score.met).length };
  }

  function headline(id) {
    const [old, young] = data.standards;
    return state.standard === "new" && id === old ? young : state.standard === "old" && id === young ? old : id;
  }

  function writeSentences() {
    const told = data.told.map((id) => outcomes.get(id));
    const changes = told.map((outcome, i) => {
      const series = seriesIn(results, outcome);
      const word = changeWords(outcome, at2(series, state.year), at2(series, data.baseYear));
      return say(i ? "changeNext" : "change", { title: bare(outcome), year: state.year, base: data.baseYear, word });
    });
    const now = tally(scores, "plan");
    at("sentence").textContent = say("sentence", {
      changes: changes.join(say("and")),
      tally: now.all ? say("tally", now) : say("noTally"),
    });
    at("against").textContent = compareWords(now);
    at("certainty").textContent = certaintyWords();
    root.classList.toggle("stale", !isFresh() && engine.futures > 0);
    speakLater(at("sentence").textContent);
  }

  function compareWords(now) {
    const count = changedSliders(data, state).length;
    if (!count) return say("untouched", { preset: presetTitle() });
    const ids = [...new Set(data.tiles.map(headline))].slice(0, 3);
    const changes = ids.map((id) => {
      const outcome = outcomes.get(id);
      const gap = at2(seriesIn(results, outcome), state.year) - at2(seriesIn(reference, outcome), state.year);
      return `${bare(outcome)} ${showGap(outcome, gap)}`;
    });
    const gained = now.met - tally(referenceScores, "plan").met;
    const word = gained > 0 ? "moreMet" : gained < 0 ? "fewerMet" : "sameMet";
    return say("against", {
      preset: presetTitle(), count, year: state.year, changes: changes.join(say("and")),
      targets: say(word, { count: Math.abs(gained) }),
    });
  }

  function certaintyWords() {
    if (!engine.futures) return say("noFutures");
    if (!isFresh()) return say("computing", { count: engine.futures });
    const chances = data.targets.map((one, k) => [one, futures.chances[k]])
      .filter(([one, chance]) => one.scope === "plan" && chance !== null && isCounted(one)).map(([, chance]) => chance);
    return say("sure", {
      count: futures.count,
      sure: chances.filter((one) => one > 0.9).length,
      open: chances.filter((one) => one >= 0.1 && one <= 0.9).length,
      poor: chances.filter((one) => one < 0.1).length,
    });
  }

  let speaking = 0;
  function speakLater(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => (at("spoken").textContent = text), 900);
  }

  function complain(text) {
    at("notice").textContent = text;
    at("notice").hidden = !text;
  }

  function drawTiles() {
    const tiles = [...new Set(data.tiles.map(headline))].map((id) => {
      const outcome = outcomes.get(id);
      const value = at2(seriesIn(results, outcome), state.year);
      const own = at2(seriesIn(reference, outcome), state.year);
      const band = bandOf(outcome);
      const changed = formatNumber(value - own, outcome.digits) !== formatNumber(0, outcome.digits);
      const better = outcome.better && changed ? (value < own) === (outcome.better === "lower") : null;
      const title = tell(outcome.title).split(/[（(]/)[0];
      return h("dl", { class: `tile ${better === null ? "" : better ? "better" : "worse"}` },
        h("dt", {}, title, h("small", {}, ` ${state.year}`)),
        h("dd", { class: "value" }, formatNumber(value, outcome.digits), h("small", {}, ` ${tell(outcome.unit)}`)),
        h("dd", { class: "range" }, h("span", { class: "what" }, band ? say("band") : "\u00a0"),
          band ? ` ${formatNumber(at2(band.low, state.year), outcome.digits)}–${formatNumber(at2(band.high, state.year), outcome.digits)}` : ""),
        h("dd", { class: "delta" }, changed ? say("delta", { preset: shortTitle(presetOf(data, state.preset)), number: formatNumber(value - own, outcome.digits, true) }) : "\u00a0"));
    });
    at("tiles").replaceChildren(...tiles);
  }

  // --- charts ---

  function buildPanels() {
    panels.length = 0;
    // The standard of air decides which of the two charts of good-air days is shown, unless both are.
    const both = data.standards.length > 1 && data.standards.every((id) => state.charts.includes(id));
    const elements = state.charts.map((id) => (both ? id : headline(id))).map((id, k) => {
      const outcome = outcomes.get(id);
      const mixed = outcome.elements.length > 1;
      const heading = `chart-${k}-title`;
      const drawing = svg("svg", { role: "img", "aria-labelledby": `${heading} chart-${k}-read`, focusable: "false" });
      const readout = h("p", { class: "readout", id: `chart-${k}-read` });
      const flat = h("p", { class: "flat" });
      const table = h("div", { class: "scroll" });
      const details = h("details", { class: "data" }, h("summary", {}, say("dataTable")), table);
      const figure = h("figure", { class: "panel" },
        h("figcaption", {}, h("b", { id: heading }, tell(outcome.title)), " ", h("small", {}, tell(outcome.unit)), " ",
          h("span", { class: `badge grade-${outcome.grade || "x"}` }, tell(data.look.grades[outcome.grade] ?? { zh: "", en: "" }))),
        readout, drawing, flat, tell(outcome.caveat) ? h("p", { class: "caveat" }, tell(outcome.caveat)) : null, details);
      const panel = { id: `chart-${k}`, outcome, mixed, drawing, readout, flat, table, details, figure, frame: null, near: k < 2, due: false };
      details.addEventListener("toggle", () => drawTable(panel));
      drawing.addEventListener("pointermove", (event) => hover(panel, event));
      drawing.addEventListener("pointerleave", () => hover(panel, null));
      panels.push(panel);
      return figure;
    });
    at("charts").replaceChildren(...elements);
    measure();
    sight.disconnect();
    for (const panel of panels) sight.observe(panel.figure);
    watcher.disconnect();
    watcher.observe(at("charts"));
  }

  // Read when the room changes, not at each move: reading it makes the browser lay out anew.
  let panelWidth = 0;
  function measure() {
    const before = panelWidth;
    panelWidth = panels.length ? panels[0].figure.clientWidth : 0;
    return before !== panelWidth;
  }
  const watcher = new ResizeObserver(() => {
    if (measure() && results) panels.forEach(drawPanel);
  });

  function hover(panel, event) {
    let year = null;
    if (event && panel.frame) {
      const box = panel.drawing.getBoundingClientRect();
      const share = (event.clientX - box.left - panel.frame.left) / (panel.frame.right - panel.frame.left);
      if (share >= 0 && share <= 1) year = years[Math.round(share * (years.length - 1))];
    }
    if (year === hovered) return;
    hovered = year;
    panels.forEach((one) => {
      writeReadout(one);
      const line = one.drawing.querySelector(".reading");
      if (line && one.frame) for (const end of ["x1", "x2"]) line.setAttribute(end, one.frame.x(hovered ?? state.year));
    });
  }

  const isSameSeries = (a, b) => a.every((one, i) => one === b[i] || Math.abs(one - b[i]) <= 1e-9 * Math.max(Math.abs(one), Math.abs(b[i])));

  function linesOf(outcome) {
    const now = seriesIn(results, outcome);
    const lines = [{ kind: "now", text: say("now"), values: now }];
    const own = seriesIn(reference, outcome);
    if (!isSameSeries(own, now)) lines.unshift({ kind: "preset", text: shortTitle(presetOf(data, state.preset)), values: own });
    if (baseline && data.baseline !== state.preset)
      lines.unshift({ kind: "baseline", text: shortTitle(presetOf(data, data.baseline)), values: seriesIn(baseline, outcome) });
    return lines;
  }

  function marksOf(outcome) {
    return data.targets
      .filter((one) => one.scored && one.indicator === outcome.id && one.measure === "level" && !one.per && !one.offset && outcome.cells === 1 && one.scope === "plan")
      .map((one) => ({ year: one.year, value: one.value / one.factor, text: `${say("target")}: ${tell(one.title)}` }));
  }

  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const panel = panels.find((one) => one.figure === target);
      if (!panel) continue;
      panel.near = isIntersecting;
      if (isIntersecting && panel.due) drawPanel(panel);
    }
  }, { rootMargin: "120px" });

  function drawPanel(panel) {
    panel.due = false;
    const { outcome, drawing } = panel;
    const chart = { id: panel.id, width: Math.max(240, panelWidth), height: panel.mixed ? 290 : 220, years,
      baseYear: data.baseYear, read: hovered ?? state.year, look: data.look };
    if (panel.mixed) {
      const parts = outcome.elements.map((one, k) => ({ text: tell(one.title), values: cellSeries(outcome, results, k) }));
      const total = baseline && data.baseline !== state.preset ? { text: say("baselineTotal"), values: seriesIn(baseline, outcome) } : null;
      panel.parts = parts;
      panel.frame = drawStack(drawing, { ...chart, parts, baseline: total });
    } else {
      panel.lines = linesOf(outcome);
      panel.frame = drawLines(drawing, { ...chart, lines: panel.lines, band: bandOf(outcome), stale: !isFresh(),
        points: outcome.history, marks: marksOf(outcome) });
      panel.flat.textContent = panel.frame.axis.start > 0 || panel.frame.axis.stop < 0 ? say("notZero") : "";
    }
    writeReadout(panel);
    if (panel.details.open) drawTable(panel);
  }

  function writeReadout(panel) {
    const year = hovered ?? state.year;
    const { outcome } = panel;
    const value = (series) => formatNumber(at2(series, year), outcome.digits);
    const parts = [h("span", {}, say("readout", { year })), " ", h("b", {}, value(seriesIn(results, outcome)))];
    const band = panel.mixed ? null : bandOf(outcome);
    if (band) parts.push(" ", h("span", { class: "span" }, `(${value(band.low)}–${value(band.high)})`));
    for (const line of [...(panel.lines ?? [])].reverse())
      if (line.kind !== "now") parts.push(" ", h("span", { class: "beside" }, `${line.text} ${value(line.values)}`));
    const seen = outcome.history.find((one) => one[0] === year);
    if (seen) parts.push(" ", h("span", { class: "beside" }, `${say("observed")} ${formatNumber(seen[1], outcome.digits)}`));
    panel.readout.replaceChildren(...parts);
  }

  function drawTable(panel) {
    if (!panel.details.open) return;
    const { outcome } = panel;
    const number = (series, year) => formatNumber(at2(series, year), outcome.digits);
    const columns = panel.mixed
      ? [...panel.parts.map((one) => [one.text, (year) => number(one.values, year)]), [say("total"), (year) => number(seriesIn(results, outcome), year)]]
      : [...panel.lines].reverse().flatMap((line) => {
          const own = [[line.text, (year) => number(line.values, year)]];
          const band = bandOf(outcome);
          if (line.kind === "now" && band) own.push([say("band"), (year) => `${number(band.low, year)}–${number(band.high, year)}`]);
          return own;
        });
    if (!panel.mixed && outcome.history.length)
      columns.push([say("observed"), (year) => formatNumber(outcome.history.find((one) => one[0] === year)?.[1], outcome.digits)]);
    panel.table.replaceChildren(h("table", { class: "numbers" },
      h("caption", {}, `${tell(outcome.title)}, ${tell(outcome.unit)}`),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, panel.mixed ? say("part") : say("year")),
        ...(panel.mixed ? tableYears.map((one) => h("th", { scope: "col" }, String(one))) : columns.map(([name]) => h("th", { scope: "col" }, name))))),
      h("tbody", {}, ...(panel.mixed
        ? columns.map(([name, read]) => h("tr", {}, h("th", { scope: "row" }, name), ...tableYears.map((one) => h("td", {}, read(one)))))
        : tableYears.map((year) => h("tr", {}, h("th", { scope: "row" }, String(year)), ...columns.map(([, read]) => h("td", {}, read(year)))))))));
  }

  function buildChooser() {
    const groups = new Map();
    for (const outcome of data.outcomes) {
      if (outcome.cells > 1 && (outcome.elements.length < 2 || outcome.elements.length > 12)) continue;
      const cells = outcome.elements.map((_, k) => cellSeries(outcome, reference, k)).flat();
      if (outcome.cells > 1 && cells.some((one) => !(one >= -1e-9))) continue;
      const heading = data.look.headings[outcome.group] ?? data.groups[outcome.group] ?? { zh: outcome.group, en: outcome.group };
      const title = tell(heading);
      if (!groups.has(title)) groups.set(title, []);
      groups.get(title).push(outcome);
    }
    at("choices").replaceChildren(...[...groups].map(([title, members]) => h("fieldset", {}, h("legend", {}, title),
      ...members.map((outcome) => {
        const box = h("input", { type: "checkbox", checked: state.charts.includes(outcome.id), onchange: () => {
          state.charts = box.checked ? [...state.charts, outcome.id] : state.charts.filter((one) => one !== outcome.id);
          buildPanels();
          panels.forEach(drawPanel);
          rememberLater();
        } });
        return h("label", {}, box, " ", tell(outcome.title));
      }))));
  }

  function drawKey() {
    const line = (kind, text) => [svg("svg", { width: 34, height: 12, class: "sample" }, svg("path", { class: `line ${kind}`, d: "M1 6L33 6" })), h("span", {}, text)];
    const own = presetOf(data, state.preset);
    at("key").replaceChildren(
      ...line("now", say("now")), ...line("preset", shortTitle(own)),
      ...(data.baseline && data.baseline !== state.preset ? line("baseline", shortTitle(presetOf(data, data.baseline))) : []),
      ...(engine.futures ? [svg("svg", { width: 34, height: 12, class: "sample" }, svg("rect", { class: "band", width: 34, height: 12 })), h("span", {}, say("band"))] : []),
      svg("svg", { width: 14, height: 12, class: "sample" }, svg("circle", { class: "seen", cx: 7, cy: 6, r: 2.6 })), h("span", {}, say("observed")),
      svg("svg", { width: 14, height: 12, class: "sample" }, svg("path", { class: "aim", d: "M2 6L7 1L12 6L7 11Z" })), h("span", {}, say("target")));
  }

  // --- scorecard ---

  const rowsOf = new Map();
  function buildScores() {
    rowsOf.clear();
    const parts = ["plan", "sibling", "backtest"].map((scope) => {
      const members = data.targets.map((one, k) => [one, k]).filter(([one]) => one.scope === scope);
      const scored = members.filter(([one]) => one.scored);
      const unscored = members.filter(([one]) => !one.scored);
      if (!members.length) return null;
      const count = h("small", {});
      const heading = say(`${scope}Targets`);
      const table = scored.length ? h("div", { class: "scroll" }, h("table", { class: "scorecard" },
        h("thead", {}, h("tr", {}, ...["colTarget", "colVerdict", "colAsked", "colNow", "colChance", "colPreset"].map((key) => h("th", { scope: "col" }, say(key))))),
        h("tbody", {}, ...scored.map(([one, k]) => scoreRow(one, k))))) : null;
      const left = unscored.length ? h("details", { class: "unscored" }, h("summary", {}, say("unscored", { count: unscored.length })),
        h("ul", {}, ...unscored.map(([one]) => h("li", {}, h("b", {}, tell(one.title)), " ", h("small", {}, String(one.year)), " ", h("span", {}, tell(one.reason)))))) : null;
      rowsOf.set(scope, { count });
      return scope === "plan"
        ? h("div", {}, h("h3", { class: "plan" }, heading, " ", count), table, left)
        : h("details", { class: "measures other-plan" }, h("summary", {}, heading, " ", count), table, left);
    });
    at("scorecard").replaceChildren(...parts.filter(Boolean));
  }

  function scoreRow(target, k) {
    const cell = () => h("td", { class: "n" });
    const cells = { verdict: h("td", { class: "verdict" }), now: cell(), chance: cell(), preset: cell() };
    const labelled = (key, td, inner) => { td.append(h("span", { class: "label" }, say(key)), inner); return td; };
    cells.nowText = h("b", {});
    cells.chanceText = h("span", {});
    cells.presetText = h("span", {});
    const asked = withUnit(`${target.relation === "=" ? "" : data.look.relations[target.relation] + " "}${trim(target.value, target)}`, tell(target.unit));
    const row = h("tr", {},
      h("th", { scope: "row" }, h("span", { class: "what" }, tell(target.title)),
        h("span", { class: "tags" }, target.standard ? h("span", { class: "pill standard" }, target.standard) : null,
          h("span", { class: "pill" }, tell(data.look.strengths[target.strength] ?? { zh: target.strength, en: target.strength })),
          h("span", { class: `badge grade-${target.grade || "x"}` }, tell(data.look.grades[target.grade] ?? { zh: "", en: "" }))),
        target.quote ? h("q", { lang: "zh-CN" }, target.quote) : null,
        tell(target.rule) ? h("span", { class: "rule" }, say("rule", { rule: tell(target.rule) })) : null),
      cells.verdict,
      labelled("colAsked", cell(), h("span", {}, say("askedBy", { number: asked, year: target.year }))),
      labelled("colNow", cells.now, cells.nowText), labelled("colChance", cells.chance, cells.chanceText), labelled("colPreset", cells.preset, cells.presetText));
    rowsOf.set(k, { row, ...cells, shown: "" });
    return row;
  }

  // Digits of a document's number are its own; a computed one gets one, or what keeps it apart.
  function trim(value, target, apart) {
    if (value === null) return "–";
    if (target.unit.en === "year" || target.measure === "peak year") return String(Math.round(value));
    if (apart === undefined) return formatNumber(value, Math.min(6, (String(value).split(".")[1] ?? "").length));
    let digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    while (digits < 6 && Math.abs(value - apart) > 1e-6 && Math.abs(value - apart) < 0.5 * 10 ** -digits) digits++;
    return formatNumber(value, digits);
  }

  function drawScores() {
    data.targets.forEach((target, k) => {
      const entry = rowsOf.get(k);
      const score = scores[k];
      if (!entry || !score) return;
      const before = referenceScores[k];
      const chance = futures?.chances?.[k] ?? null;
      const counted = isCounted(target);
      const shown = JSON.stringify([score, before, chance, isFresh(), counted]);
      if (shown === entry.shown) return;
      entry.shown = shown;
      entry.row.className = counted ? "" : "apart";
      entry.verdict.className = `verdict ${score.met ? "met" : "unmet"}`;
      const flipped = before && before.met !== score.met;
      entry.verdict.replaceChildren(...(score.met === null ? ["–"] : [
        h("span", { class: "sign", "aria-hidden": "true" }, score.met ? "✓" : "✕"), " ", say(score.met ? "met" : "unmet"),
        counted ? null : h("small", {}, say("otherStandard")),
        flipped ? h("small", { class: "flip" }, say(score.met ? "turnedMet" : "turnedUnmet")) : null].filter((one) => one !== null)));
      const unit = tell(target.unit);
      entry.nowText.textContent = withUnit(trim(score.value, target, target.value), unit);
      entry.presetText.textContent = before ? withUnit(trim(before.value, target, target.value), unit) : "–";
      entry.chanceText.textContent = chance === null ? "–" : `${Math.round(100 * chance)}%`;
      entry.chance.classList.toggle("stale", !isFresh());
    });
    for (const scope of ["plan", "sibling", "backtest"]) {
      const entry = rowsOf.get(scope);
      if (entry) entry.count.textContent = say("metOf", tally(scores, scope));
    }
  }

  // --- which levers matter: each alone from here to either end ---

  let influencing = 0;
  function askInfluence() {
    clearTimeout(influencing);
    influencing = setTimeout(computeInfluence, 700);
  }

  function computeInfluence() {
    const outcome = outcomes.get(at("about").value) ?? outcomes.get(data.told[0]);
    const now = at2(seriesIn(results, outcome), state.year);
    const plain = data.sliders.filter((one) => !one.timing);
    const found = [];
    const asked = ticket;
    // In slices, so that a move is never kept waiting.
    const slice = (from) => {
      if (ticket !== asked) return;
      for (const slider of plain.slice(from, from + 4)) {
        for (const end of slider.limits) {
          if (end === endOf(state.values[slider.id])) continue;
          const moved = { ...state.values, [slider.id]: moveEnd(state.values[slider.id], end, slider.default) };
          const gap = at2(seriesOf(outcome, engine.run({ preset: state.preset, values: moved })), state.year) - now;
          if (Number.isFinite(gap)) found.push({ slider, end, gap });
        }
      }
      if (from + 4 < plain.length) return void setTimeout(() => slice(from + 4), 0);
      drawInfluence(outcome, found);
    };
    slice(0);
  }

  function drawInfluence(outcome, found) {
    const sum = new Map();
    for (const one of found) {
      const known = sum.get(one.slider) ?? [];
      sum.set(one.slider, [...known, one]);
    }
    const largest = (list) => Math.max(...list.map((one) => Math.abs(one.gap)));
    const ranked = [...sum].sort((a, b) => largest(b[1]) - largest(a[1])).slice(0, 8).filter(([, list]) => largest(list) > 0);
    const scale = ranked.length ? largest(ranked[0][1]) : 1;
    const rows = ranked.map(([slider, list]) => {
      const cells = list.map((one) => {
        const good = outcome.better ? (one.gap < 0) === (outcome.better === "lower") : null;
        const bar = svg("svg", { class: `effect ${good === null || one.gap === 0 ? "" : good ? "better" : "worse"}`, viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
          svg("line", { x1: 50, x2: 50, y1: 0, y2: 12 }),
          svg("rect", { x: one.gap < 0 ? 50 - (50 * -one.gap) / scale : 50, y: 2, width: (50 * Math.abs(one.gap)) / scale, height: 8 }));
        return h("div", { class: "push" }, h("span", {}, say("toEnd", { number: levers.show(slider, one.end) })), bar,
          h("b", {}, formatNumber(one.gap, outcome.digits + 1, true)));
      });
      const title = levers.titleOf(slider);
      return h("li", {}, h("button", { type: "button", class: "plain go", "aria-label": say("goTo", { title }), onclick: () => levers.goTo(slider) }, title), ...cells);
    });
    at("influence").replaceChildren(
      h("p", { class: "lead" }, `${say("influence", { title: bare(outcome), year: state.year })} · ${tell(outcome.unit)}`),
      h("ol", { class: "ranking" }, ...rows));
  }

  function buildAbout() {
    const chosen = at("about").value || data.told[0];
    at("about").replaceChildren(...data.outcomes.filter((one) => one.cells === 1).map((one) =>
      h("option", { value: one.id, selected: one.id === chosen }, tell(one.title))));
  }

  // --- address, export, printing ---

  let remembering = 0;
  function rememberLater() {
    clearTimeout(remembering);
    remembering = setTimeout(remember, 250);
  }

  function remember() {
    try {
      history.replaceState(null, "", writeAddress(data, state, page.lang));
    } catch {
      /* Some places do not let a page change its address; the link button still works. */
    }
  }

  function exportScenario() {
    const count = changedSliders(data, state).length;
    const both = (key, values) => Object.fromEntries(["zh", "en"].map((lang) => [lang,
      data.words[key][lang].replace(/\{(\w+)\}/g, (_, name) => String(values(lang)[name] ?? ""))]));
    const text = writeScenario(data, state, {
      title: both("exportTitle", (lang) => ({ preset: presetOf(data, state.preset).title[lang] })),
      story: both("exportStory", () => ({ count })),
    });
    const file = `${state.preset.replace(/[^A-Za-z0-9_-]+/g, "-") || "scenario"}-changed.yaml`;
    const address = URL.createObjectURL(new Blob([text], { type: "text/yaml" }));
    const link = h("a", { href: address, download: file });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    at("told").textContent = say("exported", { file });
  }

  async function copyLink() {
    remember();
    const address = location.href.replace(/#.*/, "") + writeAddress(data, state, page.lang);
    try {
      await navigator.clipboard.writeText(address);
      at("told").textContent = say("copied");
      at("address").hidden = true;
    } catch {
      at("told").textContent = say("copyHere");
      at("address").hidden = false;
      at("address").value = address;
      at("address").select();
    }
  }

  function writeSettings() {
    const own = presetValues();
    const changed = changedSliders(data, state);
    at("settings-title").textContent = say("settings", { preset: presetTitle() });
    at("settings").replaceChildren(...(changed.length ? changed : [null]).map((slider) => h("li", {}, slider
      ? `${levers.titleOf(slider)}${page.lang === "zh" ? "：" : ": "}${levers.describe(slider, state.values[slider.id])} (${say("presetIs", { number: levers.describe(slider, own[slider.id]) })})`
      : say("noSettings"))));
  }

  // --- building all that hangs on language, preset or order ---

  function buildAll() {
    root.lang = NAMES[page.lang];
    root.dataset.lang = page.lang;
    document.title = page.lang === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
    for (const button of document.querySelectorAll(".switch button"))
      button.setAttribute("aria-pressed", String(button.dataset.lang === page.lang));
    at("preset").replaceChildren(...data.presets.map((one) => h("option", { value: one.id, selected: one.id === state.preset }, tell(one.title))));
    at("story").textContent = tell(presetOf(data, state.preset).story);
    at("year").replaceChildren(...data.readYears.map((one) => h("option", { value: one, selected: one === state.year }, String(one))));
    const order = at("order").value || "group";
    at("order").replaceChildren(...[["group", { zh: "政策组", en: "Policy group" }], ["article", { zh: "计划条目", en: "Article of the plan" }]]
      .map(([value, text]) => h("option", { value, selected: value === order }, tell(text))));
    at("find").placeholder = tell({ zh: "查找政策杆", en: "Find a lever" });
    for (const radio of document.querySelectorAll("input[name=standard]")) radio.checked = radio.value === state.standard;
    levers.build(order);
    buildAbout();
    buildChooser();
    drawKey();
    buildScores();
    buildPanels();
    writeProvenance();
    run();
    drawAll();
    drawRest();
  }

  function writeProvenance() {
    at("left-out").textContent = Object.keys(data.leftOut).length
      ? say("leftOut", { what: Object.entries(data.leftOut).map(([id, why]) => `${id} (${tell(why)})`).join("; ") }) : "";
    const rows = [["haihe", data.haihe], ["model", `${data.model.name} ${data.digests.model}`], ["scenario", `${data.start} ${data.digests.scenario}`]];
    if (data.futures) rows.push(["futures", `${data.futures.count}, seed ${data.futures.seed}, ${data.futures.digest}`]);
    at("provenance").replaceChildren(...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, h("code", {}, value)))));
    at("checked").textContent = say(check.worst <= 1e-9 ? "checked" : "checkFailed", {
      preset: tell(presetOf(data, data.start).title), numbers: formatNumber(check.numbers, 0), worst: check.worst.toExponential(1) });
    at("checked").className = check.worst <= 1e-9 ? "" : "notice";
    if (!(check.worst <= 1e-9)) complain(at("checked").textContent);
  }

  // The first run against the engine's own numbers, which came with the page.
  function checkEngine() {
    const own = engine.run({ preset: data.start, values: valuesOf(data, data.start) });
    let worst = 0;
    let numbers = 0;
    for (const [name, text] of Object.entries(data.engine)) {
      const theirs = unpack(text);
      const scale = theirs.reduce((most, one) => Math.max(most, Math.abs(one)), 0) || 1;
      theirs.forEach((one, i) => {
        const gap = Object.is(one, own[name][i]) ? 0 : Math.abs(one - own[name][i]) / scale;
        if (!(gap <= worst)) worst = Number.isNaN(gap) ? Infinity : gap;
      });
      numbers += theirs.length;
    }
    return { worst, numbers };
  }

  function take(read) {
    Object.assign(state, read.state);
    if (read.lang) page.lang = read.lang;
    ticket += 1;
    runReferences();
    buildAll();
    askFutures();
    const told = [];
    if (read.wrong.length) told.push(say("notice", { count: read.wrong.length, what: read.wrong.map((one) => one.slice(0, 60)).slice(0, 5).join(", ") }));
    if (read.otherModel) told.push(say("otherModel"));
    complain(told.join(" "));
  }

  for (const button of document.querySelectorAll(".switch button"))
    button.addEventListener("click", () => {
      page.lang = button.dataset.lang;
      buildAll();
    });
  at("preset").addEventListener("change", () => {
    state.preset = at("preset").value;
    state.values = presetValues();
    ticket += 1;
    runReferences();
    buildAll();
    askFutures();
    at("preset").focus();
  });
  at("year").addEventListener("change", () => {
    state.year = Number(at("year").value);
    drawAll();
  });
  at("order").addEventListener("change", () => levers.build(at("order").value));
  at("about").addEventListener("change", computeInfluence);
  at("find").addEventListener("input", () => levers.find(at("find").value));
  at("reset").addEventListener("click", () => resetSliders(data.sliders));
  at("export").addEventListener("click", exportScenario);
  at("link").addEventListener("click", copyLink);
  for (const radio of document.querySelectorAll("input[name=standard]"))
    radio.addEventListener("change", () => {
      state.standard = radio.value;
      buildPanels();
      drawAll();
      drawRest();
    });
  window.addEventListener("hashchange", () => take(readAddress(data, location.hash)));
  window.addEventListener("beforeprint", () => {
    writeSettings();
    drawScores();
    measure();
    panels.forEach(drawPanel);
  });

  const check = checkEngine();
  take(first);
  startWorker();
  root.dataset.drawn = String(panels.length);
  // For whoever measures or tests the page.
  window.haiheLive = Object.freeze({ state, data, engine, timings, answered, check, results: () => results, scores: () => scores, futures: () => futures,
    scenario: () => writeScenario(data, state, { title: "", story: "" }) });
})();
