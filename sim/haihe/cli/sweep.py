"""`haihe sweep`: a study in, a store of its members out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from haihe.cli.console import Progress, open_console, say, show_progress, write_json
from haihe.cli.words import Command, common_options, option, settings_of
from haihe.errors import EXIT_SOME_FAILED, EXIT_STOPPED, InputError
from haihe.project import show_path
from haihe.text import Lang, Text, Words
from haihe.text import say as put

if TYPE_CHECKING:
    from haihe.analysis.study_summary import Spread
    from haihe.results.study_layout import StudyLayout
    from haihe.results.study_store import Tell
    from haihe.run.estimate import Estimate
    from haihe.run.executors import Executor
    from haihe.run.study_work import StudyWork
    from haihe.run.sweep import Swept

ROWS = 40
"""Rows of the table for people."""
QUIET = 10.0
"""Seconds between lines of progress where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where members are run."""

    threads: int
    jobs: int | None = None
    dask: str | None = None

    @property
    def workers(self) -> int:
        """How many run at the same time; 1 where only the cluster knows."""
        if self.dask is not None:
            local = self.dask.startswith("local:")
            return int(self.dask.removeprefix("local:")) if local else 1
        return self.jobs or self.threads


@click.command(
    "sweep",
    cls=Command,
    words=Text(
        "运行一项研究的全部成员，写入可随时中断、续算和核验的结果库。\n\n"
        "STUDY 是研究文件或其名称。开始前先报告成员数、预计时间和磁盘空间。中断（Ctrl-C、断电、"
        "强制结束）之后，用同一命令即可从中断处继续；结果与进程数、分块和中断次数无关。\n\n"
        "退出码：0 完成；1 完成，但有成员失败；2 输入有误；3 磁盘、权限或锁；130 已停止，可续算。",
        "Run all members of a study into a store that can be stopped, resumed and verified.\n\n"
        "STUDY is a study file or its name. Size, time and disk are said before it starts. After "
        "a stop (Ctrl-C, a power cut, a kill) the same command goes on where it stopped; results "
        "do not depend on workers, blocks or how often it was stopped.\n\n"
        "Exit codes: 0 done; 1 done, but members failed; 2 wrong input; 3 disk, rights or lock; "
        "130 stopped, resumable.",
    ),
    example="haihe sweep plan-uncertainty --dry-run\n"
    "haihe sweep plan-uncertainty -o output/plan-uncertainty.zarr --jobs 2",
)
@click.argument("study", metavar="STUDY")
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="STORE",
    zh="结果库；默认 output/<研究>.zarr。",
    en="Store to write; output/<study>.zarr where it is not given.",
)
@option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    zh="本进程的线程数；默认为可用核数。",
    en="Threads of this process; as many as there are cores where it is not given.",
)
@option(
    "--jobs",
    type=click.IntRange(1, 1024),
    metavar="N",
    zh="改用 N 个进程，一个进程崩溃不影响其他成员。",
    en="Processes instead of threads: one that crashes costs only its own members.",
)
@option(
    "--dask",
    metavar="local:N|ADDRESS",
    zh="在 Dask 上运行：local:N 为本机 N 个进程，或已有调度器的地址。",
    en="Run on Dask: local:N for N workers here, or the address of a scheduler.",
)
@option(
    "--block",
    type=click.IntRange(1),
    metavar="N",
    zh="每块的成员数；只影响快慢。",
    en="Members of a block; it changes nothing but the speed.",
)
@option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    zh="本次大约运行 N 个成员后停止，下次继续。",
    en="Stop after about N members; the next call goes on.",
)
@option("--retry-failed", is_flag=True, zh="重新运行失败的成员。", en="Run failed members again.")
@option(
    "--allow-large",
    is_flag=True,
    zh="允许超过一亿个成员。",
    en="Allow more than a hundred million members.",
)
@option(
    "--dry-run",
    is_flag=True,
    zh="只报告成员数、时间和磁盘空间，不运行。",
    en="Only say size, time and disk.",
)
@common_options
@click.pass_context
def command(
    context: click.Context,
    study: str,
    output: Path | None,
    threads: int | None,
    jobs: int | None,
    dask: str | None,
    block: int | None,
    limit: int | None,
    retry_failed: bool,
    allow_large: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Sweep one study."""
    from haihe.results.study_store import check_place
    from haihe.run.estimate import check_room, count_cores, estimate
    from haihe.run.study_work import lay_out_study
    from haihe.run.sweep import find_done, sweep_path

    lang = settings_of(context).lang
    where = choose_where(threads or 1, jobs, dask)
    work = open_work(study, allow_large, lang)
    most = 1 if work.backend == "pysd" else count_cores()  # PySD runs in one thread
    where = replace(where, threads=threads or most)
    for warning in work.study.warnings:
        say(put(warning, lang))
    layout = lay_out_study(work, block or 0)
    store = output or sweep_path(work.study.id)
    left = layout.members if check_place(store, layout) else layout.members - find_done(store)
    if left or dry_run:
        found = estimate(work, layout, left, where.workers, store)
        if dry_run:
            print_plan(found, store, lang, as_json)
            return 0
        say(say_plan(found, store, lang))
        check_room(found, store)
    begun = time.perf_counter()
    try:
        swept = sweep_into(store, work, layout, where, lang, retry_failed, limit)
    except KeyboardInterrupt:
        swept = None
    if swept is None or not swept.content_hash:
        say(say_stopped(store, layout, lang))
        return EXIT_STOPPED
    report(swept, store, work, time.perf_counter() - begun, lang, as_json)
    return EXIT_SOME_FAILED if swept.failed else 0


def sweep_into(
    store: Path,
    work: StudyWork,
    layout: StudyLayout,
    where: Where,
    lang: Lang,
    retry_failed: bool,
    limit: int | None,
) -> Swept:
    """Run what is missing."""
    from haihe.results.study_store import open_writer
    from haihe.run.estimate import count_cores
    from haihe.run.sweep import sweep

    def tell(words: Words) -> None:
        say(put(words, lang))

    with (
        open_writer(store, layout, tell, retry_failed) as writer,
        open_executor(where, work, writer.layout, tell) as executor,
        show_members(lang) as progress,
    ):
        return sweep(writer, work, executor, progress, tell, count_cores(), limit)


def choose_where(threads: int, jobs: int | None, dask: str | None) -> Where:
    """Where members are run.

    Raises
    ------
    InputError
        Where two places are asked for, or `local:` is not followed by a number.
    """
    if jobs is not None and dask is not None:
        raise InputError(
            Text("--jobs 与 --dask 只能选其一", "--jobs and --dask are two places to run in"),
            None,
            Text("只给一个", "one of them"),
        )
    if dask is not None and dask.startswith("local"):
        number = dask.removeprefix("local").removeprefix(":")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 1024:
            raise InputError(
                Text(
                    f"--dask {dask} 没有写明工作进程数", f"--dask {dask} names no number of workers"
                ),
                None,
                "local:2",
            )
        dask = f"local:{int(number)}"
    return Where(threads, jobs, dask)


def open_work(name: str, allow_large: bool, lang: Lang = "en") -> StudyWork:
    """Read a study and choose the engine that runs it."""
    from haihe.run.estimate import check_size
    from haihe.run.simulate import find_doubt
    from haihe.run.study_work import open_model, plan_work
    from haihe.scenario.study import count_members
    from haihe.scenario.study_load import load_study

    study = load_study(name)
    check_size(count_members(study), allow_large)
    work = plan_work(study)
    model, _ = open_model(work)
    doubt = find_doubt(model)
    if not doubt:
        return work
    why = put(doubt, lang)
    say(Text(f"由 PySD 运行 {model.name}：{why}", f"PySD runs {model.name}: {why}").get(lang))
    return replace(work, backend="pysd")


@contextmanager
def open_executor(
    where: Where, work: StudyWork, layout: StudyLayout, tell: Tell = lambda words: None
) -> Iterator[Executor]:
    """Threads, processes or a cluster."""
    if where.dask is not None:
        from haihe.run.cluster import open_cluster

        with open_cluster(work, layout, where.dask, tell) as cluster:
            yield cluster
        return
    from haihe.run.executors import Threads, open_processes

    if where.jobs is not None:
        with open_processes(work, layout, where.jobs) as processes:
            yield processes
        return
    yield Threads(work, layout, where.threads)


# --- words --------------------------------------------------------------------------------------


@contextmanager
def show_members(lang: Lang) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a line now and then."""
    if sys.stderr.isatty():
        with show_progress(Text("成员", "Members").get(lang)) as progress:
            yield progress
        return
    begun = told = time.monotonic()
    first: list[int] = []

    def tell(done: int, total: int) -> None:
        nonlocal told
        first[:] = first or [done]
        now = time.monotonic()
        if now - told < QUIET or done == first[0]:
            return
        told = now
        left = say_time((now - begun) * (total - done) / (done - first[0]), lang)
        words = Text(f"还需约 {left}", f"about {left} left").get(lang)
        say(f"{done:,} / {total:,} ({done / total:.0%}), {words}")

    yield tell


def say_plan(found: Estimate, store: Path, lang: Lang) -> str:
    """What it would take, in two lines."""
    took, size = say_time(found.seconds, lang), say_size(found.size)
    each = f"{found.member_seconds * 1e6:,.0f} µs, {found.member_bytes:,.0f} B"
    there = found.members - found.left
    done = (
        Text(f"，其中 {there:,} 个已完成", f", {there:,} of them done").get(lang) if there else ""
    )
    return Text(
        f"{show_path(store)}：{found.members:,} 个成员{done}，分 {found.blocks:,} 块\n"
        f"预计 {took}（{found.workers} 路并行），占用磁盘 {size}（可用 {say_size(found.free)}）；"
        f"每个成员 {each}",
        f"{show_path(store)}: {found.members:,} members{done}, in {found.blocks:,} blocks\n"
        f"about {took} with {found.workers} at a time, {size} on disk "
        f"({say_size(found.free)} free); a member takes {each}",
    ).get(lang)


def print_plan(found: Estimate, store: Path, lang: Lang, as_json: bool) -> None:
    """What it would take, on stdout."""
    if as_json:
        write_json({"store": show_path(store), **asdict(found)})
    else:
        click.echo(say_plan(found, store, lang))


def say_stopped(store: Path, layout: StudyLayout, lang: Lang) -> str:
    """How far it came, and how to go on."""
    from haihe.run.sweep import find_done

    done = find_done(store)
    return Text(
        f"已停止：{layout.members:,} 个成员中已有 {done:,} 个存入 {show_path(store)}；"
        "再次运行同一命令即可继续",
        f"stopped: {done:,} of {layout.members:,} members are in {show_path(store)};"
        " the same command goes on",
    ).get(lang)


def say_time(seconds: float, lang: Lang) -> str:
    """A length of time as a person says it."""
    hour, minute, second = Text("小时", "h").get(lang), Text("分", "min").get(lang), Text(
        "秒", "s").get(lang)  # fmt: skip
    if seconds >= 3600 * 48:
        return f"{seconds / 86400:,.0f} {Text('天', 'days').get(lang)}"
    if seconds >= 3600:
        return f"{int(seconds // 3600)} {hour} {int(seconds % 3600 // 60):02d} {minute}"
    if seconds >= 60:
        return f"{int(seconds // 60)} {minute} {int(seconds % 60):02d} {second}"
    return f"{max(seconds, 0.1):.1f} {second}" if seconds < 10 else f"{seconds:.0f} {second}"


def say_size(size: float) -> str:
    """Bytes as a person says them."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"


def report(
    swept: Swept, store: Path, work: StudyWork, took: float, lang: Lang, as_json: bool
) -> None:
    """What came out: numbers on stdout."""
    from haihe.analysis.study_summary import summarise_study
    from haihe.results.study_store import open_study
    from haihe.run.study_work import open_model

    spreads = list(summarise_study(open_study(store), open_model(work)[1]))
    if as_json:
        write_json(describe(swept, store, spreads, took))
        return
    print_spreads(spreads, swept.members, lang)
    click.echo(
        Text(
            f"{swept.members:,} 个成员，{swept.failed:,} 个失败；内容哈希 {swept.content_hash}",
            f"{swept.members:,} members, {swept.failed:,} failed; "
            f"content hash {swept.content_hash}",
        ).get(lang)
    )


def describe(swept: Swept, store: Path, spreads: list[Spread], took: float) -> dict[str, Any]:
    """What came out, as JSON."""
    return {
        "store": show_path(store),
        "members": swept.members,
        "ran": swept.ran,
        "failed": swept.failed,
        "content_hash": swept.content_hash,
        "seconds": took,
        "cpu_seconds": dict(swept.cpu),
        "stored_bytes": swept.stored,
        "outcomes": [
            {**asdict(spread), "title": {"zh": spread.title.zh, "en": spread.title.en}}
            for spread in spreads
        ],
    }


def print_spreads(spreads: list[Spread], members: int, lang: Lang) -> None:
    """A table of outcomes."""
    from haihe.analysis.tables import print_rows, word_unit

    heads = (
        Text("指标", "Outcome"), Text("情景", "Scenario"), Text("5 %", "5 %"),
        Text("中位数", "Median"), Text("95 %", "95 %"), Text("单位", "Unit"),
    )  # fmt: skip
    rows = [
        [
            s.title.get(lang),
            s.scenario,
            *(f"{v:.4g}" for v in (s.low, s.median, s.high)),
            word_unit(s.unit, lang),
        ]
        for s in spreads[:ROWS]
    ]
    if not rows:
        return
    print_rows(open_console(), [head.get(lang) for head in heads], rows)
    used = sum(s.members for s in spreads if s.outcome == spreads[0].outcome)
    if len(spreads) > ROWS:
        click.echo(Text(f"另有 {len(spreads) - ROWS} 行，见 --json",
                        f"{len(spreads) - ROWS} more rows with --json").get(lang))  # fmt: skip
    if used < members:
        click.echo(
            Text(f"由均匀抽取的 {used:,} 个成员得出", f"from {used:,} members, evenly taken").get(
                lang
            )
        )
