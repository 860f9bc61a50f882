"""Split a Vensim file into its definitions, and say where each one stands.

A reading of our own, beside the translator's: the translator stops in silence at the first
definition that it does not understand and drops the rest. Strings and comments are respected, so
`~` and `|` inside of a quoted name are no separators.

A definition is `equation ~ units [limits] ~ comment |`, or with a fourth field such as
`:SUPPLEMENTARY`. A group is `**** .Name **** ~ comment |`.

Sources
-------
Vensim reference manual, "Vensim model (.mdl) file format" (www.vensim.com/documentation).
"""

from __future__ import annotations

import codecs
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from haihe.errors import InputError, Location
from haihe.project import show_path
from haihe.text import Text, Words

SKETCH = "\\\\\\---///"
_GROUP = re.compile(r"^\*{3,}\s*\.?(?P<name>.*?)\s*\*{3,}$", re.DOTALL)
_MACRO = re.compile(r"\s*:MACRO:\s*([^(]*)\(([^)]*)\)", re.IGNORECASE)
_END_OF_MACRO = re.compile(r"\s*:END OF MACRO:", re.IGNORECASE)
_ENCODING = re.compile(rb"^\s*\{([^}\r\n]*)\}")
_LIMITS = re.compile(r"^(?P<units>.*?)\[(?P<limits>[^\[\]]*)\]\s*$", re.DOTALL)
# A quoted name, subscripts or a keyword is passed over; anything else ends the left-hand side.
_SPLIT = re.compile(
    r'"(?:\\.|[^"])*"|\[[^\]]*\]'
    r"|:\s*(?:EXCEPT|INTERPOLATE|RAW|HOLD BACKWARD|LOOK FORWARD)\s*:"
    r"|:=|==|=|<->|\(|:",
    re.IGNORECASE,
)

# In an equation or a unit a quoted name may hold anything; a comment field knows no quotes.
_MARKS = re.compile(r'"(?:\\.|[^"\\])*"|\{[^{}]*\}|[~|]')
_ENDS = re.compile(r"[~|]")

NO_LIMITS: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition as it stands in the file."""

    equation: str
    """Both sides, blanks folded."""
    units: str
    limits: tuple[float | None, float | None]
    doc: str
    group: str
    macro: str
    """Macro that it stands in; "" for the model itself."""
    line: int
    """Line of its first character, from 1."""
    doc_line: int
    """Line of its comment."""

    @property
    def left(self) -> str:
        """Left-hand side: name and subscripts."""
        return split_equation(self.equation)[0]

    @property
    def right(self) -> str:
        """Right-hand side; "" where there is none."""
        return split_equation(self.equation)[1]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the file that cannot be a definition."""

    line: int
    code: str
    problem: Words
    expected: Words
    shown: str
    fatal: bool = True
    """Would something be lost if it were passed over?"""


@dataclass(slots=True)
class Scan:
    """What stands in a Vensim file."""

    definitions: list[Definition] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def decode_model(path: Path) -> str:
    """Text of a Vensim file.

    Raises
    ------
    InputError
        Where the file is missing, empty, begins with a byte order mark, or is in another encoding
        than the one that its first line names (UTF-8 where it names none).
    """
    raw = read_bytes(path)
    shown = show_path(path)
    if raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(
            Text("文件以字节顺序标记（BOM）开头", "the file begins with a byte order mark"),
            Location(shown, 1, 1),
            Text(
                "不带 BOM 的 UTF-8，且首行为 {UTF-8}",
                "UTF-8 without one, and {UTF-8} as the first line",
            ),
        )
    match = _ENCODING.match(raw)
    named = match[1].decode("ascii", "replace").strip() if match else ""
    try:
        encoding = codecs.lookup(named or "utf-8").name
    except LookupError:
        raise InputError(
            Text(
                f"文件声明的编码 {named} 无法识别",
                f"the file says that its encoding is {named}, which nobody knows",
            ),
            Location(shown, 1, 1),
            Text("首行写 {UTF-8}", "{UTF-8} as the first line"),
        ) from None
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            _say_undecodable(raw, named or "UTF-8"),
            Location(shown, line),
            Text("UTF-8，且首行为 {UTF-8}", "UTF-8, and {UTF-8} as the first line"),
        ) from None


def read_bytes(path: Path) -> bytes:
    """Bytes of a file that the user named.

    Raises
    ------
    InputError
        Where there is no such file, it is a folder, or it is empty.
    """
    shown = show_path(path)
    if path.is_dir():
        raise InputError(
            Text(f"{shown} 是文件夹", f"{shown} is a folder"),
            None,
            Text("模型文件（.mdl、.xmile、.stmx）", "a model file (.mdl, .xmile, .stmx)"),
        )
    if not path.is_file():
        raise InputError(
            Text(f"{shown} 不存在", f"{shown} does not exist"),
            None,
            Text("模型文件（.mdl、.xmile、.stmx）", "a model file (.mdl, .xmile, .stmx)"),
        )
    raw = path.read_bytes()
    if not raw.strip():
        raise InputError(
            Text(f"{shown} 是空文件", f"{shown} is empty"), None, Text("一个模型", "a model")
        )
    return raw


def _say_undecodable(raw: bytes, encoding: str) -> Text:
    zh, en = f"文件不是 {encoding} 编码", f"the file is not {encoding}"
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return Text(zh, en)
    return Text(f"{zh}，可能是 GBK", f"{en}; it may be GBK")


def blank_comments(text: str) -> str:
    """The equations of a file, `{...}` in them blanked out and the lines kept; no sketch.

    Vensim skips what stands in braces, the translator does not know them. In a comment field they
    are punctuation.
    """
    text = text.split(SKETCH, 1)[0]
    parts: list[str] = []
    position = start = field_number = 0
    while match := (_MARKS if field_number < 2 else _ENDS).search(text, position):
        token, position = match[0], match.end()
        if token in "~|":
            field_number = 0 if token == "|" else field_number + 1
        elif token[0] == "{":
            parts += [text[start : match.start()], re.sub(r"[^\n]", " ", token)]
            start = position
    return "".join([*parts, text[start:]])


def scan_model(text: str) -> Scan:
    """Split the equations of a Vensim file, comments blanked, into definitions and faults."""
    scan = Scan()
    starts = [0] + [i + 1 for i, letter in enumerate(text) if letter == "\n"]
    position = 0
    group = macro = ""
    while position < len(text):
        position, macro = _enter_macro(text, position, macro)
        cuts, end = _cut_block(text, position)
        fields = [text[a:b] for a, b in zip([position, *(c + 1 for c in cuts)], [*cuts, end])]
        lines = [
            bisect_right(starts, a + _leading(text[a:b]))
            for a, b in zip([position, *(c + 1 for c in cuts)], [*cuts, end])
        ]
        closed = end < len(text)
        group = _take_block(scan, fields, lines, closed, group, macro)
        position = end + 1
    return scan


def split_equation(equation: str) -> tuple[str, str]:
    """Left and right side of a definition; a lookup `f(...)` splits at its parenthesis."""
    for match in _SPLIT.finditer(equation):
        token = match[0]
        if token[0] in '"[' or len(token) > 3:
            continue
        right = equation[match.start() if token == "(" else match.end() :]
        return equation[: match.start()].strip(), right.strip()
    return equation.strip(), ""


def name_of(left: str) -> str:
    """Name on a left-hand side, without subscripts, keywords and quotes."""
    left = left.strip()
    if left.startswith('"'):
        end = re.search(r'(?<!\\)"', left[1:])
        return left[1 : end.start() + 1] if end else left[1:]
    return re.split(r"[\[:(<]", left, maxsplit=1)[0].strip()


def fold_blanks(text: str) -> str:
    """One blank for every run of blanks, line ends and continuation marks."""
    return " ".join(re.sub(r"\\\r?\n\s*", " ", text).split())


def split_limits(units: str) -> tuple[str, tuple[float | None, float | None]]:
    """Units and limits of a units field, `kt [0,100,1]`; `?` is no limit.

    Raises
    ------
    ValueError
        Where the limits are no numbers.
    """
    match = _LIMITS.match(units.strip())
    if not match:
        if "[" in units or "]" in units:
            raise ValueError(units)
        return units.strip(), NO_LIMITS
    ends = [_limit(part) for part in match["limits"].split(",")]
    low, high = ends[0], ends[1] if len(ends) > 1 else None
    if low is not None and high is not None and low > high:
        raise ValueError(units)
    return match["units"].strip(), (low, high)


def _limit(text: str) -> float | None:
    if text.strip() == "?":
        return None
    value = float(text) if len(text) <= 64 else math.nan
    if math.isnan(value):
        raise ValueError(text)
    return value if math.isfinite(value) else None


def _leading(text: str) -> int:
    return len(text) - len(text.lstrip())


def _enter_macro(text: str, position: int, macro: str) -> tuple[int, str]:
    while True:
        opened = _MACRO.match(text, position)
        closed = _END_OF_MACRO.match(text, position)
        if opened:
            position, macro = opened.end(), opened[1].strip()
        elif closed:
            position, macro = closed.end(), ""
        else:
            return position, macro


def _cut_block(text: str, start: int) -> tuple[list[int], int]:
    """Positions of the `~` of one block, and of the `|` that ends it."""
    cuts: list[int] = []
    quoted = False
    for i in range(start, len(text)):
        letter = text[i]
        # A quotation mark opens a name in an equation; in a comment it is punctuation.
        if letter == '"' and len(cuts) < 2 and text[i - 1] != "\\":
            quoted = not quoted
        elif letter == "~" and not quoted:
            cuts.append(i)
        elif letter == "|" and not quoted:
            return cuts, i
    return cuts, len(text)


def _take_block(
    scan: Scan, fields: list[str], lines: list[int], closed: bool, group: str, macro: str
) -> str:
    head = fold_blanks(fields[0])
    named = _GROUP.match(head)
    if named and len(fields) <= 3:
        return named["name"].strip()
    if not closed and not head and len(fields) == 1:
        return group
    fault = _fault_of(fields, lines, closed, head)
    if fault:
        scan.faults.append(fault)
        if fault.fatal:
            return group
    try:
        units, limits = split_limits(fold_blanks(fields[1]))
    except ValueError:
        scan.faults.append(
            Fault(
                lines[1],
                "limits",
                Text("取值界限无法读取", "the limits cannot be read"),
                Text(
                    "方括号中的两个或三个数，如 [0,1] 或 [0,?]",
                    "two or three numbers in brackets, [0,1] or [0,?]",
                ),
                fold_blanks(fields[1])[:80],
            )
        )
        return group
    doc = "\n".join(line.strip() for line in fields[2].replace("\\\n", "\n").strip().splitlines())
    scan.definitions.append(Definition(head, units, limits, doc, group, macro, lines[0], lines[2]))
    return group


def _fault_of(fields: list[str], lines: list[int], closed: bool, head: str) -> Fault | None:
    layout = Text("方程 ~ 单位 ~ 注释 |", "equation ~ units ~ comment |")
    shown = head[:80]
    if not closed:
        return Fault(
            lines[0],
            "unclosed",
            Text("定义缺少结尾的 |", "the definition has no closing |"),
            layout,
            shown,
        )
    if len(fields) == 1 or not head:
        return Fault(
            lines[0],
            "stray-bar",
            Text(
                "| 出现在不是定义结尾的地方；注释中不能有 |",
                "a | stands where no definition ends; a comment may not hold one",
            ),
            layout,
            shown or fold_blanks(" ".join(fields))[:80],
        )
    if len(fields) == 2:
        return Fault(
            lines[0],
            "missing-tilde",
            Text("定义中只有一个 ~", "the definition has one ~"),
            layout,
            shown,
        )
    extra = fold_blanks(fields[3]) if len(fields) == 4 else ""
    if len(fields) > 4 or (len(fields) == 4 and not re.fullmatch(r"(:[A-Z ]+:?\s*)*", extra)):
        return Fault(
            lines[3],
            "stray-tilde",
            Text(
                f"定义中有 {len(fields) - 1} 个 ~；注释中不能有 ~",
                f"the definition has {len(fields) - 1} ~; a comment may not hold one",
            ),
            layout,
            fold_blanks(fields[3])[:80],
            # The translator takes a fourth field for a flag: only a part of the comment is lost.
            fatal=len(fields) > 4,
        )
    return None
