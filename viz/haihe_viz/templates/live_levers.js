/* The levers: a slider, a number, what the plan says, and when it is reached. */

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
}

// A step that cuts the range into about a hundred.
function stepOf(slider) {
  const span = (slider.limits[1] - slider.limits[0]) * slider.factor;
  const raw = span / 100;
  const power = 10 ** Math.floor(Math.log10(raw) + 1e-9);
  return [5, 2, 1].find((one) => one * power <= raw * (1 + 1e-9)) * power;
}

// Values as the model has them, without the noise of the conversion.
function toModel(shown, slider) {
  return Number((shown / slider.factor).toPrecision(12));
}

// 二十三 is 23; what is no such number comes last.
function countNumeral(text) {
  if (!/^[一二三四五六七八九]?十?[一二三四五六七八九]?$/.test(text) || !text) return 999;
  const digit = (sign) => "一二三四五六七八九".indexOf(sign) + 1;
  if (!text.includes("十")) return digit(text);
  const [tens, ones] = text.split("十");
  return 10 * (tens ? digit(tens) : 1) + (ones ? digit(ones) : 0);
}

function makeLevers(page) {
  const { data, say, tell, state } = page;
  const rows = new Map();
  const nodes = new Map();

  const unitOf = (slider) => (slider.timing === "delay" ? say("unitYear") : tell(slider.unit));
  const shownOf = (slider, value) => Number((value * slider.factor).toPrecision(12));
  const show = (slider, value) => {
    const exact = shownOf(slider, value);
    let digits = 0;
    while (digits < 6 && Math.abs(exact - Number(exact.toFixed(digits))) > 1e-9 * Math.abs(exact)) digits++;
    return withUnit(formatNumber(exact, digits), unitOf(slider));
  };
  const describe = (slider, value) => {
    const text = show(slider, endOf(value));
    return Array.isArray(value) ? say("byYear", { number: text, year: value[value.length - 1][0] }) : text;
  };
  const article = (key) => say("article", { number: key, count: countNumeral(key) });
  const titleOf = (slider) => {
    const own = tell(slider.title);
    const element = tell(slider.elementTitle);
    return slider.timing ? `${element}${page.lang === "zh" ? "：" : ": "}${own}` : element ? `${own}（${element}）` : own;
  };

  // By policy group, or by the article that first asks for the lever.
  function groups(order) {
    const found = new Map();
    for (const slider of data.sliders) {
      if (order === "article" && slider.timing) continue;
      const key = order === "article" ? (slider.articles[0] ?? "") : slider.group;
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(slider);
    }
    const entries = [...found];
    return order === "article" ? entries.sort((a, b) => countNumeral(a[0]) - countNumeral(b[0])) : entries;
  }

  function groupTitle(order, key) {
    if (order === "article") {
      const title = page.lang === "zh" ? (data.articles[key] ?? "") : "";
      return key ? `${article(key)} ${title}`.trim() : say("beyond");
    }
    return data.groups[key] ? tell(data.groups[key]) : key;
  }

  function row(slider, number) {
    const id = `lever-${number}`;
    const unit = unitOf(slider);
    const title = titleOf(slider);
    const step = stepOf(slider);
    const range = h("input", { type: "range", id, step: step, "aria-describedby": `${id}-told`,
      oninput: () => page.setValue(slider, toModel(Number(range.value), slider)) });
    const exact = h("input", { type: "number", step: "any", "aria-label": say("valueOf", { title, unit }),
      onchange: () => {
        const value = Number(exact.value);
        if (exact.value.trim() === "" || !Number.isFinite(value)) return refresh(slider);
        page.setValue(slider, clamp(toModel(value, slider), limitsOf(slider, state.values)));
      } });
    const reset = h("button", { type: "button", class: "reset", "aria-label": say("resetOne", { title }), title: say("resetOne", { title }),
      onclick: () => { page.resetSliders([slider]); range.focus(); } }, "↺");
    const told = h("p", { class: "told", id: `${id}-told` });
    const year = slider.moves
      ? h("input", { type: "number", min: data.policyStart + 1, max: data.time.stop, step: 1, "aria-label": say("reachedOf", { title }),
          onchange: () => {
            const wanted = year.value.trim() === "" ? null : Math.round(clamp(Number(year.value), [data.policyStart + 1, data.time.stop]));
            if (wanted !== null && !Number.isFinite(wanted)) return refresh(slider);
            page.setRaw(slider, moveYear(state.values[slider.id], wanted));
          } })
      : null;
    const element = h("div", { class: "lever", "data-id": slider.id },
      h("div", { class: "head" }, h("label", { for: id }, slider.timing ? tell(slider.title) : title), reset),
      h("div", { class: "set" }, range, h("span", { class: "exact" }, exact, h("span", { class: "unit" }, unit))),
      told, slider.timing ? null : says(slider, year));
    rows.set(slider.id, { element, range, exact, told, year, reset });
    return element;
  }

  function says(slider, year) {
    const measures = Object.entries(data.measures).filter(([, one]) => one.levers.includes(slider.name));
    const body = h("div", { class: "says" });
    if (tell(slider.note)) body.append(h("p", {}, tell(slider.note)));
    if (year) body.append(h("p", { class: "when" }, say("reachedBy"), " ", year, " ", h("small", {}, say("reachedHint"))));
    for (const [id, one] of measures)
      body.append(h("div", { class: "measure" },
        h("p", {}, h("b", {}, tell(one.title)), " ", h("span", { class: "pill" }, `${article(one.article)} · ${id}`), " ",
          h("span", { class: "pill" }, tell(data.look.statuses[one.status] ?? { zh: one.status, en: one.status }))),
        h("q", { lang: "zh-CN" }, one.quote),
        tell(one.reason) ? h("small", {}, tell(one.reason)) : null));
    if (!measures.length) body.append(h("p", {}, say("beyond")));
    return h("details", { class: "what" }, h("summary", {}, say("saysTitle")), body);
  }

  // Builds all rows again: at the start, and where language or order change.
  function build(order) {
    const open = new Set([...document.querySelectorAll("#levers details[open][data-key]")].map((one) => one.dataset.key));
    rows.clear();
    nodes.clear();
    let number = 0;
    const parts = groups(order).map(([key, members], k) => {
      const title = groupTitle(order, key);
      const count = h("span", { class: "count" });
      const timed = members.filter((one) => one.timing);
      const plain = members.filter((one) => !one.timing);
      const reset = h("button", { type: "button", class: "plain small", "aria-label": say("resetGroupOf", { title }),
        onclick: () => page.resetSliders(members) }, say("resetGroup"));
      const part = h("details", { class: "group", "data-key": key, open: open.size ? open.has(key) : k === 0 },
        h("summary", {}, h("span", {}, title), " ", h("small", {}, String(plain.length)), " ", count),
        ...plain.map((one) => row(one, number++)),
        timed.length ? h("fieldset", { class: "timing" }, h("legend", {}, say("timing")), ...timed.map((one) => row(one, number++))) : null,
        h("p", { class: "end" }, reset));
      nodes.set(key, { part, count, members });
      return part;
    });
    const none = h("p", { class: "none", hidden: true }, say("noLever"));
    document.getElementById("levers").replaceChildren(...parts, none);
    refreshAll();
  }

  function refresh(slider) {
    const { element, range, exact, told, year, reset } = rows.get(slider.id) ?? {};
    if (!element) return;
    const value = state.values[slider.id];
    const own = page.presetValues()[slider.id];
    const [low, high] = limitsOf(slider, state.values);
    const shown = shownOf(slider, endOf(value));
    range.min = shownOf(slider, low);
    range.max = shownOf(slider, high);
    if (document.activeElement !== range || Math.abs(Number(range.value) - shown) > stepOf(slider)) range.value = shown;
    range.setAttribute("aria-valuetext", describe(slider, value));
    exact.min = range.min;
    exact.max = range.max;
    exact.value = shown;
    if (year) year.value = Array.isArray(value) ? value[value.length - 1][0] : "";
    told.textContent = [slider.timing ? "" : say("was", { number: show(slider, slider.default) }), say("presetIs", { number: describe(slider, own) })]
      .filter(Boolean).join(" · ");
    const changed = !isSameValue(value, own);
    element.classList.toggle("changed", changed);
    reset.disabled = !changed;
  }

  function refreshCounts() {
    const own = page.presetValues();
    for (const { count, members } of nodes.values()) {
      const changed = members.filter((one) => !isSameValue(state.values[one.id], own[one.id])).length;
      count.textContent = changed ? say("changedCount", { count: changed }) : "";
    }
  }

  function refreshAll() {
    data.sliders.forEach(refresh);
    refreshCounts();
  }

  // Shows levers whose words hold what is looked for.
  function find(text) {
    const wanted = text.trim().toLowerCase();
    let any = false;
    for (const { part, members } of nodes.values()) {
      let here = false;
      for (const slider of members) {
        const entry = rows.get(slider.id);
        const words = [slider.name, slider.title.zh, slider.title.en, slider.elementTitle.zh, slider.elementTitle.en].join(" ").toLowerCase();
        const fits = !wanted || words.includes(wanted);
        if (entry) entry.element.hidden = !fits;
        here ||= fits;
      }
      part.hidden = !here;
      if (wanted && here) part.open = true;
      any ||= here;
    }
    document.querySelector("#levers .none").hidden = any;
  }

  function goTo(slider) {
    const entry = rows.get(slider.id);
    if (!entry) return;
    entry.element.closest("details.group").open = true;
    entry.range.focus();
    entry.element.scrollIntoView({ block: "center" });
  }

  return { build, refresh, refreshCounts, refreshAll, find, goTo, describe, show, titleOf };
}
