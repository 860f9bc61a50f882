"""What went wrong in a member: kept with the results in English, said in both languages."""

from __future__ import annotations

import re

from haihe.text import Text

_NOT_FINITE = re.compile(r"(?P<variable>.*) is not finite from (?P<time>\S+) on", re.DOTALL)
_REFUSED = "the engine refused it"
_KNOWN = {
    "the worker that ran it died": "运行它的工作进程中断",
    "it was not run": "尚未运行",
    _REFUSED: "引擎不接受",
}


def say_status(status: str) -> Text:
    """A member's status in both languages; what an engine itself said stays as it is."""
    if found := _NOT_FINITE.fullmatch(status):
        return Text(f"{found['variable']} 自 {found['time']} 起不是有限值", status)
    head, colon, note = status.partition(": ")
    if head == _REFUSED and colon:
        return Text(f"{_KNOWN[head]}：{note}", status)
    return Text(_KNOWN.get(status, status), status)
