"""The page of the local app, its script and its style."""

from __future__ import annotations

from importlib.resources import files

from haihe.text import Lang
from haihe_viz.tables import make_environment

PARTS = {"app.css": "text/css", "app.js": "text/javascript"}
"""What the page asks for beside itself, and as what."""


def render_app(word: str, lang: Lang, project: str, version: str) -> str:
    """The page as one HTML text.

    Parameters
    ----------
    word
        What its script sends with every change.
    project
        Name of the folder that is served.
    """
    template = make_environment().get_template("app.html")
    return template.render(word=word, lang=lang, project=project, version=version)


def read_part(name: str) -> str:
    """Script or style."""
    if name not in PARTS:
        raise KeyError(name)
    folder = files("haihe_viz").joinpath("templates")
    text = folder.joinpath(name).read_text(encoding="utf-8")
    # Results and app look alike: the app's style begins with that of the pages.
    if name == "app.css":
        text = folder.joinpath("page.css").read_text(encoding="utf-8") + text
    return text
