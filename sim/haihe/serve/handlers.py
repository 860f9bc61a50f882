"""What answers a request: the app's page, the interface under `/api/`, files of results.

Every request goes through `Handler.prepare`, whatever it asks for; nothing is answered before.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import tornado.web

from haihe import __version__
from haihe.errors import EnvironmentFault, InputError, InputErrors, describe_refusal
from haihe.project import show_text
from haihe.serve import drafts, lists
from haihe.serve.access import (
    HEADERS,
    PAGE_POLICY,
    RESULT_POLICY,
    Access,
    find_refusal,
    is_known,
)
from haihe.serve.asks import describe_ask, list_asks, list_stores, read_ask
from haihe.serve.drafts import Models, Move
from haihe.serve.jobs import Jobs, describe_job
from haihe.serve.places import Conflict, Project, Sort, find_result, save_text
from haihe.text import Lang, Text, Words, say
from haihe.units.words import say_unit

Answer = TypeVar("Answer")
PLURALS: dict[Sort, str] = {"scenario": "scenarios", "study": "studies", "task": "tasks"}
OPEN = Text("请打开 haihe serve 所印的地址", "open the address that haihe serve printed")
SLOW = 120.0
"""Longest that an answer may take [s]."""


@dataclass(slots=True)
class Desk:
    """All that the handlers share."""

    access: Access
    project: Project
    jobs: Jobs
    models: Models
    lang: Lang
    port: int
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="answers")
    )

    @property
    def cookie(self) -> str:
        """Cookies do not look at ports: two servers must not take each other's."""
        return f"haihe-{self.port}"


class Refusal(tornado.web.HTTPError):
    """A request that is answered with a status and one sentence."""

    def __init__(self, status: int, why: Words, **more: Any) -> None:
        super().__init__(status, "%s", say(why, "en"))
        self.why = why
        self.more = more


class Handler(tornado.web.RequestHandler):
    """Checks who asks, before anything else; answers in JSON."""

    desk: Desk
    top = False
    """Asks for the app's first page, to which others may link."""

    def initialize(self, desk: Desk) -> None:
        """Know what all handlers share."""
        self.desk = desk

    def set_default_headers(self) -> None:
        """Nothing is guessed, framed, kept or told to others."""
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Content-Security-Policy", PAGE_POLICY)

    def prepare(self) -> None:
        """Refuse what is not for us."""
        request = self.request
        if request.method not in ("GET", "HEAD", "POST"):
            raise Refusal(405, Text("只接受 GET 和 POST", "only GET and POST"))
        for name in ("Host", "Origin", "Cookie"):
            if len(request.headers.get_list(name)) > 1:
                raise Refusal(400, Text(f"{name} 重复", f"{name} is given twice"))
        why = find_refusal(self.desk.access, request.method, request.headers, self.top)
        if why:
            raise Refusal(403, why)
        if not self.top and not is_known(self.desk.access, self.given_token()):
            raise Refusal(401, OPEN)

    @property
    def lang(self) -> Lang:
        """Language in which the page asks for answers; that of the server where it does not say."""
        asked = self.request.headers.get("Accept-Language", "")[:2].lower()
        known: dict[str, Lang] = {"zh": "zh", "en": "en"}
        return known.get(asked, self.desk.lang)

    def given_token(self) -> str:
        """What the browser's cookie says."""
        return self.get_cookie(self.desk.cookie) or ""

    def check_xsrf_cookie(self) -> None:
        """Done by `find_refusal`."""

    def say(self, answer: Any) -> None:
        """Answer with JSON."""
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False, default=str)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(text)

    def write_error(self, status_code: int, **given: Any) -> None:
        """Answer with one sentence; never with anything of ours."""
        fault = given.get("exc_info", (None, None, None))[1]
        try:
            why: Words = HTTPStatus(status_code).phrase
        except ValueError:
            why = "error"
        if status_code == 500:
            why = Text("haihe 出了故障", "haihe has a fault")
        more: dict[str, Any] = {}
        if isinstance(fault, Refusal):
            why, more = fault.why, fault.more
        self.say({"error": say(why, self.lang), **more})

    def log_exception(self, kind: Any, fault: Any, trace: Any) -> None:
        """Say in one line what broke; a refusal is no news."""
        if not isinstance(fault, tornado.web.HTTPError):
            path = show_text(self.request.path)
            print(f"haihe: {path}: {kind.__name__}: {fault}", file=sys.stderr, flush=True)

    def read_body(self, **kinds: type | tuple[type, ...]) -> dict[str, Any]:
        """The request's JSON: an object with some keys, each of its kind; no others."""
        try:
            body = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise Refusal(400, Text("请求不是 JSON", "the request is no JSON")) from None
        if not isinstance(body, dict) or body.keys() - kinds.keys():
            names = ", ".join(kinds)
            raise Refusal(
                400,
                Text(f"请求应为含 {names} 的对象", f"the request must be an object of {names}"),
            )
        for name, kind in kinds.items():
            value = body.get(name)
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise Refusal(
                    400,
                    Text(f"{name} 缺失或类型不对", f"{name} is missing or of the wrong kind"),
                )
        return body

    async def work(self, do: Callable[..., Answer], *args: Any, **more: Any) -> Answer:
        """Do something that takes a while beside, and turn what goes wrong into an answer."""
        running = asyncio.get_running_loop().run_in_executor(
            self.desk.pool, partial(do, *args, **more)
        )
        try:
            return await asyncio.wait_for(running, SLOW)
        except Conflict as conflict:
            raise Refusal(409, conflict.say(self.lang)) from None
        except (InputError, InputErrors) as error:
            raise Refusal(400, error.say(self.lang)) from None
        except EnvironmentFault as fault:
            raise Refusal(507, fault.say(self.lang)) from None
        except TimeoutError:  # before OSError, of which it is one
            raise Refusal(503, Text("用时过长", "this takes too long")) from None
        except OSError as fault:
            why = describe_refusal(fault) if fault.strerror else Text("被拒绝", "refused")
            raise Refusal(507, why) from None


class Missing(Handler):
    """Whatever is not there."""

    def prepare(self) -> None:
        """Who asks is looked at first."""
        super().prepare()
        raise Refusal(404, Text("这里什么也没有", "there is nothing here"))


class Page(Handler):
    """The app's page; lets a browser in."""

    top = True

    def get(self) -> None:
        """Hand out the page, with the cookie and the word that changes need."""
        from haihe_viz.app import render_app

        token, desk = self.get_query_argument("token", ""), self.desk
        known = is_known(desk.access, self.given_token())
        if token:
            if not is_known(desk.access, token):
                raise Refusal(401, OPEN)
        elif desk.access.closed and not known:
            raise Refusal(401, OPEN)
        self.set_cookie(desk.cookie, desk.access.token, httponly=True, samesite="Strict", path="/")
        if token:
            self.redirect("/")  # so that the token does not stay in the address
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(render_app(desk.access.word, desk.lang, desk.project.root.name, __version__))


class Part(Handler):
    """Script and style of the page."""

    def get(self, name: str) -> None:
        """Hand out one of the two."""
        from haihe_viz.app import PARTS, read_part

        self.set_header("Content-Type", f"{PARTS[name]}; charset=utf-8")
        self.finish(read_part(name))


class Results(Handler):
    """A file of results; pages in an origin of their own."""

    async def get(self, name: str) -> None:
        """Hand out a file."""
        path = await self.work(find_result, self.desk.project, name)
        if path.suffix not in lists.TYPES:
            raise Refusal(403, Text("不提供这类文件", "files of this kind are not handed out"))
        data = await self.work(path.read_bytes)
        self.set_header("Content-Type", lists.TYPES[path.suffix])
        self.set_header("Content-Security-Policy", RESULT_POLICY)
        if path.suffix != ".html":
            shown = quote(path.name)
            self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{shown}")
        self.finish(data)


class Texts(Handler):
    """Scenarios, studies or tasks: list, save."""

    async def get(self, sort: str) -> None:
        """List them."""
        self.say(await self.work(lists.list_texts, self.desk.project, singular(sort)))

    async def post(self, sort: str) -> None:
        """Save one."""
        body = self.read_body(id=str, text=str, replace=(str, type(None)))
        one, desk = singular(sort), self.desk
        await self.work(
            save_text, desk.project, one, body["id"], body["text"], body["replace"] or None
        )
        self.say(await self.work(lists.describe_text, desk.project, one, body["id"]))


class TextOf(Handler):
    """One scenario, study or task."""

    async def get(self, sort: str, name: str) -> None:
        """Its text."""
        self.say(await self.work(lists.describe_text, self.desk.project, singular(sort), name))


class Validate(Handler):
    """Is a text right?"""

    async def post(self) -> None:
        """Check a text without saving it."""
        body = self.read_body(sort=str, id=str, text=str)
        self.say(
            await self.work(
                drafts.check_draft,
                self.desk.project,
                self.desk.models,
                singular(PLURALS.get(body["sort"], "scenarios")),
                body["id"],
                body["text"],
                self.lang,
            )
        )


class Levers(Handler):
    """Levers of the model, and what a slider writes."""

    async def get(self) -> None:
        """Sliders by group."""
        self.say(plain(await self.work(self.describe)))

    def describe(self) -> dict[str, Any]:
        """Sliders of the model that scenarios run unless they say otherwise."""
        opened = self.desk.models.open(find_default_model(self.desk.project))
        return drafts.describe_levers(opened)

    async def post(self) -> None:
        """Write a slider's value into a text, and check it."""
        number = (int, float, type(None))
        body = self.read_body(id=str, text=str, slider=str, value=number, year=number)
        self.say(await self.work(self.move, body))

    def move(self, body: dict[str, Any]) -> dict[str, Any]:
        """The text with the change, and whether it is right."""
        desk = self.desk
        opened = desk.models.open(find_default_model(desk.project))
        sliders = {one["id"]: one for one in drafts.describe_levers(opened)["sliders"]}
        slider = sliders.get(body["slider"])
        if slider is None:
            raise InputError(Text("没有这个政策杆", "there is no such lever"))
        move = Move(
            slider["name"],
            tuple(slider["element"]),
            body["value"],
            body["year"],
            slider["unit"],
        )
        text = drafts.move_lever(body["text"], move, opened.vocabulary)
        found = drafts.check_draft(
            desk.project, desk.models, "scenario", body["id"], text, self.lang
        )
        return {"text": text, **found}


class Choices(Handler):
    """What can be asked for, and what may stand in its fields."""

    async def get(self) -> None:
        """Asks, outcomes, targets, stores."""
        self.say(await self.work(self.describe))

    def describe(self) -> dict[str, Any]:
        """All of it."""
        project = self.desk.project
        opened = self.desk.models.open(find_default_model(project))
        return {
            "asks": [describe_ask(ask) for ask in list_asks().values()],
            "stores": list_stores(project),
            **lists.list_choices(self.desk.models, opened),
        }


class JobList(Handler):
    """Jobs: list, begin."""

    def get(self) -> None:
        """All that are remembered, newest first."""
        found = sorted(self.desk.jobs.jobs.values(), key=lambda job: -job.id)
        self.say([describe_job(job) for job in found])

    async def post(self) -> None:
        """Begin one."""
        body = self.read_body(kind=str, given=dict, lang=str)
        lang: Lang = "zh" if body["lang"] == "zh" else "en"
        words, result = await self.work(
            read_ask, self.desk.project, body["kind"], body["given"], lang
        )
        job = await self.work(self.desk.jobs.add, body["kind"], body["given"], words, result)
        self.say(describe_job(job))


class JobOf(Handler):
    """One job."""

    async def get(self, number: str) -> None:
        """How it is, with its answer."""
        job = await self.work(self.desk.jobs.find, int(number))
        self.say(plain(describe_job(job, whole=True)))


class StopJob(Handler):
    """The end of a job."""

    async def post(self, number: str) -> None:
        """Stop it."""
        self.read_body()
        self.say(describe_job(await self.work(self.desk.jobs.stop, int(number))))


class ResultList(Handler):
    """What lies in `output/`."""

    async def get(self) -> None:
        """List it."""
        self.say(await self.work(lists.list_results, self.desk.project))


class StoreOf(Handler):
    """What came out of a study."""

    async def get(self, name: str) -> None:
        """Its outcomes."""
        desk = self.desk
        found = await self.work(lists.sum_up_store, desk.project, desk.models, name)
        self.say(plain(found))


def singular(sort: str) -> Sort:
    """`scenarios`, `studies` or `tasks` as one of them."""
    kinds: dict[str, Sort] = {many: one for one, many in PLURALS.items()}
    return kinds[sort]


def find_default_model(project: Project) -> Any:
    """Model that scenarios run unless they say otherwise."""
    from haihe.scenario.extend import find_model, read_draft

    return find_model(read_draft(project.folder("scenario") / "x.yaml", "title: x\n"))


def plain(value: Any) -> Any:
    """Data as the page takes them: null for what is no number, and units in words as `shown`."""
    if isinstance(value, dict):
        found = {key: plain(one) for key, one in value.items()}
        unit = value.get("unit", value.get("objective_unit"))
        return {**found, "shown": asdict(say_unit(unit))} if isinstance(unit, str) else found
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and value != value else value


ROUTES: tuple[tuple[str, type[Handler]], ...] = (
    (r"/", Page),
    (r"/(app\.css|app\.js)", Part),
    (r"/results/(.+)", Results),
    (r"/api/(scenarios|studies|tasks)", Texts),
    (r"/api/(scenarios|studies|tasks)/([^/]+)", TextOf),
    (r"/api/validate", Validate),
    (r"/api/levers", Levers),
    (r"/api/choices", Choices),
    (r"/api/jobs", JobList),
    (r"/api/jobs/([0-9]{1,9})", JobOf),
    (r"/api/jobs/([0-9]{1,9})/stop", StopJob),
    (r"/api/results", ResultList),
    (r"/api/stores/([^/]+)", StoreOf),
)


def make_application(desk: Desk) -> tornado.web.Application:
    """Everything that answers."""
    shared = {"desk": desk}
    return tornado.web.Application(
        [(path, handler, shared) for path, handler in ROUTES],
        default_handler_class=Missing,
        default_handler_args=shared,
        log_function=lambda handler: None,
        compress_response=False,
        debug=False,
    )


__all__ = ["ROUTES", "Desk", "make_application"]
