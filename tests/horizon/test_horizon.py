# SPDX-License-Identifier: Apache-2.0
"""What people see and do in a real Horizon, with a real browser, on a real cloud."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blazar_spot.demo.scenery import PLANNED, SERVING, WAITING, Scenery
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.horizon.visitors import Visitor

Visit = Callable[[str], Visitor]

LEASES = "/project/leases/"
SPOT = "/project/spot/?tab=spot__"
POOL = "/admin/spot_pool/?tab=spot_pool__"
NOTHING = "No items to display."
TIME_OF_NOTICES = "Spot instances have their notice|Closed, nobody has to go"
"""A host's state in that time, with and without spot instances on it."""


def row(scenery: Scenery, lease: str) -> str:
    return f"tr[data-object-id='{scenery.leases[lease].id}']"


def events(cloud: Cloud) -> dict[str, Any]:
    """What the holder is told, by the instance's name."""
    answer = cloud.connection("demo").session.get("/v1/events", endpoint_filter={"service_type": "spot"})
    return {one["instance_name"]: one for one in answer.json()["events"]}


def test_the_leases_page_says_how_far_each_lease_is(visitor: Visit, scenery: Scenery) -> None:
    owner = visitor("owner")
    owner.open(LEASES)
    owner.reads("#leases thead", "Spot reclaim")
    owner.reads(row(scenery, SERVING), "Handed over", "1 of 1 host ready", "Update Lease")
    waiting = owner.reads(row(scenery, WAITING), "Spot instances have their notice", "0 of 2 hosts ready")
    assert re.search(r"\d spot instances? to go, from \d{4}-\d\d-\d\d \d\d:\d\d UTC", waiting)
    owner.reads(row(scenery, PLANNED), "Planned")
    owner.picture("leases")


def test_the_page_of_a_lease_draws_how_its_hosts_are_freed(visitor: Visit, scenery: Scenery) -> None:
    owner = visitor("owner")
    owner.open(LEASES)
    owner.click(f"{row(scenery, WAITING)} a", WAITING)
    owner.click(".nav-tabs a", "Spot reclaim")
    page = owner.reads("#lease_details__spot_reclaim", "Host 1", "Host 2", "Handed over", "is notified")
    assert re.search(r"\d spot instances? of (another project|other projects)", page)
    assert "host0" not in page
    assert "render-" not in page
    drawing = owner.hears("svg[role=img]")
    assert re.match(r"Planned .* \(done\), Closed .* \(done\), Notices .* \(now\), Deletes", drawing)
    owner.picture("lease")


def test_an_admin_sees_which_hosts_and_who_has_to_go(visitor: Visit, scenery: Scenery) -> None:
    admin = visitor("admin")
    admin.open(f"{LEASES}{scenery.leases[WAITING].id}/?tab=lease_details__spot_reclaim")
    page = admin.reads("#lease_details__spot_reclaim", "Who has to go", "render-")
    assert re.search(r"notice render-\d ends at \d{4}-", page)
    assert len(re.findall(rf"host0\d (?:{TIME_OF_NOTICES})", page)) == 2
    admin.picture("lease-of-an-admin")


def fill_in(owner: Visitor, **fields: str) -> None:
    """The form that makes a lease."""
    owner.open(LEASES)
    owner.click("#leases__action_create")
    for name, text in fields.items():
        owner.element(f"#id_{name}").send_keys(text)


def preview(owner: Visitor, **fields: str) -> None:
    """Fill in the form with the box ticked, and send it."""
    fill_in(owner, name="previewed", **fields)
    owner.click("#id_preview")
    owner.click(".modal-footer .btn-primary")


def leases_of_owner(cloud: Cloud) -> set[str]:
    return {lease["name"] for lease in cloud.blazar("owner").lease.list()}


def test_a_lease_is_made_and_deleted_on_the_leases_page(visitor: Visit, cloud: Cloud) -> None:
    owner = visitor("owner")
    start = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M")
    fill_in(owner, name="by-form", start_date=start)
    owner.click(".modal-footer .btn-primary")
    made = "#leases tr[data-display='by-form']"
    owner.reads(made, f"{start} UTC", "PENDING")
    owner.picture("lease-made")
    assert leases_of_owner(cloud) == {SERVING, WAITING, PLANNED, "by-form"}
    owner.click(f"{made} .dropdown-toggle")
    owner.click(f"{made} .dropdown-menu button", "Delete Lease")
    owner.click(".modal-footer .btn-danger", "Delete Lease")
    owner.reads(".alert-success", "Deleted Lease: by-form")
    assert leases_of_owner(cloud) == {SERVING, WAITING, PLANNED}


def test_a_lease_that_would_be_granted_is_shown_and_not_made(visitor: Visit, cloud: Cloud) -> None:
    owner = visitor("owner")
    start = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M")
    preview(owner, start_date=start)
    said = owner.reads(".modal .alert-success", "It would get 1 host.", "This is an answer and not a hold.")
    assert f"Start {start}:00 UTC" in said
    owner.picture("preview-granted")
    assert leases_of_owner(cloud) == {SERVING, WAITING, PLANNED}


def test_a_lease_that_would_be_refused_is_offered_the_first_start_that_works(visitor: Visit, cloud: Cloud) -> None:
    owner = visitor("owner")
    preview(owner)
    said = owner.reads(".modal .alert-danger", "It would be refused.", "The first start that would work:")
    assert "code=" not in said
    offered = re.search(r"would work: (\d{4}-\d\d-\d\d \d\d:\d\d):\d\d UTC", said)
    assert offered is not None
    assert datetime.strptime(offered[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) > datetime.now(UTC)
    owner.picture("preview-refused")


def test_a_holder_acknowledges_a_notice(visitor: Visit, cloud: Cloud) -> None:
    demo = visitor("demo")
    demo.open(f"{SPOT}notices")
    told = demo.reads("#spot_notices tbody", "Told", "Acknowledge Notice")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC 0:\d\d:\d\d", told)
    demo.picture("notices")
    name = min(name for name, event in events(cloud).items() if not event["acknowledged_at"])
    demo.press(f"#spot_notices tr[data-display='{name}'] button", "Acknowledge Notice")
    demo.reads(".alert-success", f"Acknowledged Notice: {name}")
    demo.reads(f"#spot_notices tr[data-display='{name}']", "Acknowledged")
    demo.picture("notice-acknowledged")
    assert events(cloud)[name]["acknowledged_at"]


def test_a_holder_sees_until_when_each_instance_may_run(visitor: Visit) -> None:
    demo = visitor("demo")
    demo.open(f"{SPOT}instances")
    page = demo.reads("#spot_instances tbody", "render-1", "render-6", "No end in sight")
    assert re.search(r"render-1 boost-preemptible-\S+ \d{4}-", page)
    demo.picture("instances")
    demo.click(".nav-tabs a", "Capacity now")
    demo.reads("#spot_capacity tbody", "boost-preemptible-c8m12-gpu-1080-1")
    demo.click(".nav-tabs a", "Webhooks")
    demo.reads("#spot_webhooks tbody", NOTHING)


def test_an_operator_sees_the_hosts_and_their_reclaims(visitor: Visit) -> None:
    admin = visitor("admin")
    admin.open(f"{POOL}hosts")
    hosts = admin.reads("#spot_hosts tbody", "host01", "host04", "wanted by a reservation or an order")
    assert len(re.findall(TIME_OF_NOTICES, hosts)) == 2
    admin.picture("pool")
    admin.click(".nav-tabs a", "Reclaims")
    reclaims = admin.reads("#spot_reclaims tbody", WAITING)
    assert len(re.findall(TIME_OF_NOTICES, reclaims)) == 2
    days = admin.element("#spot_reclaims tbody [data-spot-left]", " d ").text
    assert re.fullmatch(r"1 d \d+:\d\d:\d\d", days.strip())
    admin.picture("reclaims")


@pytest.mark.parametrize(
    ("user", "path", "table"),
    [
        ("demo", LEASES, "leases"),
        ("owner", f"{SPOT}instances", "spot_instances"),
        ("owner", f"{SPOT}notices", "spot_notices"),
    ],
)
def test_another_project_sees_nothing(visitor: Visit, user: str, path: str, table: str) -> None:
    other = visitor(user)
    other.open(path)
    other.reads(f"#{table} tbody", NOTHING)


def test_a_member_who_goes_to_the_operators_page_is_told_nothing(visitor: Visit) -> None:
    demo = visitor("demo")
    demo.open(f"{POOL}hosts")
    demo.reads("#spot_hosts tbody", "This could not be read.")
    assert "host01" not in demo.reads("body")


def test_what_goes_wrong_in_a_browser_is_seen(visitor: Visit) -> None:
    owner = visitor("owner")
    owner.open(LEASES)
    assert owner.complaints() == []
    owner.driver.execute_script("setTimeout(() => { throw new Error('broken'); }, 0)")
    wait_until(lambda: any("broken" in one for one in owner.complaints()), "the error is seen", at_most=60)
    owner.open("/no/such/page/")
    wait_until(lambda: any("404" in one for one in owner.complaints()), "the answer is seen", at_most=60)
