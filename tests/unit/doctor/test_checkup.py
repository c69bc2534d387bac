# SPDX-License-Identifier: Apache-2.0
"""Of a cloud that is well nothing is said to be wrong; each thing that is broken is found, with its fix."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.core.errors import Forbidden, Permanent, Unreachable
from blazar_spot.core.findings import Finding, Grade
from blazar_spot.core.heartbeat import Heartbeat
from blazar_spot.core.promises import Standing
from blazar_spot.core.reclaim import State
from blazar_spot.core.switch import Mode, turned
from blazar_spot.doctor.checkup import CHECKS, examine
from blazar_spot.doctor.patient import Patient
from blazar_spot.enforcement.pulse import Pulse
from blazar_spot.testing.lab import SPOT, Lab
from blazar_spot.testing.surroundings import FakeBus, FakeSchema, FakeSurroundings
from tests.contract.store import CLAIM, HEARTBEAT, INSTANCE, RECLAIM, put
from tests.contract.webhook_store import WEBHOOK, keep

KEY = "A" * 43 + "="
OTHER_KEY = "B" * 43 + "="


@dataclass
class Ward:
    """A patient, and the hands on everything around."""

    lab: Lab
    surroundings: FakeSurroundings
    schema: FakeSchema
    bus: FakeBus
    patient: Patient


@pytest.fixture
def ward() -> Ward:
    lab = Lab(hosts=2)
    surroundings = FakeSurroundings(lab.clock, frozenset(lab.hosts))
    schema, bus = FakeSchema(lab.clock), FakeBus()
    Pulse(lab.store, lab.clock, Mode.ENFORCE, "ctl-1", 7).beat(None)
    keep(lab.store, replace(WEBHOOK, secret=FernetKeyring([KEY]).sealed("secret")))
    put(lab.store, replace(CLAIM, standing=Standing.FIRM))
    surroundings.reserved = [CLAIM.reservation_id]
    patient = Patient(
        clock=lab.clock,
        store=lab.store,
        schema=schema,
        compute=lab.cloud,
        pool=lab.cloud,
        surroundings=surroundings,
        bus=bus,
        keyring=lambda: FernetKeyring([KEY]),
        channels=frozenset({"webhooks"}),
        is_auto_enrolling=True,
    )
    return Ward(lab, surroundings, schema, bus, patient)


def findings(ward: Ward) -> list[Finding]:
    return list(examine(ward.patient))


def changed(**fields: object) -> Callable[[Ward], None]:
    def change(ward: Ward) -> None:
        ward.patient = replace(ward.patient, **fields)  # type: ignore[arg-type]

    return change


def without_keys() -> FernetKeyring:
    return FernetKeyring([])


def around(**fields: object) -> Callable[[Ward], None]:
    def change(ward: Ward) -> None:
        for name, value in fields.items():
            setattr(ward.surroundings, name, value)

    return change


def unlisted(service: str) -> Callable[[Ward], None]:
    return lambda ward: ward.surroundings.urls.__delitem__(service)


def a_flavor_more(ward: Ward) -> None:
    ward.lab.cloud.add_flavor(replace(SPOT, name="preemptible-new"), preemptible=True)


def a_flavor_that_is_not_enrolled_by_us(ward: Ward) -> None:
    a_flavor_more(ward)
    ward.patient = replace(ward.patient, is_auto_enrolling=False)


def no_pool(ward: Ward) -> None:
    ward.lab.cloud.remove("host02")


def no_freepool(ward: Ward) -> None:
    ward.lab.cloud.fails("freepool_hosts", Unreachable("nova is down"), times=None)


def an_engine_that_fails(ward: Ward) -> None:
    Pulse(ward.lab.store, ward.lab.clock, Mode.ENFORCE, "ctl-1", 8).beat(ward.lab.clock.now() - 40)


def silence(ward: Ward) -> None:
    ward.lab.clock.advance(3600)


def nothing_heard(ward: Ward) -> None:
    """An engine that has begun to listen, and an instance that has come later."""
    now = ward.lab.clock.now()
    put(ward.lab.store, replace(INSTANCE, running_since=now - 94))
    beaten(ward, replace(HEARTBEAT, beat_at=now, heard_at=now - 100))


def beaten(ward: Ward, heartbeat: Heartbeat) -> None:
    with ward.lab.store.begin() as work:
        work.put_heartbeat(heartbeat)


def a_late_host(ward: Ward) -> None:
    put(ward.lab.store, replace(RECLAIM, state=State.OVERDUE))


WRONG = [
    ("database", lambda ward: setattr(ward.schema, "found", None), "no tables of ours", "db sync"),
    ("database", lambda ward: setattr(ward.schema, "found", "0008"), "needs 0009", "db sync"),
    ("database", lambda ward: setattr(ward.schema, "found", "0010"), "knows 0009", "release of the others"),
    ("account", around(our_roles=frozenset({"member"})), "member, and not admin", "role add"),
    ("account", around(our_roles=frozenset()), "roles none", "role add"),
    ("catalog", unlisted("spot"), "where spot is", "service create"),
    ("catalog", unlisted("placement"), "where placement is", "Placement's endpoint"),
    ("clocks", lambda ward: setattr(ward.schema, "ahead", -40), "the database is 40 s behind", "time servers"),
    ("clocks", around(ahead={"compute": 9}), "compute is 9 s ahead of", "time servers"),
    ("freepool", no_freepool, "nova is down", "bad above"),
    ("freepool", around(hosts=frozenset({"host01"})), "does not know hosts of the freepool: host02", "host create"),
    ("freepool", around(down=frozenset({"host01"})), "for down: host01", "nova-compute"),
    ("pools", no_pool, "no spot pool: host02", "blazar-spot-engine"),
    ("flavors", a_flavor_more, "preemptible-new", "adds what they lack"),
    ("flavors", a_flavor_that_is_not_enrolled_by_us, "preemptible-new", "auto_enrol"),
    ("engines", an_engine_that_fails, "nothing has worked since", "log"),
    ("engines", silence, "No engine gives signs of life", "Start blazar-spot-engine"),
    ("reclaims", a_late_host, "late for their reservations or drains: gpu-1", "runbook"),
    ("leases", around(reserved=["unheard-of"]), "unheard-of", "[manager] plugins"),
    ("notifications", lambda ward: setattr(ward.bus, "readers", 0), "Nobody reads our queue", "pool"),
    ("notifications", lambda ward: setattr(ward.bus, "readers", None), "no queue of ours", "exchange"),
    ("notifications", nothing_heard, "Nothing of Nova has been heard since 2027-01-15 ", "versioned or both"),
    ("api", around(ailments={"greet_api": Unreachable("refused")}), "refused", "WSGI server"),
    ("vendordata", around(ailments={"ask_vendordata": Unreachable("refused")}), "vendor_data2.json: refused", "API"),
    ("webhooks", changed(keyring=without_keys), "encryption_keys", "Set encryption_keys"),
    ("webhooks", changed(keyring=lambda: FernetKeyring([OTHER_KEY])), "No key opens", "reseal"),
    ("webhooks", changed(channels=frozenset()), "Nobody tells the 1 webhooks", "[channels]"),
]


def test_of_a_cloud_that_is_well_nothing_is_wrong(ward: Ward) -> None:
    found = findings(ward)
    assert {one.check for one in found} == set(CHECKS)
    assert [one for one in found if one.grade is not Grade.OK] == []
    assert [one.fix for one in found if one.fix] == []


@pytest.mark.parametrize(("check", "breaks", "found", "fix"), WRONG, ids=[f"{one[0]}: {one[2]}" for one in WRONG])
def test_what_is_broken_is_found_and_said_how_to_put_right(
    ward: Ward, check: str, breaks: Callable[[Ward], None], found: str, fix: str
) -> None:
    breaks(ward)
    [wrong] = [one for one in findings(ward) if one.is_wrong and one.check == check]
    assert found in wrong.found
    assert fix in wrong.fix
    assert wrong.found.endswith(".")
    assert wrong.fix.endswith(".")


NOTED = [
    ("freepool", lambda ward: ward.lab.cloud.freepool.hosts.clear(), "No host"),
    ("flavors", lambda ward: ward.lab.cloud.flavors.clear(), "no preemptible flavor"),
    ("clocks", around(ahead={"placement": None}), "placement cannot be seen"),
    ("notifications", changed(bus=None), "Nobody listens"),
    ("vendordata", around(ailments={"ask_vendordata": Forbidden("no")}), "cannot be tried"),
]


@pytest.mark.parametrize(("check", "makes", "found"), NOTED, ids=[f"{one[0]}: {one[2]}" for one in NOTED])
def test_what_may_be_meant_so_is_noted_and_is_not_wrong(
    ward: Ward, check: str, makes: Callable[[Ward], None], found: str
) -> None:
    makes(ward)
    seen = findings(ward)
    [noted] = [one for one in seen if one.grade is Grade.NOTE]
    assert noted.check == check
    assert found in noted.found
    assert noted.fix
    assert [one for one in seen if one.is_wrong] == []


def test_an_engine_that_does_not_evict_and_a_pause_are_noted(ward: Ward) -> None:
    Pulse(ward.lab.store, ward.lab.clock, Mode.PROTECT, "ctl-2", 9).beat(None)
    with ward.lab.store.begin() as work:
        work.put_switch(turned(work.switch(), ward.lab.clock.now(), is_paused=True, reason="the network is rebuilt"))
    noted = [one.found for one in findings(ward) if one.grade is Grade.NOTE]
    assert len(noted) == 2
    assert "(protect" in noted[0]
    assert "the network is rebuilt" in noted[1]


def test_what_cannot_be_looked_at_is_said_and_the_rest_is_looked_at_all_the_same(ward: Ward) -> None:
    ward.surroundings.ailments = {"roles": Unreachable("Keystone does not answer"), "reservations": Permanent("no")}
    seen = {one.check: one for one in findings(ward) if one.is_wrong}
    assert {check: one.grade for check, one in seen.items()} == {"account": Grade.UNKNOWN, "leases": Grade.UNKNOWN}
    assert seen["account"].found == "It could not be looked at: Keystone does not answer."
    assert set(CHECKS) == {one.check for one in findings(ward)}


@pytest.mark.parametrize(
    ("heard", "launched", "silent"),
    [(-100, -95, 0), (-100, -94, 200), (-100, -60, 0), (None, -95, 0)],
    ids=["at about the same time", "by an engine that has ended", "on its way", "by nobody who listens"],
)
def test_an_instance_that_was_heard_of_or_will_be_is_no_alarm(
    ward: Ward, heard: int | None, launched: int, silent: int
) -> None:
    now = ward.lab.clock.now()
    put(ward.lab.store, replace(INSTANCE, running_since=now + launched))
    heard_at = None if heard is None else now + heard
    beaten(ward, replace(HEARTBEAT, beat_at=now - silent, heard_at=heard_at))
    assert [one for one in findings(ward) if one.is_wrong] == []


def test_a_lease_that_ends_while_the_doctor_looks_is_no_alarm(ward: Ward) -> None:
    class Ending(FakeSurroundings):
        def reservations(self, now: int) -> Sequence[str]:
            reserved, self.reserved = self.reserved, []
            return reserved

    ending = Ending(ward.lab.clock, ward.surroundings.hosts, reserved=["ends"])
    ward.patient = replace(ward.patient, surroundings=ending)
    assert [one for one in findings(ward) if one.is_wrong] == []


def test_nothing_is_written(ward: Ward) -> None:
    before = list(ward.lab.cloud.writes)
    written = ward.lab.store.writes
    findings(ward)
    assert ward.lab.cloud.writes == before
    assert ward.lab.store.writes == written


def test_many_names_are_not_all_told(ward: Ward) -> None:
    ward.surroundings.reserved = [f"r{number}" for number in range(12)]
    [wrong] = [one for one in findings(ward) if one.is_wrong]
    assert wrong.found.endswith("r0, r1, r10, r11, r2 and 7 more.")
