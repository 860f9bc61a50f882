"""What the compiler refuses, and how it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_models import model_of

from haihe.compile import compile_model
from haihe.errors import InputError, InputErrors


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("a = b + 1\nb = c * 2\nc = a", r"depend on each other in one step: .*a"),
        ("s = INTEG(1, t)\nt = INTEG(1, s)", "depend on each other at the start"),
        ("a = 1 :AND: Time :OR: 0", "need parentheses"),
        ("x = DELAY N(Time, 4, 0, n)\nn = 1 + Time", "order of a delay"),
        ("x = DELAY N(Time, 4, 0, 1.5)", "order of a delay"),
    ],
)
def test_refused_with_a_sentence(tmp_path: Path, body: str, message: str) -> None:
    with pytest.raises((InputError, InputErrors), match=message):
        compile_model(model_of(tmp_path, body), [])


def test_a_loop_is_shown_in_the_order_of_reading(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        compile_model(model_of(tmp_path, "a = b + 1\nb = c * 2\nc = a"), [])
    loop = str(caught.value).split(": ")[-1].split(";")[0].split(" → ")
    assert loop[0] == loop[-1]
    reads = {"a": "b", "b": "c", "c": "a"}
    assert [reads[x] for x in loop[:-1]] == loop[1:]


def test_active_initial_breaks_a_loop_at_the_start_only(tmp_path: Path) -> None:
    body = "a = ACTIVE INITIAL(b, 1)\nb = a + 1"
    with pytest.raises(InputError, match="in one step"):
        compile_model(model_of(tmp_path, body), [])
