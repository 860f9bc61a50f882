"use strict";
(() => {
  const root = document.documentElement;
  const buttons = document.querySelectorAll("button[data-lang]");
  const speak = (lang) => {
    root.dataset.lang = lang;
    root.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = lang === "zh" ? root.dataset.titleZh : root.dataset.titleEn;
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.lang === lang)));
  };
  buttons.forEach((b) => b.addEventListener("click", () => speak(b.dataset.lang)));
  const all = [...document.querySelectorAll(".variable")];
  const parts = [...document.querySelectorAll(".part")];
  const field = document.getElementById("find");
  const count = document.getElementById("count");
  const find = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const one of all) {
      const hit = words.every((word) => one.dataset.find.includes(word));
      one.hidden = !hit;
      shown += hit ? 1 : 0;
    }
    for (const part of parts) {
      part.hidden = words.length > 0 && !part.querySelector(".variable:not([hidden])");
      part.querySelectorAll(".picture").forEach((p) => { p.hidden = words.length > 0; });
    }
    count.textContent = words.length ? `${shown} / ${all.length}` : "";
  };
  field.addEventListener("input", find);
  // A link to a variable that the search hides shows it again.
  window.addEventListener("hashchange", () => {
    const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (aim && aim.hidden) { field.value = ""; find(); aim.scrollIntoView(); }
  });
})();
