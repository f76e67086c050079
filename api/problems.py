"""How refusals are answered: a problem document (RFC 9457) under /api, else a page that says the mend."""

import secrets
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import Counter
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from api.console.pages import page
from api.errors import BadRequest, NotFound, NotSignedIn, PurposeMissing, TooMuch, Unavailable, status_of
from api.headers import HEADERS
from api.languages import language_of
from api.purposes import offered
from core.errors import AnjuError

log = structlog.get_logger(__name__)
refused_total = Counter("anju_api_refused_total", "Requests that were refused", ["reason"])
PROBLEM = "application/problem+json"


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def problem(request: Request, error: AnjuError, **more: Any) -> JSONResponse:
    """The problem document of a refusal, in the language of the request."""
    lang = language_of(request)
    status = status_of(error)
    body = {
        "type": f"urn:anju:problem:{error.code}", "title": error.zh if lang == "zh" else error.en, "status": status,
        "code": error.code, "mend": error.mend_zh if lang == "zh" else error.mend_en,
        "instance": request.url.path, **more,
    }  # fmt: skip
    return JSONResponse(body, status_code=status, media_type=PROBLEM)


def _page(request: Request, error: AnjuError) -> Response:
    status = status_of(error)
    visitor = getattr(request.state, "visitor", None) if status < 500 else None  # a page for somebody reads the stores
    if isinstance(error, NotSignedIn):
        return page(request, "sign_in.html", status=status, error="", user="", next=_back_to(request))
    if isinstance(error, PurposeMissing) and visitor is not None:
        return page(request, "purpose.html", visitor=visitor, purposes=offered(visitor.role))  # a question, no error
    return page(request, "error.html", status=status, visitor=visitor, error=error)


def _back_to(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def answer(request: Request, error: AnjuError, **more: Any) -> Response:
    """The answer to a refusal, counted by its code; `more` goes into the problem document."""
    refused_total.labels(error.code).inc()
    return problem(request, error, **more) if _is_api(request) else _page(request, error)


def _too_much() -> TooMuch:
    return TooMuch(
        "提交的内容过大。", "What was sent is too large.",
        mend_zh="请减小文件后重试。", mend_en="Make it smaller and try again.",
    )  # fmt: skip


def too_large(request: Request) -> Response:
    """The answer to a body over its size, which nobody has read."""
    return answer(request, _too_much())


def _of_http(error: HTTPException) -> AnjuError:
    """Our words for what the framework refuses by itself."""
    if error.status_code == 404:
        return NotFound()
    if error.status_code == TooMuch.status:
        return _too_much()
    refusal = BadRequest(
        f"请求无法处理（{error.status_code}）。", f"The request cannot be handled ({error.detail}).",
        mend_zh="请返回上一页重试。", mend_en="Go back and try again.",
    )  # fmt: skip
    refusal.status = error.status_code
    return refusal


def _of_validation(error: RequestValidationError) -> tuple[AnjuError, list[dict[str, str]]]:
    fields = [{"field": ".".join(map(str, row["loc"][1:])), "reason": str(row["msg"])} for row in error.errors()]
    names = ", ".join(sorted({row["field"] for row in fields})) or "?"
    refusal = BadRequest(
        f"请求参数有误：{names}。", f"Parameters that cannot be used: {names}.",
        mend_zh="请检查后重试。", mend_en="Check them and try again.",
    )  # fmt: skip
    return refusal, fields


def install(app: FastAPI) -> None:
    """Give the app its answers to everything that can go wrong."""

    @app.exception_handler(AnjuError)
    def _ours(request: Request, error: AnjuError) -> Response:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        return answer(request, _of_http(error))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        refusal, fields = _of_validation(error)
        return answer(request, refusal, errors=fields)

    @app.exception_handler(DBAPIError)
    def _store(request: Request, error: DBAPIError) -> Response:
        log.error("store_failed", path=request.url.path, error=str(error.orig))
        refusal = Unavailable(
            "数据库暂时不可用。", "The database does not answer.",
            mend_zh="请稍后重试；如持续出现，请运行 anju doctor 检查。",
            mend_en="Try again in a moment; if it stays so, run anju doctor.",
        )  # fmt: skip
        return answer(request, refusal)

    @app.exception_handler(Exception)
    def _unforeseen(request: Request, error: Exception) -> Response:
        incident = secrets.token_hex(4)
        log.error("unforeseen", path=request.url.path, incident=incident, exc_info=error)
        refusal = Unavailable(
            f"系统内部错误（编号 {incident}）。", f"Something went wrong inside (incident {incident}).",
            mend_zh="请把编号告知管理员。", mend_en="Tell an administrator the incident's number.",
        )  # fmt: skip
        refusal.status = 500
        response = answer(request, refusal)
        response.headers.update(HEADERS)  # this answer is given outside of the middleware
        return response
