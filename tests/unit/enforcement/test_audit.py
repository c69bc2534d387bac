# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody could dispute is on record: what changed, from what to what, and why."""

from dataclasses import replace

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.instants import iso
from blazar_spot.testing.lab import Lab


def told_lab() -> Lab:
    """A cloud with one instance that has been told."""
    lab = Lab()
    lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 4000)
    lab.second()
    lab.run_until(lab.reclaim.notice_at + 5)
    return lab


def entries(lab: Lab, what: str) -> list[str]:
    return [deed.details for deed in lab.store.deeds if deed.what == what]


def test_a_claim_that_moves_later_takes_its_reclaim_and_its_notice_along_and_all_is_on_record() -> None:
    lab = told_lab()
    before, start_at = lab.reclaim, lab.claim.start_at
    lab.move("r1", start_at + 600)
    lab.run_for(5)
    [moved] = entries(lab, "claim moved")
    assert f"from {iso(start_at)}/" in moved
    assert f"to {iso(start_at + 600)}/" in moved
    assert "lease was changed" in moved
    assert entries(lab, "moved") == [
        f"evictions begin at {iso(lab.reclaim.evict_at)}, not at {iso(before.evict_at)}, was notified"
    ]
    [later] = entries(lab, "notice moved")
    assert later.startswith(f"from {iso(before.evict_at)} to {iso(before.evict_at + 600)}: ")
    assert later.endswith("host01 is wanted later (revision 2)")


def test_a_lease_that_is_deleted_withdraws_what_hung_on_it_on_record() -> None:
    lab = told_lab()
    deadline = lab.reclaim.evict_at
    lab.cancel("r1")
    lab.run_for(5)
    [withdrawn] = entries(lab, "claim withdrawn")
    assert withdrawn.endswith("its lease does not have the host any more; its reclaim was notified")
    assert entries(lab, "notice withdrawn") == [
        f"nothing wants host01 back any more; it was told {iso(deadline)} (revision 2)"
    ]


def test_a_notice_that_could_be_read_late_is_moved_on_record() -> None:
    lab = Lab()
    lab.boot_and_run(1)
    lab.book("r1", lab.clock.now() + 4000)
    lab.second()
    lab.run_until(lab.reclaim.notice_at - 1)
    lab.cloud.fails("write_metadata", Unreachable("hangs"), times=200)
    lab.run_for(300)
    [moved] = entries(lab, "notice moved")
    assert "it could not be read before" in moved


def test_a_part_that_grows_is_resized_on_record() -> None:
    lab = Lab()
    lab.book_slots("r1", lab.clock.now() + 9000, 1, {"VCPU": 4})
    lab.second()
    [entry] = lab.calendar["r1"]
    lab.calendar["r1"] = [replace(entry, room={"VCPU": 8})]
    lab.second()
    [resized] = entries(lab, "claim resized")
    assert "from {'VCPU': 4} to {'VCPU': 8}" in resized


def test_a_hold_that_was_never_committed_is_withdrawn_on_record() -> None:
    lab = Lab()
    lab.book("r1", lab.clock.now() + 9000)
    lab.leave_uncommitted("r1")
    lab.run_for(lab.policy.hold_for + 1)
    [withdrawn] = entries(lab, "claim withdrawn")
    assert "never committed" in withdrawn


def test_an_instance_that_is_gone_ends_its_notice_on_record() -> None:
    lab = told_lab()
    lab.run_until_true(lambda: bool(entries(lab, "notice ended")), within=4000)
    assert [deed.what for deed in lab.store.deeds].count("delete") == 1
    assert len(entries(lab, "notice ended")) == 1
