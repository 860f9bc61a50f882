"""A study as an RO-Crate: its percentiles, what it was asked, and where every number came from.

The crate is a folder (or a .zip) with `ro-crate-metadata.json` (RO-Crate 1.1): the study as it was
resolved, the study's file where it can be read, a table of percentiles, and the run as a
`CreateAction` with model, engine and version. The store is described by its content hash; it goes
along whole only where that is asked for, for it may be large.

Sources
-------
Soiland-Reyes et al. (2022), Data Science 5, 97-138, doi:10.3233/DS-210053 (unverified, from
memory).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from haihe.errors import EnvironmentFault, InputError, cannot_write
from haihe.project import show_path
from haihe.results.study_page import StudyPage
from haihe.text import Text

METADATA = "ro-crate-metadata.json"


def write_crate(
    page: StudyPage,
    study: dict[str, Any],
    store: Path,
    table: Path,
    path: Path,
    *,
    source: Path | None = None,
    whole: bool = False,
) -> Path:
    """Write the crate of a study.

    Parameters
    ----------
    study
        The study as the store has it.
    table
        A table of its percentiles, which goes along as `percentiles.csv`.
    source
        The study's own file.
    whole
        Let the store go along.

    Raises
    ------
    InputError
        Where something else lies at `path`.
    EnvironmentFault
        Where the disk says no, or rocrate is not there.
    """
    packed = path.suffix.lower() == ".zip"
    if path.exists() and not packed and not (path / METADATA).is_file() and any(path.iterdir()):
        raise InputError(
            Text(
                f"{show_path(path)} 已存在且不是 RO-Crate，未作改动",
                f"{show_path(path)} exists and is no RO-Crate; it is left alone",
            ),
            None,
            Text("别的位置", "another place"),
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            parts = Path(folder) / "parts"
            parts.mkdir()
            (parts / "study.json").write_text(_dump(study), encoding="utf-8")
            shutil.copyfile(table, parts / "percentiles.csv")
            crate = _build(page, study, store, parts, source, whole)
            made = Path(folder) / ("crate.zip" if packed else "crate")
            (crate.write_zip if packed else crate.write)(made)
            if path.is_dir() and not packed:
                shutil.rmtree(path)
            made.replace(path)
    except OSError as error:
        raise cannot_write(show_path(path), error) from error
    return path


def _dump(study: dict[str, Any]) -> str:
    return json.dumps(study, ensure_ascii=False, indent=1)


def _build(
    page: StudyPage,
    study: dict[str, Any],
    store: Path,
    parts: Path,
    source: Path | None,
    whole: bool,
) -> Any:
    try:
        from rocrate.model.contextentity import ContextEntity
        from rocrate.rocrate import ROCrate
    except ImportError as error:
        raise EnvironmentFault(
            Text("导出 RO-Crate 需要 rocrate", "an RO-Crate needs rocrate"),
            "`pip install 'haihe[studies]'`",
        ) from error

    crate = ROCrate()
    crate.name, crate.description = page.title.en, page.story.en or page.title.en
    crate.root_dataset["alternateName"] = page.title.zh
    crate.root_dataset["identifier"] = f"sha256:{page.provenance.get('content_hash', '')}"
    asked = crate.add_file(
        parts / "study.json",
        "study.json",
        properties={
            "name": "Study as it was resolved",
            "encodingFormat": "application/json",
            "sha256": page.provenance.get("study_digest", ""),
        },
    )
    given = [asked]
    if source is not None and source.is_file():
        about = {"name": "Study as it was written", "encodingFormat": "application/yaml"}
        given.append(crate.add_file(source, f"study{source.suffix}", properties=about))
    table = crate.add_file(
        parts / "percentiles.csv",
        "percentiles.csv",
        properties={
            "name": "Percentiles of the outcomes (IAMC)",
            "encodingFormat": "text/csv",
        },
    )
    results = _add_store(crate, page, store, whole)
    model = ContextEntity(
        crate,
        "#model",
        properties={
            "@type": "SoftwareSourceCode",
            "name": f"System-dynamics model {page.provenance.get('model', '')}",
            "identifier": f"sha256:{page.provenance.get('model_digest', '')}",
        },
    )
    program = ContextEntity(
        crate,
        "#haihe",
        properties={
            "@type": "SoftwareApplication",
            "name": "haihe",
            "softwareVersion": page.provenance.get("haihe_version", ""),
            "runtimePlatform": page.provenance.get("engine", ""),
        },
    )
    crate.add(model, program)
    action = crate.add_action(
        instrument=program, object=[*given, model], result=[results, table],
        properties={
            "name": f"haihe sweep {study.get('id', '')}".strip(),
            "description": f"{page.members} members, {page.failed} failed; design {page.design}, "
            f"seed {study.get('seed', '')}",
        },
    )  # fmt: skip
    crate.root_dataset["mentions"] = action
    return crate


def _add_store(crate: Any, page: StudyPage, store: Path, whole: bool) -> Any:
    from rocrate.model.contextentity import ContextEntity

    about = {
        "name": "Results of every member",
        "description": "Store of a study (Zarr 3); `haihe verify` checks every bit of it.",
        "identifier": f"sha256:{page.provenance.get('content_hash', '')}",
        "size": str(page.members),
    }
    if whole:
        return crate.add_directory(store, "store.zarr", properties=about)
    return crate.add(ContextEntity(crate, "#store", properties={"@type": "Dataset", **about}))
