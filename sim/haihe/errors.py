"""Every exception of haihe: a dataclass with fields, and one clear sentence in both languages.

A user's mistake is an `InputError`: what is wrong, where, what was expected, and what may have
been meant. Several mistakes are gathered in `InputErrors` and raised once.

Exit codes of the command line: 0 done; 1 done, but some members, or some of a model's reality
checks, failed; 2 the input is wrong and nothing ran; 3 the environment (disk, rights, lock); 4 our
own fault; 130 stopped, resumable.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass, replace

from haihe.text import Lang, Text, Words, say, set_apart

EXIT_DONE = 0
EXIT_SOME_FAILED = 1
EXIT_INPUT = 2
EXIT_ENVIRONMENT = 3
EXIT_FAULT = 4
EXIT_STOPPED = 130


@dataclass(frozen=True, slots=True)
class Joints:
    """What stands between the parts of a sentence."""

    expected: str
    suggestion: str
    between: str
    mend: str


JOINTS: dict[Lang, Joints] = {
    "zh": Joints("；应为{}", "；是否想写{}？", "、", "；"),
    "en": Joints("; expected {}", "; did you mean {}?", " or ", "; "),
}


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file that a person wrote."""

    file: str
    """Path as it should be shown, relative to the project where it can be."""
    line: int = 0
    """Line, from 1; 0 where the whole file is meant."""
    column: int = 0
    """Column, from 1; 0 where the whole line is meant."""

    def __str__(self) -> str:
        parts = [self.file]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class Refused(ValueError):
    """What a validator of a record raises: why a value may not stand there, in both languages."""

    def __init__(self, problem: Words) -> None:
        super().__init__(say(problem, "en"))
        self.problem = problem


class HaiheError(Exception):
    """Root of everything that haihe raises on purpose."""

    exit_code = EXIT_FAULT

    def say(self, lang: Lang) -> str:
        """The sentence in `lang`."""
        return str(self)

    @property
    def words(self) -> Text:
        """The sentence in both languages."""
        return Text(self.say("zh"), self.say("en"))


@dataclass(eq=False)
class InputError(HaiheError):
    """Something that a user wrote is wrong.

    Reads `file:line:col: what is wrong; what was expected; did you mean X?`
    """

    problem: Words
    """What is wrong, one clause without a full stop."""
    where: Location | None = None
    expected: Words = ""
    """What would have been right."""
    suggestions: tuple[str, ...] = ()
    """What may have been meant, best first."""
    shown: str = ""
    """The offending line or value, as written."""

    exit_code = EXIT_INPUT

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: Lang) -> str:
        """The sentence in `lang`."""
        joints = JOINTS[lang]
        text = say(self.problem, lang)
        if self.where:
            text = f"{self.where}: {text}"
        if self.expected:
            text += joints.expected.format(set_apart(say(self.expected, lang), lang))
        if self.suggestions:
            meant = joints.between.join(self.suggestions)
            text += joints.suggestion.format(set_apart(meant, lang))
        if self.shown:
            text += f"\n    {self.shown}"
        return text

    def explain(self) -> Text:
        """The sentence without its place, in both languages."""
        return replace(self, where=None).words


@dataclass(eq=False)
class InputErrors(HaiheError):
    """All the mistakes found in one reading, in the order of the files."""

    errors: tuple[InputError, ...]

    exit_code = EXIT_INPUT

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: Lang) -> str:
        """A line for each mistake."""
        return "\n".join(error.say(lang) for error in self.errors)


@dataclass(eq=False)
class EnvironmentFault(HaiheError):
    """The machine said no: disk, rights, a lock, a missing program."""

    problem: Words
    mend: Words = ""
    """What the user can do about it."""

    exit_code = EXIT_ENVIRONMENT

    def __str__(self) -> str:
        return self.say("en")

    def say(self, lang: Lang) -> str:
        """The sentence in `lang`."""
        problem = say(self.problem, lang)
        return f"{problem}{JOINTS[lang].mend}{say(self.mend, lang)}" if self.mend else problem


class Notice(RuntimeWarning):
    """A warning in both languages; `str` is the English."""

    def __init__(self, words: Words) -> None:
        super().__init__(say(words, "en"))
        self.words = words


def words_of(warning: Warning | str) -> Words:
    """What a warning says, in both languages where it knows them."""
    return warning.words if isinstance(warning, Notice) else str(warning)


def describe_refusal(error: OSError) -> Text:
    """Why the system refused, in a few words; a rarer reason as the system says it."""
    english = error.strerror or str(error)
    known = _REFUSALS.get(error.errno or 0)
    return Text(known or f"系统提示 {english}", english)


_REFUSALS = {
    errno.EACCES: "没有权限",
    errno.EADDRINUSE: "该端口已被占用",
    errno.EEXIST: "已经存在",
    errno.EFBIG: "文件过大",
    errno.EINVAL: "系统不接受此参数",
    errno.EIO: "读写设备出错",
    errno.EISDIR: "这是一个文件夹",
    errno.ELOOP: "链接层数过多",
    errno.EMFILE: "打开的文件过多",
    errno.ENAMETOOLONG: "名称过长",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOMEM: "内存不足",
    errno.ENOSPC: "磁盘空间不足",
    errno.ENOTDIR: "路径中有一级不是文件夹",
    errno.ENOTEMPTY: "文件夹不为空",
    errno.EPERM: "系统不允许此操作",
    errno.EROFS: "文件系统为只读",
    errno.EDQUOT: "超出磁盘配额",
    errno.ETXTBSY: "文件正在被使用",
    errno.EBUSY: "设备或文件正忙",
}
"""What the common ones are called in Chinese."""


LOOK = Text("请检查权限和磁盘空间", "look at the rights and the space on disk")
"""What mostly helps where something cannot be written."""


def cannot_write(shown: str, error: OSError, mend: Words = LOOK) -> EnvironmentFault:
    """A file or a folder that could not be written; `shown` is its path."""
    reason = describe_refusal(error)
    return EnvironmentFault(
        Text(f"{shown} 无法写入：{reason.zh}", f"{shown} cannot be written: {reason.en}"), mend
    )


def raise_all(errors: Iterable[InputError]) -> None:
    """Raise what was collected; do nothing where nothing was.

    Raises
    ------
    InputErrors
        Where there is at least one error.
    """
    found = tuple(errors)
    if found:
        raise InputErrors(found)
