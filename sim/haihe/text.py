"""Words in both languages."""

from __future__ import annotations

from collections.abc import Iterable
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

    def fill(self, **parts: Words | float) -> Text:
        """Words with `{name}` filled in; a part in both languages is said in each."""
        made: dict[Lang, str] = {
            lang: self.get(lang).format(
                **{k: p.get(lang) if isinstance(p, Text) else p for k, p in parts.items()}
            )
            for lang in ("zh", "en")
        }
        return Text(made["zh"], made["en"])


Words = Text | str
"""What is said in both languages, or (a name, a number, a path) the same way in each."""


def say(words: Words, lang: Lang) -> str:
    """Words in `lang`."""
    return words if isinstance(words, str) else words.get(lang)


def list_choices(names: Iterable[str]) -> Text:
    """What a user can choose from, as `expected` wants it: `one of a, b, c`."""
    known = list(names)
    return Text(f"下列之一：{'、'.join(known)}", f"one of {', '.join(known)}")


def join_all(parts: Iterable[Words], zh: str = "；", en: str = "; ") -> Text:
    """Several words one after the other, with what stands between them in each language."""
    known = list(parts)
    return Text(zh.join(say(p, "zh") for p in known), en.join(say(p, "en") for p in known))


def lead(name: str, words: Words) -> Text:
    """Words about what is named: `name: words`."""
    return Text(f"{name}：{say(words, 'zh')}", f"{name}: {say(words, 'en')}")


def set_apart(words: str, lang: Lang) -> str:
    """Words that follow upon Chinese: Latin letters and digits stand apart from it by a blank."""
    return f" {words}" if lang == "zh" and words[:1].isascii() and words[:1] else words
