"""The window: nothing is lost, and a slow way does not make it send more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.window import FIRST_TIMEOUT_S, MAX_TIMEOUT_S, MIN_TIMEOUT_S, PROBE, Window


def fill(window: Window, count: int, now: float = 0.0, first: int = 1) -> None:
    for seq in range(first, first + count):
        window.sent(seq, b"%d" % seq, 0.0, now)


def test_nothing_is_due_before_the_timeout() -> None:
    window = Window(10)
    fill(window, 3)
    assert window.next_due() == FIRST_TIMEOUT_S
    assert window.due(FIRST_TIMEOUT_S - 0.01) == []
    assert [seq for seq, _ in window.due(FIRST_TIMEOUT_S)] == [1, 2, 3]


def test_a_receipt_makes_room_and_a_second_one_changes_nothing() -> None:
    window = Window(3)
    fill(window, 3)
    assert window.room == 0
    assert window.forget([1, 2], 0.1) == 2
    assert window.forget([1, 2, 99], 0.2) == 0
    assert (window.room, 3 in window, 1 in window) == (2, True, False)


def test_the_timeout_follows_rfc_6298() -> None:
    window = Window(100)
    fill(window, 1)
    window.forget([1], 4.0)
    assert window.timeout == pytest.approx(4.0 + 4 * 2.0)
    fill(window, 1, now=10.0, first=2)
    window.forget([2], 14.0)  # the same again: the variance shrinks by a quarter
    assert window.timeout == pytest.approx(4.0 + 4 * 1.5)


def test_fast_receipts_do_not_bring_it_under_the_least() -> None:
    window = Window(100)
    for seq in range(1, 50):
        window.sent(seq, b"", 0.0, seq)
        window.forget([seq], seq + 0.005)
    assert window.timeout == MIN_TIMEOUT_S


def test_a_timeout_sends_a_probe_and_backs_off() -> None:
    window = Window(1_000)
    fill(window, 500)
    assert len(window.due(FIRST_TIMEOUT_S)) == PROBE
    assert window.due(FIRST_TIMEOUT_S + 0.1) == []
    assert window.timeout == 2 * FIRST_TIMEOUT_S
    now, probes = FIRST_TIMEOUT_S, 0
    while now < 600:
        now = max(now, window.next_due() or now)
        probes += len(window.due(now))
    assert window.timeout == MAX_TIMEOUT_S
    assert probes < 600 / MAX_TIMEOUT_S * PROBE * 2  # a dead server is asked for about one message a minute


def test_receipts_for_the_probe_let_the_rest_go() -> None:
    window = Window(1_000)
    fill(window, 500)
    now, rounds = FIRST_TIMEOUT_S, 0
    while len(window) and rounds < 50:
        sent = window.due(now)
        now += 0.02
        window.forget([seq for seq, _ in sent], now)
        now = max(now, window.next_due() or now)
        rounds += 1
    assert len(window) == 0
    assert now < 3 * FIRST_TIMEOUT_S  # not one backed-off timeout a probe


def test_a_receipt_for_an_item_sent_twice_measures_nothing() -> None:
    window = Window(10)
    fill(window, 1)
    window.due(FIRST_TIMEOUT_S)
    window.forget([1], FIRST_TIMEOUT_S + 0.01)  # of the first copy or the second: nobody knows
    assert window.timeout == 2 * FIRST_TIMEOUT_S
    fill(window, 1, now=10.0, first=2)
    window.forget([2], 10.1)
    assert window.timeout == MIN_TIMEOUT_S


def test_a_slow_way_is_learnt_even_where_every_item_times_out() -> None:
    window = Window(10)
    now, resent = 0.0, 0
    for seq in range(1, 20):
        window.sent(seq, b"", 0.0, now)
        done = now + 5.0
        while (due := window.next_due()) is not None and due < done:
            resent += len(window.due(due))
        window.forget([seq], done)
        now = done + 1
    assert resent <= 6
    assert window.timeout > 5.0


def test_a_server_that_slows_down_under_load_is_not_buried() -> None:
    """A queue that serves 1,000 items a second gets 1,500 a second: the delay grows to 2 s, resends stay few."""
    window = Window(2_048)
    arriving: list[tuple[float, int]] = []
    served_until, seq, resent, now = 0.0, 0, 0, 0.0
    done = 0
    while now < 20.0:
        while arriving and arriving[0][0] <= now:
            done += window.forget([arriving.pop(0)[1]], now)
        batch = [] if now >= 10 else [seq + 1 + number for number in range(min(15, window.room))]
        for number in batch:
            window.sent(number, b"", 0.0, now)
        again = [number for number, _ in window.due(now)]
        resent += len(again)
        for number in batch + again:
            served_until = max(served_until, now) + 0.001
            arriving.append((served_until, number))
        seq += len(batch)
        now += 0.01
    assert len(window) == 0
    assert done == seq
    assert resent < 0.1 * seq


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 30), st.floats(0, 5)), max_size=60))
def test_every_item_stays_until_its_receipt(steps: list[tuple[int, int, float]]) -> None:
    window = Window(50)
    now, next_seq, open_items = 0.0, 1, set()
    for kind, number, passed in steps:
        now += passed
        if kind == 0:
            for _ in range(min(number, window.room)):
                window.sent(next_seq, b"x", 0.0, now)
                open_items.add(next_seq)
                next_seq += 1
        elif kind == 1:
            window.forget([number], now)
            open_items.discard(number)
        elif kind == 2:
            assert {seq for seq, _ in window.due(now)} <= open_items
        else:
            assert {seq for seq, _ in window.all(now)} == open_items
        assert len(window) == len(open_items)
        assert MIN_TIMEOUT_S <= window.timeout <= MAX_TIMEOUT_S
    for _ in range(200):
        due = window.next_due()
        if due is None:
            break
        now = max(now, due)
        window.forget([seq for seq, _ in window.due(now)], now)
    assert len(window) == 0
