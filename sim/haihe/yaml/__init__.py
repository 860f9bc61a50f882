"""YAML files that people write, read with exact positions.

Read a file, then hold it against a record; every mistake comes at once with file:line:column::

    from haihe.yaml import Record, read_yaml, validate

    class Target(Record):
        year: int
        value: float

    targets = validate(read_yaml(path), dict[str, Target])

`Record` refuses unknown keys (with a suggestion) and NaN. `haihe.text.Text` may be a field:
`{zh: …, en: …}`. A rule of your own is a pydantic validator that raises `Refused(Text(…))`.
Where a value needs its place later on, keep the tree: `Mapping.get(key).where` is a `Location`, and
`node.error("what is wrong", "what was expected", suggestions)` makes the error with its line.
"""

from haihe.yaml.nodes import Mapping, Node, Place, Scalar, Sequence, Source
from haihe.yaml.numbers import read_number, suggest_number
from haihe.yaml.read import MAX_BYTES, parse_yaml, read_text, read_yaml
from haihe.yaml.validate import (
    NUMBER,
    WHOLE,
    Record,
    explain_cell,
    explain_number,
    read_scalar,
    suggest,
    to_plain,
    validate,
)

__all__ = [
    "MAX_BYTES",
    "NUMBER",
    "WHOLE",
    "Mapping",
    "Node",
    "Place",
    "Record",
    "Scalar",
    "Sequence",
    "Source",
    "explain_cell",
    "explain_number",
    "parse_yaml",
    "read_number",
    "read_scalar",
    "read_text",
    "read_yaml",
    "suggest",
    "suggest_number",
    "to_plain",
    "validate",
]
