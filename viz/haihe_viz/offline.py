"""What every page that opens offline carries: its code, its style, and leave for nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from bokeh.resources import Resources
from markupsafe import Markup

from haihe_viz.theme import QUIET

FAINT_TOOLTIP = "#26aae1"
"""BokehJS writes tooltip labels in it: too faint to read, and nothing else sets it."""


def read_template(name: str) -> str:
    """Text of a file that lies beside the templates."""
    return files("haihe_viz").joinpath("templates", name).read_text(encoding="utf-8")


def embed_json(value: Any) -> Markup:
    """JSON that cannot leave its script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def bokeh_code() -> str:
    """BokehJS without widgets, tables, WebGL and MathJax: our pages need none of them."""
    code = "\n".join(Resources(mode="inline", components=["bokeh"], log_level="error").js_raw)
    return code.replace(FAINT_TOOLTIP, QUIET)


def write_policy(scripts: Sequence[str]) -> str:
    """Content-Security-Policy: these scripts, own styles and pictures, no connection anywhere."""
    hashes = " ".join(map(hash_source, scripts))
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def hash_source(text: str) -> str:
    """How a policy names the one text that it lets through."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
