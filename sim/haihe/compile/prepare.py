"""What a batch of members brings, checked and laid out for a backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from haihe.compile.ir import Input, Program
from haihe.errors import InputError, raise_all
from haihe.model.types import FloatArray, TimeAxis, canonical_name
from haihe.text import Text

Series = tuple[FloatArray, FloatArray]
MOST_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one cell: x common to all members, y for each."""

    x: FloatArray
    """(point,), increasing."""
    y: FloatArray
    """(member, point)"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Inputs of a batch."""

    members: int
    times: FloatArray
    """Every step (step,)."""
    grid: FloatArray
    """Every time at which the model is evaluated: the steps, and with RK4 their middles."""
    per_step: int
    """Times of the grid from one step to the next."""
    every: int
    """Steps from one saved time to the next."""
    saves: int
    controls: FloatArray
    """Start, stop, time step, save step."""
    inputs: FloatArray
    """(slot, member)"""
    curves: tuple[Curve, ...]
    numbers: NDArray[np.uint64]
    """What the random numbers of each member hang on (member,)."""
    seed: int = 0
    """What the random numbers of all members hang on."""

    def part(self, members: slice) -> Prepared:
        """Some of the members."""
        return replace(
            self,
            members=len(range(*members.indices(self.members))),
            inputs=self.inputs[:, members],
            curves=tuple(Curve(c.x, c.y[members]) for c in self.curves),
            numbers=self.numbers[members],
        )


def prepare(
    program: Program,
    members: int,
    constants: Mapping[str, FloatArray],
    series: Mapping[str, Series],
    initial: Mapping[str, FloatArray],
    time: TimeAxis,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
) -> Prepared:
    """Check what is given against what the program takes.

    Raises
    ------
    InputErrors
        Where something is missing, unknown, of the wrong shape, or the time axis does not fit.
    """
    errors: list[InputError] = []
    if members < 1:
        errors.append(
            InputError(
                Text(f"成员数为 {members}", f"{members} members"),
                expected=Text("至少一个", "at least one"),
            )
        )
    steps, every = _check_axis(time, errors)
    inputs = np.empty((len(program.slots), max(members, 1)))
    groups = ((program.constants, constants), (program.initial, initial))
    for known, given in groups:
        _check_names(known, given, errors)
        _fill_inputs(program, known, given, members, inputs, errors)
    takes = {**program.series, **program.lookups}
    _check_names(takes, series, errors)
    curves = _curves(program, takes, series, members, errors)
    known_numbers = _check_numbers(members, seed, numbers, errors)
    raise_all(errors)
    per_step = 2 if program.integration == "rk4" else 1
    fine = replace(time, step=time.step / per_step)
    return Prepared(
        members=members,
        times=step_times(time, steps),
        grid=step_times(fine, steps * per_step),
        per_step=per_step,
        every=every,
        saves=steps // every + 1,
        controls=np.array([time.start, time.stop, time.step, time.save_step]),
        inputs=inputs,
        curves=curves,
        numbers=known_numbers,
        seed=int(seed),
    )


def _check_numbers(
    members: int, seed: int, numbers: Sequence[int] | None, errors: list[InputError]
) -> NDArray[np.uint64]:
    """Numbers of the members: their places in the batch where none are given."""
    if not 0 <= seed < 2**64:
        errors.append(
            InputError(
                Text(f"随机种子为 {seed}", f"the seed is {seed}"),
                expected=Text("0 到 2^64 之间的整数", "a whole number from 0 to 2^64"),
            )
        )
    if numbers is None:
        return np.arange(max(members, 0), dtype=np.uint64)
    if len(numbers) != members or not all(0 <= n < 2**32 for n in numbers):
        errors.append(
            InputError(
                Text("成员编号不符", "the numbers of the members do not fit"),
                expected=Text(
                    "每个成员各一个，在 0 到 2^32 之间", "one for each member, from 0 to 2^32"
                ),
            )
        )
        return np.zeros(0, dtype=np.uint64)
    return np.array(numbers, dtype=np.uint64)


def step_times(time: TimeAxis, steps: int) -> FloatArray:
    """Times of `steps` steps, and of the end: never a running sum."""
    return np.asarray(time.start + np.arange(steps + 1) * time.step, dtype=np.float64)


def saved_times(time: TimeAxis) -> FloatArray:
    """Times at which values are saved (time,)."""
    errors: list[InputError] = []
    steps, every = _check_axis(time, errors)
    raise_all(errors)
    return step_times(time, steps)[::every]


def _check_axis(time: TimeAxis, errors: list[InputError]) -> tuple[int, int]:
    """Number of steps, and of steps from one saved time to the next."""
    finite = np.all(np.isfinite([time.start, time.stop, time.step, time.save_step]))
    if not finite or time.step <= 0.0 or time.save_step <= 0.0:
        errors.append(
            InputError(
                Text(
                    f"时间步长为 {time.step}，保存间隔为 {time.save_step}",
                    f"time step {time.step}, save step {time.save_step}",
                ),
                expected=Text("两者都大于 0", "both greater than 0"),
            )
        )
        return 0, 1
    if time.stop < time.start:
        errors.append(
            InputError(
                Text(
                    f"时间轴的终点（{time.stop}）在起点之前",
                    f"the time axis ends ({time.stop}) before it starts",
                )
            )
        )
        return 0, 1
    span = (time.stop - time.start) / time.step
    every = round(time.save_step / time.step)
    if span > MOST_STEPS:
        errors.append(
            InputError(
                Text(f"共 {span:.0f} 步", f"{span:.0f} steps"),
                expected=Text(f"不超过 {MOST_STEPS} 步", f"at most {MOST_STEPS}"),
            )
        )
    elif every < 1 or abs(time.save_step / time.step - every) > 1e-6:
        nearest = max(every, 1) * time.step
        errors.append(
            InputError(
                Text(
                    f"保存间隔 {time.save_step} 不是步长的整数倍",
                    f"the save step {time.save_step} is not a multiple of the step",
                ),
                expected=Text(f"例如 {nearest:g}", f"for example {nearest:g}"),
            )
        )
    else:
        # PySD goes on while time + 1e-5 step < stop.
        return int(np.ceil(span - 1e-5)), every
    return 0, 1


def _check_names(
    known: Mapping[str, Input], given: Mapping[str, object], errors: list[InputError]
) -> None:
    errors += [
        InputError(
            Text(
                f"编译模型时没有声明 {name}",
                f"{name} was not announced when the model was compiled",
            )
        )
        for name in given
        if canonical_name(name) not in known
    ]


def _fill_inputs(
    program: Program,
    known: Mapping[str, Input],
    given: Mapping[str, FloatArray],
    members: int,
    inputs: FloatArray,
    errors: list[InputError],
) -> None:
    """Values of each slot of a group, defaults where nothing is given."""
    by_key = {canonical_name(name): value for name, value in given.items()}
    places: dict[str, list[int]] = {}
    for i, slot in enumerate(program.slots):
        places.setdefault(slot.key, []).append(i)
    for key, wanted in known.items():
        rows = places.get(key, [])
        if key not in by_key:
            if wanted.defaults is None:
                errors.append(
                    InputError(
                        Text(
                            f"{wanted.name} 自身没有值，须给出",
                            f"{wanted.name} has no value of its own; give one",
                        )
                    )
                )
            for i in rows:
                inputs[i] = program.slots[i].default
            continue
        values = np.asarray(by_key[key], dtype=np.float64)
        if values.shape != (members, *wanted.shape):
            errors.append(_shape_error(wanted, values.shape, (members, *wanted.shape)))
        else:
            inputs[rows] = values.reshape(members, -1).T


def _shape_error(wanted: Input, got: tuple[int, ...], need: tuple[int, ...]) -> InputError:
    axes = ", ".join(("member", *wanted.dims))
    return InputError(
        Text(f"{wanted.name} 的形状为 {got}", f"{wanted.name} has shape {got}"),
        expected=f"{need}: ({axes})",
    )


def _curves(
    program: Program,
    known: Mapping[str, Input],
    given: Mapping[str, Series],
    members: int,
    errors: list[InputError],
) -> tuple[Curve, ...]:
    by_key = {canonical_name(name): value for name, value in given.items()}
    ready: dict[str, tuple[FloatArray, FloatArray]] = {}
    for key, wanted in known.items():
        if key not in by_key:
            errors.append(
                InputError(
                    Text(
                        f"{wanted.name} 没有序列，须给出", f"{wanted.name} has no series; give one"
                    )
                )
            )
            continue
        x = np.ascontiguousarray(by_key[key][0], dtype=np.float64)
        y = np.asarray(by_key[key][1], dtype=np.float64)
        need = (members, x.size, *wanted.shape)
        if x.ndim != 1 or x.size == 0 or not np.all(np.isfinite(x)) or np.any(np.diff(x) <= 0.0):
            errors.append(
                InputError(
                    Text(
                        f"{wanted.name}：时间须为有限值并且递增",
                        f"{wanted.name}: times must be finite and increasing",
                    )
                )
            )
        elif y.shape != need:
            axes = ", ".join(("member", "point", *wanted.dims))
            errors.append(
                InputError(
                    Text(f"{wanted.name} 的形状为 {y.shape}", f"{wanted.name} has shape {y.shape}"),
                    expected=f"{need}: ({axes})",
                )
            )
        else:
            ready[key] = (x, y.reshape(members, x.size, -1))
    if errors:
        return ()
    return tuple(
        Curve(ready[key][0], np.ascontiguousarray(ready[key][1][:, :, position]))
        for key, position in program.curves
    )
