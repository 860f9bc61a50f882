"""Room for results is given again, and never while somebody still looks at it."""

from __future__ import annotations

import gc
import os
import sys
import threading

import numpy as np
import pytest

from haihe.compile import room
from haihe.compile.room import SMALLEST, make_room

LARGE = SMALLEST // 8 + 3
linux = pytest.mark.skipif(sys.platform != "linux", reason="NumPy gives room elsewhere")


@pytest.fixture(autouse=True)
def nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_WAITING", room._Waiting())


@pytest.mark.parametrize("size", [1, 17, LARGE])
def test_room_begins_at_a_cache_line(size: int) -> None:
    made = make_room(size)
    assert made.shape == (size,)
    assert made.ctypes.data % 64 == 0
    made[:] = 2.0
    assert made.sum() == 2.0 * size


@linux
def test_what_nobody_holds_is_given_again() -> None:
    made = make_room(LARGE)
    address = made.ctypes.data
    del made
    assert make_room(LARGE - 2).ctypes.data == address


def test_a_view_holds_its_room() -> None:
    view = make_room(LARGE).reshape(1, -1)[:, 3:7].T
    view[:] = 1.0
    gc.collect()
    other = make_room(LARGE)
    other[:] = 2.0
    assert (view == 1.0).all()


@linux
def test_much_larger_room_is_left_waiting() -> None:
    address = make_room(4 * LARGE).ctypes.data
    small = make_room(LARGE)
    assert make_room(3 * LARGE).ctypes.data == address != small.ctypes.data


@linux
def test_no_more_waits_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 10 * SMALLEST)
    held = [make_room(LARGE) for _ in range(20)]
    del held
    assert 8 * SMALLEST < sum(map(len, room._WAITING.pieces)) <= 10 * SMALLEST


@linux
def test_a_child_does_not_write_into_the_results_of_its_parent() -> None:
    made = make_room(LARGE)
    made[:] = 1.0
    child = os.fork()
    if child == 0:
        made[:] = 2.0
        os._exit(0)
    os.waitpid(child, 0)
    assert (made == 1.0).all()


def test_threads_get_rooms_of_their_own() -> None:
    wrong = []

    def work(mark: float) -> None:
        for _ in range(20):
            made = make_room(LARGE)
            made[:] = mark
            if not (made == mark).all():
                wrong.append(mark)

    threads = [threading.Thread(target=work, args=(float(k),)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_room_can_be_copied_and_sent() -> None:
    import pickle

    made = make_room(LARGE)
    made[:] = np.arange(LARGE)
    assert (pickle.loads(pickle.dumps(made)) == made).all()
