"""Words in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str

    def get(self, lang: Lang) -> str:
        """Words in `lang`."""
        return self.zh if lang == "zh" else self.en


Words = Text | str
"""What is said in both languages, or (a name, a number, a path) the same way in each."""


def say(words: Words, lang: Lang) -> str:
    """Words in `lang`."""
    return words if isinstance(words, str) else words.get(lang)
