"""What goes next, and in which lane."""

from hypothesis import given
from hypothesis import strategies as st

from core.facts import Lane
from gateway.lanes import FRESH_MAX, MAX_BYTES, MAX_ITEMS, Fresh, Queue, messages
from gateway.window import Window


def test_fresh_items_go_live_while_somebody_may_wait() -> None:
    queue, window = Queue(), Window(100)
    queue.offer([Fresh(1, b"a", 1.5), Fresh(2, b"b", 1.5), Fresh(3, b"c", 0.0), Fresh(4, b"d", 9.0)])
    assert [(lane, [i.seq for i in items]) for lane, items in (queue.take_fresh(window, 1.0) for _ in range(3))] == [
        (Lane.LIVE, [1, 2]),
        (Lane.REPLAY, [3]),
        (Lane.LIVE, [4]),
    ]
    assert queue.take_fresh(window, 1.0)[1] == []


def test_an_item_whose_time_is_over_goes_in_the_replay_lane() -> None:
    queue = Queue()
    queue.offer([Fresh(1, b"a", 1.5)])
    assert queue.take_fresh(Window(10), 1.5)[0] is Lane.REPLAY


def test_a_message_keeps_its_bounds_and_a_lone_giant_still_goes() -> None:
    queue, window = Queue(), Window(1_000)
    queue.offer(Fresh(seq, b"x", 9.0) for seq in range(1, 101))
    assert len(queue.take_fresh(window, 0.0)[1]) == MAX_ITEMS
    big = Queue()
    big.offer(Fresh(seq, bytes(MAX_BYTES), 9.0) for seq in (1, 2))
    assert [item.seq for item in big.take_fresh(window, 0.0)[1]] == [1]


def test_nothing_goes_without_room() -> None:
    queue, window = Queue(backlog=range(1, 50)), Window(4)
    for seq in (101, 102, 103):
        window.sent(seq, b"", 0.0, 0.0)
    queue.offer([Fresh(seq, b"x", 9.0) for seq in (51, 52)])
    assert queue.take_backlog(window) == []
    assert [item.seq for item in queue.take_fresh(window, 0.0)[1]] == [51]


def test_backlog_leaves_half_of_the_window_to_the_door() -> None:
    queue, window = Queue(backlog=range(1, 1_000)), Window(100)
    taken = []
    while seqs := queue.take_backlog(window):
        taken += seqs
        for seq in seqs:
            window.sent(seq, b"", 0.0, 0.0)
    assert taken == list(range(1, 51))
    assert window.room == 50


def test_a_flood_keeps_numbers_not_bytes() -> None:
    queue = Queue()
    queue.offer(Fresh(seq, b"x", 9.0) for seq in range(1, FRESH_MAX + 11))
    assert (len(queue.fresh), list(queue.backlog)) == (FRESH_MAX, list(range(FRESH_MAX + 1, FRESH_MAX + 11)))


@given(st.lists(st.integers(0, MAX_BYTES // 2), max_size=200))
def test_messages_hold_every_item_once_in_order_within_bounds(sizes: list[int]) -> None:
    items = [(seq, bytes(size)) for seq, size in enumerate(sizes, 1)]
    made = list(messages(items))
    assert [item for message in made for item in message] == items
    assert all(len(message) <= MAX_ITEMS for message in made)
    assert all(sum(len(body) for _, body in message) <= MAX_BYTES for message in made)
