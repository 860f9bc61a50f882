"""Whatever happens to the files of a store, `verify` names it."""

from __future__ import annotations

import random
import shutil

import pytest
from study_toy import lay_out, sweep_toy

from haihe.errors import InputError
from haihe.results.study_verify import verify_store


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "s"
    sweep_toy(path)
    return path


@pytest.fixture
def store(tmp_path, whole):
    return shutil.copytree(whole, tmp_path / "s")


def list_chunks(path):
    """Chunk files with the array and the members that they hold."""
    names = {
        "CO2": "CO2",
        "a%2Fb at 2030": "a/b at 2030",
        "member inputs": "member inputs",
        "member scenario": "member scenario",
        "member status": "member status",
    }
    found = []
    for folder, array in names.items():
        for file in sorted((path / folder).glob("c.*")):
            block = int(file.name.split(".")[1])
            found.append((file, array, 10 * block, 10 * block + 10))
    return found


def assert_named(verdict, array, start, stop):
    assert not verdict.whole
    assert verdict.content_hash == ""
    assert [(d.array, d.start, d.stop) for d in verdict.damage] == [(array, start, stop)]
    assert f"{array}, members {start}–{stop - 1}" in str(verdict.damage[0])


def test_nothing_is_found_where_nothing_is(whole):
    verdict = verify_store(whole, threads=2)
    assert verdict.whole
    assert verdict.damage == ()


def test_every_flipped_bit_is_named(store):
    """Some bits of every chunk, the first and the last among them."""
    chance = random.Random(0)
    chunks = list_chunks(store)
    assert len(chunks) == 20
    for file, array, start, stop in chunks:
        content = file.read_bytes()
        bits = 8 * len(content)
        for bit in {0, bits - 1, *(chance.randrange(bits) for _ in range(3))}:
            spoilt = bytearray(content)
            spoilt[bit // 8] ^= 1 << bit % 8
            file.write_bytes(spoilt)
            assert_named(verify_store(store), array, start, stop)
        file.write_bytes(content)
    assert verify_store(store).whole


def test_every_lost_or_cut_chunk_is_named(store):
    for file, array, start, stop in list_chunks(store):
        content = file.read_bytes()
        file.unlink()
        verdict = verify_store(store)
        assert_named(verdict, array, start, stop)
        assert "missing" in str(verdict.damage[0])
        for size in (0, len(content) // 2, len(content) - 1):
            file.write_bytes(content[:size])
            assert_named(verify_store(store), array, start, stop)
        file.write_bytes(content + b"\0")
        assert_named(verify_store(store), array, start, stop)
        file.write_bytes(content)
    assert verify_store(store).whole


def test_swapped_chunks_are_named_both(store):
    one, two = (store / "a%2Fb at 2030" / name for name in ("c.1", "c.2"))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    found = verify_store(store).damage
    assert [(d.start, d.stop) for d in found] == [(10, 20), (20, 30)]
    assert "the chunk of a/b at 2030, members 20–29" in found[0].problem or (
        "bytes" in found[0].problem
    )


def test_chunk_swapped_together_with_its_journal_line(store):
    """Whoever forges the journal as well is found by the content hash."""
    from haihe.results.study_journal import make_line, parse_line

    one = store / "member scenario" / "c.1"
    one.write_bytes((store / "member status" / "c.1").read_bytes())
    journal = store / "journal.jsonl"
    lines = []
    for line in journal.read_bytes().splitlines():
        entry = parse_line(line)
        if entry["kind"] == "block" and entry["block"] == 1:
            entry["chunks"]["member scenario"] = entry["chunks"]["member status"]
        lines.append(make_line(entry))
    journal.write_bytes(b"".join(lines))
    found = verify_store(store)
    assert not found.whole
    assert "does not have the hash" in str(found.damage[0])


@pytest.mark.parametrize(
    "name", ["CO2/zarr.json", "time/zarr.json", "time/c.0", "zarr.json", "member status/zarr.json"]
)
def test_metadata_are_covered(store, name):
    file = store / name
    content = file.read_bytes()
    if name == "time/c.0":
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    else:
        file.write_bytes(content.replace(b" ", b"  ", 1))
    found = verify_store(store)
    assert not found.whole
    assert [damage.file for damage in found.damage] == [name]


def test_metadata_that_cannot_be_read_at_all(store):
    (store / "CO2" / "zarr.json").unlink()
    with pytest.raises(InputError, match="metadata"):
        verify_store(store)


def test_every_line_of_the_journal_is_covered(store):
    journal = store / "journal.jsonl"
    content = journal.read_bytes()
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    starts = [0, *(end + 1 for end in ends[:-1])]
    for number, start in enumerate(starts, 1):
        spoilt = bytearray(content)
        spoilt[start + 20] ^= 1
        journal.write_bytes(spoilt)
        found = verify_store(store)
        assert not found.whole
        assert any(f"line {number} has changed" in str(damage) for damage in found.damage)
    journal.write_bytes(content)
    assert verify_store(store).whole


def test_store_of_other_things(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        verify_store(tmp_path / "nothing")
    with pytest.raises(InputError, match="holds no study"):
        verify_store(tmp_path)


def test_seal_that_was_cut_short(tmp_path, whole, store):
    """The seal's line is there, the metadata do not show it yet: nothing is damaged."""
    sweep_toy(tmp_path / "other", lay_out())
    root = store / "zarr.json"
    sealed = root.read_bytes()
    root.write_bytes(sealed.replace(verify_store(whole).content_hash.encode(), b""))
    assert verify_store(store).damage == ()
    sweep_toy(store)
    assert root.read_bytes() == sealed
