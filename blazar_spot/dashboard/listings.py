# SPDX-License-Identifier: Apache-2.0
"""Lists of the service as tables in tabs: one page of the list, and links to the next and back.

The service's markers lead on and never back, so a page's address names those of the pages before it. Each tab asks for
itself, when it is opened. If it gets no answer it says so, and the others are as they are.
"""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from horizon import exceptions, tables, tabs

from blazar_spot.client import Client
from blazar_spot.client.door import Page
from blazar_spot.dashboard import asking

ROWS = 50
"""On a page."""
KEPT = 20
"""So many pages can be turned back one by one; from there it is the first page."""


class Listing(tables.DataTable):
    """A table of documents of the service. Whether there is more is said by each one, and not by its class, which is
    what Horizon does and which all that look at the same time have in common."""

    more_after: str | None = None
    trail: tuple[str, ...] = ()
    """The markers of the pages up to this one, which the first page does not have."""
    shown_on: str | None = None
    """The tab, if it is on one."""

    @property
    def has_more_data(self) -> bool:
        return self.more_after is not None

    @property
    def has_prev_data(self) -> bool:
        return bool(self.trail)

    def get_pagination_string(self) -> str:
        return self._address(*self.trail, self.more_after)

    def get_prev_pagination_string(self) -> str:
        return self._address(*self.trail[:-1])

    def _address(self, *trail: str | None) -> str:
        tab = {} if self.shown_on is None else {"tab": self.shown_on}
        return urlencode({**tab, self._meta.pagination_param: trail[-KEPT:]}, doseq=True)

    def get_object_id(self, datum: Any) -> str:
        return str(datum["id"])

    def get_object_display(self, datum: Any) -> str:
        return str(datum.get("name") or self.get_object_id(datum))

    def filled(self, client: Client | None, read: Any) -> list[Any]:
        """The rows of the page that is asked for; none, and a message, if the service does not answer."""
        if client is None:
            return []
        self.trail = tuple(self.request.GET.getlist(self._meta.pagination_param))
        try:
            page: Page = read(client, self.trail[-1] if self.trail else None)
        except Exception:
            self._no_data_message = _("This could not be read.")
            exceptions.handle(self.request, _("%s could not be read.") % self._meta.verbose_name)
            return []
        self.more_after = page.marker
        return page.found


class ListTab(tabs.TableTab):
    """A tab with one table: ``lists`` is the list of the service that it shows."""

    template_name = "horizon/common/_detail_table.html"
    preload = False
    lists = ""
    of_all_projects = False
    of_ended = False

    def __init_subclass__(cls) -> None:
        """Horizon asks for the data of a table by the table's name."""
        super().__init_subclass__()
        (table,) = cls.table_classes
        setattr(cls, f"get_{table._meta.name}_data", cls._rows)

    def read(self, client: Client, marker: str | None) -> Page:
        """The page from this marker on."""
        which = {"all_projects": self.of_all_projects or None, "gone": self.of_ended or None}
        return client.page(self.lists, limit=ROWS, marker=marker, **which)

    def _rows(self) -> list[Any]:
        (table,) = self._tables.values()
        table.shown_on = self.get_id()
        return table.filled(asking.client(self.request), self.read)  # type: ignore[no-any-return]
