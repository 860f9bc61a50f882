"""Files: nothing outside the project is read or written, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from haihe.errors import InputError
from haihe.project import find_bundled
from haihe.serve.places import Conflict, Project, find_result, find_text, place_draft, save_text

OUTSIDE = (
    "../secret.html",
    "..%2fsecret.html",
    "%2e%2e/secret.html",
    "%2e%2e%2fsecret.html",
    "a/../../secret.html",
    "a/%2e%2e/%2e%2e/secret.html",
    "..\\secret.html",
    "..%5csecret.html",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "C:/secret.html",
    "C:%5csecret.html",
    "file:///etc/passwd",
    "link.html",
    "folder-link/secret.html",
    "secret.html%00.html",
    "a%00",
    "con.html",
    "..;/secret.html",
    "....//secret.html",
    "~/secret.html",
    ".hidden.html",
    "a/.hidden.html",
    "a",
    "%252e%252e/secret.html",
    "x" * 300,
)
NAMES = (
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/x",
    "C:x",
    "x\0",
    "x\n",
    "con",
    "aux",
    ".hidden",
    "-rf",
    " x",
    "x" * 81,
    "a:b",
    "a*",
    "\u202ex",
    "_x",
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a result, and a secret beside it that links point at."""
    root = tmp_path / "project"
    (root / "output" / "a").mkdir(parents=True)
    (root / "scenarios").mkdir()
    (root / "output" / "a" / "page.html").write_text("<title>A &amp; B</title>")
    for hidden in ("output/.hidden.html", "output/a/.hidden.html"):
        (root / hidden).write_text("SECRET")
    (tmp_path / "secret.html").write_text("SECRET")
    (root / "secret.html").write_text("SECRET")
    (root / "output" / "link.html").symlink_to(tmp_path / "secret.html")
    (root / "output" / "folder-link").symlink_to(tmp_path)
    return Project(root)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out(project: Project, path: str) -> None:
    """As a function takes it."""
    with pytest.raises(InputError):
        find_result(project, path)


def test_no_path_leads_out_of_the_server(project: Project, start: Any) -> None:
    """As a request carries it, encoded or not."""
    client = start(project.root)
    for path in OUTSIDE:
        if any(sign in path for sign in "\\"):
            path = path.replace("\\", "%5c")
        status, _, data = client.ask("GET", f"/results/{path}")
        assert 400 <= status < 500, path
        assert b"SECRET" not in data
    status, headers, data = client.ask("GET", "/results/a/page.html")
    assert (status, data) == (200, b"<title>A &amp; B</title>")
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in headers["Content-Security-Policy"]
    shown = client.get("/api/results")
    assert [(one["path"], one["title"]) for one in shown] == [("a/page.html", "A & B")]


def test_kinds_of_files_that_are_not_results_are_not_handed_out(
    project: Project, start: Any
) -> None:
    """Not by any name; what is no page is a download."""
    (project.output / "a" / "run.py").write_text("SECRET")
    (project.output / "a" / "x.svg").write_text("<svg onload=alert(1)>")
    client = start(project.root)
    assert client.ask("GET", "/results/a/run.py")[0] == 403
    status, headers, _ = client.ask("GET", "/results/a/x.svg")
    assert status == 200
    assert headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sort", ["scenario", "study"])
def test_names_that_cannot_be_saved(project: Project, name: str, sort: Any) -> None:
    """None of them makes a file."""
    before = sorted(project.root.rglob("*"))
    with pytest.raises(InputError):
        save_text(project, sort, name, "title: x\n", None)
    assert sorted(project.root.rglob("*")) == before


def test_a_folder_of_scenarios_that_is_a_link_out_is_not_written_to(tmp_path: Path) -> None:
    """The link is followed before anything is written."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "scenarios").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        save_text(Project(tmp_path / "project"), "scenario", "x", "title: x\n", None)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_saved_whole_and_never_over_what_somebody_else_wrote(project: Project) -> None:
    """Nothing is replaced without its digest, nor after it changed."""
    path = save_text(project, "scenario", "新的", "title: 一\n", None)
    assert path.read_text("utf-8") == "title: 一\n"
    with pytest.raises(Conflict):
        save_text(project, "scenario", "新的", "title: two\n", None)
    from haihe.serve.places import digest_file

    digest = digest_file(path)
    save_text(project, "scenario", "新的", "title: two\n", digest)
    with pytest.raises(Conflict):
        save_text(project, "scenario", "新的", "title: three\n", digest)
    assert path.read_text("utf-8") == "title: two\n"
    assert [p.name for p in path.parent.iterdir()] == ["新的.yaml"]


def test_a_name_that_differs_only_in_spelling_is_taken(project: Project) -> None:
    """`My Plan` and `my-plan` would be one scenario to whoever asks for it."""
    save_text(project, "scenario", "my-plan", "title: x\n", None)
    with pytest.raises(Conflict):
        save_text(project, "scenario", "My-Plan", "title: x\n", None)


@pytest.mark.parametrize("text", ["", "  \n", "x\0", "\ud800", "x" * 300_000])
def test_texts_that_cannot_be_saved(project: Project, text: str) -> None:
    """Empty, not text, too large."""
    with pytest.raises(InputError):
        save_text(project, "scenario", "x", text, None)


def test_ids_are_no_paths(project: Project) -> None:
    """What is asked for must be in the list."""
    assert find_text(project, "scenario", "plan") == find_bundled("scenarios") / "plan.yaml"
    for name in ("../secret", "scenarios/plan", "plan.yaml", "schema"):
        with pytest.raises(InputError):
            find_text(project, "scenario", name)


def test_draft_lies_in_the_own_folder(project: Project) -> None:
    """Also where a scenario of that name ships."""
    assert place_draft(project, "scenario", "plan") == project.root / "scenarios" / "plan.yaml"
