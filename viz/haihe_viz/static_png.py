"""SVG to PNG without a browser, and which fonts there are to do it with."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from haihe.errors import EnvironmentFault
from haihe.text import Text
from haihe_viz.static_svg import FONTS

SCALE = 2
"""Pixels of a picture for each of its own."""
FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
FACES = (
    "notosanscjk",
    "notosanssc",
    "notosanshans",
    "sourcehansans",
    "msyh",
    "simhei",
    "simsun",
    "pingfang",
    "hiragino",
    "wqy",
    "droidsansfallback",
    "uming",
    "ukai",
    "stheiti",
)
"""Beginnings of file names of fonts that hold Chinese."""


@functools.cache
def find_chinese_font() -> Path | None:
    """A font file of this machine that holds Chinese; None where none is known."""
    for folder in FOLDERS:
        for root, _, files in os.walk(Path(folder).expanduser()):
            for name in sorted(files):
                if name.lower().startswith(FACES) and name.lower().endswith(
                    (".ttc", ".ttf", ".otf")
                ):
                    return Path(root) / name
    return None


def require_chinese_font() -> None:
    """Refuse to draw boxes where Chinese should stand.

    Raises
    ------
    EnvironmentFault
        Where no font of this machine is known to hold Chinese.
    """
    if find_chinese_font() is None:
        raise EnvironmentFault(
            Text(
                "本机没有中文字体，图中的字会成为方框",
                "this machine has no font that holds Chinese, so pictures would show boxes",
            ),
            Text(
                "安装一种，如 Noto Sans CJK（Debian：fonts-noto-cjk），或改用 --lang en",
                "install one, such as Noto Sans CJK (Debian: fonts-noto-cjk), or use --lang en",
            ),
        )


def has_chinese(text: str) -> bool:
    """Whether a text needs such a font."""
    return any("\u3400" <= sign <= "\u9fff" for sign in text)


def render_png(svg: str, scale: float = SCALE) -> bytes:
    """A picture as PNG, `scale` pixels for each of its own.

    Raises
    ------
    EnvironmentFault
        Where the renderer is not installed, or the picture holds Chinese and no font does.
    """
    try:
        import resvg_py
    except ImportError as fault:
        raise EnvironmentFault(
            Text("生成 PNG 图需要 resvg-py", "pictures as PNG need resvg-py"),
            Text("安装 haihe 时加上 `briefings`", "install haihe with the extra `briefings`"),
        ) from fault
    if has_chinese(svg):
        require_chinese_font()
    drawn = resvg_py.svg_to_bytes(
        svg_string=svg, zoom=scale, background="#ffffff", font_family=FONTS[1], languages=["zh"]
    )
    return bytes(drawn)
