"""What others ask of occupancy, on both databases."""

from datetime import timedelta

import pytest

from core.db import Store, open_store, writing
from occupancy import views
from occupancy.tables import alerts, findings
from tests.contract import occupancy_bench
from tests.contract.occupancy_bench import DAY, Bench, days_from, local
from tests.contract.occupancy_estates import ESTATE, at, daily

bench = occupancy_bench.bench  # the fixture


def test_presence_shows_an_old_entry_as_unknown(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen([{"taken_us": at(DAY, 11), "door": "h0-door", "home": "h0"}])
    bench.go_to(local(DAY))
    with stores.occupancy.connect() as conn:
        now, later = local(DAY), local(DAY + timedelta(2))
        assert [line.state for line in views.presence_of(conn, ESTATE, "h0", now=now)] == ["at_home"]
        assert [line.state for line in views.presence_of(conn, ESTATE, now=later)] == ["unknown"]


def test_home_days_are_read_by_span(bench: Bench) -> None:
    stores = bench.stores
    stores.found()
    stores.seen(daily("p0", days_from(DAY, 3)))
    bench.go_to(local(DAY + timedelta(3)))
    with stores.occupancy.connect() as conn:
        found = views.home_days_of(conn, "h0", DAY + timedelta(1), DAY + timedelta(3))
    assert [line.day for line in found] == days_from(DAY + timedelta(1), 2)
    assert found[0].last_member_us == at(DAY + timedelta(1), 18)


def test_pages_of_alerts_follow_each_other_urgent_first(bench: Bench) -> None:
    store = open_store(bench.settings, Store.OCCUPANCY)
    base = {"estate": ESTATE, "home": "h0", "kind": "vacancy", "refreshed_us": 0, "closed_us": None}
    with writing(store) as conn:
        for n in range(7):
            conn.execute(findings.insert().values(
                finding=f"f{n}", estate=ESTATE, home=f"h{n}", kind="vacancy", stage="watch", stages="[]",
                probability=0.5, evidence="[]", counter_evidence="[]", legal_basis="x", updated_us=0,
            ))  # fmt: skip
            conn.execute(alerts.insert().values(
                **base | {"closed_us": 5 if n == 6 else None}, alert=f"a{n}", finding=f"f{n}", urgent=n in {1, 4},
                opened_us=n // 2,
            ))  # fmt: skip
    store.dispose()
    with bench.stores.occupancy.connect() as conn:
        read: list[str] = []
        before = None
        while page := views.alerts_page(conn, [ESTATE], before=before, limit=2):
            read += [line.alert for line in page]
            before = page[-1].key
        assert read == ["a4", "a1", "a5", "a3", "a2", "a0"]
        assert [line.alert for line in views.alerts_page(conn, [ESTATE], state="closed")] == ["a6"]
        assert len(views.alerts_page(conn, [ESTATE], state="all")) == 7
        assert views.alerts_page(conn, ["elsewhere"]) == []
        with pytest.raises(views.UnknownAlertState):
            views.alerts_page(conn, [ESTATE], state="new")
        one = views.alert(conn, "a3")
        assert one is not None
        assert one.home == "h0"
        assert views.alert(conn, "nobody") is None
        assert views.finding(conn, "nobody") is None
