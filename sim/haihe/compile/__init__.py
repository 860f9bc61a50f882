"""From a model to a program, and from a program to numbers. See `docs/semantics.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from haihe.compile.pipeline import compile_model, evaluate
    from haihe.compile.prepare import saved_times

__all__ = ["compile_model", "evaluate", "saved_times"]


def __getattr__(name: str) -> Any:
    """Import on first use: the translator is heavy."""
    if name in ("compile_model", "evaluate"):
        from haihe.compile import pipeline

        return getattr(pipeline, name)
    if name == "saved_times":
        from haihe.compile.prepare import saved_times

        return saved_times
    raise AttributeError(name)
