"""Enrolling a person's face: consent first, then pictures, all of them or none; and taking it all back."""

from collections.abc import Sequence

from fastapi import Request
from starlette.datastructures import UploadFile

from api.access import MAX_FIELDS, MAX_FILES, Visitor
from api.consent_text import VERSION
from api.context import Context
from api.errors import ApiError, BadRequest, TooMuch, Unavailable
from api.reading.people import PersonFile, person_file
from core.db import Store, fold_wal
from core.errors import AnjuError
from core.facts import MAX_RECORD_BYTES, Modality
from housing.registry import writing
from housing.registry.kinds import Purpose
from housing.registry.writing import Withdrawn
from recognition import threshold_files
from recognition.enrolment import PICTURES_MOST, EncodedPicture, Enrolled, PictureEncoder, PictureRefused, enrol
from recognition.finger_enrolment import IMPRESSIONS_MOST, enrol_finger, from_record

PICTURE_BYTES_MAX = 12 * 1024 * 1024
UPLOAD_BYTES_MAX = PICTURES_MOST * PICTURE_BYTES_MAX
FIELD = "pictures"
RECORDS = "records"
RECORD_BYTES_MAX = MAX_RECORD_BYTES
RECORDS_BYTES_MAX = IMPRESSIONS_MOST * (RECORD_BYTES_MAX + 4096)  # with the parts' own headers


_NOT_AGREED = {
    Modality.FACE: ("人脸识别，照片", "face recognition at the doors; the pictures"),
    Modality.FINGER: ("指纹识别，指纹", "fingerprints at the doors; the impressions"),
}


class ConsentFirst(ApiError):
    """Pictures or impressions were offered of somebody who has not agreed; they were not looked at."""

    code = "consent_missing"
    status = 409

    def __init__(self, modality: Modality) -> None:
        zh, en = _NOT_AGREED[modality]
        super().__init__(
            f"该人员尚未同意在门禁使用{zh}未作处理。",
            f"This person has not agreed to {en} were not looked at.",
            mend_zh="请先请本人（不满十四周岁为监护人）阅读并登记同意。",
            mend_en="Let the person (a guardian under 14) read the text and register the consent first.",
        )  # fmt: skip


class NotRead(ApiError):
    """A consent that is not said to rest on the text having been read."""

    code = "text_not_read"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "请确认本人（或监护人）已阅读告知书。", "The text must have been read by the person or the guardian.",
            mend_zh="请勾选确认后再登记。", mend_en="Tick the box, then register the consent.",
        )  # fmt: skip


async def uploaded(request: Request) -> list[bytes]:
    """The pictures of a multipart upload, bounded in number and size; raises BadRequest or TooMuch."""
    form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS)
    files = [item for item in form.getlist(FIELD) if isinstance(item, UploadFile) and item.filename]
    if not files:
        raise BadRequest("没有收到照片。", "No picture was given.", mend_zh="请选择一至两张正面照片。",
                         mend_en="Choose one or two pictures of the face.")  # fmt: skip
    for file in files:
        if file.size is None or file.size > PICTURE_BYTES_MAX:
            megabytes = PICTURE_BYTES_MAX >> 20
            raise TooMuch(
                f"照片超过{megabytes} MB。", f"A picture is larger than {megabytes} MB.",
                mend_zh="请压缩后重试。", mend_en="Make it smaller and try again.",
            )  # fmt: skip
    return [await file.read() for file in files]


async def uploaded_records(request: Request) -> list[bytes]:
    """The finger records of a multipart upload, bounded in number and size; raises BadRequest or TooMuch."""
    form = await request.form(max_files=IMPRESSIONS_MOST, max_fields=MAX_FIELDS)
    files = [item for item in form.getlist(RECORDS) if isinstance(item, UploadFile) and item.filename]
    if not files:
        raise BadRequest(
            "没有收到指纹记录。", "No finger record was given.", mend_zh="请用采集器采集同一手指两次。",
            mend_en="Take the same finger twice with the reader.",
        )  # fmt: skip
    if any(file.size is None or file.size > RECORD_BYTES_MAX for file in files):
        raise TooMuch(
            f"指纹记录超过{RECORD_BYTES_MAX >> 10} KB。",
            f"A finger record is larger than {RECORD_BYTES_MAX >> 10} KB.",
            mend_zh="请将采集器设置为输出特征点记录，而不是图像。",
            mend_en="Set the reader to minutiae records, not pictures.",
        )  # fmt: skip
    return [await file.read() for file in files]


def enrol_pictures(
    context: Context, visitor: Visitor, estate: str, person: str, pictures: Sequence[bytes]
) -> Enrolled:  # fmt: skip
    """Templates of `pictures`, which are dropped; raises ConsentFirst, PictureRefused, NotFound, Unavailable."""
    with context.reading(Store.HOUSING) as connection:
        file = person_file(connection, estate, person)
    _require_consent(file, Modality.FACE)
    encoder = context.encoder
    if encoder is None:
        raise Unavailable(
            "此服务器未安装人脸识别模型，不能登记。", "No face recogniser is set up on this server.",
            mend_zh="请运行 anju doctor 查看缺少的模型。", mend_en="Run anju doctor: it names the missing models.",
        )  # fmt: skip
    encoded = [_encode(encoder, number, picture) for number, picture in enumerate(pictures, 1)]
    key = context.vault.create(estate)
    with context.writing() as connection:
        done = enrol(
            connection, key, estate=estate, person=person, pictures=encoded, actor=visitor.user, now=context.now()
        )
    context.registry_changed()
    return done


def enrol_impressions(
    context: Context, visitor: Visitor, estate: str, person: str, records: Sequence[bytes], model: str
) -> Enrolled:
    """Templates of one finger from a reader's records; raises ConsentFirst, ImpressionRefused, BadRecord, NotFound."""
    with context.reading(Store.HOUSING) as connection:
        file = person_file(connection, estate, person)
    _require_consent(file, Modality.FINGER)
    impressions = [from_record(record, model) for record in records]
    tables = threshold_files.tables(threshold_files.read_all(context.settings.var_dir))
    key = context.vault.create(estate)
    with context.writing() as connection:
        done = enrol_finger(
            connection, key, estate=estate, person=person, impressions=impressions, actor=visitor.user,
            now=context.now(), tables=tables,
        )  # fmt: skip
    context.registry_changed()
    return done


def _require_consent(file: PersonFile, modality: Modality) -> None:
    if file.live_consent(Purpose.DOOR, modality) is None:
        raise ConsentFirst(modality)


def _encode(encoder: PictureEncoder, number: int, picture: bytes) -> EncodedPicture:
    try:
        return encoder.encode(picture)
    except AnjuError as error:
        raise PictureRefused(
            f"第{number}张照片：{error.zh}", f"Picture {number}: {error.en}",
            mend_zh=error.mend_zh, mend_en=error.mend_en, number=number,
        ) from error  # fmt: skip


def agree(
    context: Context, visitor: Visitor, estate: str, person: str, *, purpose: Purpose, modality: Modality, guardian: str
) -> None:
    """Write down that the person agreed to today's text; raises NotFound, RuleBroken (a child without a guardian)."""
    with context.writing() as connection:
        person_file(connection, estate, person)
        writing.give_consent(
            connection, person=person, purpose=purpose, modality=modality, text_version=VERSION,
            guardian=guardian.strip() or None, actor=visitor.user, now=context.now(),
        )  # fmt: skip


def withdraw(
    context: Context, visitor: Visitor, estate: str, person: str, *, purpose: Purpose, modality: Modality
) -> Withdrawn:
    """End a consent and remove what rests on it, everywhere; raises NotFound."""
    with context.writing() as connection:
        person_file(connection, estate, person)
        ended = writing.withdraw_consent(
            connection, person=person, purpose=purpose, modality=modality, actor=visitor.user, now=context.now()
        )
    fold_wal(context.housing)
    context.registry_changed()
    return ended
