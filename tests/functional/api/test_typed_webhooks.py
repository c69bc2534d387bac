# SPDX-License-Identifier: Apache-2.0
"""A webhook as its holder types it, with a receiver that answers: from its challenge to its end."""

from typing import Any

from blazar_spot.devcloud.ports import free_ports
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.receivers import VERIFIED_SECONDS, running
from tests.functional.api.conftest import Person
from tests.functional.api.shells import Terminal

DELIVERED_SECONDS = 60
RARE = "spot.notice.withdrawn"
"""Nothing that happens on this cloud meanwhile."""


def test_a_webhook_is_typed_from_its_challenge_to_its_end(demo: Terminal, people: dict[str, Person]) -> None:
    port = free_ports(["typed"])["typed"]
    url = f"http://127.0.0.1:{port}/"
    created = demo.read("spot", "webhook", "create", "pager", "--url", url, "--event-type", RARE, "--tag", "blue")
    assert (created["state"], created["secret"][:6]) == ("unverified", "whsec_")
    path = f"/v1/webhooks/{created['id']}"

    def asked(more: str = "") -> dict[str, Any]:
        return dict(people["demo"].get(path + more).json())

    with running(port, created["secret"]):
        wait_until(lambda: asked()["webhook"]["state"] == "enabled", "it is verified", at_most=VERIFIED_SECONDS)
        shown = demo.read("spot", "webhook", "show", "pager")
        assert (shown["id"], shown["state"], "secret" in shown) == (created["id"], "enabled", False)
        sent = demo.read("spot", "webhook", "test", "pager")
        assert sent["type"] == "spot.webhook.ping"

        def arrived() -> bool:
            return str(asked(f"/deliveries/{sent['id']}")["delivery"]["state"]) == "delivered"

        wait_until(arrived, "the test message arrives", at_most=DELIVERED_SECONDS)
        (row,) = demo.read("spot", "webhook", "delivery", "list", "pager", "--state", "delivered")
        assert (row["ID"], row["Type"], row["Status"]) == (sent["id"], sent["type"], 200)
        again = demo.read("spot", "webhook", "delivery", "redeliver", "pager", row["ID"])
        assert (again["id"], again["state"]) == (row["ID"], "pending")
        wait_until(arrived, "it arrives once more", at_most=DELIVERED_SECONDS)
        assert demo.read("spot", "webhook", "delivery", "show", "pager", row["ID"])["tries"] == again["tries"] + 1
    fresh = demo.read("spot", "webhook", "secret", "rotate", "pager")
    assert fresh["secret"] not in ("", created["secret"])
    assert demo.read("spot", "webhook", "set", "pager", "--name", "silent", "--disable")["state"] == "disabled"
    more = demo.read("spot", "webhook", "subscription", "create", "silent", "--tag", "green")
    rows = demo.read("spot", "webhook", "subscription", "list", created["id"])
    assert sorted(row["Tags"] for row in rows) == [["blue"], ["green"]]
    demo.do("spot", "webhook", "subscription", "delete", "silent", more["id"])
    assert [row["Name"] for row in demo.read("spot", "webhook", "list")] == ["silent"]
    demo.do("spot", "webhook", "delete", "silent")
    assert people["demo"].get("/v1/webhooks").json()["webhooks"] == []
