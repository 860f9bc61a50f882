"""Charts that change their language in place.

Every Bokeh model whose words differ between languages carries a tag
`{"i18n": {property: {"zh": value, "en": value}}}`. `localise` applies one of the two, here in
Python; `templates/page.js` does the same in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bokeh.model import Model

from haihe.text import Lang

KEY = "i18n"


def set_words(model: Model, **properties: tuple[Any, Any]) -> None:
    """Give properties of a model a Chinese and an English value.

    The value must be plain JSON: text, number, list, or `{"field": column}`.
    """
    words = {name: {"zh": zh, "en": en} for name, (zh, en) in properties.items()}
    model.tags = [*model.tags, {KEY: words}]


def untex(text: str) -> str:
    """Words that are not read as TeX, for that would make the page fetch a typesetter."""
    for mark in ("$$", "\\(", "\\["):
        text = text.replace(mark, f"{mark[0]}\u200b{mark[1]}")
    return text


def localise(root: Model, lang: Lang) -> None:
    """Put everything below `root` into one language."""
    for model in root.references():
        for name, values in _words(model):
            setattr(model, name, _plain(values[lang]))


def _words(model: Model) -> Iterator[tuple[str, dict[str, Any]]]:
    for tag in model.tags:
        if isinstance(tag, dict) and KEY in tag:
            yield from tag[KEY].items()


def _plain(value: Any) -> Any:
    """Rows of a tooltip are tuples in Python and lists in JSON."""
    if isinstance(value, list):
        return [tuple(row) if isinstance(row, list) else row for row in value]
    return value
