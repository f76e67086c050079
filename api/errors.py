"""What the api refuses, each with a status, a code and words that say the mend."""

from collections.abc import Sequence

from core.errors import AnjuError


class ApiError(AnjuError):
    """Base of the api's own refusals; `status` is the HTTP status it is answered with."""

    code = "refused"
    status = 400


class NotSignedIn(ApiError):
    """Nobody is signed in, or the sign-in has ended."""

    code = "not_signed_in"
    status = 401

    def __init__(self) -> None:
        super().__init__("您尚未登录，或登录已过期。", "You are not signed in, or your sign-in has ended.",
                         mend_zh="请登录后继续。", mend_en="Sign in to go on.")  # fmt: skip


class RoleTooLow(ApiError):
    """The person's role may not do this."""

    code = "role_too_low"
    status = 403

    def __init__(self, needed_zh: str, needed_en: str) -> None:
        super().__init__(f"此操作需要“{needed_zh}”权限。", f"This needs the role {needed_en}.",
                         mend_zh="如工作需要，请联系管理员调整权限。",
                         mend_en="If your work needs it, ask an administrator.")  # fmt: skip


class NotEverywhere(ApiError):
    """It concerns the whole installation, and the person works for some of its estates."""

    code = "not_everywhere"
    status = 403

    def __init__(self) -> None:
        super().__init__("此操作涉及全部小区，您的账号只负责其中一部分。",
                         "This concerns every estate; your account works for some of them.",
                         mend_zh="请由负责全部小区的管理员操作。",
                         mend_en="Ask an administrator of the whole installation.")  # fmt: skip


class NotFound(ApiError):
    """There is no such thing, or not in an estate that the person may see: the answer does not tell which."""

    code = "not_found"
    status = 404

    def __init__(self, what_zh: str = "页面", what_en: str = "page") -> None:
        super().__init__(f"没有找到该{what_zh}。", f"There is no such {what_en}.",
                         mend_zh="请检查编号，或返回上一页重新选择。",
                         mend_en="Check the number, or go back and choose again.")  # fmt: skip


class ForeignRequest(ApiError):
    """A write that did not come from our own page: no token, a wrong one, or another origin."""

    code = "foreign_request"
    status = 403

    def __init__(self) -> None:
        super().__init__("无法确认该请求来自本系统页面。", "This request cannot be shown to come from our own page.",
                         mend_zh="请刷新页面后重试。", mend_en="Reload the page and try again.")  # fmt: skip


class BadRequest(ApiError):
    """A parameter that cannot be used."""

    code = "bad_request"
    status = 422


class TooMuch(ApiError):
    """An upload over its size."""

    code = "too_large"
    status = 413


class TooOften(ApiError):
    """More attempts than allowed in this time."""

    code = "too_often"
    status = 429


class PurposeMissing(ApiError):
    """A query of personal records that does not say what it is for."""

    code = "purpose_missing"
    status = 400

    def __init__(self, allowed: Sequence[str]) -> None:
        names = ", ".join(allowed)
        super().__init__("查询个人信息必须说明用途。", "A query of personal records must say what it is for.",
                         mend_zh=f"请选择一个用途（请求头 Anju-Purpose 可为：{names}）。",
                         mend_en=f"Choose a purpose (header Anju-Purpose: one of {names}).")  # fmt: skip


class PurposeRefused(ApiError):
    """A purpose that these records were not collected for."""

    code = "purpose_refused"
    status = 403


class Unavailable(ApiError):
    """A part that is needed does not answer or is not set up."""

    code = "unavailable"
    status = 503


# Refusals of the other rooms that are not the caller's wrong input.
_STATUS = {"key_missing": 503, "seal_broken": 503, "not_found": 404, "too_large": 413, "oversized": 413}
UNPROCESSABLE = 422


def status_of(error: AnjuError) -> int:
    """The HTTP status of any refusal of ours."""
    return error.status if isinstance(error, ApiError) else _STATUS.get(error.code, UNPROCESSABLE)
