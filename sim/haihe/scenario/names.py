"""Names as people write them: any case or width, blanks or `-` or `_`, or a title."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from haihe.model.find import fold_name
from haihe.text import Text


@dataclass(frozen=True, slots=True)
class Names:
    """Names to look up, with every spelling that stands for them."""

    exact: frozenset[str]
    spellings: Mapping[str, str]
    """Folded spelling to name; "" where it would be ambiguous."""
    titles: Mapping[str, str]
    """Name to its Chinese title, for suggestions."""

    def find(self, text: str) -> str | None:
        """Name that a text stands for; None where there is none."""
        if text in self.exact:
            return text
        return self.spellings.get(fold_name(text)) or None

    def suggest(self, text: str, count: int = 3) -> tuple[str, ...]:
        """Names that look like a text, or whose titles do, best first."""
        word = fold_name(text)
        known = [spelling for spelling, name in self.spellings.items() if name]
        close = difflib.get_close_matches(word, known, n=2 * count, cutoff=0.6)
        held = [spelling for spelling in known if len(word) > 1 and word in spelling]
        names = dict.fromkeys(self.spellings[s] for s in [*close, *sorted(held, key=len)])
        return tuple(self._label(name) for name in list(names)[:count])

    def _label(self, name: str) -> str:
        title = self.titles.get(name, "")
        return f"{name} ({title})" if title and title != name else name


def index_names(names: Mapping[str, Text | None]) -> Names:
    """Index names by themselves and by their titles.

    A name always wins over a title; a title that two names share stands for neither.
    """
    spellings: dict[str, str] = {}
    for name, title in names.items():
        for spelling in _titles(title):
            taken = spellings.get(fold_name(spelling), name)
            spellings[fold_name(spelling)] = name if taken == name else ""
    spellings |= {fold_name(name): name for name in names}
    chinese = {name: title.zh for name, title in names.items() if title is not None}
    return Names(frozenset(names), spellings, chinese)


def _titles(title: Text | None) -> Iterable[str]:
    return () if title is None else {text for text in (title.zh, title.en) if text.strip()}
