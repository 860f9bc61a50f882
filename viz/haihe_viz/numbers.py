"""Numbers as people read them: separators, a true minus sign, no false precision."""

from __future__ import annotations

import math

MINUS = "\u2212"
MISSING = "–"


def format_number(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Write a number with thousands separators.

    A value that rounds to zero has no sign; what does not exist, or is not finite, is a dash.

    Parameters
    ----------
    value
        The number, or None.
    digits
        Digits after the point; negative to round to tens, hundreds...
    signed
        Write a plus sign too, for changes.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = round(float(value), digits)
    text = f"{abs(rounded):,.{max(digits, 0)}f}"
    if rounded == 0:
        return text
    if rounded < 0:
        return MINUS + text
    return "+" + text if signed else text


def relative_change(new: float | None, old: float | None) -> float | None:
    """Change from `old` to `new` [%]; None where it cannot be said."""
    if new is None or old is None or old == 0 or not (math.isfinite(new) and math.isfinite(old)):
        return None
    return 100 * (new - old) / abs(old)
