"""What a document says of itself: every number with the expression that made it.

The manifest is JSON. It travels inside the document: as a custom XML part of Word and PowerPoint
files, as a script of type application/json in HTML, as an attachment of a PDF, as a comment in
Markdown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from haihe.errors import InputError
from haihe.text import Text
from haihe_viz.briefing_ledger import Entry, Ledger

FORMAT = "haihe briefing 1"
NAMESPACE = "urn:haihe:briefing"


@dataclass(frozen=True, slots=True)
class Bound:
    """A number of a document."""

    id: int
    call: str
    args: tuple[Any, ...]
    options: Mapping[str, Any]
    text: str
    place: str

    @property
    def expression(self) -> str:
        """As one would write it in a template."""
        return Entry(self.id, self.text, self.call, self.args, self.options).expression


@dataclass(frozen=True, slots=True)
class Manifest:
    """All numbers of a document, and what they were made from."""

    lang: str
    template: str
    created: str
    version: str
    source: Mapping[str, Any]
    digests: Mapping[str, str]
    bound: tuple[Bound, ...]


def make_bound(ledger: Ledger, placed: Iterable[tuple[int, str]]) -> tuple[Bound, ...]:
    """Entries that stand in a document, each with its place, in the document's order."""
    found: dict[int, Bound] = {}
    for number, place in placed:
        entry = ledger.entries[number]
        if entry.call and number not in found:
            found[number] = Bound(number, entry.call, entry.args, entry.options, entry.text, place)
    return tuple(found.values())


def write_manifest(manifest: Manifest) -> str:
    """A manifest as JSON of plain ASCII without `<`, `>` and `&`, so that no format escapes it."""
    bound = [
        {"id": b.id, "call": b.call, "args": list(b.args), "options": dict(b.options),
         "text": b.text, "place": b.place}
        for b in manifest.bound
    ]  # fmt: skip
    value = {
        "format": FORMAT, "lang": manifest.lang, "template": manifest.template,
        "created": manifest.created, "haihe": manifest.version, "source": dict(manifest.source),
        "digests": dict(manifest.digests), "bound": bound,
    }  # fmt: skip
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def read_manifest(text: str, file: str) -> Manifest:
    """Read what `write_manifest` wrote.

    Raises
    ------
    InputError
        Where it is something else.
    """
    try:
        value = json.loads(text)
        if value["format"] != FORMAT:
            raise InputError(
                Text(
                    f"{file} 的格式为 {str(value['format'])[:60]!r}",
                    f"{file} is of the format {str(value['format'])[:60]!r}",
                ),
                None,
                FORMAT,
            )
        bound = tuple(
            Bound(
                int(b["id"]),
                str(b["call"]),
                tuple(b["args"]),
                dict(b["options"]),
                str(b["text"]),
                str(b["place"]),
            )
            for b in value["bound"]
        )
        return Manifest(
            str(value["lang"]), str(value["template"]), str(value["created"]), str(value["haihe"]),
            dict(value["source"]), dict(value["digests"]), bound,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as fault:
        raise InputError(
            Text(f"{file} 中的自述已损坏", f"what {file} says of itself is damaged")
        ) from fault


def pack_text(manifest: Manifest) -> str:
    """A manifest as base64, for a comment."""
    return base64.b64encode(write_manifest(manifest).encode()).decode()


def unpack_text(text: str) -> str:
    """What `pack_text` packed, as JSON; "" where it is something else."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


Found = Mapping[int, Sequence[str]]
"""By number of an entry: what now stands in its places."""
