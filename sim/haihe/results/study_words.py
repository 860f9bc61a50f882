"""Words for what a study is made of."""

from __future__ import annotations

from haihe.text import Text

DESIGNS = {
    "grid": Text("网格", "grid"),
    "list": Text("列表", "list"),
    "one-at-a-time": Text("单因素", "one at a time"),
    "latin-hypercube": Text("拉丁超立方", "Latin hypercube"),
    "sobol": Text("Sobol'", "Sobol'"),
    "morris": Text("Morris 筛选", "Morris screening"),
    "monte-carlo": Text("蒙特卡罗", "Monte Carlo"),
    "posterior": Text("校准后的未来", "calibrated futures"),
}
"""Designs, by their names in study files."""
