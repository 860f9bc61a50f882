"""Generated code: what is let through, what is rewritten, what is refused."""

from __future__ import annotations

import pytest

from haihe.run.harden import harden


def test_docstrings_are_gone() -> None:
    out = harden('"""top"""\ndef f():\n    """inner"""\n    return 1\n')
    assert "top" not in out
    assert "inner" not in out


def test_arithmetic_is_rewritten_everywhere() -> None:
    out = harden("x = a() / b() ** 2\ny = lambda: 1 / c()\n")
    assert "x = _divide(a(), _power(b(), 2))" in out
    assert "y = lambda: _divide(1, c())" in out


def test_states_begin_as_floats_and_orders_stay_whole() -> None:
    out = harden("s = Smooth(lambda: a(), lambda: 2, lambda: 0, lambda: 3, 's')\n")
    assert "Smooth(lambda: _real(a()), lambda: _real(2), lambda: _real(0), lambda: _whole(3)" in out


@pytest.mark.parametrize(
    "source",
    [
        "import os\n",
        "from subprocess import run\n",
        "from . import x\n",
        "__import__('os')\n",
        "x = eval('1')\n",
        "exec('1')\n",
        "open('f')\n",
        "x = ().__class__.__bases__\n",
        "getattr(a, 'b')\n",
    ],
)
def test_what_a_model_has_no_reason_to_do(source: str) -> None:
    with pytest.raises(ValueError, match="the generated model"):
        harden(source)
