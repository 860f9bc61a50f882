"""The journal of a store: one line for each thing that is certain.

A line is the CRC-32 of the rest in eight hexadecimal digits, a blank, and a JSON object whose
`kind` is

- `head`, the first line: what the store was made from, and size and SHA-256 of its metadata files;
- `block`: chunks of a block of members are on disk, with size and SHA-256 of each;
- `withdrawn`: a block is no longer certain (its members are run again);
- `seal`: every block is there, with the content hash.

A last line without an end was torn by a kill and means nothing. A line whose CRC does not fit is
damage: what it said does not hold, and `haihe verify` names it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haihe.results.study_disk import append_line, cut_file, reach

FILE = "journal.jsonl"

Print = tuple[int, str]
"""Size [byte] and SHA-256 of a file."""


@dataclass(frozen=True, slots=True)
class Committed:
    """A block that is on disk."""

    block: int
    start: int
    stop: int
    chunks: Mapping[str, Print]
    """By array."""
    failed: int
    """How many of its members failed."""
    notes: Mapping[str, str]
    """By member: why it failed, where its status alone does not say it."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says."""

    head: Mapping[str, Any]
    blocks: Mapping[int, Committed]
    content_hash: str = ""
    """Empty where the store is not sealed."""
    root: Print | None = None
    """The metadata of the whole store since it was sealed; None where it is not."""
    damaged: tuple[int, ...] = ()
    """Numbers of the lines, from 1, whose CRC does not fit."""
    whole: int = 0
    """Bytes up to the end of the last whole line."""
    torn: bool = False
    """Is there something behind it?"""


def read_journal(path: Path) -> Journal:
    """Read what is certain."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    state = _State()
    for number, line in enumerate(content[:whole].splitlines(), 1):
        entry = parse_line(line)
        if entry is None:
            state.damaged.append(number)
        else:
            state.take(entry)
    return Journal(
        head=state.head,
        blocks=state.blocks,
        content_hash=state.content_hash,
        root=state.root,
        damaged=tuple(state.damaged),
        whole=whole,
        torn=whole < len(content),
    )


@dataclass(slots=True)
class _State:
    """What the lines so far say."""

    head: Mapping[str, Any] = field(default_factory=dict)
    blocks: dict[int, Committed] = field(default_factory=dict)
    content_hash: str = ""
    root: Print | None = None
    damaged: list[int] = field(default_factory=list)

    def take(self, entry: Mapping[str, Any]) -> None:
        """Obey one line; whatever follows a seal breaks it."""
        kind = entry["kind"]
        self.content_hash = entry["content_hash"] if kind == "seal" else ""
        self.root = _print(entry["root"]) if kind == "seal" else None
        if kind == "head":
            self.head = entry
        elif kind == "withdrawn":
            self.blocks.pop(entry["block"], None)
        elif kind == "block":
            chunks = {name: _print(found) for name, found in entry["chunks"].items()}
            self.blocks[entry["block"]] = Committed(
                entry["block"], entry["start"], entry["stop"], chunks, entry["failed"],
                entry["notes"],
            )  # fmt: skip


def _print(found: list[Any]) -> Print:
    return int(found[0]), str(found[1])


def make_line(entry: Mapping[str, Any]) -> bytes:
    """A line of the journal."""
    text = json.dumps(entry, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def parse_line(line: bytes) -> dict[str, Any] | None:
    """What a line says; None where its CRC does not fit."""
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]) or line[8:9] != b" ":
            return None
        entry = json.loads(line[9:])
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "kind" in entry else None


def append_block(path: Path, done: Committed) -> None:
    """Say that a block is on disk."""
    entry = {
        "kind": "block",
        "block": done.block,
        "start": done.start,
        "stop": done.stop,
        "chunks": done.chunks,
        "failed": done.failed,
        "notes": done.notes,
    }
    append_line(path, make_line(entry))


def append_withdrawal(path: Path, block: int, why: str) -> None:
    """Say that a block is no longer certain."""
    append_line(path, make_line({"kind": "withdrawn", "block": block, "why": why}))


def append_seal(path: Path, content_hash: str, root: Print) -> None:
    """Say that all is there."""
    append_line(path, make_line({"kind": "seal", "content_hash": content_hash, "root": root}))
    reach("seal line written")


def mend_journal(path: Path, journal: Journal) -> None:
    """Cut off a torn last line, so that the next one begins on its own."""
    if journal.torn:
        cut_file(path, journal.whole)
