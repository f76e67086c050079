"""The api in the test's own process: no sockets, the real application with its lifespan, stores in a folder."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from api.app import create_app
from core.clock import Clock
from core.settings import Settings
from recognition.enrolment import PictureEncoder
from tests.console import PASSWORD, furnish
from tests.factories import NOW

HOST = "http://anju.test"


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings over a folder; Redis is a socket that nobody listens on, so that everything runs without it."""
    nobody = f"unix://{folder}/nobody.sock"
    return Settings(var_dir=folder, **{"redis_url": nobody, "language": "zh", **changes})


@cache
def _furnished(homes: int) -> Path:
    """A folder furnished once for this process; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="anju-furnished-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    furnish(settings_in(folder), NOW, homes=homes)
    return folder


def furnished_in(folder: Path, *, homes: int = 6, **changes: Any) -> Settings:
    """Settings over a folder with the furnished estate of `tests.console`, as it stands at noon of the factories."""
    shutil.copytree(_furnished(homes), folder, dirs_exist_ok=True)
    return settings_in(folder, **changes)


class Person:
    """A browser or program of one member of staff."""

    def __init__(self, portal: BlockingPortal, app: FastAPI, **headers: str) -> None:
        self._portal = portal
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=HOST, headers=headers
        )

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        return self._portal.call(partial(self._http.request, method, path, **more))

    def get(self, path: str, **query: Any) -> httpx.Response:
        """A page or an answer."""
        return self.ask("GET", path, params=query or None)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """A write."""
        return self.ask("POST", path, **more)

    def sign_in(self, user: str, password: str = PASSWORD) -> Self:
        """Sign in; later writes carry the token."""
        answer = self.post("/api/v1/session", json={"user": user, "password": password})
        assert answer.status_code == 200, answer.text
        self._http.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return self

    def claim(self, purpose: str) -> Self:
        """Say what personal records are looked at for, with every request."""
        self._http.headers["Anju-Purpose"] = purpose
        return self

    @property
    def headers(self) -> httpx.Headers:
        """What every request carries."""
        return self._http.headers

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser keeps."""
        return self._http.cookies


class Served:
    """A running application."""

    def __init__(self, portal: BlockingPortal, app: FastAPI) -> None:
        self._portal, self.app = portal, app

    def anybody(self, **headers: str) -> Person:
        """Somebody who has not signed in."""
        return Person(self._portal, self.app, **headers)

    def person(self, user: str, purpose: str = "", **headers: str) -> Person:
        """Somebody who has."""
        someone = self.anybody(**headers).sign_in(user)
        return someone.claim(purpose) if purpose else someone


@contextmanager
def serving(settings: Settings, clock: Clock, encoder: PictureEncoder | None = None) -> Iterator[Served]:
    """The application until the end of the block."""
    app = create_app(settings, encoder=encoder, clock=clock)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(app.router.lifespan_context(app)):
        yield Served(portal, app)
