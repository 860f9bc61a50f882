"""A program comes back from the cache as it was, and only the one that was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine_models import model_of

from haihe.cache import read_entry, write_entry
from haihe.compile import compile_model, evaluate, keep
from haihe.run.compiled import CompiledBackend, _compile
from haihe.scenario.values import Batch

BODY = """
kind: a, b, c
rate[kind] = 0.1, 0.2, 0.3
length = 2.5
table((0, 1), (1, 3), (2, 2.5), (5, 4), (9, 0))
level[kind] = INTEG(inflow[kind] - rate[kind] * level[kind] ^ 1.3, 5)
inflow[kind] = EXP(-level[kind] / 10) + table(level[kind]) + weather
total = SUM(level[kind!])
late = DELAY FIXED(total, length, 3)
weather = 0.3
nothing = :NA:
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAIHE_CACHE", str(tmp_path / "cache"))
    _compile.cache_clear()
    return tmp_path / "cache"


def test_what_comes_back_is_what_was_kept(tmp_path: Path) -> None:
    model = model_of(tmp_path, BODY)
    program = compile_model(model, [], ["rate", "length"], ["weather", "table"], ["level"])
    keep.keep("name", program)
    found = keep.recall("name")
    assert found is not None
    for group in ("constants", "series", "initial", "lookups"):
        ours, theirs = getattr(program, group), getattr(found, group)
        assert list(ours) == list(theirs)
        for key in ours:
            np.testing.assert_array_equal(ours[key].defaults, theirs[key].defaults)
            assert replace(ours[key], defaults=None) == replace(theirs[key], defaults=None)
    bare = {"constants": {}, "series": {}, "initial": {}, "lookups": {}}
    # NaN is not itself: the digest holds the nodes.
    assert repr(replace(found, **bare)) == repr(replace(program, **bare))


def test_a_second_process_does_not_compile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(tmp_path, BODY)
    batch = Batch(("a", "b"), {"length": np.array([1.0, 2.0])}, {}, {}, model.time)
    first = CompiledBackend().run(model, batch, ["level", "late"])
    _compile.cache_clear()
    from haihe.compile import pipeline

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(pipeline, "compile_model", refuse)
    second = CompiledBackend().run(model, batch, ["level", "late"])
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    _compile.cache_clear()
    with pytest.raises(AssertionError, match="compiled again"):
        CompiledBackend().run(model, batch, ["total"])


def test_a_changed_entry_is_not_used(tmp_path: Path) -> None:
    program = compile_model(model_of(tmp_path, BODY), ["total"])
    keep.keep("name", program)
    content = read_entry(keep.FOLDER, "name")
    assert content is not None
    changed = json.loads(content)
    first = next(iter(changed["values"]))
    changed["values"][first] += 1.0
    for text in (json.dumps(changed), "{", "[]", '{"ops": []}'):
        write_entry(keep.FOLDER, "name", text.encode())
        assert keep.recall("name") is None


def test_nothing_is_kept_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAIHE_CACHE", "off")
    assert keep.key_of("digest", "outputs") == ""
    keep.keep("", compile_model(model_of(tmp_path, BODY), ["total"]))
    assert keep.recall("") is None


def test_the_name_hangs_on_all_that_was_asked() -> None:
    names = {
        keep.key_of("d", ("a",), ()),
        keep.key_of("d", (), ("a",)),
        keep.key_of("e", ("a",), ()),
    }
    assert len(names) == 3


def test_results_that_do_not_change_are_right_and_stand_once(tmp_path: Path) -> None:
    model = model_of(tmp_path, BODY + "half = length / 2\nclock = Time * 2\npair = Time + length\n")
    program = compile_model(model, [], ["length"])
    given = {"length": np.linspace(1.0, 3.0, 11)}
    found = evaluate(program, 11, given)
    plain = evaluate(program, 11, given, backend="numpy")
    assert list(found) == list(plain)
    for name, values in plain.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-13, err_msg=name)
    for name in ("half", "clock", "weather", "rate"):
        assert 0 in found[name].strides, name
        assert not found[name].flags.writeable
    for name in ("pair", "level", "late"):
        assert found[name].flags.writeable, name
