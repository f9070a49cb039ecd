"""The web server of a review: a fixed table of addresses over a session; nothing a client sends becomes a path."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.resources import files
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ousianer_cli.errors import OusiaError, SettingsError
from ousianer_cli.review.actions import Refused
from ousianer_cli.review.desk import Desk
from ousianer_cli.review.safety import LOOPBACK, Guard, new_token

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
COMPACTION = 1.0
"""Seconds after a decision by which the feedback file holds it too; the journal holds it before it is confirmed."""

Asked = dict[str, Any]


def assets() -> dict[str, tuple[bytes, str]]:
    """Name -> (content, media type) of all that the pages load, read once."""
    folder = files("ousianer_cli.review") / "assets"
    found = {}
    for item in folder.iterdir():
        suffix = "." + item.name.rpartition(".")[2]
        if suffix in _TYPES:
            found[item.name] = item.read_bytes(), f"{_TYPES[suffix]}; charset=utf-8"
    return found


class Pages:
    """The answers to what the pages ask."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._assets = {**assets(), "colours.css": (desk.colours().encode(), "text/css; charset=utf-8")}
        self._dirty = asyncio.Event()

    def app(self) -> Starlette:
        """The table of addresses."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/assets/{name}", self._asset),
                Route("/api/start", self._start),
                Route("/api/status", self._status),
                Route("/api/queue", self._queue),
                Route("/api/document/{number:int}", self._document),
                Route("/api/decide", self._decide, methods=["POST"]),
                Route("/api/undo", self._undo, methods=["POST"]),
                Route("/api/apply", self._apply, methods=["POST"]),
                Route("/api/keep", self._keep, methods=["POST"]),
                Route("/api/discard", self._discard, methods=["POST"]),
            ],
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(self._compact())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _compact(self) -> None:
        """Bring the feedback file up to the journal, at most once a while."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            await asyncio.sleep(COMPACTION)
            await run_in_threadpool(self.desk.compact)

    async def _page(self, _: Request) -> Response:
        content, kind = self._assets["index.html"]
        return Response(content, media_type=kind)

    async def _asset(self, request: Request) -> Response:
        found = self._assets.get(request.path_params["name"])
        if found is None:
            return _refusal("there is no such page", 404)
        return Response(found[0], media_type=found[1])

    async def _start(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.desk.start))

    async def _status(self, _: Request) -> Response:
        return JSONResponse(self.desk.status())

    async def _queue(self, _: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.desk.queue))

    async def _document(self, request: Request) -> Response:
        try:
            view = await run_in_threadpool(self.desk.session.view, request.path_params["number"])
        except Refused as error:
            return _refusal(str(error), 404)
        return JSONResponse(view)

    async def _decide(self, request: Request) -> Response:
        return await self._saved(request, self.desk.session.decide)

    async def _undo(self, request: Request) -> Response:
        return await self._saved(request, self.desk.session.undo)

    async def _saved(self, request: Request, do: Callable[[Asked], tuple[Asked, Any]]) -> Response:
        """Answer only when the disk has what was done."""
        asked = await _object(request)
        if asked is None:
            return _refusal("expected a JSON object", 400)
        try:
            answer, future = await run_in_threadpool(do, asked)
            await asyncio.wrap_future(future)
        except Refused as error:
            return _refusal(str(error), 409)
        except OusiaError as error:
            return _refusal(str(error), 507)
        self._dirty.set()
        self.desk.decided(answer["changed"])
        return JSONResponse(answer)

    async def _apply(self, _: Request) -> Response:
        return await self._worked(self.desk.apply)

    async def _keep(self, _: Request) -> Response:
        return await self._worked(self.desk.keep)

    async def _discard(self, _: Request) -> Response:
        return await self._worked(self.desk.discard)

    async def _worked(self, do: Callable[[], Asked]) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(do))
        except (Refused, OusiaError) as error:
            return _refusal(str(error), 409)


def _refusal(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status_code=status)


async def _object(request: Request) -> Asked | None:
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class _Server(uvicorn.Server):
    """Ends in order at a signal, and once: what is open is written, and the command goes on after it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ask for the end at SIGINT, SIGTERM and SIGHUP."""

        def end(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        names = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
        kept = {number: signal.signal(number, end) for number in names}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def open_socket(port: int) -> socket.socket:
    """A listening socket of this machine alone; port 0 takes any that is free.

    Raises:
        SettingsError: the port is taken, or may not be used.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((LOOPBACK, port))
    except OSError as error:
        found.close()
        raise SettingsError(
            f"--port: expected a free port, found {port} ({error.strerror}); leave it out for any that is free"
        ) from None
    found.listen(128)
    return found


def guarded(desk: Desk, token: str, port: int) -> ASGIApp:
    """The application with its guard."""
    return Guard(Pages(desk).app(), token=token, port=port)


def serve(desk: Desk, listening: socket.socket, started: Callable[[str], None]) -> None:
    """Serve until a signal; `started` gets the address, with the key to the session in it."""
    port = listening.getsockname()[1]
    token = new_token()
    config = uvicorn.Config(
        guarded(desk, token, port),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        timeout_graceful_shutdown=3,
    )
    started(f"http://{LOOPBACK}:{port}/?token={token}")
    asyncio.run(_Server(config).serve(sockets=[listening]))
