"""Inline models for the engine's tests."""

from __future__ import annotations

from pathlib import Path

from haihe.model.translate import read_model
from haihe.model.types import Model

BACKENDS = ("numpy", "llvm")


def model_of(
    folder: Path, body: str, time: tuple[float, float, float, float] = (0, 10, 1, 1)
) -> Model:
    """A Vensim model of one equation a line."""
    names = ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")
    lines = [line.strip() for line in body.strip().splitlines() if line.strip()]
    lines += [f"{name} = {value}" for name, value in zip(names, time, strict=True)]
    path = folder / "model.mdl"
    path.write_text("{UTF-8}\n" + "\n".join(f"{line} ~~|" for line in lines), encoding="utf-8")
    return read_model(path)
