"""What a running api holds: stores, Redis, keys, an enrolment recogniser, a clock. Opened and closed with the app."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa
from fastapi import Request
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError, ProgrammingError

from api.feed import Hub
from api.feed_source import FeedSource
from core.clock import Clock
from core.db import Store, open_store
from core.live import WAKE_REGISTRY, Live
from core.settings import Settings
from core.vault import Vault
from recognition.enrolment import PictureEncoder


class Context:
    """The parts of one api process.

    Args:
        settings: This installation's choices.
        encoder: Makes embeddings of pictures at enrolment; None where this process has no models.
        clock: Where `now` comes from.
    """

    def __init__(self, settings: Settings, encoder: PictureEncoder | None, clock: Clock) -> None:
        self.settings = settings
        self.encoder = encoder
        self.clock = clock
        self.vault = Vault.open(settings)
        self.live = Live(settings.redis_url)
        self.housing = open_store(settings, Store.HOUSING)
        self._read = {store: open_store(settings, store, read_only=True) for store in Store}
        self.hub = Hub(FeedSource(self), self.live)

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self.clock.now()

    @contextmanager
    def reading(self, store: Store) -> Iterator[Connection]:
        """A connection that sees one state of a store and cannot change it."""
        with self._read[store].connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction on the housing store, the only one the api writes; it and its audit rows stand or fall."""
        with self.housing.begin() as connection:
            yield connection

    def registry_changed(self) -> None:
        """Ring for those who follow the registry; they would see its new changes anyway, a little later."""
        self.live.publish(WAKE_REGISTRY, b"1")

    def answers(self, store: Store) -> bool:
        """Whether a store can be read and has been set up."""
        probe = {Store.HOUSING: "users", Store.RECOGNITION: "sightings", Store.OCCUPANCY: "presence"}[store]
        try:
            with self.reading(store) as connection:
                connection.execute(sa.select(sa.literal(1)).select_from(sa.table(probe)).limit(1)).first()
        except (OperationalError, ProgrammingError):  # SQLite's and PostgreSQL's word for a table that is not there
            return False
        return True

    def start(self) -> None:
        """Begin to listen for what pages are told."""
        self.hub.start()

    def close(self) -> None:
        """Let everything go; open feeds end."""
        self.hub.stop()
        self.live.close()
        for engine in self._engines():
            engine.dispose()

    def _engines(self) -> Iterator[Engine]:
        yield self.housing
        yield from self._read.values()


def context_of(request: Request) -> Context:
    """The context of the app that serves a request."""
    context: Context = request.app.state.context
    return context
