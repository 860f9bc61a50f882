"""The store of a study: made once, written block by block, resumed, opened without reading it.

A block counts once the journal says so, and the journal says so once its chunks are on disk. What
a kill leaves behind is therefore either certain or is run again; see `study_journal`.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haihe.errors import EnvironmentFault, InputError, describe_refusal
from haihe.project import show_path
from haihe.results import study_journal as journals
from haihe.results.study_disk import (
    make_folder,
    move_folder,
    reach,
    replace_file,
    say_fault,
    sync_folder,
    write_file,
)
from haihe.results.study_journal import Committed, Journal, read_journal
from haihe.results.study_layout import (
    STATUS,
    EncodedBlock,
    StudyLayout,
    chunk_file,
    describe_files,
    describe_root,
    folder_of,
    read_layout,
)
from haihe.results.study_lock import hold_lock, is_alive
from haihe.text import Text, Words, lead

if TYPE_CHECKING:
    import xarray as xr

Tell = Callable[[Words], None]
"""Told what a person should know of a store while it is written."""

IDENTITY: Mapping[str, Text] = {
    "study_digest": Text("研究", "study"),
    "model_digest": Text("模型", "model"),
    "engine": Text("引擎", "engine"),
    "haihe_version": Text("haihe 版本", "version of haihe"),
}
"""What must be the same to go on with a store, as a person calls it."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A store that is held for writing."""

    path: Path
    layout: StudyLayout
    """As the store has it: its block may be another than was asked for."""
    committed: frozenset[int]
    """Blocks that were on disk when it was opened."""
    failed: int
    """Members of those that failed."""
    content_hash: str
    """Empty where it was not sealed."""
    retry: frozenset[int] = frozenset()
    """Blocks of those that are committed, whose failed members are to be run again."""

    @property
    def journal(self) -> Path:
        """File of the journal."""
        return self.path / journals.FILE


def is_study(path: Path) -> bool:
    """Is there a store of a study at `path`?"""
    try:
        read_study_layout(path)
    except (OSError, ValueError, KeyError, TypeError):
        return (path / journals.FILE).is_file() and bool(_read_head(path))
    return True


def read_study_layout(path: Path) -> StudyLayout:
    """Layout of a store.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError
        Where there is none.
    """
    files = {"zarr.json": (path / "zarr.json").read_bytes()}
    for place in path.glob("*/zarr.json"):
        files[f"{place.parent.name}/zarr.json"] = place.read_bytes()
    return read_layout(files)


def _read_head(path: Path) -> Mapping[str, Any]:
    try:
        return read_journal(path / journals.FILE).head
    except (OSError, KeyError):
        return {}


# --- writing ------------------------------------------------------------------------------------


@contextmanager
def open_writer(
    path: Path,
    layout: StudyLayout,
    tell: Tell = lambda message: None,
    retry_failed: bool = False,
) -> Iterator[Writer]:
    """Hold a store for writing: a new one, or one that was begun from the same things.

    Parameters
    ----------
    layout
        Its attrs say what the store is made from, by the names in `IDENTITY`.
    tell
        Told what was taken over, cut off or found missing.
    retry_failed
        Failed members are to be run again.

    Raises
    ------
    InputError
        Where something else lies at `path`, or the store was made from something else.
    EnvironmentFault
        Where somebody else writes it, or the disk says no.
    """
    try:
        clear_left_overs(path)
        if check_place(path, layout):
            _create(path, layout)
            check_place(path, layout)  # another process may have been quicker
        with hold_lock(path, tell):
            yield _resume(path, layout, tell, retry_failed)
    except OSError as error:
        raise say_fault(Path(error.filename or path), error) from None


def check_place(path: Path, layout: StudyLayout) -> bool:
    """Is a place free for a store, or does a store lie there that can be gone on with?

    Raises
    ------
    InputError
        Where something else lies there, or a store that was made from something else.
    """
    if _is_free(path):
        return True
    if not is_study(path):
        raise InputError(
            Text(
                f"{show_path(path)} 已存在，且不是研究的结果库，未作改动",
                f"{show_path(path)} exists and is no store of a study; it is left alone",
            ),
            None,
            Text("另一个 -o 位置，或空文件夹", "another place for -o, or an empty one"),
        )
    check_identity(path, _read_head(path), layout.attrs)
    return False


def _is_free(path: Path) -> bool:
    if path.is_symlink() or not path.exists():
        return not path.is_symlink()
    return path.is_dir() and not any(path.iterdir())


def _create(path: Path, layout: StudyLayout) -> None:
    """Make a store beside its place and move it there whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=_name_part(path, os.getpid()), dir=path.parent))
    made = part / "new"
    try:
        files = describe_files(layout)
        prints = {name: _print(content) for name, content in files.items()}
        identity = {name: layout.attrs.get(name, "") for name in IDENTITY}
        head = {"kind": "head", "identity": identity, "block": layout.block, "files": prints}
        make_folder(made)
        for name in sorted({file.rpartition("/")[0] for file in files} - {""}):
            make_folder(made / name)
        for name, content in files.items():
            write_file(made / name, content)
        write_file(made / journals.FILE, journals.make_line(head))
        for folder in (made, *(each for each in made.iterdir() if each.is_dir())):
            sync_folder(folder)
        reach("store made")
        _move_in(made, path)
        reach("store moved")
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _name_part(path: Path, process: int | str) -> str:
    """How the folder begins in which a process of this machine makes a store."""
    host = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return f".{path.name}.making-{host}-{process}-"


def clear_left_overs(path: Path) -> None:
    """Remove what processes of this machine left that were killed while they made this store."""
    head = _name_part(path, "")[:-1]
    for place in path.parent.glob(f"{glob.escape(head)}*"):
        process = place.name.removeprefix(head).partition("-")[0]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(place, ignore_errors=True)


def _move_in(made: Path, path: Path) -> None:
    try:
        move_folder(made, path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not is_study(path):
            raise
        # another process was quicker: its store is as good, and its lock decides


def _print(content: bytes) -> journals.Print:
    return len(content), hashlib.sha256(content).hexdigest()


def check_identity(path: Path, head: Mapping[str, Any], attrs: Mapping[str, Any]) -> None:
    """Make sure that a store was made from the same things.

    Raises
    ------
    InputError
        Where it was not; it names what differs.
    """
    if not head:
        raise InputError(
            Text(
                f"{show_path(path / journals.FILE)} 已损坏：首行不完整",
                f"{show_path(path / journals.FILE)} is damaged: its first line is not whole",
            ),
            None,
            Text("原来的结果库，或另一个 -o 位置", "the store as it was, or another place for -o"),
        )
    found = head["identity"]
    other = [
        (word, _shorten(found.get(name, "")), _shorten(attrs.get(name, "")))
        for name, word in IDENTITY.items()
        if found.get(name, "") != attrs.get(name, "")
    ]
    if other:
        zh = "、".join(f"{word.zh}（{was}，而非 {now}）" for word, was, now in other)
        en = " and another ".join(f"{word.en} ({was}, not {now})" for word, was, now in other)
        raise InputError(
            Text(
                f"{show_path(path)} 是用另外的{zh}生成的，未作改动",
                f"{show_path(path)} was made from another {en}; it is left alone",
            ),
            None,
            Text("同样的内容，或另一个 -o 位置", "the same, or another place for -o"),
        )


def _shorten(text: object) -> str:
    return str(text)[:12] if len(str(text)) == 64 else str(text)


def _resume(path: Path, layout: StudyLayout, tell: Tell, retry_failed: bool) -> Writer:
    """Bring a store that is ours alone into order."""
    place = path / journals.FILE
    journal = read_journal(place)
    journals.mend_journal(place, journal)
    if journal.torn:
        tell(
            Text(
                "日志最后一行不完整，其所记内容将重新运行",
                "the last line of the journal was torn; what it meant to say is run again",
            )
        )
    if journal.damaged:
        lines = _list(journal.damaged)
        tell(
            Text(
                f"日志中有损坏的行（{lines}），相应的块将重新运行",
                f"damaged lines in the journal ({lines}); their blocks are run again",
            )
        )
    layout = _restore_metadata(path, layout, journal, tell)
    for block, why in _find_doubtful(path, layout, journal):
        members = _say_range(layout, block)
        tell(
            Text(
                f"成员 {members} 将重新运行：{why.zh}", f"members {members} are run again: {why.en}"
            )
        )
        journals.append_withdrawal(place, block, why.en)
    journal = read_journal(place)
    retry = {block: found.failed for block, found in journal.blocks.items() if found.failed}
    if retry_failed and retry:
        count = sum(retry.values())
        tell(Text(f"重新运行 {count:,} 个失败的成员", f"{count:,} failed members are run again"))
    return Writer(
        path=path,
        layout=layout,
        committed=frozenset(journal.blocks),
        failed=sum(found.failed for found in journal.blocks.values()),
        content_hash=journal.content_hash,
        retry=frozenset(retry if retry_failed else ()),
    )


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers[:10])) + (" …" if len(numbers) > 10 else "")


def _say_range(layout: StudyLayout, block: int) -> str:
    start, stop = layout.range_of(block)
    return f"{start}–{stop - 1}"


def _restore_metadata(path: Path, given: StudyLayout, journal: Journal, tell: Tell) -> StudyLayout:
    """Put back metadata that are not what the journal says; the layout of the store.

    They follow from what the store itself says, or from the study.

    Raises
    ------
    InputError
        Where they cannot be made again.
    """
    makers = [replace(given, block=int(journal.head["block"]))]
    with suppress(OSError, ValueError, KeyError, TypeError):
        makers.insert(0, read_study_layout(path))
    for name, (size, digest) in journal.head["files"].items():
        known = journal.root if name == "zarr.json" and journal.root else (int(size), str(digest))
        file = path / name
        if file.is_file() and _print(file.read_bytes()) == known:
            continue
        made = (_describe(layout, name, journal.content_hash) for layout in makers)
        content = next((each for each in made if _print(each) == known), None)
        if content is None:
            raise InputError(
                Text(
                    f"{show_path(file)} 已损坏，且无法重新生成",
                    f"{show_path(file)} is damaged and cannot be made again",
                ),
                None,
                Text(
                    "生成该结果库时所用的研究和 haihe 版本",
                    "the study and the version of haihe that the store was made with",
                ),
            )
        file.parent.mkdir(exist_ok=True)
        replace_file(file, content)
        if name != "zarr.json":
            tell(
                Text(
                    f"{show_path(file)} 已损坏，现已恢复",
                    f"{show_path(file)} was damaged and is put back",
                )
            )
    return read_study_layout(path)


def _describe(layout: StudyLayout, name: str, content_hash: str) -> bytes:
    if name == "zarr.json":
        return describe_root(layout, content_hash)
    return describe_files(layout).get(name, b"")


def _find_doubtful(path: Path, layout: StudyLayout, journal: Journal) -> Iterator[tuple[int, Text]]:
    """Blocks that are not on disk as the journal says, and why."""
    for block, found in journal.blocks.items():
        missing = [a.name for a in layout.arrays if not _is_there(path, a, block, found)]
        if missing:
            yield (
                block,
                Text(
                    f"磁盘上的 {missing[0]} 与写入时不同",
                    f"{missing[0]} of them is not on disk as it was written",
                ),
            )


def _is_there(path: Path, array: Any, block: int, found: Committed) -> bool:
    try:
        size = (path / folder_of(array) / chunk_file(array, block)).stat().st_size
    except OSError:
        return False
    return array.name in found.chunks and size == found.chunks[array.name][0]


def commit_block(writer: Writer, block: EncodedBlock) -> None:
    """Put a block on disk, and then say so in the journal.

    Raises
    ------
    EnvironmentFault
        Where the disk says no; what the journal says still holds.
    """
    number = block.start // writer.layout.block
    last_first = sorted(writer.layout.arrays, key=lambda array: array.name == STATUS)
    place = writer.path
    try:
        for array in last_first:
            place = writer.path / folder_of(array) / chunk_file(array, number)
            write_file(place, block.chunks[array.name])
        reach("chunks written")
        for array in last_first:
            place = writer.path / folder_of(array)
            sync_folder(place)
        reach("folders synced")
        place = writer.journal
        prints = {name: _print(content) for name, content in block.chunks.items()}
        notes = {str(member): why for member, why in block.notes.items()}
        done = Committed(number, block.start, block.stop, prints, block.failed, notes)
        journals.append_block(writer.journal, done)
    except OSError as error:
        raise say_fault(place, error) from None


def withdraw_block(writer: Writer, block: int, why: str) -> None:
    """Say that a block is to be run again."""
    try:
        journals.append_withdrawal(writer.journal, block, why)
    except OSError as error:
        raise say_fault(writer.journal, error) from None


def seal_store(writer: Writer, content_hash: str) -> None:
    """Write down that every block is there, and what the content hashes to."""
    root = describe_root(writer.layout, content_hash)
    try:
        journals.append_seal(writer.journal, content_hash, _print(root))
        replace_file(writer.path / "zarr.json", root)
    except OSError as error:
        raise say_fault(writer.path, error) from None


# --- reading ------------------------------------------------------------------------------------


def read_store(path: Path) -> tuple[StudyLayout, Journal]:
    """What a store is, and what its journal says.

    Raises
    ------
    InputError
        Where there is no store of a study.
    EnvironmentFault
        Where it cannot be read.
    """
    try:
        return read_study_layout(path), read_journal(path / journals.FILE)
    except PermissionError as error:
        raise EnvironmentFault(lead(str(error.filename), describe_refusal(error))) from None
    except (OSError, ValueError, KeyError, TypeError):
        what = Text("不存在", "does not exist")
        if path.exists():
            what = Text("中没有研究结果", "holds no study")
        if (path / journals.FILE).is_file():
            what = Text("已损坏：元数据无法读取", "is damaged: its metadata cannot be read")
        raise InputError(
            Text(f"{show_path(path)} {what.zh}", f"{show_path(path)} {what.en}"),
            None,
            Text("`haihe sweep` 写出的结果库", "a store that `haihe sweep` wrote"),
        ) from None


def open_study(path: str | Path, unfinished: bool = False) -> xr.Dataset:
    """Open the results of a study; numbers are read when they are asked for.

    Returns
    -------
    xr.Dataset
        Dims `member`, `time` and those of the model. `scenario` and `status` (member) are
        coordinates; `input: <factor>` (member) says what each member was given; outcomes stand
        under the names of the model's variables.

    Raises
    ------
    InputError
        Where there is no store, where it is not finished (unless `unfinished`), or where a chunk
        is missing: Zarr would read it as NaN in silence.
    """
    from haihe.results.study_open import open_dataset

    path = Path(path)
    layout, journal = read_store(path)
    done = sum(found.stop - found.start for found in journal.blocks.values())
    if not journal.content_hash and not unfinished:
        raise InputError(
            Text(
                f"{show_path(path)} 尚未完成：{layout.members} 个成员中已有 {done} 个",
                f"{show_path(path)} is not finished: {done} of {layout.members} members are there",
            ),
            None,
            Text(
                "再次运行同一条 `haihe sweep`，从中断处继续",
                "the same `haihe sweep` again, which goes on where it stopped",
            ),
        )
    lost = next((why for _, why in _find_doubtful(path, layout, journal)), None)
    if lost is not None:
        raise InputError(
            Text(
                f"{show_path(path)} 已损坏：{lost.zh}", f"{show_path(path)} is damaged: {lost.en}"
            ),
            None,
            Text("先用 `haihe verify` 查看全部损坏", "`haihe verify` shows all of it"),
        )
    return open_dataset(path, layout, journal)
