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
