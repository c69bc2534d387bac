# SPDX-License-Identifier: Apache-2.0
"""Everything that people read in our pages can be translated: it is marked, and decided when a page is made."""

import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import override
from horizon import tables, tabs

from blazar_spot.dashboard import states
from blazar_spot.dashboard.listings import Listing
from blazar_spot.dashboard.operators.panel import SpotPool
from blazar_spot.dashboard.operators.tabs import SpotPoolTabs
from blazar_spot.dashboard.operators.views import IndexView as Operators
from blazar_spot.dashboard.orders import Order
from blazar_spot.dashboard.pictures import STEPS
from blazar_spot.dashboard.previews import PreviewedCreateForm
from blazar_spot.dashboard.project.panel import Spot
from blazar_spot.dashboard.project.tabs import SpotTabs
from blazar_spot.dashboard.project.views import DeliveriesView
from blazar_spot.dashboard.project.views import IndexView as Project
from blazar_spot.dashboard.tabs import SpotReclaimTab

TEMPLATES = resources.files("blazar_spot.dashboard") / "templates" / "spot"
MARKED = re.compile(r"{% blocktrans.*?endblocktrans %}|{%.*?%}|{{.*?}}", re.DOTALL)
ATTRIBUTES = re.compile(r'(?:title|aria-label|placeholder|alt)="([^"]*)"')
COLOUR = re.compile(r"#[0-9a-f]{3,6}\b|\brgba?\(|(?:fill|stroke|color|background)[=:]\s*\"?(?!currentColor)[a-z]", re.I)


def kinds(of: Any) -> Iterator[Any]:
    """All classes that are made of this one."""
    for one in of.__subclasses__():
        yield one
        yield from kinds(one)


def names() -> Iterator[tuple[str, Any]]:
    """What things are called, with where that is said."""
    for table in kinds(Listing):
        yield table.__name__, table._meta.verbose_name
        for column in table.base_columns.values():
            yield f"{table.__name__}.{column.name}", column.verbose_name
    for order in kinds(Order):
        yield order.__name__, order.action_present(1)
        yield order.__name__, order.action_past(2)
        yield order.__name__, order.refused
        yield order.__name__, order.help_text or order.refused
    for group in (SpotTabs, SpotPoolTabs):
        yield from ((tab.__name__, tab.name) for tab in group.tabs)
    for named in (Spot, SpotPool, SpotReclaimTab):
        yield named.__name__, named.name
    for view in (Project, DeliveriesView, Operators):
        yield view.__name__, view.page_title
    for known in (
        states.STATES,
        states.WITH_NOBODY,
        states.EVENTS,
        states.WEBHOOKS,
        states.DELIVERIES,
        states.CLOSURES,
    ):
        yield from ((state, text) for state, (text, _) in known.items())
    yield from states.FENCES.items()
    yield from (("step", name) for name, _ in STEPS)
    yield "preview", PreviewedCreateForm.base_fields["preview"].label


def test_what_things_are_called_is_decided_when_a_page_is_made() -> None:
    found = list(names())
    assert [where for where, text in found if not isinstance(text, Promise)] == []
    assert {SpotTabs, SpotPoolTabs} == {
        one for one in kinds(tabs.TabGroup) if one.__module__.startswith("blazar_spot.")
    }
    assert all(issubclass(one, tables.DataTable) for one in kinds(Listing))
    with override("de"):
        assert all(str(text) for _, text in found)


def test_no_template_has_a_word_that_cannot_be_translated() -> None:
    for template in TEMPLATES.iterdir():
        rest = MARKED.sub("", template.read_text())
        assert re.findall(r"[^\W\d_]+", re.sub(r"<[^>]*>", "", rest)) == [], template.name
        assert [said for said in ATTRIBUTES.findall(rest) if re.search(r"[^\W\d_]", said)] == [], template.name


def test_no_template_has_a_colour_of_its_own() -> None:
    """A theme, be it light or dark, has them all."""
    for template in TEMPLATES.iterdir():
        assert COLOUR.findall(MARKED.sub("", template.read_text())) == [], template.name
    assert COLOUR.search('<text fill="black">')
    assert COLOUR.search('style="color: #333"')
