"""Names of variables as names of folders."""

from __future__ import annotations


def encode_name(name: str) -> str:
    """Name of an array in a store: a name is no path, and no system folder."""
    unsafe = {"/": "%2F", "\\": "%5C", ":": "%3A", "?": "%3F", "*": "%2A", '"': "%22"}
    for letter, code in {"%": "%25", **unsafe, "<": "%3C", ">": "%3E", "|": "%7C"}.items():
        name = name.replace(letter, code)
    return name if name.strip(".") and name != "zarr.json" else f"%{name}"
