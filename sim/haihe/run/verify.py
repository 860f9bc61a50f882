"""Is the compiled engine equal to the reference on this model? Asked once for each model.

The members are the model as it stands and five in which every constant is drawn anew: evenly within
its limits where it has both, else within ±10 % of its value. The draws hang on the name and the
element of the constant and on nothing else, so the same members come back on every machine.

A full check takes six runs of the reference, which may be minutes. So it is not made in full when a
model is first run: the first use compares for a stated time (`FIRST_USE`) and says how far it came;
`haihe model check --engine` compares everything, and `--write` lays the verdict beside the model as
`engine-check.json`, which is believed as long as its digests fit.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import os
import time as clock
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import haihe
from haihe.cache import read_entry, write_entry
from haihe.errors import InputError, InputErrors
from haihe.model.clock import saved_times
from haihe.model.types import FloatArray, Kind, Model, Variable, canonical_name
from haihe.run.backends import Progress, PysdBackend, run_while
from haihe.run.compiled import CompiledBackend
from haihe.run.difference import Cell, compare
from haihe.scenario.values import Batch
from haihe.text import Text

FIRST_USE = 10.0
"""Longest check when a model is first run [s]; `HAIHE_CHECK_SECONDS` says otherwise, 0 skips it."""
RANDOM_MEMBERS = 5
SEED = 20220101
AROUND = 0.1
"""How far from its value a constant without limits is drawn, as a share of it."""
FOLDER = "checks"
FILE_NAME = "engine-check.json"
FORMAT = 1

_CLOCK = ("initial time", "final time", "time step", "saveper")


_AS_IT_STANDS = Text("原模型", "as it stands")
_RANDOM = Text("随机成员", "random")
"""What the members are called; a verdict keeps them in English."""


@dataclass(frozen=True, slots=True)
class Worst:
    """A cell, in words."""

    variable: str
    element: tuple[str, ...]
    time: float
    member: str
    ours: float
    reference: float
    ulp: float
    """Difference in units of the last place; NaN where one of them is not finite."""
    relative: float
    of_bar: float
    """Difference as a share of what is allowed."""
    equation: str

    def __str__(self) -> str:
        return self.words.en

    @property
    def words(self) -> Text:
        """Which cell it is."""
        place = f"[{', '.join(self.element)}]" if self.element else ""
        member = self.member.replace(_AS_IT_STANDS.en, _AS_IT_STANDS.zh)
        member = member.replace(_RANDOM.en, _RANDOM.zh)
        return Text(
            f"{member}在 {self.time:g} 时的 {self.variable}{place}",
            f"{self.variable}{place} at {self.time:g} of {self.member}",
        )


_DRAWS = Text(
    "模型抽取随机数，两个程序抽出的数不会相同",
    "it draws random numbers, which no two programs draw alike",
)
_CANNOT = "the reference cannot run the model ({})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found."""

    model: str
    digest: str
    """Of the model and its data."""
    engine: str
    """Of everything of haihe that has a part in the numbers."""
    version: str
    """Of haihe."""
    backend: str
    reference: str
    machine: str
    """The processor that it was found on."""
    members: int
    """Members that were to be compared."""
    finished: int
    """Members that were compared to the end."""
    through: float
    """How far the last member was compared that was begun, in the model's time."""
    stop: float
    """Where the model ends."""
    cells: int
    equal_bits: int
    """Cells that are the same to the last bit."""
    varied: int
    """Constants that the random members draw."""
    seconds: float
    problem: str = ""
    """Why nothing was compared; empty where something was."""
    worst: Worst | None = None
    """None where all cells are the same to the last bit."""
    begins: Worst | None = None
    """Where a disagreement begins: the earliest, and of those the first to be computed."""

    @property
    def equal(self) -> bool:
        """Is everything that was compared within the bar?"""
        return self.begins is None

    @property
    def complete(self) -> bool:
        """Was everything compared?"""
        return not self.problem and self.finished == self.members


def find_verdict(model: Model) -> Verdict | None:
    """The verdict about a model that lies beside it or in the cache; None where there is none."""
    return _beside(model) or _kept(model)


def judge(model: Model, seconds: float = float("inf"), progress: Progress | None = None) -> Verdict:
    """Compare the compiled engine with the reference, for at most so many seconds.

    The verdict is kept where it says as much as the one that was kept before.

    Raises
    ------
    InputErrors
        Where the engine cannot compile the model.
    """
    started = clock.monotonic()
    varied, batch = plan_members(model)
    names = [n for n, v in model.variables.items() if v.kind is not Kind.LOOKUP]
    times = saved_times(batch.time)
    reached = [0] * len(batch.members)

    def go_on(member: int, saved: int) -> bool:
        reached[member] = saved
        if progress:
            progress(sum(reached), len(times) * len(reached))
        # One step of saving at least: stocks have moved then.
        return saved < 2 or clock.monotonic() < deadline

    verdict = _open_verdict(model, len(batch.members), len(varied))
    deadline = clock.monotonic() + seconds
    if _draws(model):
        # Neither is wrong where they differ, and they do in every draw.
        return replace(verdict, problem=_DRAWS.en)
    try:
        theirs = run_while(go_on, model, batch, names)
    except Exception as error:
        # Whatever PySD fails with on this model: it is not the engine that fails.
        reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200] or '?'}"
        verdict = replace(verdict, problem=_CANNOT.format(reason))
    else:
        # The engine last, on the members that were reached: without the random ones there are no
        # constants to bring, and the kernel is built in half the time.
        ours = CompiledBackend().run(model, _begun(batch, reached), names)
        found = compare(ours, theirs, [count for count in reached if count])
        verdict = _close_verdict(verdict, model, batch, times, found, reached)
    verdict = replace(verdict, seconds=round(clock.monotonic() - started, 1))
    _keep(verdict)
    return verdict


def judge_first_use(model: Model) -> tuple[Verdict | None, bool]:
    """The verdict about a model, made now where there is none; and whether it was made now.

    None where `HAIHE_CHECK_SECONDS` is 0.

    Raises
    ------
    InputErrors
        Where the engine cannot compile the model.
    """
    found = find_verdict(model)
    if found is not None:
        return found, False
    seconds = allowed_seconds()
    return (judge(model, seconds), True) if seconds > 0 else (None, False)


def allowed_seconds() -> float:
    """How long the check of a first use may take.

    Raises
    ------
    InputError
        Where `HAIHE_CHECK_SECONDS` is no number.
    """
    text = os.environ.get("HAIHE_CHECK_SECONDS", "")
    try:
        return float(text) if text else FIRST_USE
    except ValueError:
        raise InputError(
            Text(f"HAIHE_CHECK_SECONDS 为 {text!r}", f"HAIHE_CHECK_SECONDS is {text!r}"),
            None,
            Text("秒数", "a number of seconds"),
        ) from None


def say_problem(verdict: Verdict) -> Text:
    """Why nothing was compared; a verdict keeps it in English."""
    if verdict.problem == _DRAWS.en:
        return _DRAWS
    prefix, _, suffix = _CANNOT.partition("{}")
    if verdict.problem.startswith(prefix) and verdict.problem.endswith(suffix):
        reason = verdict.problem[len(prefix) : len(verdict.problem) - len(suffix)]
        return Text(f"参照不能运行该模型（{reason}）", verdict.problem)
    return Text(verdict.problem, verdict.problem)


def say_extent(verdict: Verdict) -> Text:
    """How much of a model was compared, in one sentence."""
    if verdict.problem:
        problem = say_problem(verdict)
        return Text(
            f"没有在 {verdict.model} 上比较引擎与参照：{problem.zh}",
            f"the engine was not compared with the reference on {verdict.model}: {problem.en}",
        )
    if verdict.complete:
        return Text(
            f"在 {verdict.model} 上引擎与参照一致：{verdict.members} 个成员，{verdict.cells} 格",
            f"the engine equals the reference on {verdict.model}: {verdict.members} members,"
            f" {verdict.cells} cells",
        )
    return Text(
        f"在 {verdict.model} 上比较引擎与参照 {verdict.seconds:g} 秒，目前一致："
        f"{verdict.members} 个成员中 {verdict.finished} 个比较完毕，下一个到 "
        f"{verdict.through:g}（终点 {verdict.stop:g}）；运行 `haihe model check --"
        "engine` 可比较其余部分",
        f"the engine was compared with the reference on {verdict.model} for {verdict.seconds:g} s"
        f" and is equal so far: {verdict.finished} of {verdict.members} members whole, the next to"
        f" {verdict.through:g} of {verdict.stop:g}; `haihe model check --engine` compares the rest",
    )


# --- members ------------------------------------------------------------------------------------


def plan_members(model: Model) -> tuple[tuple[str, ...], Batch]:
    """Constants that vary, and the members: the model as it stands, then those drawn."""
    wanted = [name for name, variable in model.variables.items() if _can_vary(variable)]
    names = _compilable(model, wanted)
    constants = {name: _draw(model.variables[name]) for name in names}
    labels = (_AS_IT_STANDS.en, *(f"{_RANDOM.en} {i + 1}" for i in range(RANDOM_MEMBERS)))
    # The reference knows Euler's method only; the equations are the same.
    return tuple(names), Batch(labels, constants, {}, {}, replace(model.time, method="euler"))


def _draws(model: Model) -> bool:
    """Does a model call random functions?"""
    from haihe.compile import compile_model
    from haihe.compile.builtins import DRAWS

    return any(node.op in DRAWS for node in compile_model(model, []).nodes)


def _can_vary(variable: Variable) -> bool:
    return (
        variable.kind is Kind.CONSTANT
        and canonical_name(variable.name) not in _CLOCK
        and variable.default is not None
        and bool(np.isfinite(variable.default).all())
    )


def _compilable(model: Model, names: Sequence[str]) -> list[str]:
    """Constants that may vary: the engine must know some, such as the order of a delay."""
    from haihe.compile import compile_model

    try:
        compile_model(model, [], names)
    except (InputError, InputErrors):
        if not names:
            raise
        if len(names) == 1:
            return []
        half = len(names) // 2
        return [*_compilable(model, names[:half]), *_compilable(model, names[half:])]
    return list(names)


def _draw(variable: Variable) -> FloatArray:
    """Values (member, *dims), the model's own first."""
    assert variable.default is not None
    seed = hashlib.sha256(canonical_name(variable.name).encode()).digest()
    generator = np.random.default_rng([SEED, *seed])
    own = variable.default
    share = generator.random((RANDOM_MEMBERS, *own.shape))
    low, high = variable.limits
    if low is not None and high is not None and low < high:
        drawn = low + (high - low) * share
    else:
        drawn = own * (1 - AROUND + 2 * AROUND * share)
        drawn = np.clip(drawn, low, high) if (low, high) != (None, None) else drawn
    return np.concatenate([own[None], drawn]).astype(np.float64)


def _begun(batch: Batch, reached: Sequence[int]) -> Batch:
    """The members that the reference has begun with."""
    count = sum(saved > 0 for saved in reached)
    constants = {} if count == 1 else {n: v[:count] for n, v in batch.constants.items()}
    return replace(batch, members=batch.members[:count], constants=constants)


# --- verdicts -----------------------------------------------------------------------------------


def _open_verdict(model: Model, members: int, varied: int) -> Verdict:
    return Verdict(
        model=model.name,
        digest=model.digest,
        engine=engine_digest(),
        version=haihe.__version__,
        backend=CompiledBackend().name,
        reference=PysdBackend().name,
        machine=machine_name(),
        members=members,
        finished=0,
        through=model.time.start,
        stop=model.time.stop,
        cells=0,
        equal_bits=0,
        varied=varied,
        seconds=0.0,
    )


def _close_verdict(
    verdict: Verdict,
    model: Model,
    batch: Batch,
    times: FloatArray,
    found: Any,
    reached: Sequence[int],
) -> Verdict:
    begun = [count for count in reached if count]
    words = functools.partial(_in_words, model, batch, times)
    return replace(
        verdict,
        finished=sum(count == len(times) for count in reached),
        through=float(times[begun[-1] - 1]) if begun else model.time.start,
        cells=found.cells,
        equal_bits=found.equal_bits,
        worst=words(found.worst) if found.worst else None,
        begins=words(_first_computed(model, found.beyond)) if found.beyond else None,
    )


def _in_words(model: Model, batch: Batch, times: FloatArray, cell: Cell) -> Worst:
    variable = model.variables[cell.variable]
    elements = [model.dimensions[dim].elements for dim in variable.dims]
    return Worst(
        variable=variable.name,
        element=tuple(names[i] for names, i in zip(elements, cell.element, strict=True)),
        time=float(times[cell.time]),
        member=batch.members[cell.member],
        ours=cell.ours,
        reference=cell.reference,
        ulp=cell.ulp,
        relative=cell.relative,
        of_bar=cell.of_bar,
        equation=variable.equation,
    )


def _first_computed(model: Model, cells: Sequence[Cell]) -> Cell:
    """Of the earliest cells, the one that is computed before the others."""
    from haihe.compile.expand import expand
    from haihe.compile.give import give
    from haihe.compile.inline import inline
    from haihe.compile.lower import lower
    from haihe.compile.order import order_step
    from haihe.compile.subscripts import separate

    elements = expand(give(separate(inline(lower(model))), (), (), ())[0])
    order: dict[str, int] = {}
    for key, _ in order_step(elements):
        order.setdefault(key, len(order))
    early = [cell for cell in cells if cell.time == cells[0].time]
    return min(early, key=lambda cell: order.get(canonical_name(cell.variable), len(order)))


# --- where verdicts lie -------------------------------------------------------------------------


@functools.cache
def engine_digest() -> str:
    """SHA-256 over the modules that have a part in the numbers of either side."""
    package = Path(__file__).resolve().parents[1]
    files = [*sorted((package / "compile").glob("*.py")), *sorted((package / "run").glob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


@functools.cache
def machine_name() -> str:
    """Processor and compiler, as they have a part in the numbers."""
    from haihe.compile import kernel

    if not kernel.available():
        return f"numpy {np.__version__}"
    host = kernel.host()
    return f"{host.cpu}, llvm {host.version}"


def _key(model_digest: str) -> str:
    parts = (
        model_digest,
        engine_digest(),
        machine_name(),
        np.__version__,
        importlib.metadata.version("pysd"),
        str(FORMAT),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _keep(verdict: Verdict) -> None:
    before = _read(read_entry(FOLDER, _key(verdict.digest)))
    if before is None or verdict.cells >= before.cells or not verdict.equal:
        write_entry(FOLDER, _key(verdict.digest), dump_verdict(verdict).encode())


def _kept(model: Model) -> Verdict | None:
    return _read(read_entry(FOLDER, _key(model.digest)))


def _beside(model: Model) -> Verdict | None:
    """The verdict that was shipped with a model, where it is about this model and this version.

    It was found on another processor and may be of an older state of this version's sources: what
    it says then is what was released. A test holds the one that haihe ships to the model's digest.
    """
    path = model.path.parent / FILE_NAME
    try:
        found = _read(path.read_bytes())
    except OSError:
        return None
    if found is None or (found.digest, found.version) != (model.digest, haihe.__version__):
        return None
    return found


def write_beside(model: Model, verdict: Verdict) -> Path:
    """Lay a verdict beside its model; where it lies."""
    path = model.path.parent / FILE_NAME
    part = path.with_suffix(".part")
    part.write_text(dump_verdict(verdict), encoding="utf-8")
    part.replace(path)
    return path


def dump_verdict(verdict: Verdict) -> str:
    """A verdict as JSON; what is not finite stands as text."""
    return (
        json.dumps({"format": FORMAT, **describe_verdict(verdict)}, ensure_ascii=False, indent=1)
        + "\n"
    )


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON holds it: numbers that are not finite as text."""
    return {
        "equal": verdict.equal,
        "complete": verdict.complete,
        **{name: _plain(value) for name, value in asdict(verdict).items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def _read(content: bytes | None) -> Verdict | None:
    try:
        data = json.loads(content or b"null")
        if data.pop("format") != FORMAT:
            return None
        del data["equal"], data["complete"]
        worst, begins = _read_worst(data.pop("worst")), _read_worst(data.pop("begins"))
        return Verdict(**data, worst=worst, begins=begins)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read_worst(data: Mapping[str, Any] | None) -> Worst | None:
    if data is None:
        return None
    numbers = ("time", "ours", "reference", "ulp", "relative", "of_bar")
    return Worst(
        **{
            **data,
            **{name: float(data[name]) for name in numbers},
            "element": tuple(data["element"]),
        }
    )
