"""Threads, processes and a cluster give the same bits, whatever dies on the way."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from study_toy import Toy, lay_out, sweep_toy

from haihe.errors import EnvironmentFault
from haihe.results.study_store import open_study, open_writer
from haihe.results.study_verify import verify_store
from haihe.run.executors import Threads, open_processes
from haihe.run.sweep import sweep


@contextmanager
def in_threads(work, layout):
    yield Threads(work, layout, 2)


def in_processes(work, layout):
    return open_processes(work, layout, 2)


def on_dask(work, layout):
    from haihe.run.cluster import open_cluster

    return open_cluster(work, layout, "local:2")


PLACES = [
    in_threads,
    pytest.param(in_processes, marks=pytest.mark.slow),
    pytest.param(on_dask, marks=pytest.mark.slow),
]
ISOLATED = PLACES[1:]


def run(path, place, work=Toy(), layout=None):  # noqa: B008
    with (
        open_writer(path, layout or lay_out()) as writer,
        place(work, writer.layout) as executor,
    ):
        return sweep(writer, work, executor)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return sweep_toy(tmp_path_factory.mktemp("truth") / "s")[0].content_hash


@pytest.mark.parametrize("place", PLACES)
def test_one_hash_wherever_it_runs(tmp_path, place, truth):
    assert run(tmp_path / "s", place).content_hash == truth
    assert verify_store(tmp_path / "s").whole


@pytest.mark.parametrize("place", ISOLATED)
def test_one_hash_though_a_worker_dies(tmp_path, place, truth):
    """Member 3 kills the process that runs it, the first time."""
    fuse = tmp_path / "fuse"
    fuse.touch()
    swept = run(tmp_path / "s", place, Toy(deadly_once=str(fuse)))
    assert not fuse.exists()
    assert (swept.content_hash, swept.failed) == (truth, 0)


@pytest.mark.parametrize("place", ISOLATED)
def test_deadly_member_fails_alone(tmp_path, place):
    layout = lay_out(members=16, block=4)
    swept = run(tmp_path / "s", place, Toy(deadly=(5,)), layout)
    assert swept.failed == 1
    study = open_study(tmp_path / "s")
    assert study["status"].values.tolist() == [
        "the worker that ran it died" if member == 5 else "" for member in range(16)
    ]
    drawn = Toy().run(0, 16).rows
    np.testing.assert_array_equal(study["input: y"], drawn["member inputs"][:, 1])
    good = np.arange(16) != 5
    np.testing.assert_array_equal(study["a/b at 2030"][good], drawn["a/b at 2030"][good])


def test_cluster_that_does_not_answer(monkeypatch):
    from haihe.run import cluster

    monkeypatch.setattr(cluster, "ANSWER", 1.0)
    with (
        pytest.raises(EnvironmentFault, match="does not answer"),
        cluster.open_cluster(Toy(), lay_out(), "tcp://127.0.0.1:1"),
    ):
        pass


def test_only_a_few_spans_are_under_way():
    """Memory does not grow with the study: spans are taken when there is room for them."""
    taken = []

    def spans():
        for start in range(0, 40, 10):
            taken.append(start)
            yield start, start + 10

    done = Threads(Toy(), lay_out(), 1).run(spans())
    next(done)
    assert len(taken) < 4
    done.close()


@pytest.mark.parametrize("fault", [EnvironmentFault("no model", "the file"), OSError("no disk")])
def test_faults_of_the_machine_are_no_failed_members(tmp_path, fault):
    class Broken(Toy):
        def run(self, start, stop):
            raise fault

    with pytest.raises(EnvironmentFault, match=r"no model|no disk"):
        run(tmp_path / "s", in_threads, Broken())


@pytest.mark.slow
@pytest.mark.parametrize("ours", [True, False])
def test_cluster_without_workers(tmp_path, monkeypatch, truth, ours):
    """Nobody waits for ever: a cluster of our own gets its workers again, another is given up."""
    from haihe.run import cluster

    monkeypatch.setattr(cluster, "LOOK", 0.2)
    monkeypatch.setattr(cluster, "PATIENCE", 600.0 if ours else 0.4)

    @contextmanager
    def deserted(work, layout):
        with cluster.open_cluster(work, layout, "local:1") as found:
            found.own.close()
            yield found if ours else replace(found, own=None)

    if ours:
        assert run(tmp_path / "s", deserted).content_hash == truth
    else:
        with pytest.raises(EnvironmentFault, match=r"no worker .* has run anything"):
            run(tmp_path / "s", deserted)


@pytest.mark.slow
def test_blocks_that_a_cluster_lost_are_sent_again(tmp_path, monkeypatch, truth):
    """There are workers, there is work, and nobody works: here, as nobody has what a block asks."""
    from haihe.run import cluster

    monkeypatch.setattr(cluster, "LOOK", 0.5)
    monkeypatch.setattr(cluster, "STALL", 1.0)
    told = []

    @contextmanager
    def losing(work, layout):
        with cluster.open_cluster(work, layout, "local:1", told.append) as found:
            found.client.wait_for_workers(1)
            submit, left = found.client.submit, [2]

            def lose(*arguments, **how):
                left[0] -= 1
                asks = {"resources": {"nobody": 1}} if left[0] >= 0 else {}
                return submit(*arguments, **how, **asks)

            monkeypatch.setattr(found.client, "submit", lose)
            yield found

    assert run(tmp_path / "s", losing).content_hash == truth
    assert [text.en for text in told] == [
        "no worker has run anything for 1 s: 2 blocks are sent again"
    ]


@pytest.mark.slow
def test_slow_blocks_are_waited_for(tmp_path, monkeypatch, truth):
    """A block that takes longer than all patience is no lost one."""
    from haihe.run import cluster

    monkeypatch.setattr(cluster, "LOOK", 0.5)
    monkeypatch.setattr(cluster, "STALL", 1.0)
    monkeypatch.setattr(cluster, "PATIENCE", 2.0)
    told = []

    @contextmanager
    def slow(work, layout):
        with cluster.open_cluster(work, layout, "local:1", told.append) as found:
            found.client.wait_for_workers(1)
            yield found

    assert run(tmp_path / "s", slow, Toy(slow=4.0), lay_out(block=20)).content_hash == truth
    assert not told
