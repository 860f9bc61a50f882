"""A study whose members are arithmetic: fast, and with members that fail on purpose."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haihe.results.study_layout import INPUTS, SCENARIO, STATUS, StudyArray, StudyLayout
from haihe.run.study_block import Ran, Rows
from haihe.text import Words, say


@dataclass(frozen=True)
class Toy:
    """Members are drawn from their number alone."""

    refused: tuple[int, ...] = ()
    """Members that the engine will not run."""
    nan: tuple[int, ...] = ()
    """Members that come out without a number."""
    deadly: tuple[int, ...] = ()
    """Members that kill their process, always."""
    deadly_once: str = ""
    """A file that the process which runs member 3 removes before it kills itself."""
    slow: float = 0.0
    """Seconds that a block takes."""

    def draw(self, start: int, stop: int) -> Rows:
        members = np.arange(start, stop)
        return {
            INPUTS: np.stack([np.sin(members * 1.7), members * 0.5], axis=1),
            SCENARIO: members % 2,
        }

    def run(self, start: int, stop: int) -> Ran:
        members = np.arange(start, stop)
        time.sleep(self.slow)
        if set(self.deadly) & set(members.tolist()) or self._is_first(members):
            os.kill(os.getpid(), signal.SIGKILL)
        if set(self.refused) & set(members.tolist()):
            raise ArithmeticError("no such member")
        drawn = self.draw(start, stop)
        values = np.multiply.outer(drawn[INPUTS][:, 0], np.arange(1.0, 7.0).reshape(3, 2))
        bad = np.isin(members, self.nan)
        values[bad, 1:] = np.inf
        return Ran(
            {
                **drawn,
                "CO2": values,
                "a/b at 2030": members / 3.0,
                STATUS: np.where(bad, 2, 0),
            }
        )

    def _is_first(self, members: np.ndarray) -> bool:
        if not self.deadly_once or 3 not in members or not Path(self.deadly_once).exists():
            return False
        Path(self.deadly_once).unlink()
        return True


def lay_out(members: int = 40, block: int = 10, **attrs: str) -> StudyLayout:
    """Layout of the toy."""
    identity = {"study_digest": "s", "model_digest": "m", "engine": "e", "haihe_version": "1"}
    return StudyLayout(
        members=members,
        block=block,
        arrays=(
            StudyArray("CO2", "float32", ("time", "sector"), (3, 2), {"units": "t"}),
            StudyArray("a/b at 2030", "float64"),
            StudyArray(INPUTS, "float64", ("factor",), (2,), {"factors": [{}, {}]}),
            StudyArray(SCENARIO, "int32"),
            StudyArray(STATUS, "int32"),
        ),
        times=(2020.0, 2021.0, 2022.0),
        elements={"sector": ("A", "B")},
        factors=("x", "y"),
        scenarios=("plan", "bau"),
        checked=("CO2",),
        attrs={**identity, **attrs},
    )


class Serial:
    """One block after the other, here; keeps what it was asked for."""

    workers = 1

    def __init__(self, work: Toy, layout: StudyLayout) -> None:
        self.work, self.layout = work, layout
        self.asked: list[tuple[int, int]] = []

    def run(self, spans):
        from haihe.run.study_block import make_block

        for span in spans:
            self.asked.append(span)
            yield span, make_block(self.work, self.layout, *span)


def sweep_toy(path: Path, layout: StudyLayout | None = None, work: Toy = Toy(), **how):
    """Sweep into a store: what was done, the executor, and what was told."""
    from haihe.results.study_store import open_writer
    from haihe.run.sweep import sweep

    told: list[str] = []

    def tell(words: Words) -> None:
        assert say(words, "zh")
        told.append(say(words, "en"))

    with open_writer(path, layout or lay_out(), tell, **how) as writer:
        executor = Serial(work, writer.layout)
        swept = sweep(writer, work, executor, tell=tell)
    return swept, executor, told
