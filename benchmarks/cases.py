"""What is measured: models, the constants that vary between members, the outputs asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from haihe.compile import compile_model
from haihe.compile.ir import Program
from haihe.model.translate import read_model
from haihe.model.types import FloatArray, Model, canonical_name

HERE = Path(__file__).parent
ROOT = HERE.parent
SPREAD = 0.05
"""Members differ by up to this share of a constant's default."""
SEED = 20


@dataclass(frozen=True, slots=True)
class Case:
    """A model and the question that every yardstick answers about it."""

    name: str
    path: Path
    outputs: tuple[str, ...]
    """Scalar variables that are kept at each saved time."""
    varying: tuple[str, ...]
    """Scalar constants that differ from member to member."""


WORLD = Case(
    name="world",
    path=HERE / "models" / "world.mdl",
    outputs=("population", "life expectancy", "industry output", "temperature", "welfare"),
    varying=(
        "base productivity of industry",
        "traditional family",
        "initial ores",
        "toxins per industry output",
        "feedback",
        "life of industry capital",
    ),
)
FREIGHT = Case(
    name="freight",
    path=HERE / "models" / "freight.mdl",
    outputs=("total CO2", "total NOx", "total traffic", "rail share", "electric part"),
    varying=("rail policy", "electric push", "carbon price slope", "price delay", "response"),
)
TIANJIN = Case(
    name="tianjin",
    path=ROOT / "models" / "tianjin" / "tianjin.mdl",
    outputs=(),
    varying=(),
)
TIANJIN_OUTCOMES = ("CO2", "NOx", "PM2.5", "energy", "rail share")


@dataclass(frozen=True, slots=True)
class Subject:
    """A case whose model has been read and compiled."""

    case: Case
    model: Model
    program: Program

    @property
    def steps(self) -> int:
        """Steps of the horizon."""
        time = self.program.time
        return round((time.stop - time.start) / time.step)

    @property
    def every(self) -> int:
        """Steps from one saved time to the next."""
        return round(self.program.time.save_step / self.program.time.step)

    @property
    def saves(self) -> int:
        """Saved times."""
        return self.steps // self.every + 1

    @property
    def cells(self) -> int:
        """Numbers kept at each saved time."""
        return sum(len(output.nodes) for output in self.program.outputs)

    @property
    def controls(self) -> FloatArray:
        """Start, stop, step, save step."""
        time = self.program.time
        return np.array([time.start, time.stop, time.step, time.save_step])

    @property
    def times(self) -> FloatArray:
        """Every step (step,)."""
        time = self.program.time
        return np.asarray(time.start + np.arange(self.steps + 1) * time.step)


def read_case(case: Case, all_outputs: bool = False) -> Subject:
    """Read and compile the model of a case."""
    return subject_of(case, read_model(case.path), all_outputs)


def subject_of(case: Case, model: Model, all_outputs: bool = False) -> Subject:
    """Compile a model for a case, or for every variable that it has."""
    program = compile_model(model, () if all_outputs else case.outputs, case.varying)
    return Subject(case, model, program)


def draw_inputs(subject: Subject, members: int) -> FloatArray:
    """Values of the varying constants (slot, member), around their defaults."""
    defaults = np.array([slot.default for slot in subject.program.slots])
    shifts = np.random.default_rng(SEED).uniform(-SPREAD, SPREAD, (members, defaults.size))
    return np.ascontiguousarray((defaults * (1.0 + shifts)).T)


def by_name(subject: Subject, inputs: FloatArray) -> Mapping[str, FloatArray]:
    """The same values by constant, as `evaluate` takes them: (member,)."""
    return {slot.name: row for slot, row in zip(subject.program.slots, inputs)}


def find_tianjin(model: Model) -> Case:
    """The Tianjin case: five scalar outcomes of its catalogue, and its first five scalar levers."""
    from ruamel.yaml import YAML

    catalogue = YAML(typ="safe").load(TIANJIN.path.with_name("catalogue.yaml"))
    scalars = {canonical_name(key) for key, v in model.variables.items() if not v.dims}
    asked = [catalogue["outcomes"][key]["variable"] for key in TIANJIN_OUTCOMES]
    levers = [name for name in catalogue["levers"] if canonical_name(name) in scalars]
    return Case("tianjin", TIANJIN.path, tuple(asked), tuple(levers[:5]))
