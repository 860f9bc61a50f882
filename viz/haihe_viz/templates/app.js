"use strict";
/* The local app. Whatever comes from files goes in as text: nothing here makes markup of a string. */
(() => {
  const root = document.documentElement, main = document.getElementById("main");
  const word = document.querySelector("meta[name=haihe-word]").content;
  let lang = wantedLanguage();
  const drafts = new Map();      // texts that are being edited, by "sort/id"
  let jobs = [], levers = null, choices = null, view = null, timer = 0;

  // --- small things -------------------------------------------------------------------------

  const t = (zh, en) => (lang === "zh" ? zh : en);
  const say = (words) => typeset(words ? words[lang] || words.en || words.zh || "" : "");
  const SUBSCRIPTS = { 0: "₀", 1: "₁", 2: "₂", 3: "₃", 5: "₅", x: "ₓ" };
  const typeset = (text) => text.replace(/\b(CO|SO|NO|O)([23x])(?![A-Za-z0-9])/g, (_, gas, digit) => gas + SUBSCRIPTS[digit])
    .replace(/\bPM(2\.5|10)(?!\d)/g, (_, digits) => `PM${[...digits].map((d) => SUBSCRIPTS[d] || d).join("")}`);

  function h(tag, given = {}, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (value === null || value === undefined || value === false) continue;
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name === "value" || name === "checked" || name === "disabled" || name === "open") made[name] = value;
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...inside.flat(9).filter((one) => one !== null && one !== undefined && one !== false));
    return made;
  }

  function wantedLanguage() {
    let kept = null;
    try { kept = localStorage.getItem("haihe-lang"); } catch { /* not allowed here */ }
    return kept === "zh" || kept === "en" ? kept : root.dataset.lang;
  }

  async function ask(path, body) {
    const given = body === undefined ? { headers: { "Accept-Language": lang } } : {
      method: "POST", body: JSON.stringify(body),
      headers: { "Accept-Language": lang, "Content-Type": "application/json", "X-Haihe-Word": word },
    };
    let answer;
    try { answer = await fetch(path, { ...given, credentials: "same-origin" }); } catch {
      throw Object.assign(new Error(t("连接不上 haihe：它还在运行吗？", "haihe does not answer: is it still running?")), { status: 0 });
    }
    const found = await answer.json().catch(() => ({ error: answer.statusText }));
    if (!answer.ok) {
      if (answer.status === 401 || (answer.status === 403 && body))
        found.error += t("；请重新打开 haihe serve 所印的地址", "; open the address that haihe serve printed again");
      throw Object.assign(new Error(found.error), { status: answer.status });
    }
    return found;
  }

  let toastTimer = 0;
  function tell(text, bad = false) {
    const toast = document.getElementById("toast");
    toast.textContent = text;
    toast.className = bad ? "shown bad" : "shown";
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.className = ""; }, bad ? 9000 : 3500);
  }
  const guard = (does) => async (...given) => {
    try { return await does(...given); } catch (fault) { tell(fault.message, true); return undefined; }
  };

  const number = (value, digits = 4) => (value === null || value === undefined || !Number.isFinite(value) ? "–"
    : new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en", { maximumSignificantDigits: digits }).format(value));
  const count = (value) => new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en").format(value);
  const moment = (seconds) => new Intl.DateTimeFormat(lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "short" }).format(new Date(seconds * 1000));
  function span(seconds) {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} ${t("秒", "s")}`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} ${t("分", "min")}`;
    return `${(seconds / 3600).toFixed(1)} ${t("小时", "h")}`;
  }
  const size = (bytes) => (bytes < 1e3 ? `${bytes} B` : bytes < 1e6 ? `${number(bytes / 1e3, 3)} kB` : `${number(bytes / 1e6, 3)} MB`);
  const path = (...parts) => parts.map(encodeURIComponent).join("/");
  const address = (result) => `/results/${result.replace(/^output\//, "").split("/").map(encodeURIComponent).join("/")}`;
  const button = (words, does, kind = "", more = {}) => h("button", { type: "button", class: kind, onclick: guard(does), ...more }, words);
  const link = (to, words, kind = "") => h("a", { href: to, class: kind }, words);
  const outside = (to, words, kind = "") => h("a", { href: to, class: kind, target: "_blank", rel: "noopener" }, words);

  function show(...inside) { main.replaceChildren(...inside.flat(9).filter(Boolean)); }

  /* A question with its answers; gives the one that was chosen, or null. */
  function choose(title, inside, answers) {
    const dialog = document.getElementById("dialog");
    return new Promise((done) => {
      dialog.replaceChildren(
        h("form", { method: "dialog" },
          h("h2", { id: "question" }, title), ...inside,
          h("p", { class: "acts" }, [...answers].reverse().map(([value, words, kind]) =>      // Enter takes the first one
            h("button", { value, class: kind || "" }, words)))));
      dialog.setAttribute("aria-labelledby", "question");
      dialog.onclose = () => done(dialog.returnValue || null);
      dialog.returnValue = "";
      dialog.showModal();
    });
  }

  // --- frame --------------------------------------------------------------------------------

  const TABS = [
    ["scenarios", "情景", "Scenarios"], ["studies", "研究", "Studies"], ["tasks", "求解", "Tasks"], ["ask", "提问", "Questions"],
    ["jobs", "作业", "Jobs"], ["results", "成果", "Results"],
  ];

  function drawFrame() {
    root.lang = lang === "zh" ? "zh-CN" : "en";
    root.dataset.lang = lang;
    document.getElementById("skip").textContent = t("跳到正文", "Skip to the content");
    for (const one of document.querySelectorAll(".switch button"))
      one.setAttribute("aria-pressed", String(one.dataset.lang === lang));
    const here = location.hash.slice(2).split("/")[0] || "scenarios";
    const active = jobs.filter((job) => !isOver(job)).length;
    const nav = document.getElementById("nav");
    nav.setAttribute("aria-label", t("各页", "Pages"));
    nav.replaceChildren(...TABS.map(([id, zh, en]) => h("a", { href: `#/${id}`, "aria-current": id === here ? "page" : null },
      t(zh, en), id === "jobs" && active ? h("span", { class: "badge live", "aria-label": t(`${active} 个在进行`, `${active} under way`) }, String(active)) : null)));
  }

  const ROUTES = [
    [/^scenarios$/, () => listTexts("scenario")], [/^studies$/, () => listTexts("study")], [/^tasks$/, () => listTexts("task")],
    [/^scenarios\/(.+)$/, (id) => editText("scenario", id)], [/^studies\/(.+)$/, (id) => editText("study", id)],
    [/^tasks\/(.+)$/, (id) => editText("task", id)], [/^ask(?:\/([\w-]+))?$/, showAsks], [/^jobs$/, showJobs], [/^jobs\/(\d+)$/, (id) => showJob(Number(id))],
    [/^results$/, showResults], [/^stores\/(.+)$/, showStore],
  ];

  async function route() {
    const asked = location.hash.replace(/^#\/?/, "").split("?")[0] || "scenarios";
    for (const [pattern, draw] of ROUTES) {
      const found = pattern.exec(asked);
      if (!found) continue;
      view = { refresh: null };
      drawFrame();
      let given;
      try { given = found.slice(1).filter((x) => x !== undefined).map(decodeURIComponent); } catch { break; }
      await guard(async () => {
        try { await draw(...given); } catch (fault) {
          show(h("section", {}, h("h1", {}, t("打不开", "This cannot be opened")), h("p", { class: "lead" }, fault.message)));
        }
      })();
      return;
    }
    show(h("section", {}, h("h1", {}, t("没有这一页", "There is no such page")), h("p", {}, link("#/scenarios", t("看情景", "See the scenarios")))));
  }

  // --- lists of scenarios and studies ---------------------------------------------------------

  const PLURAL = { scenario: "scenarios", study: "studies", task: "tasks" };
  const SORTS = {
    scenario: { many: ["情景", "Scenarios"], make: ["新建情景", "New scenario"], run: "run", shipped: ["这是随附的情景", "This one ships with haihe"], lead: ["情景写明决定做什么。随附的情景可作起点，自己的保存在项目的 scenarios 文件夹。", "A scenario says what is decided. Start from one that ships; your own are kept in the project's folder scenarios."] },
    study: { many: ["研究", "Studies"], make: ["新建研究", "New study"], run: "sweep", shipped: ["这是随附的研究", "This one ships with haihe"], lead: ["研究回答在许多事情不确定时会怎样：一次运行成百上千个成员，可随时停止、续算。", "A study asks what follows when much else is not known: many runs, which can be stopped and go on."] },
    task: { many: ["求解", "Tasks"], make: ["新建任务", "New task"], run: "solve", shipped: ["这是随附的任务", "This one ships with haihe"], lead: ["任务写明要达到的目标和可以调整的政策杆；求解给出成本最低的措施组合，做不到时说明差在哪里。", "A task names targets to be met and levers that may be turned; the answer is the cheapest package of measures, or why there is none."] },
  };
  const METHODS = { grid: "网格", list: "列表", "one-at-a-time": "单因素", "latin-hypercube": "拉丁超立方", sobol: "Sobol'", morris: "Morris 筛选", "monte-carlo": "蒙特卡罗", posterior: "校准后的未来" };
  const method = (id) => t(METHODS[id] || id, id);

  async function listTexts(sort) {
    const here = view, found = await ask(`/api/${PLURAL[sort]}`);
    if (view !== here) return;
    const words = SORTS[sort], make = { scenario: newScenario, study: newStudy, task: newTask }[sort];
    document.title = `${t(...words.many)} · haihe`;
    show(h("section", { class: "opening" },
      h("h1", {}, t(...words.many)),
      h("p", { class: "lead" }, t(...words.lead)),
      h("p", { class: "acts" }, button(t(...words.make), () => make(found), "main")),
      h("ul", { class: "cards" }, found.map((one) => card(sort, one)))));
  }

  function card(sort, one) {
    const to = `#/${PLURAL[sort]}/${encodeURIComponent(one.id)}`;
    return h("li", { class: "card" },
      h("h2", {}, link(to, say(one.title))),
      h("p", { class: "marks" }, h("code", {}, one.id),
        h("span", { class: "badge" }, one.shipped ? t("随附", "ships with haihe") : t("自己的", "your own")),
        one.broken ? h("span", { class: "badge wrong" }, t("有错误", "has mistakes")) : null,
        one.method ? h("span", { class: "badge" }, method(one.method)) : null),
      h("p", { class: "story" }, say(one.story)),
      h("p", { class: "acts" },
        link(to, t("编辑", "Edit"), "act"),
        sort === "scenario"
          ? [button(t("运行", "Run"), () => openAsk("run", { scenario: one.id }), "", { "aria-label": `${t("运行", "Run")} ${one.id}` }),
            button(t("提问", "Ask"), () => openAsk("", { scenario: one.id }), "", { "aria-label": `${t("提问", "Ask")} ${one.id}` })]
          : sort === "task"
            ? button(t("求解", "Solve"), () => openAsk("solve", { task: one.id }), "", { "aria-label": `${t("求解", "Solve")} ${one.id}` })
            : [button(t("估算", "Estimate"), () => begin("estimate", { study: one.id }), "", { "aria-label": `${t("估算", "Estimate")} ${one.id}` }),
              button(t("运行", "Run"), () => openAsk("sweep", { study: one.id }), "", { "aria-label": `${t("运行", "Run")} ${one.id}` })]));
  }

  async function newScenario(found) {
    const name = h("input", { type: "text", id: "new-id", required: true, maxlength: 80, value: freeName("my-plan", found) });
    const from = h("select", { id: "new-from" }, found.map((one) => h("option", { value: one.id }, `${say(one.title)} (${one.id})`)));
    from.value = found.some((one) => one.id === "plan") ? "plan" : found[0]?.id;
    const title = h("input", { type: "text", id: "new-title", maxlength: 100, value: t("我的方案", "My plan") });
    const chosen = await choose(t("新建情景", "New scenario"), [
      row("new-from", t("以此为起点", "Starts from"), from), row("new-id", t("文件名", "Name of the file"), name), row("new-title", t("标题", "Title"), title),
    ], [["", t("取消", "Cancel")], ["yes", t("开始编辑", "Begin"), "main"]]);
    if (chosen !== "yes") return;
    const text = `title: ${quote(title.value)}\nstory: ""\nextends: ${quote(from.value)}\n\nlevers: {}\n`;
    start("scenario", name.value.trim(), text);
  }

  async function newStudy() {
    const [scenarios, studies] = await Promise.all([ask("/api/scenarios"), ask("/api/studies")]);
    const name = h("input", { type: "text", id: "new-id", required: true, maxlength: 80, value: freeName("my-study", studies) });
    const futures = h("input", { type: "number", id: "new-futures", min: 10, max: 100000, value: 200 });
    const boxes = scenarios.map((one) => h("label", { class: "tick" },
      h("input", { type: "checkbox", value: one.id, checked: one.id === "plan" || one.id === "frozen-2021" }), ` ${say(one.title)} (${one.id})`));
    const chosen = await choose(t("新建研究：方案有多可靠", "New study: how sure is the plan"), [
      h("fieldset", {}, h("legend", {}, t("情景", "Scenarios")), boxes),
      row("new-futures", t("校准过的未来的数目", "Calibrated futures"), futures), row("new-id", t("文件名", "Name of the file"), name),
    ], [["", t("取消", "Cancel")], ["yes", t("开始编辑", "Begin"), "main"]]);
    if (chosen !== "yes") return;
    const named = boxes.map((box) => box.firstChild).filter((box) => box.checked).map((box) => quote(box.value));
    const samples = Math.max(1, Math.round(Number(futures.value) || 200));
    start("study", name.value.trim(), `title: ${quote(name.value.trim())}\nscenarios: [${named.join(", ")}]\ndesign: {method: posterior, samples: ${samples}, seed: 1}\nsave:\n  outcomes: [CO2, PM2.5]\n  years: [2025, 2030, 2035]\n`);
  }

  async function newTask(tasks) {
    const scenarios = await ask("/api/scenarios");
    const name = h("input", { type: "text", id: "new-id", required: true, maxlength: 80, value: freeName("my-task", tasks) });
    const from = h("select", { id: "new-from" }, scenarios.map((one) => h("option", { value: one.id }, `${say(one.title)} (${one.id})`)));
    from.value = scenarios.some((one) => one.id === "plan") ? "plan" : scenarios[0]?.id;
    const chosen = await choose(t("新建任务：怎样才能达到目标", "New task: what would it take"), [
      row("new-from", t("以此为起点", "Starts from"), from), row("new-id", t("文件名", "Name of the file"), name),
    ], [["", t("取消", "Cancel")], ["yes", t("开始编辑", "Begin"), "main"]]);
    if (chosen !== "yes") return;
    start("task", name.value.trim(), `title: ${quote(name.value.trim())}\nscenario: ${quote(from.value)}\nnever_weaker: true\ntargets:\n  - {outcome: CO2, year: 2030, relation: "<=", value: 115}\nlevers: [wind and solar auctions, energy saving retrofit, heavy industry restraint, coal boiler phase out]\npackages: 1\n`);
  }

  const quote = (text) => `"${text.replace(/[\\"]/g, "\\$&").replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ")}"`;
  const row = (id, words, field) => h("p", { class: "row" }, h("label", { for: id }, words), field);
  function freeName(stem, found) {
    const taken = new Set(found.map((one) => one.id));
    let name = stem;
    for (let n = 2; taken.has(name) || Object.keys(PLURAL).some((sort) => drafts.has(`${sort}/${name}`)); n += 1) name = `${stem}-${n}`;
    return name;
  }
  function start(sort, id, text) {
    if (!id) { tell(t("请给一个文件名", "Give it a name"), true); return; }
    drafts.set(`${sort}/${id}`, { id, text, saved: null, digest: null, shipped: false });
    location.hash = `#/${PLURAL[sort]}/${encodeURIComponent(id)}`;
  }

  // --- the editor -----------------------------------------------------------------------------

  async function editText(sort, id) {
    const here = view, key = `${sort}/${id}`;
    if (!drafts.has(key)) {
      const found = await ask(`/api/${PLURAL[sort]}/${path(id)}`);
      drafts.set(key, { id, text: found.text, saved: found.text, digest: found.digest || null, shipped: found.shipped });
    }
    if (sort === "scenario" && !levers) levers = await ask("/api/levers");
    if (view !== here) return;
    drawEditor(sort, drafts.get(key));
  }

  function drawEditor(sort, draft) {
    const here = view, scenario = sort === "scenario", words = SORTS[sort];
    document.title = `${draft.id} · haihe`;
    const head = h("h1", { class: "slim" }, draft.id), state = h("p", { class: "state", role: "status", "aria-live": "polite" });
    const facts = h("p", { class: "facts" }), problems = h("ul", { class: "problems" });
    const area = h("textarea", { id: "text", spellcheck: "false", wrap: "off", autocomplete: "off", autocapitalize: "off", "aria-label": t("情景文件的文字", "Text of the file"), "aria-describedby": "problems" });
    problems.id = "problems";
    area.value = draft.text;
    const gutter = h("div", { class: "gutter", "aria-hidden": "true" }), mirror = h("div", { class: "mirror", "aria-hidden": "true" });
    const code = h("div", { class: "code" }, gutter, h("div", { class: "sheet" }, mirror, area));
    const panel = scenario ? h("div", { class: "levers" }) : null;
    let checked = null, turn = 0, wait = 0;

    const dirty = () => draft.text !== draft.saved;
    const saveButton = button(t("保存", "Save"), () => save(false), "main", { id: "save" });
    const runButton = button(scenario ? t("运行", "Run") : sort === "task" ? t("求解", "Solve") : t("运行研究", "Run the study"), runIt, "", { id: "run" });

    function mark() {
      const lines = area.value.split("\n"), bad = new Map();
      for (const one of checked && !checked.valid ? checked.errors : [])
        if (one.here && one.line) bad.set(one.line, [...(bad.get(one.line) || []), one]);
      gutter.replaceChildren(...lines.map((_, n) => h("div", { class: bad.has(n + 1) ? "bad" : "" }, String(n + 1))));
      mirror.replaceChildren(...lines.map((line, n) => h("div", { class: bad.has(n + 1) ? "bad" : "" },
        h("span", {}, line || " "), bad.has(n + 1) ? h("em", {}, bad.get(n + 1).map(sayError).join(" · ")) : null)));
      follow();
    }
    function follow() {
      gutter.scrollTop = area.scrollTop;
      mirror.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
    }
    function sayError(one) {
      let text = one.problem;
      if (one.expected) text += t(`；应为 ${one.expected}`, `; expected ${one.expected}`);
      if (one.suggestions.length) text += t(`；是否指 ${one.suggestions.join("、")}？`, `; did you mean ${one.suggestions.join(" or ")}?`);
      return text;
    }
    function drawState() {
      saveButton.disabled = !dirty();
      const kept = dirty() ? t("未保存", "not saved") : t("已保存", "saved");
      if (!checked) { state.textContent = t("检查中…", "checking…"); return; }
      state.className = `state ${checked.valid ? "good" : "wrong"}`;
      const number = checked.errors.length + (checked.more || 0);
      state.textContent = (checked.valid ? t("没有错误", "nothing is wrong") : t(`${number} 处错误`, number === 1 ? "1 mistake" : `${number} mistakes`)) + ` · ${kept}`;
      problems.replaceChildren(...checked.errors.map(problem), ...(checked.warnings || []).map((text) => h("li", { class: "doubt" }, text)));
      if (checked.valid) {
        head.textContent = say(checked.title);
        facts.textContent = scenario
          ? [draft.id, checked.extends.length ? t(`基于 ${checked.extends.join(" ← ")}`, `builds on ${checked.extends.join(" ← ")}`) : "", t(`共 ${checked.settings} 个设定`, `${checked.settings} values`)].filter(Boolean).join(" · ")
          : sort === "task"
            ? [draft.id, t(`起点 ${checked.scenarios.join("、")}`, `starts from ${checked.scenarios.join(", ")}`), t(`${checked.targets} 个目标`, `${checked.targets} targets`), t(`${checked.inputs} 个可调政策杆`, `${checked.inputs} levers`)].join(" · ")
          : [draft.id, method(checked.method), t(`${count(checked.members)} 个成员`, `${count(checked.members)} members`), t(`${checked.inputs} 个输入`, `${checked.inputs} inputs`), checked.scenarios.join(", ")].join(" · ");
      }
      mark();
    }
    function problem(one) {
      const place = one.here && one.line ? t(`第 ${one.line} 行${one.column ? `第 ${one.column} 列` : ""}`, `line ${one.line}${one.column ? `, column ${one.column}` : ""}`) : one.file ? `${one.file}${one.line ? `:${one.line}` : ""}` : "";
      const written = one.written;
      return h("li", {},
        one.here && one.line ? button(place, () => jump(one), "place") : h("b", {}, place), " ", sayError(one),
        one.here && written ? one.suggestions.map(bare).map((better) => button(t(`改为 ${better}`, `Change to ${better}`), () => mend(one, written, better), "mend")) : null);
    }
    // Suggestions end with the title.
    function bare(better) { return better.replace(/\s\([^()]*\)$/, ""); }
    function offset(one) {
      const lines = area.value.split("\n");
      return lines.slice(0, one.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + Math.max(0, one.column - 1);
    }
    function jump(one) {
      const at = offset(one), end = area.value.indexOf("\n", at);
      area.focus();
      area.setSelectionRange(at, end < 0 ? area.value.length : end);
      area.scrollTop = Math.max(0, (one.line - 6) * 21);
    }
    function mend(one, written, better) {
      const at = offset(one);
      if (!area.value.startsWith(written, at)) { jump(one); return; }
      change(area.value.slice(0, at) + better + area.value.slice(at + written.length));
    }
    function change(text) { area.value = text; edited(); }
    function edited() {
      draft.text = area.value;
      mark();
      saveButton.disabled = !dirty();
      clearTimeout(wait);
      wait = setTimeout(guard(check), 300);
    }
    async function check() {
      turn += 1;
      const mine = turn, found = await ask("/api/validate", { sort, id: draft.id, text: draft.text });
      if (mine !== turn || view !== here) return;
      take(found);
    }
    function take(found) {
      checked = found;
      drawState();
      if (panel) updateLevers(panel, found, move);
    }
    async function move(slider, value, year) {
      const sent = draft.text;
      turn += 1;
      const mine = turn, found = await ask("/api/levers", { id: draft.id, text: sent, slider, value, year });
      if (view !== here || mine !== turn) return;
      if (draft.text !== sent) { tell(t("文字已改动，请再移一次", "The text has changed meanwhile; move it again"), true); return; }
      area.value = draft.text = found.text;
      take(found);
    }

    async function save(over) {
      let replace = draft.digest;
      if (draft.shipped && !over) {
        const chosen = await choose(t(...words.shipped), [h("p", {}, t("建议另存为自己的文件；也可以改动原文件。", "Better keep it and save under a name of your own; or change the file that ships."))],
          [["", t("取消", "Cancel")], ["over", t("改动原文件", "Change it"), "risky"], ["as", t("另存为…", "Save as…"), "main"]]);
        if (chosen === "as") return saveAs();
        if (chosen !== "over") return false;
      }
      try { return kept(await ask(`/api/${PLURAL[sort]}`, { id: draft.id, text: draft.text, replace })); } catch (fault) {
        if (fault.status !== 409) throw fault;
        const chosen = await choose(t("已有同名文件", "There is a file of that name"), [h("p", {}, fault.message)],
          [["", t("取消", "Cancel")], ["over", t("覆盖", "Replace it"), "risky"], ["as", t("另存为…", "Save as…"), "main"]]);
        if (chosen === "as") return saveAs();
        if (chosen !== "over") return false;
        replace = (await ask(`/api/${PLURAL[sort]}/${path(draft.id)}`)).digest;
        return kept(await ask(`/api/${PLURAL[sort]}`, { id: draft.id, text: draft.text, replace }));
      }
    }
    function kept(found) {
      Object.assign(draft, { saved: draft.text, digest: found.digest || null, shipped: found.shipped });
      levers = scenario ? levers : null;
      tell(t("已保存", "Saved"));
      if (view === here) drawState();
      return true;
    }
    async function saveAs() {
      const name = h("input", { type: "text", id: "as-id", required: true, maxlength: 80, value: freeName(`my-${draft.id}`, []) });
      const chosen = await choose(t("另存为", "Save as"), [row("as-id", t("文件名", "Name of the file"), name)], [["", t("取消", "Cancel")], ["yes", t("保存", "Save"), "main"]]);
      if (chosen !== "yes") return false;
      const id = name.value.trim(), found = await ask(`/api/${PLURAL[sort]}`, { id, text: draft.text, replace: null });
      drafts.set(`${sort}/${id}`, { id, text: draft.text, saved: draft.text, digest: found.digest || null, shipped: found.shipped });
      drafts.delete(`${sort}/${draft.id}`);
      tell(t("已保存", "Saved"));
      location.hash = `#/${PLURAL[sort]}/${encodeURIComponent(id)}`;
      return "moved";
    }
    async function runIt() {
      if (checked && !checked.valid) { tell(t("请先改正错误", "Mend the mistakes first"), true); return; }
      if (dirty()) {
        const kept = await save(false);
        if (kept !== true) return;
      }
      await openAsk(words.run, { [sort]: draft.id });
    }

    area.addEventListener("input", edited);
    area.addEventListener("scroll", follow);
    area.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") { event.preventDefault(); guard(save)(false); }
    });
    show(h("section", { class: "opening editor" },
      h("p", { class: "crumb" }, link(`#/${PLURAL[sort]}`, t(...words.many)), " / ", draft.id),
      head, facts,
      h("div", { class: "acts" }, saveButton, button(t("另存为…", "Save as…"), saveAs), runButton,
        scenario ? button(t("提问", "Ask"), () => openAsk("", { scenario: draft.id }))
          : sort === "study" ? button(t("估算", "Estimate"), () => begin("estimate", { study: draft.id })) : null,
        state),
      h("div", { class: scenario ? "halves" : "" }, panel,
        h("div", { class: "text" }, h("h2", {}, t("文字", "Text")), code, problems))));
    drawState();
    mark();
    guard(check)();
  }

  function updateLevers(panel, found, move) {
    const open = new Set([...panel.querySelectorAll("details[open]")].map((one) => one.dataset.group));
    const focus = document.activeElement?.id;
    if (!found.valid && panel.childElementCount) { panel.classList.add("stale"); return; }
    panel.classList.remove("stale");
    const set = found.levers || {};
    const groups = new Map(Object.keys(levers.groups).map((id) => [id, []]));
    for (const one of levers.sliders) (groups.get(one.group) || groups.set(one.group, []).get(one.group)).push(one);
    panel.replaceChildren(h("h2", {}, t("政策杆", "Levers")), ...[...groups].filter(([, many]) => many.length).map(([id, many]) => {
      const own = many.filter((one) => set[one.id]?.own).length;
      return h("details", { "data-group": id, open: open.has(id) },
        h("summary", {}, say(levers.groups[id]) || id, " ", own ? h("span", { class: "badge" }, t(`改动 ${own} 项`, `${own} set here`)) : null),
        many.map((one) => drawLever(one, set[one.id], move)));
    }));
    if (focus) document.getElementById(focus)?.focus();
  }

  function drawLever(one, set, move) {
    const id = `lever-${one.id}`, shown = (value) => Number((value * one.factor).toPrecision(12));
    const value = shown(set ? set.value : one.default), [low, high] = one.limits.map(shown);
    const points = set?.points, many = points && points.length > 1;
    const year = points && !many ? points[0][0] : null;
    const range = h("input", { type: "range", id, min: low, max: high, step: (high - low) / 100 || 1, value, "aria-label": `${say(one.title)} ${say(one.elementTitle)} (${one.unit})` });
    const field = h("input", { type: "number", class: "value", id: `${id}-value`, min: low, max: high, step: "any", value, "aria-label": `${say(one.title)} ${say(one.elementTitle)}: ${t("数值", "value")}` });
    const when = one.moves ? h("input", { type: "number", class: "year", id: `${id}-year`, min: 2023, max: 2100, step: 1, value: year ?? "", placeholder: t("按进度", "schedule"), "aria-label": `${say(one.title)} ${say(one.elementTitle)}: ${t("到达年份", "reached in")}` }) : null;
    const send = guard(async () => {
      const asked = Number(field.value);
      if (field.value === "" || !Number.isFinite(asked)) return;
      await move(one.id, asked, when && when.value ? Number(when.value) : null);
    });
    range.addEventListener("input", () => { field.value = String(Number(Number(range.value).toPrecision(3))); });
    range.addEventListener("change", send);
    field.addEventListener("change", () => { range.value = field.value; send(); });
    when?.addEventListener("change", send);
    const whence = set?.own ? t("本情景所设", "set here") : set?.from ? t(`来自 ${set.from}`, `from ${set.from}`) : t("2021 年状态", "state of 2021");
    return h("div", { class: `lever${set?.own ? " own" : ""}` },
      h("p", { class: "name" }, h("label", { for: id }, say(one.title), say(one.elementTitle) ? ` · ${say(one.elementTitle)}` : ""),
        h("small", {}, whence, set?.own ? button("↺", () => move(one.id, null, null), "reset", { "aria-label": t(`撤销 ${say(one.title)}`, `Take back ${say(one.title)}`), title: t("撤销本情景所设", "Take back what is set here") }) : null)),
      h("p", { class: "slide" }, range, field, h("span", { class: "unit" }, one.unit === "year" ? t("年", "years") : say(one.shown))),
      many ? h("p", { class: "points" }, `${points.map(([y, v]) => `${y}: ${number(shown(v))}`).join(" → ")} ${say(one.shown)}`)
        : when ? h("p", { class: "points" }, t("到达年份 ", "reached in "), when) : null,
      say(one.note) ? h("p", { class: "note" }, say(one.note)) : null);
  }

  // --- questions ------------------------------------------------------------------------------

  let asked = {};
  async function openAsk(kind, given) { asked = given; location.hash = `#/ask${kind ? `/${kind}` : ""}`; if (view) await route(); }

  async function showAsks(kind = "") {
    const here = view;
    document.title = `${t("提问", "Questions")} · haihe`;
    const [found, scenarios, studies, tasks] = await Promise.all(["choices", "scenarios", "studies", "tasks"].map((one) => ask(`/api/${one}`)));
    if (view !== here) return;
    choices = found;
    const lists = { scenario: scenarios, study: studies, task: tasks, lever: found.levers, store: found.stores.map((id) => ({ id, title: { zh: id, en: id } })), outcome: found.outcomes, target: found.targets };
    const given = asked, kinds = found.asks.filter((one) => !kind || one.id === kind);
    show(h("section", { class: "opening" },
      h("h1", {}, kind ? say(kinds[0]?.title) : t("想知道什么？", "What do you want to know?")),
      kind ? h("p", {}, link("#/ask", t("全部问题", "All questions"))) : null,
      h("div", { class: kind ? "cards single" : "cards" }, kinds.map((one) => drawAsk(one, lists, given, kind !== "")))));
  }

  function drawAsk(one, lists, given, single) {
    const fields = one.fields.map((field) => [field, drawField(one, field, lists, given)]);
    return h("form", { class: "card ask", id: `ask-${one.id}`, onsubmit: guard(async (event) => {
      event.preventDefault();
      await begin(one.id, Object.fromEntries(fields.map(([field, input]) => [field.id, input.value])));
    }) }, single ? null : h("h2", {}, say(one.title)), h("p", { class: "story" }, say(one.about)),
    fields.map(([field, input]) => row(input.id, say(field.title), input)),
    h("p", { class: "acts" }, h("button", { class: "main" }, t("开始", "Begin"))));
  }

  const CHOICES = { chapter: ["章", "chapter"], group: ["政策组", "policy group"], article: ["条", "article"], docx: ["Word", "Word"], pptx: ["幻灯片", "slides"], pdf: ["PDF", "PDF"], html: ["网页", "page"], brief: ["两页简报", "two-page brief"], report: ["完整报告", "full report"], slides: ["十页幻灯片", "ten slides"], worst: ["最不利的未来", "the worst future"], mean: ["平均", "the mean"], regret_max: ["最大后悔值", "the greatest regret"], regret_p90: ["后悔值第 90 百分位", "90th percentile of regret"] };
  function drawField(one, field, lists, given) {
    const id = `${one.id}-${field.id}`, start = given[field.id] ?? field.start;
    if (field.sort === "number") return h("input", { type: "number", id, min: field.least, max: field.most, step: 1, value: start, required: field.needed });
    if (field.sort === "text") return h("input", { type: "text", id, maxlength: 200, value: start, required: field.needed });
    const options = field.sort === "choice" ? field.choices.map((value) => [value, CHOICES[value] ? t(...CHOICES[value]) : value])
      : (lists[field.sort] || []).map((item) => [item.id, item.id === say(item.title) ? item.id : `${say(item.title)} (${item.id})`]);
    if (!field.needed) options.unshift(["", t("（无）", "(none)")]);
    if (!options.length) options.push(["", t("（还没有：先运行一项研究）", "(none yet: run a study first)")]);
    const made = h("select", { id, required: field.needed }, options.map(([value, words]) => h("option", { value }, words)));
    made.value = options.some(([value]) => value === start) ? start : options[0]?.[0] ?? "";
    return made;
  }

  async function begin(kind, given) {
    const job = await ask("/api/jobs", { kind, given, lang });
    await refreshJobs();
    location.hash = `#/jobs/${job.id}`;
  }

  // --- jobs -----------------------------------------------------------------------------------

  const isOver = (job) => ["done", "failed", "stopped"].includes(job.state);
  const STATES = { waiting: ["等待中", "waiting"], running: ["进行中", "under way"], stopping: ["正在停止", "stopping"], done: ["完成", "done"], failed: ["失败", "failed"], stopped: ["已停止", "stopped"] };
  const KINDS = { run: ["运行情景", "Run"], live: ["实时页面", "Live page"], compare: ["比较", "Compare"], attribute: ["归因", "Attribution"], scorecard: ["目标", "Targets"], warn: ["预警", "Early warning"], decompose: ["分解", "Decomposition"], briefing: ["简报", "Briefing"], sensitivity: ["敏感性", "Sensitivity"], discover: ["条件", "Conditions"], sweep: ["研究", "Study"], solve: ["求解", "Solve"], robust: ["稳健比较", "Which plan holds up"], search: ["搜索方案", "Search for plans"], "study-page": ["研究成果页", "Page of a study"], "study-briefing": ["研究简报", "Briefing of a study"], estimate: ["估算", "Estimate"], verify: ["核验", "Verification"] };
  const nameJob = (job) => `${t(...(KINDS[job.kind] || [job.kind, job.kind]))}: ${job.given.study || job.given.task || job.given.store || job.given.scenario || ""}`;

  async function refreshJobs() {
    clearTimeout(timer);
    try {
      const found = await ask("/api/jobs"), before = JSON.stringify(jobs);
      jobs = found;
      if (before !== JSON.stringify(jobs)) { drawFrame(); await view?.refresh?.(); }
    } catch { /* said where somebody asks for something */ }
    clearTimeout(timer);
    timer = setTimeout(refreshJobs, jobs.some((job) => !isOver(job)) ? 700 : 5000);
  }

  function jobLine(job) {
    return h("li", { class: `card job ${job.state}` },
      h("h2", {}, link(`#/jobs/${job.id}`, nameJob(job))),
      h("p", { class: "marks" }, h("span", { class: `badge ${job.state}` }, t(...STATES[job.state])), h("small", {}, moment(job.asked)), job.begun && job.ended ? h("small", {}, span(job.ended - job.begun)) : null),
      h("p", {}, h("code", {}, job.command)), progress(job), jobActs(job));
  }
  function progress(job) {
    if (!job.total || (isOver(job) && job.done === job.total)) return null;
    return h("p", { class: "progress" }, h("progress", { max: job.total, value: job.done, "aria-label": t("进度", "progress") }),
      ` ${count(job.done)} / ${count(job.total)}`, job.left !== null ? t(`，还需约 ${span(job.left)}`, `, about ${span(job.left)} left`) : "");
  }
  function jobActs(job) {
    return h("p", { class: "acts" },
      hasPage(job) ? outside(`${address(job.result)}#lang=${lang}`, t("打开结果", "Open the result"), "act main") : null,
      job.state === "done" && /\.(docx|pptx|pdf|csv)$/.test(job.result) ? h("a", { href: address(job.result), class: "act main", download: "" }, t("下载", "Download")) : null,
      job.kind === "sweep" && job.state === "done" ? button(t("研究成果页", "Page of the study"), () => begin("study-page", { store: job.result.replace(/^output\//, ""), at: "", where: "" }), "main") : null,
      job.result.endsWith(".zarr") && job.done ? link(`#/stores/${path(job.result.replace(/^output\//, ""))}`, t("看结果", "See the results"), "act") : null,
      job.kind === "solve" && hasPage(job) ? button(t("存为情景", "Take it as a scenario"), () => takePackage(job.given.task)) : null,
      !isOver(job) ? button(t("停止", "Stop"), async () => { await ask(`/api/jobs/${job.id}/stop`, {}); await refreshJobs(); }, "", { id: `stop-${job.id}` }) : null,
      isOver(job) ? button(job.kind === "sweep" && job.state === "stopped" ? t("继续", "Go on") : t("再运行一次", "Run again"), () => begin(job.kind, job.given), "", { id: `again-${job.id}` }) : null);
  }
  // What a search for a package found by the time it was stopped is an answer too.
  const hasPage = (job) => job.result.endsWith(".html") && (job.state === "done" || (job.kind === "solve" && job.state === "stopped" && job.code === 130));
  async function takePackage(task) {
    const answer = await fetch(`/results/${path(task)}/cheapest.yaml`, { credentials: "same-origin" });
    if (!answer.ok) { tell(t("没有可用的方案", "There is no package to take"), true); return; }
    start("scenario", freeName(`${task}-cheapest`, await ask("/api/scenarios")), await answer.text());
  }
  function showJobs() {
    document.title = `${t("作业", "Jobs")} · haihe`;
    const draw = () => keepFocus(() => show(h("section", { class: "opening" }, h("h1", {}, t("作业", "Jobs")),
      jobs.length ? h("ul", { class: "cards wide" }, jobs.map(jobLine)) : h("p", { class: "lead" }, t("还没有作业。", "There are no jobs yet.")))));
    view.refresh = draw;
    draw();
  }
  function keepFocus(draw) {
    const id = document.activeElement?.id;
    draw();
    if (id) document.getElementById(id)?.focus();
  }

  async function showJob(number) {
    const here = view;
    document.title = `${t("作业", "Job")} ${number} · haihe`;
    const draw = async () => {
      const job = await ask(`/api/jobs/${number}`);
      if (view !== here) return;
      keepFocus(() => show(h("section", { class: "opening" },
        h("p", { class: "crumb" }, link("#/jobs", t("作业", "Jobs")), ` / ${number}`),
        h("h1", { class: "slim" }, nameJob(job)),
        h("p", { class: "marks", role: "status" }, h("span", { class: `badge ${job.state}` }, t(...STATES[job.state])),
          h("small", {}, moment(job.asked)), job.begun ? h("small", {}, span((job.ended || Date.now() / 1000) - job.begun)) : null),
        h("p", {}, h("code", {}, job.command)),
        !isOver(job) && !job.total ? h("p", { class: "progress" }, h("progress", { "aria-label": t("进行中", "under way") })) : progress(job),
        jobActs(job), drawAnswer(job),
        job.lines.length ? h("details", { open: job.state !== "done" }, h("summary", {}, t("它说了什么", "What it said")), h("pre", {}, job.lines.join("\n"))) : null)));
    };
    view.refresh = draw;
    await draw();
  }

  function drawAnswer(job) {
    const answer = job.answer;
    if (!answer || typeof answer !== "object") return null;
    const parts = [];
    for (const key of ["sentence", "answer", "lead", "summary"]) if (answer[key]?.zh && answer[key]?.en) parts.push(h("p", { class: "answer" }, say(answer[key])));
    for (const one of Array.isArray(answer.sentences) ? answer.sentences : []) if (one?.zh && one?.en) parts.push(h("p", { class: "answer" }, say(one)));
    if (job.kind === "verify") parts.push(h("p", { class: "answer" }, answer.whole ? t(`结果库完好：${count(answer.members)} 个成员。`, `The store is whole: ${count(answer.members)} members.`) : t("结果库不完整或已损坏。", "The store is unfinished or damaged.")));
    if (job.kind === "sweep" && Number.isFinite(answer.members)) parts.push(h("p", { class: "answer" }, t(`${count(answer.members)} 个成员，${count(answer.failed)} 个失败。`, `${count(answer.members)} members, ${count(answer.failed)} failed.`)));
    if (Array.isArray(answer.targets) && job.kind === "run") parts.push(drawTargets(answer.targets));
    if (Array.isArray(answer.outcomes) && job.kind === "sweep") parts.push(drawSpreads(answer.outcomes));
    if (job.kind === "solve" && Array.isArray(answer.packages)) parts.push(drawSolution(answer));
    if (answer.robust) parts.push(drawPlans(answer.robust));
    if (job.kind === "estimate") parts.push(h("p", { class: "answer" }, t(
      `${count(answer.members)} 个成员，还要运行 ${count(answer.left)} 个：约 ${span(answer.seconds)}，磁盘 ${size(answer.size)}`,
      `${count(answer.members)} members, ${count(answer.left)} still to run: about ${span(answer.seconds)}, ${size(answer.size)} on disk`)));
    return parts.length ? h("div", {}, parts) : null;
  }

  const SCOPES = [["plan", "本计划的目标", "Targets of the plan"], ["sibling", "其他规划的目标", "Targets of other plans"], ["backtest", "已过去的年份：检验模型，不是检验计划", "Years that are past: they test the model, not the plan"]];
  function drawTargets(targets) {
    const value = (one, what) => (one.unit === "year" ? String(Math.round(what)) : `${number(what)} ${say(one.shown)}`);
    return SCOPES.map(([scope, zh, en]) => {
      const scored = targets.filter((one) => one.scope === scope && one.met !== null);
      if (!scored.length) return null;
      const met = scored.filter((one) => one.met).length;
      return h("section", { class: "folder" }, h("h2", {}, t(zh, en), " ", h("span", { class: "badge" }, t(`${scored.length} 项中达成 ${met} 项`, `${met} of ${scored.length} met`))),
        table([t("目标", "Target"), t("年份", "Year"), t("要求", "Asked"), t("数值", "Value"), t("结果", "Result")],
          scored.map((one) => [say(one.title), String(one.year), one.threshold === null ? "" : `${{ ">=": "≥", "<=": "≤", "=": "=" }[one.relation] || ""} ${value(one, one.threshold)}`, one.value === null ? "–" : value(one, one.value), one.met ? t("✓ 达成", "✓ met") : t("✗ 未达成", "✗ missed")]), [0]));
    });
  }
  /* Levers and targets of each package that meets the targets of a task. */
  function drawSolution(found) {
    const many = found.packages, heads = many.map((one) => t(`方案 ${one.label}`, `Package ${one.label}`));
    if (!many.length) return null;
    const levers = found.bands.map((one, n) => [say(one.title), number(one.base), ...many.map((each) => number(each.values[n])), say(one.shown)]);
    const aims = found.aims.map((one, n) => [say(one.title), `${{ ">=": "≥", "<=": "≤" }[one.relation] || ""} ${number(one.threshold)}`, ...many.map((each) => number(each.reached[n]?.value)), say(one.shown)]);
    const cost = [say(found.objective), number(found.base_cost), ...many.map((each) => number(each.cost)), say(found.shown)];
    return h("section", { class: "folder" },
      table([t("目标", "Target"), t("要求", "Asked"), ...heads, t("单位", "Unit")], aims, [0, many.length + 2]),
      table([t("成本与政策杆", "Cost and levers"), t("起点情景", "Scenario"), ...heads, t("单位", "Unit")], [cost, ...levers], [0, many.length + 2]));
  }
  /* Plans held against each other: mean, worst and regret by outcome, requirements, what is not beaten. */
  function drawPlans(found) {
    const notes = found[`notes_${lang}`] || [], plans = Array.isArray(found.plan) ? found.plan : [], outcomes = found[`title_${lang}`] || [];
    const cell = (what, n, m) => number(found[what]?.[n]?.[m]);
    const heads = [t("方案", "Plan"), ...outcomes.flatMap((title) => [[title, t("平均", "mean")], [title, t("最差", "worst")], [title, t("最大后悔值", "greatest regret")]].map((two) => two.map((one) => typeset(String(one))).join(t("：", ": "))))];
    const asked = Array.isArray(found.met_all), free = Array.isArray(found.pareto);
    return h("section", { class: "folder" }, notes.map((one) => h("p", { class: "answer" }, typeset(String(one)))),
      plans.length ? table([...heads, asked ? t("要求全部达到", "all requirements met") : null, free ? t("不被压倒", "not beaten") : null].filter((one) => one !== null),
        plans.map((plan, n) => [String(plan), ...outcomes.flatMap((_, m) => ["mean", "worst", "regret_max"].map((what) => cell(what, n, m))),
          asked ? `${number(found.met_all[n] * 100, 3)}%` : null, free ? (found.pareto[n] ? "✓" : "") : null].filter((one) => one !== null)), [0]) : null);
  }
  const drawSpreads = (rows) => table([t("指标", "Outcome"), t("情景", "Scenario"), "5 %", t("中位数", "Median"), "95 %", t("单位", "Unit")],
    rows.map((one) => [say(one.title), one.scenario, number(one.low), number(one.median), number(one.high), say(one.shown)]), [0, 1, 5]);

  function table(heads, rows, words = []) {
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads[0] }, h("table", {},
      h("thead", {}, h("tr", {}, heads.map((one, n) => h("th", { scope: "col", class: words.includes(n) ? "" : "num" }, one)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((one, n) => h(n ? "td" : "th", { scope: n ? null : "row", class: words.includes(n) ? "" : "num" }, one)))))));
  }

  // --- results --------------------------------------------------------------------------------

  async function showResults() {
    const here = view;
    document.title = `${t("成果", "Results")} · haihe`;
    const draw = async () => {
      const found = await ask("/api/results");
      if (view !== here) return;
      const folders = new Map();
      for (const one of found) folders.set(one.folder, [...(folders.get(one.folder) || []), one]);
      show(h("section", { class: "opening" }, h("h1", {}, t("成果", "Results")),
        h("p", { class: "lead" }, t("项目 output 文件夹里的页面、数据、文件和研究结果。", "Pages, data, documents and studies in the project's folder output.")),
        found.length ? [...folders].map(([folder, many]) => h("section", { class: "folder" }, h("h2", {}, folder || "output"), h("ul", { class: "files" }, many.map(resultLine))))
          : h("p", {}, t("还没有成果：先运行一个情景。", "There are none yet: run a scenario first."))));
    };
    view.refresh = draw;
    await draw();
  }
  function resultLine(one) {
    const file = one.path.split("/").pop(), page = one.sort === "html";
    const to = one.sort === "store" ? link(`#/stores/${path(one.path)}`, file) : page ? outside(`${address(one.path)}#lang=${lang}`, file) : h("a", { href: address(one.path), download: file }, file);
    return h("li", {}, to, one.title ? h("span", {}, one.title) : null,
      h("small", {}, one.sort === "store" ? t(`${count(one.done)} / ${count(one.members)} 个成员`, `${count(one.done)} of ${count(one.members)} members`) : size(one.size), " · ", moment(one.changed)));
  }

  async function showStore(name) {
    const here = view, found = await ask(`/api/stores/${path(name)}`);
    if (view !== here) return;
    document.title = `${name} · haihe`;
    const study = name.replace(/\.zarr$/, "");
    show(h("section", { class: "opening" },
      h("p", { class: "crumb" }, link("#/results", t("成果", "Results")), ` / ${name}`), h("h1", { class: "slim" }, study),
      h("p", { class: "lead" }, t(`${count(found.done)} / ${count(found.members)} 个成员已运行，${count(found.failed)} 个失败。`, `${count(found.done)} of ${count(found.members)} members are there, ${count(found.failed)} failed.`)),
      h("p", { class: "acts" },
        found.done < found.members ? button(t("继续运行", "Go on"), () => begin("sweep", { study }), "main") : null,
        found.page ? outside(`${address(found.page)}#lang=${lang}`, t("打开成果页", "Open its page"), "act main") : null,
        button(found.page ? t("重做成果页", "Make the page again") : t("制作成果页", "Make its page"), () => openAsk("study-page", { store: name }), found.page || found.done < found.members ? "" : "main"),
        button(t("哪个方案最稳健", "Which plan holds up"), () => openAsk("robust", { store: name })),
        button(t("简报", "Briefing"), () => openAsk("study-briefing", { store: name })),
        button(t("取决于哪些因素", "What it hangs on"), () => openAsk("sensitivity", { store: name })),
        button(t("什么条件下出现", "Under which conditions"), () => openAsk("discover", { store: name })),
        button(t("核验", "Verify"), () => begin("verify", { store: name }))),
      drawSpreads(found.outcomes)));
  }

  // --- begin ----------------------------------------------------------------------------------

  for (const one of document.querySelectorAll(".switch button"))
    one.addEventListener("click", () => {
      lang = one.dataset.lang;
      try { localStorage.setItem("haihe-lang", lang); } catch { /* not allowed here */ }
      route();
    });
  document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
  window.addEventListener("hashchange", async () => { await route(); main.focus({ preventScroll: true }); window.scrollTo(0, 0); });
  window.addEventListener("beforeunload", (event) => {
    if ([...drafts.values()].some((draft) => draft.text !== draft.saved)) event.preventDefault();
  });
  route();
  refreshJobs();
})();
