"""Words that the live page makes its sentences and labels of; `{name}` is filled in by the page."""

from __future__ import annotations

from haihe.text import Text

WORDS = {
    "sentence": Text("按当前设定，{changes}；{tally}", "As set now, {changes}; {tally}"),
    "change": Text("{year} 年{title}比 {base} 年{word}", "by {year} {title} {word} from {base}"),
    "changeNext": Text("{title}{word}", "{title} {word}"),
    "falls": Text("下降 {number}", "down {number}"),
    "rises": Text("上升 {number}", "up {number}"),
    "flat": Text("基本不变", "hardly changed"),
    "points": Text("{number} 个百分点", "{number} points"),
    "and": Text("，", ", "),
    "tally": Text(
        "计划可评分的 {all} 项目标中，{met} 项达到。",
        "{met} of the plan's {all} scored targets are met.",
    ),
    "noTally": Text("没有可评分的目标。", "There is no target to score."),
    "untouched": Text(
        "没有改动：与情景“{preset}”完全一致。",
        "Nothing changed: this is the scenario ‘{preset}’ as it is.",
    ),
    "against": Text(
        "与“{preset}”相比（改动 {count} 项），{year} 年：{changes}；{targets}",
        "Against ‘{preset}’ ({count} changed), in {year}: {changes}; {targets}",
    ),
    "moreMet": Text("达到的目标多 {count} 项。", "{count} more of the targets met."),
    "fewerMet": Text("达到的目标少 {count} 项。", "{count} fewer of the targets met."),
    "sameMet": Text("达到的目标数不变。", "as many of the targets met."),
    "sure": Text(
        "在 {count} 种校准过的未来里重算：{sure} 项达到的可能性在九成以上，"
        "{open} 项在一成到九成之间，{poor} 项不足一成。",
        "Rerun in {count} calibrated futures: {sure} targets are met in over 90 % of them, "
        "{open} in 10 to 90 %, {poor} in under 10 %.",
    ),
    "computing": Text("正在 {count} 种未来里重算…", "Rerunning {count} futures…"),
    "noFutures": Text(
        "本页没有校准过的未来：没有区间和概率。",
        "This page holds no calibrated futures: no bands, no probabilities.",
    ),
    "now": Text("当前设定", "As set now"),
    "observed": Text("观测", "Observed"),
    "target": Text("目标", "Target"),
    "band": Text("90% 区间", "90 % band"),
    "delta": Text("比“{preset}” {number}", "{number} against ‘{preset}’"),
    "readout": Text("{year} 年", "{year}"),
    "notZero": Text("纵轴不从零开始", "The axis does not start at zero"),
    "dataTable": Text("数据表", "Numbers"),
    "year": Text("年份", "Year"),
    "part": Text("构成", "Part"),
    "total": Text("合计", "Total"),
    "baselineTotal": Text("基准合计", "Baseline total"),
    "resetOne": Text("恢复：{title}", "Reset: {title}"),
    "resetGroup": Text("恢复本组", "Reset group"),
    "resetGroupOf": Text("恢复本组：{title}", "Reset group: {title}"),
    "was": Text("2021 年：{number}", "2021: {number}"),
    "presetIs": Text("情景：{number}", "Scenario: {number}"),
    "byYear": Text("{number}（{year} 年）", "{number} (by {year})"),
    "changedCount": Text("改动 {count} 项", "{count} changed"),
    "saysTitle": Text("文件怎么说，何时达到", "What the plan says, and by when"),
    "article": Text("第{number}条", "Article {count}"),
    "beyond": Text("计划没有提出这项措施。", "The plan does not ask for this measure."),
    "reachedBy": Text("达到年份", "Reached in"),
    "reachedHint": Text("留空：按模型的政策进度", "empty: by the model's schedule of policy"),
    "reachedOf": Text("{title}：达到年份", "{title}: year in which it is reached"),
    "valueOf": Text("{title}（数值，{unit}）", "{title} (number, {unit})"),
    "timing": Text("本组进度", "Timing of the group"),
    "unitYear": Text("年", "yr"),
    "met": Text("达到", "Met"),
    "unmet": Text("未达到", "Not met"),
    "otherStandard": Text("另一标准，不计入", "other standard, not counted"),
    "askedBy": Text("{number}（{year} 年）", "{number} by {year}"),
    "turnedMet": Text("改动后达到", "met by your change"),
    "turnedUnmet": Text("改动后不再达到", "lost by your change"),
    "colTarget": Text("目标", "Target"),
    "colVerdict": Text("结论", "Verdict"),
    "colAsked": Text("要求", "Asked for"),
    "colNow": Text("当前设定", "As set now"),
    "colChance": Text("达到的可能性", "Chance"),
    "colPreset": Text("原情景", "Scenario"),
    "planTargets": Text("本计划的目标", "Targets of the plan"),
    "siblingTargets": Text("同城其他规划的目标", "Targets of other documents of the city"),
    "backtestTargets": Text(
        "回溯检验：目标年已过，检验的是模型", "Look back: the year is past, so this tests the model"
    ),
    "metOf": Text("达到 {met} / {all}", "{met} of {all} met"),
    "unscored": Text(
        "未评分的目标：{count} 项，附原因", "Targets not scored: {count}, with the reason"
    ),
    "rule": Text("评分规则：{rule}", "How it is scored: {rule}"),
    "notice": Text(
        "链接里有 {count} 处无法使用，已忽略：{what}",
        "Left out of the link, as they do not fit: {what} ({count})",
    ),
    "otherModel": Text(
        "链接出自另一版本的模型，结果可能不同。",
        "The link was made with another state of the model; results may differ.",
    ),
    "copied": Text("链接已复制。", "Link copied."),
    "copyHere": Text("请复制此链接：", "Copy this link:"),
    "exported": Text(
        "已导出 {file}；用 haihe run {file} 运行。", "Saved {file}; run it with: haihe run {file}"
    ),
    "exportTitle": Text("{preset}（改动版）", "{preset}, changed"),
    "exportStory": Text(
        "在实时页面上改动 {count} 项。", "{count} settings changed on a live page."
    ),
    "checked": Text(
        "本页打开时与 haihe 引擎逐数核对了情景“{preset}”：{numbers} 个数，最大相对差 {worst}。",
        "When it opened, this page held scenario ‘{preset}’ against the engine of haihe, number by "
        "number: {numbers} numbers, largest relative difference {worst}.",
    ),
    "checkFailed": Text(
        "警告：本页的计算与 haihe 引擎不一致（最大相对差 {worst}），结果不可用。",
        "Warning: this page does not agree with the engine of haihe (largest relative difference "
        "{worst}); do not use its results.",
    ),
    "stopped": Text("计算停止：{problem}", "The computation stopped: {problem}"),
    "leftOut": Text("未列入的情景：{what}", "Scenarios left out: {what}"),
    "noLever": Text("没有符合的政策杆。", "No lever fits."),
    "settings": Text(
        "与情景“{preset}”不同的设定", "Settings that differ from the scenario ‘{preset}’"
    ),
    "noSettings": Text("无", "None"),
    "influence": Text(
        "对“{title}”影响最大的政策杆（{year} 年，其余不动，推到一端）",
        "Levers that move ‘{title}’ most in {year}, one at a time from here to an end",
    ),
    "toEnd": Text("推到 {number}", "to {number}"),
    "goTo": Text("去调：{title}", "Go to: {title}"),
}
