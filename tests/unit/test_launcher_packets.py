"""The bytes that probes send, and the configurations that parts get."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anju.launcher.credentials import new_login
from anju.launcher.embedded import MissingBinary, nats_config, packaged_binary, valkey_config
from anju.launcher.probes import _remaining_length, mqtt_connect_packet


def test_connect_packet_is_the_one_of_the_standard() -> None:
    packet = mqtt_connect_packet("c1", "u", "pw")
    assert packet == b"\x10\x15\x00\x04MQTT\x04\xc2\x00\x00\x00\x02c1\x00\x01u\x00\x02pw"
    assert mqtt_connect_packet("c1", None, None) == b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x00\x00\x02c1"


@given(st.integers(0, 268_435_455))
def test_remaining_length_decodes_to_itself(value: int) -> None:
    encoded = _remaining_length(value)
    assert sum((byte & 127) << 7 * place for place, byte in enumerate(encoded)) == value
    assert [bool(byte & 128) for byte in encoded] == [True] * (len(encoded) - 1) + [False]


def test_configurations_listen_on_loopback_with_the_password_and_nothing_else() -> None:
    login = new_login()
    broker = nats_config(Path("/srv/an ju"), host="127.0.0.1", mqtt_port=2, client_port=3, login=login)
    store = valkey_config(Path("/srv/an ju"), host="127.0.0.1", port=4, login=login)
    for text in (broker, store):
        assert login.password in text
        assert "0.0.0.0" not in text  # noqa: S104 - that it is absent
    assert 'listen: "127.0.0.1:2"' in broker
    assert "bind 127.0.0.1\nport 4\n" in store


def test_a_missing_program_is_told_with_its_mend() -> None:
    for package, name in (("no-such-package", "x"), ("structlog", "no-such-program")):
        with pytest.raises(MissingBinary, match="make setup"):
            packaged_binary(package, name)
