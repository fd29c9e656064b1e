"""The inbox: nothing comes twice, what was decided stays, a retraction withdraws; the verdict."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.alert_settings import AlertSettings, check_alerts
from crowdsky_tui.plan.alerts.alert import Alert, AlertState, Source
from crowdsky_tui.plan.alerts.inbox import KEPT_FOR, KeptAlert, find_alert, received
from crowdsky_tui.plan.alerts.same import is_same, on_list
from crowdsky_tui.plan.alerts.verdict import target_of, without_sky
from crowdsky_tui.plan.target import Kind, TargetState, changed, new_target

NOW = datetime(2026, 2, 27, 22, tzinfo=UTC)
ARCSEC = 1 / 3600


def alert(name: str = "AT 2026abc", **more: Any) -> Alert:
    given: dict[str, Any] = {
        "source": Source.TNS, "id": name, "name": name, "ra_deg": 100.0, "dec_deg": 30.0,
        "mag": 12.0, "discovered": NOW - timedelta(hours=2),
    }  # fmt: skip
    return Alert(**given | more)


def kept(what: Alert, state: AlertState = AlertState.NEW, **more: Any) -> KeptAlert:
    return KeptAlert(alert=what, state=state, seen=NOW, changed=NOW, **more)


def gcn(**more: Any) -> Alert:
    return alert("GRB 1", **{"source": Source.GCN, "error_deg": 0.05} | more)


# --- the same ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("apart", "same"), [(4.9, True), (5.1, False), (23.0, False)])
def test_two_catalogue_places_are_one_star_within_5_arcsec_never_within_30(
    apart: float, same: bool
) -> None:
    other = alert("XZ Tau", source=Source.AAVSO, dec_deg=30 + apart * ARCSEC)
    assert is_same(alert("HL Tau"), other) is same


def test_a_name_with_other_blanks_near_its_place_is_the_same() -> None:
    other = alert("at2026ABC", id="x", source=Source.ASASSN, dec_deg=30 + 40 * ARCSEC)
    assert is_same(alert(), other)
    assert not is_same(alert(), alert("at2026ABC", id="x", dec_deg=30.1)), "another one so named"


def test_within_the_error_of_an_event_of_the_same_days() -> None:
    inside = alert(dec_deg=30.04)
    assert is_same(gcn(), inside)
    assert not is_same(gcn(), alert(dec_deg=30.06))
    assert not is_same(gcn(), alert(dec_deg=30.04, discovered=NOW - timedelta(days=9)))
    assert not is_same(gcn(), alert(dec_deg=30.04, kind=Kind.MONITOR)), "a star of a list"
    assert not is_same(gcn(error_deg=20.0), alert(dec_deg=40.0)), "a place too wide to tell by"


def test_over_the_pole_and_over_24_hours() -> None:
    assert is_same(alert("a", ra_deg=359.9999), alert("b", ra_deg=0.0001))
    assert is_same(alert("a", ra_deg=10, dec_deg=90), alert("b", ra_deg=200, dec_deg=90))


def test_without_a_place_only_the_id_tells() -> None:
    bare = gcn(ra_deg=None, dec_deg=None)
    assert is_same(bare, gcn()) and not is_same(bare, alert())


# --- the inbox -----------------------------------------------------------------------------------


def test_nothing_comes_twice() -> None:
    first = received([], [alert(), alert()], NOW)
    assert len(first.new) == 1
    again = received(first.new, [alert()], NOW + timedelta(hours=1))
    assert again.rows == ()


def test_an_answer_may_say_it_anew_and_what_was_decided_stays() -> None:
    there = kept(alert(), AlertState.IGNORED)
    found = received([there], [alert(mag=9.0)], NOW)
    [after] = found.changed
    assert (after.alert.mag, after.state) == (9.0, AlertState.IGNORED)


def test_another_source_of_the_event_adds_to_it() -> None:
    other = alert("ASASSN-26ab", source=Source.ASASSN, mag=15.0, what="CV")
    [after] = received([kept(alert(mag=None, what=""))], [other], NOW).changed
    assert after.alert.name == "AT 2026abc" and after.alert.also == ("asassn ASASSN-26ab",)
    assert (after.alert.mag, after.alert.what) == (15.0, "CV")
    assert received([after], [other], NOW).rows == ()


def test_a_better_place_is_taken_from_who_has_it() -> None:
    [after] = received([kept(gcn())], [alert(dec_deg=30.03)], NOW).changed
    assert (after.alert.dec_deg, after.alert.error_deg) == (30.03, 0.0)


def test_a_retraction_withdraws_what_was_told_and_what_comes_after_it() -> None:
    taken = kept(gcn(), AlertState.TAKEN, target="t1")
    found = received([taken], [gcn(retraction=True, ra_deg=None, dec_deg=None)], NOW)
    [gone] = found.withdrawn
    assert (gone.state, gone.target) == (AlertState.WITHDRAWN, "t1")
    before = received([], [gcn(retraction=True)], NOW)
    assert [each.state for each in before.new] == [AlertState.WITHDRAWN]
    after = received(before.new, [gcn()], NOW)
    assert all(each.state is AlertState.WITHDRAWN for each in after.rows)


def test_a_test_never_waits_for_anybody() -> None:
    assert [k.state for k in received([], [gcn(test=True)], NOW).new] == [AlertState.WITHDRAWN]


def test_what_is_old_goes_but_not_what_was_taken() -> None:
    rows = [kept(alert()), kept(alert("B", dec_deg=-10.0), AlertState.TAKEN)]
    found = received(rows, [], NOW + KEPT_FOR + timedelta(days=1))
    assert found.old == (rows[0].uid,)


def test_an_alert_is_found_by_name_id_or_uid_and_never_guessed() -> None:
    rows = [kept(alert()), kept(alert("B", dec_deg=-10.0))]
    assert find_alert(rows, "at2026ABC") is rows[0] and find_alert(rows, rows[1].uid[:8]) is rows[1]
    for typed in ("nobody", rows[0].uid[:3]):
        with pytest.raises(UsageError, match="no alert"):
            find_alert(rows, typed)
    with pytest.raises(UsageError, match="any of these"):
        find_alert([rows[0], kept(alert(id="other", dec_deg=-5.0))], "AT 2026abc")


# --- the verdict, as far as no sky is needed -----------------------------------------------------


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (alert(mag=16.1), "too faint: 16.1 > 16 mag"),
        (alert(mag=4.9), "too bright: 4.9 < 5 mag"),
        (alert(mag=None, bright=17.0), "too faint: 17.0 > 16 mag"),
        (alert(mag=None, faint=4.0), "too bright: 4.0 < 5 mag"),
        (gcn(error_deg=2.1), "its place is known to 2.1° only, more than 0.35°"),
        (alert(discovered=NOW - timedelta(days=31)), "31 days old, more than 30"),
        (gcn(test=True), "a test"),
        (gcn(retraction=True), "withdrawn"),
        (gcn(ra_deg=None), "its place is not known"),
        (alert(mag=16.0), None),
        (gcn(error_deg=0.35), None),
    ],
)
def test_the_reason_against(what: Alert, words: str | None) -> None:
    found = without_sky(kept(what), AlertSettings(), [], NOW)
    assert (found and found.words) == words


def test_what_is_on_the_list_already_is_not_asked_again() -> None:
    there = new_target("AT2026abc", 100.0, 30.0 + 30 * ARCSEC)
    found = without_sky(kept(alert()), AlertSettings(), [there], NOW)
    assert found is not None and found.words == "on the list already, as AT2026abc"
    paused = changed(there, state=TargetState.PAUSED.value)
    assert without_sky(kept(alert()), AlertSettings(), [paused], NOW) is None
    assert on_list(alert("HL Tau"), [new_target("XZ Tau", 100.0, 30 + 23 * ARCSEC)]) is None


def test_the_target_that_it_would_be() -> None:
    target = target_of(alert(), NOW)
    assert (target.kind, target.priority, target.blocks_per_visit) == (Kind.ALERT, 5, 2)
    assert target.cadence_d == 1.0, "not the whole night: a visit, then one each night"
    assert target.expires == NOW + timedelta(days=14) and target.source == "tns"
    star = alert(kind=Kind.MONITOR, cadence_d=5.0, priority=3, source=Source.AAVSO)
    monitor = target_of(star, NOW)
    assert monitor.cadence_d == 5.0 and monitor.priority == 3 and monitor.expires is None


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"aavso": "notify"}, "aavso_key"),
        ({"tns": "propose", "tns_id": "1"}, "tns_name"),
        ({"gcn": "interrupt", "gcn_id": "1"}, "gcn_secret"),
        ({"tns_url": "http://example.org"}, "https"),
        ({"vsx_url": "file:///etc/passwd"}, "https"),
    ],
)
def test_settings_that_cannot_be(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_alerts(AlertSettings(**more))


def test_every_source_is_off_by_default() -> None:
    said = AlertSettings()
    check_alerts(said)
    assert {said.rule(each.value) for each in Source if each is not Source.PASTED} == {"off"}
    assert not said.auto
