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

  function setLanguage(lang) {
    root.lang = names[lang];
    root.dataset.lang = lang;
    document.title = lang === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
    for (const button of document.querySelectorAll(".switch button"))
      button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    for (const doc of Bokeh.documents)
      for (const model of doc.all_models) speak(model, lang);
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
    for (const [id, item] of Object.entries(charts)) await Bokeh.embed.embed_item(item, id);
    setLanguage(wantedLanguage());
    root.dataset.drawn = String(Object.keys(charts).length);
  }
  setLanguage(wantedLanguage());
  draw();
})();
