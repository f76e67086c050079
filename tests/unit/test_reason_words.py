"""Whatever reason a capture, a door or a refused input carries, staff read words, in both languages."""

import re
from pathlib import Path

import pytest

from api.words import word
from core import wire
from core.facts import Outcome
from core.topics import UnknownTopic
from gateway.recognisers.images import ImageFault
from gateway.refusals import WORDS
from recognition.access import Reason
from recognition.fingers.records import RecordFault
from recognition.judge import DOUBTFUL

ROOT = Path(__file__).parents[2]


def codes_in(path: str, pattern: str) -> set[str]:
    """The codes that a source file writes by hand."""
    found = set(re.findall(pattern, (ROOT / path).read_text("utf-8")))
    assert found, path
    return found


def judged() -> set[str]:
    noted = codes_in("recognition/judge.py", r'_note\([^"]*?"([a-z_]+)"') | codes_in(
        "recognition/judge.py", r'(?:return NOBODY, |or |notes\[place\] = )"([a-z_]+)"'
    )
    alone = codes_in("gateway/doors.py", r'"(relay_failed)"') | codes_in("gateway/alone.py", r'"(no_copy)"')
    return (
        {reason.code for reason in Reason}
        | noted
        | alone
        | set(DOUBTFUL)
        | {"no_template_of_model", "unmeasured_model"}
    )


def refused() -> set[str]:
    errors = {wire.WireError.code, wire.TooLarge.code, wire.UnknownVersion.code, UnknownTopic.code}
    rejections = codes_in("recognition/answering.py", r'_reject\(answers, arrived, "([a-z_]+)"')
    faults = {fault.value for fault in ImageFault} | {fault.value for fault in RecordFault}
    return errors | rejections | set(WORDS) | faults | {"spoiled_on_disk"}


def assert_words(kind: str, code: str) -> None:
    zh, en = word(kind, code, "zh"), word(kind, code, "en")
    assert re.search(r"[一-鿿]", zh), f"{kind}.{code} has no Chinese words"
    assert en != code.replace("_", " "), f"{kind}.{code} has no English words"


@pytest.mark.parametrize("code", sorted(judged()))
def test_every_reason_of_a_door_has_words(code: str) -> None:
    for prefix in ("", "alone_", "alone_stale_"):
        assert_words("reason", prefix + code)


@pytest.mark.parametrize("code", sorted(refused()))
def test_every_refused_input_has_words(code: str) -> None:
    assert_words("rejected", code)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_words(outcome: Outcome) -> None:
    assert_words("outcome", outcome)
