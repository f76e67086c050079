"""The application: made by a factory, so that importing it opens nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import problems
from api.context import Context
from api.middleware import Around
from api.routes import router
from core.clock import Clock
from core.settings import Settings
from recognition.enrolment import PictureEncoder

MAX_BODY_BYTES = 1024 * 1024  # uploads say their own, larger limit
STATIC = Path(__file__).parent / "console" / "static"


class _Static(StaticFiles):
    """Files that never change under their address (it carries a fingerprint), so that browsers keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = response.status_code == 200 and scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return response


def create_app(settings: Settings, *, encoder: PictureEncoder | None, clock: Clock) -> FastAPI:
    """The api and the pages over one installation's stores.

    Args:
        settings: Where the stores and Redis are, and what else was chosen.
        encoder: Makes embeddings of pictures at enrolment; None: enrolment answers that no recogniser is set up.
        clock: Where `now` comes from.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        context = Context(settings, encoder, clock)
        app.state.context = context
        context.start()
        try:
            yield
        finally:
            context.close()

    app = FastAPI(
        title="Anju", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None,
    )  # fmt: skip
    app.state.settings = settings
    app.add_middleware(Around, too_large=problems.too_large)
    problems.install(app)
    app.include_router(router, max_body_size=MAX_BODY_BYTES)
    app.mount("/static", _Static(directory=STATIC), name="static")
    return app
