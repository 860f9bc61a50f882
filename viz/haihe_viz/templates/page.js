"use strict";
/* Draws the charts and changes the language in place. No request, no eval. */
(() => {
  const root = document.documentElement;
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const names = { zh: "zh-CN", en: "en" };

  const read = (map, key) => (map instanceof Map ? map.get(key) : map[key]);
  const pairs = (map) => (map instanceof Map ? [...map] : Object.entries(map));
  const plain = (value) =>
    value instanceof Map && value.has("field") ? { field: value.get("field") }
      : value instanceof Map && value.has("value") ? { value: value.get("value") }
      : value;

  function speak(model, lang) {
    for (const tag of model.tags ?? []) {
      const words = tag !== null && typeof tag === "object" ? read(tag, "i18n") : undefined;
      if (!words) continue;
      const changed = {};
      for (const [property, values] of pairs(words)) changed[property] = plain(read(values, lang));
      model.setv(changed);
    }
  }

  /* Titles and notes in lines as wide as the chart: Bokeh itself writes them in one. */
  const pen = document.createElement("canvas").getContext("2d");

  function breakLines(text, widest) {
    const lines = [""];
    for (const piece of text.match(/[\u2e80-\uffff][，。；：、！？）]*|[^\s\u2e80-\uffff]+\s*|\s+/g) ?? []) {
      const line = lines.at(-1) + piece;
      if (lines.at(-1) !== "" && pen.measureText(line.trimEnd()).width > widest) lines.push(piece.trimStart());
      else lines[lines.length - 1] = line;
    }
    return lines.map((line) => line.trimEnd());
  }

  function fit({ model, place }) {
    const titles = [model.title, ...model.above, ...model.below].filter((one) => one?.text_font_size && one.text !== undefined);
    let added = 0;
    for (const title of new Set(titles)) {
      const whole = wholes.get(title);
      if (whole === undefined) continue;
      pen.font = `${title.text_font_style} ${title.text_font_size} ${title.text_font}`;
      const start = title.offset < 0 ? 0 : edge(model, place);
      const lines = breakLines(whole, Math.max(place.clientWidth, model.min_width ?? 0) - start - 6);
      title.text = lines.join("\n");
      added += (lines.length - 1) * parseFloat(title.text_font_size) * 1.3;
    }
    return Math.round(heights.get(model) + added);
  }

  /* Where the frame of a chart without names of rows begins: behind the numbers of its axis. */
  const edge = (model) => Math.max(model.min_border_left ?? 0, model.left.some((axis) => axis.axis_label) ? 66 : 46);

  const shown = [], wholes = new Map(), heights = new Map();

  /* Bokeh reads words in its own time, and gives titles room only when the height is set anew. */
  function fitAll() {
    const tall = shown.map((one) => [one.model, fit(one)]);
    setTimeout(() => {
      for (const [model, height] of tall) {
        model.height = height + 1;
        model.height = height;
      }
    }, 60);
  }

  function setLanguage(lang) {
    root.lang = names[lang];
    root.dataset.lang = lang;
    document.title = lang === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
    for (const button of document.querySelectorAll(".switch button"))
      button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    for (const doc of Bokeh.documents)
      for (const model of doc.all_models) {
        speak(model, lang);
        if (model.type === "Title" && typeof model.text === "string") wholes.set(model, model.text);
      }
    fitAll();
  }

  function wantedLanguage() {
    const found = /[?&#]lang=(zh|en)\b/.exec(location.search + location.hash);
    return found ? found[1] : root.dataset.lang;
  }

  for (const button of document.querySelectorAll(".switch button"))
    button.addEventListener("click", () => {
      setLanguage(button.dataset.lang);
      try { history.replaceState(null, "", `#lang=${button.dataset.lang}`); } catch { /* not allowed here */ }
    });
  window.addEventListener("hashchange", () => {
    if (/lang=/.test(location.hash)) setLanguage(wantedLanguage());
  });
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details.measures, details.unscored")) part.open = true;
  });

  async function draw() {
    for (const [id, item] of Object.entries(charts)) {
      await Bokeh.embed.embed_item(item, id);
      const place = document.getElementById(id);
      const model = Bokeh.documents.map((doc) => doc.get_model_by_id(item.root_id)).find(Boolean);
      if (!model || !place) continue;
      heights.set(model, model.height);
      if ([model.title, ...model.above, ...model.below].some((one) => one?.type === "Title")) shown.push({ model, place });
    }
    window.addEventListener("resize", fitAll);
    setLanguage(wantedLanguage());
    await new Promise((done) => setTimeout(done, 120));
    root.dataset.drawn = String(Object.keys(charts).length);
  }
  setLanguage(wantedLanguage());
  draw();
})();
