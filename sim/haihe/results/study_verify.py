"""Hold a study's store against its journal, and hash its content.

The content hash does not depend on how the members were cut into blocks: each array's numbers run
through SHA-256 in the order of the members, and the hash is the SHA-256 of those digests with the
names, dims, times, elements, factors and scenarios. Every array is read one chunk at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from haihe.results import study_journal as journals
from haihe.results.study_journal import Journal, Print
from haihe.results.study_layout import (
    StudyArray,
    StudyLayout,
    chunk_file,
    decode_chunk,
    describe_root,
    folder_of,
)
from haihe.results.study_store import read_store

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was written."""

    file: str
    """Path in the store."""
    problem: str
    array: str = ""
    """Empty where it is no array."""
    start: int = 0
    """First member of the chunk."""
    stop: int = 0
    """The member behind its last; 0 where all of them are meant."""
    block: int = -1
    """-1 where all of them are meant."""

    def __str__(self) -> str:
        if not self.array:
            return f"{self.file}: {self.problem}"
        return f"{self.array}, members {self.start}–{self.stop - 1}: {self.problem} ({self.file})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a store turned out to be."""

    members: int
    done: int
    """Members whose block is on disk as far as the journal knows."""
    failed: int
    recorded: str
    """Content hash that was written when it was finished; empty where it is not."""
    content_hash: str
    """Content hash of what is there; empty where it is not all there."""
    damage: tuple[Damage, ...]

    @property
    def whole(self) -> bool:
        """Is everything there, as it was written?"""
        return not self.damage and bool(self.recorded) and self.recorded == self.content_hash


def verify_store(path: Path, progress: Progress | None = None, threads: int = 1) -> Verdict:
    """Read all of a store and hold it against its journal.

    Raises
    ------
    InputError
        Where there is no store of a study, or its metadata cannot be read at all.
    """
    layout, journal = read_store(path)
    damage = [*_check_journal(path, layout, journal), *_check_files(path, layout, journal)]
    found, digests = read_arrays(path, layout, journal, progress, threads)
    content = "" if found or len(journal.blocks) < layout.blocks else combine(layout, digests)
    if journal.content_hash and content and content != journal.content_hash:
        found.append(Damage("zarr.json", "the content does not have the hash that was written"))
    return Verdict(
        members=layout.members,
        done=sum(block.stop - block.start for block in journal.blocks.values()),
        failed=sum(block.failed for block in journal.blocks.values()),
        recorded=journal.content_hash,
        content_hash=content,
        damage=(*damage, *found),
    )


def read_arrays(
    path: Path,
    layout: StudyLayout,
    journal: Journal,
    progress: Progress | None = None,
    threads: int = 1,
) -> tuple[list[Damage], dict[str, str]]:
    """Damage of the chunks that the journal knows, and the digest of each array."""
    total, done = len(layout.arrays), 0
    damage: list[Damage] = []
    digests: dict[str, str] = {}
    with ThreadPoolExecutor(threads) as pool:
        work = pool.map(lambda array: _read_array(path, layout, journal, array), layout.arrays)
        for array, (found, digest) in zip(layout.arrays, work):
            damage += found
            digests[array.name] = digest
            done += 1
            if progress:
                progress(done, total)
    return damage, digests


def combine(layout: StudyLayout, digests: dict[str, str]) -> str:
    """Content hash of the digests of the arrays."""
    content = {
        "members": layout.members,
        "times": layout.times,
        "elements": layout.elements,
        "factors": layout.factors,
        "scenarios": layout.scenarios,
        "checked": layout.checked,
        "arrays": {
            array.name: [array.dtype, array.dims, array.shape, digests[array.name]]
            for array in layout.arrays
        },
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_array(
    path: Path, layout: StudyLayout, journal: Journal, array: StudyArray
) -> tuple[list[Damage], str]:
    """Damage of one array, and the digest of its numbers in the order of the members."""
    digest = hashlib.sha256()
    damage = []
    for block in sorted(journal.blocks):
        start, stop = layout.range_of(block)
        name = f"{folder_of(array)}/{chunk_file(array, block)}"
        content, problem = _read_chunk(path / name, journal.blocks[block].chunks.get(array.name))
        if not problem:
            try:
                digest.update(decode_chunk(array, content, layout.block)[: stop - start].tobytes())
            except (ValueError, RuntimeError) as error:
                problem = f"it cannot be decoded ({error})"
        elif content:
            problem = _recognise(content, journal, array, block) or problem
        if problem:
            damage.append(Damage(name, problem, array.name, start, stop, block))
    return damage, digest.hexdigest()


def _read_chunk(file: Path, known: Print | None) -> tuple[bytes, str]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return b"", "the chunk is missing"
    except OSError as error:
        return b"", f"the chunk cannot be read ({error.strerror})"
    if known is None:
        return content, "the journal does not know the chunk"
    size, digest = known
    if len(content) != size:
        return content, f"the chunk has {len(content)} bytes, not {size}"
    if hashlib.sha256(content).hexdigest() != digest:
        return content, "the bits of the chunk have changed"
    return content, ""


def _recognise(content: bytes, journal: Journal, array: StudyArray, block: int) -> str:
    """Whose chunk stands in the place of another's."""
    digest = hashlib.sha256(content).hexdigest()
    for number, found in journal.blocks.items():
        for name, (_, known) in found.chunks.items():
            if known == digest and (number, name) != (block, array.name):
                return f"here stands the chunk of {name}, members {found.start}–{found.stop - 1}"
    return ""


def _check_journal(path: Path, layout: StudyLayout, journal: Journal) -> Iterator[Damage]:
    for line in journal.damaged:
        yield Damage(journals.FILE, f"line {line} has changed")
    if journal.torn:
        yield Damage(journals.FILE, "the last line was torn; `haihe sweep` mends it")
    if journal.content_hash:
        for block in sorted(set(range(layout.blocks)) - set(journal.blocks)):
            start, stop = layout.range_of(block)
            problem = f"it says nothing of members {start}–{stop - 1}"
            yield Damage(journals.FILE, problem, "", start, stop, block)


def _check_files(path: Path, layout: StudyLayout, journal: Journal) -> Iterator[Damage]:
    """Metadata that are not what they were."""
    known = {name: (int(size), str(digest)) for name, (size, digest) in _files(journal)}
    if journal.content_hash and journal.root:
        known["zarr.json"] = journal.root
    for name, expected in known.items():
        _, problem = _read_chunk(path / name, expected)
        if problem and not _is_unsealed_root(path, name, layout, journal):
            yield Damage(name, problem.replace("the chunk", "the file"))


def _files(journal: Journal) -> list[tuple[str, list[str]]]:
    return list(dict(journal.head.get("files", {})).items())


def _is_unsealed_root(path: Path, name: str, layout: StudyLayout, journal: Journal) -> bool:
    """Was the sweep stopped, or resumed, between the seal and the metadata that show it?"""
    if name != "zarr.json":
        return False
    content = (path / name).read_bytes()
    size, digest = dict(_files(journal))[name]
    original = (int(size), str(digest)) == (len(content), hashlib.sha256(content).hexdigest())
    return original or (not journal.content_hash and content == _any_seal(layout, content))


def _any_seal(layout: StudyLayout, content: bytes) -> bytes:
    found = str(json.loads(content)["attributes"].get("content_hash", ""))
    return describe_root(layout, found)
