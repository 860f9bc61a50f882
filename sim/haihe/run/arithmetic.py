"""Arithmetic of the reference: IEEE 754 for numbers and arrays alike, and in silence."""

from __future__ import annotations

from typing import Any

import numpy as np


def divide(left: Any, right: Any) -> Any:
    """Quotient; a division by zero is infinite or NaN, it does not raise."""
    with np.errstate(all="ignore"):
        if np.ndim(left) or np.ndim(right):
            return left / right
        return float(np.float64(left) / np.float64(right))


def power(left: Any, right: Any) -> Any:
    """Power; NaN where there is no real one, infinite where there is no finite one."""
    with np.errstate(all="ignore"):
        if np.ndim(left) or np.ndim(right):
            return (left * 1.0) ** right
        return float(np.float64(left) ** np.float64(right))


def real(value: Any) -> Any:
    """The same as floating-point numbers."""
    return value * 1.0


def whole(value: Any) -> Any:
    """A number that counts, as an integer; what is no whole number is left to complain."""
    return int(value) if np.ndim(value) == 0 and float(value).is_integer() else value
