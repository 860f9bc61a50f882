"""Text that tries to be more than text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import xarray as xr

from haihe.results.report import Report
from haihe.text import Text

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "'><img src=x onerror=window.pwned=1>",
    '" onmouseover="window.pwned=1" x="',
    "' onfocus='window.pwned=1' autofocus='",
    "javascript:window.pwned=1",
    "<a href=javascript:window.pwned=1>x</a>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<style>@import url(//haihe.invalid/x.css)</style>",
    "<link rel=stylesheet href=//haihe.invalid/x.css>",
    "<meta http-equiv=refresh content='0;url=//haihe.invalid/'>",
    "<base href=//haihe.invalid/>",
    "<!--",
    "--><script>window.pwned=1</script><!--",
    "</title><script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "{{ 7*7 }}{% for x in y %}",
    "$$\\frac{1}{2}$$ \\(x\\) \\[y\\]",
    "@{y0}{safe} @year $index $name{custom} &lt;b&gt;",
    "&lt;script&gt;window.pwned=1&lt;/script&gt;",
    "\u2028window.pwned=1\u2029\u202egnp.exe",
    "=cmd|' /C calc'!A0 %s %d %(x)s {0} \\u003cscript\\u003e `${window.pwned=1}`",
)


def spoil(report: Report, payload: str) -> Report:
    """The report with a payload behind every text of every field."""
    return Report(
        title=_spoil(report.title, payload),
        story=_spoil(report.story, payload),
        scenario=report.scenario,
        baseline=report.baseline,
        indicators=_spoil_data(report.indicators, payload),
        history=_spoil_data(report.history, payload),
        scores=tuple(_spoil(score, payload) for score in report.scores),
        coverage=tuple(_spoil(measure, payload) for measure in report.coverage),
        provenance={f"{k}{payload}": f"{v}{payload}" for k, v in report.provenance.items()},
    )


KEPT = {"indicator", "status", "relation", "strength", "grade"}
"""Fields that name something: they come from a list of ours, not from a writer."""


def _spoil(value: Any, payload: str) -> Any:
    if isinstance(value, Text):
        return Text(value.zh + payload, value.en + payload) if value.zh else value
    if isinstance(value, str):
        return value + payload if value else value
    if isinstance(value, tuple):
        return tuple(_spoil(one, payload) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        own = [field.name for field in fields(value) if field.name not in KEPT]
        return replace(value, **{name: _spoil(getattr(value, name), payload) for name in own})
    return value


def _spoil_data(data: xr.Dataset, payload: str) -> xr.Dataset:
    spoilt = data.copy()
    for name in spoilt.variables:
        attrs = spoilt[name].attrs
        spoilt[name].attrs = {
            key: value + payload
            if isinstance(value, str) and value and key not in ("grade", "better", "group")
            else value
            for key, value in attrs.items()
        }
    return spoilt
