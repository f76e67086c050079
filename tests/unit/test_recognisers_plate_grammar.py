"""The grammar of mainland plates."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.recognisers.plate_grammar import CHARACTERS, DIGITS, LETTERS, PROVINCES, PlateKind, plate_kind

EXAMPLES = {
    "桂C12345": PlateKind.STANDARD,
    "皖AB112D": PlateKind.STANDARD,
    "苏BD00111": PlateKind.NEW_ENERGY,
    "皖AF05568": PlateKind.NEW_ENERGY,
    "粤BAA1234": PlateKind.NEW_ENERGY,
    "桂C12345D": PlateKind.NEW_ENERGY,
    "京A1234警": PlateKind.POLICE,
    "桂C1234挂": PlateKind.TRAILER,
    "桂C123X学": PlateKind.LEARNER,
    "粤Z8K88港": PlateKind.HONG_KONG,
    "粤Z1234澳": PlateKind.MACAO,
    "使198476": PlateKind.EMBASSY,
    "198476使": PlateKind.EMBASSY,
    "沪A0023领": PlateKind.CONSULATE,
    "桂X1234应急": PlateKind.RESCUE,
    "WJ京1234X": PlateKind.ARMED_POLICE,
    "WJ12345": PlateKind.ARMED_POLICE,
    "VA30093": PlateKind.MILITARY,
}


@pytest.mark.parametrize(("text", "kind"), EXAMPLES.items())
def test_every_kind_has_its_form(text: str, kind: PlateKind) -> None:
    assert plate_kind(text) is kind


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES.values()) == set(PlateKind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "桂",
        "C12345",
        "桂C1234",  # six
        "桂C123456",  # eight without an energy letter
        "桂CI2345",  # I
        "桂C1234O",  # O
        "桂I12345",
        "桂112345",  # no place letter
        "桂CD1234D5",  # nine
        "桂CDAB123",  # two letters behind the energy letter
        "桂CL12345",  # L is no energy letter
        "京A警1234",
        "桂C12345警",
        "桂Z1234港",  # only 粤Z crosses the border
        "使19847",
        "桂A1234应急",  # rescue plates begin with X or S
        "桂c12345",
        "桂·C12345",
        "桂C12345\n",
        " 桂C12345",
        "军A12345",
    ],
)
def test_what_is_no_plate_stays_untyped(text: str) -> None:
    assert plate_kind(text) is None


@given(st.text(alphabet=CHARACTERS + "IO", max_size=9))
def test_i_and_o_and_foreign_lengths_are_on_no_plate(text: str) -> None:
    kind = plate_kind(text)
    if kind is not None:
        assert not set(text) & {"I", "O"}
        assert len(text) == 8 if kind in {PlateKind.NEW_ENERGY, PlateKind.RESCUE} else 7 <= len(text) <= 8


@given(st.sampled_from(PROVINCES), st.sampled_from(LETTERS), st.text(alphabet=LETTERS + DIGITS, min_size=5, max_size=6))
def test_a_place_and_five_is_standard_and_a_place_and_six_new_energy_or_nothing(
    province: str, letter: str, rest: str
) -> None:
    kind = plate_kind(province + letter + rest)
    if len(rest) == 5:
        assert kind is PlateKind.STANDARD
    else:
        energy = re.fullmatch(r"[A-K][A-Z0-9]\d{4}|\d{5}[A-K]", rest) is not None
        assert kind is (PlateKind.NEW_ENERGY if energy else None)
