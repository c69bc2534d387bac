# SPDX-License-Identifier: Apache-2.0
"""The one way to the service: JSON there and back, errors as exceptions, pages one after another."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from keystoneauth1.adapter import Adapter

from blazar_spot.client.errors import NotFound, error_of

Query = Mapping[str, Any]

LARGEST_PAGE = 1000


_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.: -]*")


def path(*parts: str) -> str:
    """The path of an object. What people type for an id may hold anything, and must not lead to another path: a
    slash does that even when it is quoted. What can be no id is not found."""
    if not all(map(_PART.fullmatch, parts)):
        raise NotFound(404, {"code": "not_found", "message": "There is no such object."})
    return "/".join(map(quote, parts))


class Page(NamedTuple):
    """Some of a list, and where it goes on, if it does."""

    found: list[Any]
    marker: str | None


class Door:
    """Speaks through an adapter, which knows the service's address and puts the token on each request."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def get(self, where: str, query: Query | None = None, *, patience_seconds: int | None = None) -> Any:
        """What is at this path; ``patience_seconds`` where the answer may take longer than the session would wait."""
        more = {} if patience_seconds is None else {"timeout": patience_seconds}
        return self._ask("GET", where, params=_words(query or {}), **more)

    def post(self, where: str, body: Any) -> Any:
        return self._ask("POST", where, json=body)

    def patch(self, where: str, body: Any) -> Any:
        return self._ask("PATCH", where, json=body)

    def put(self, where: str, body: Any) -> Any:
        return self._ask("PUT", where, json=body)

    def delete(self, where: str) -> None:
        self._ask("DELETE", where)

    def items(
        self, where: str, key: str, query: Query, limit: int | None = None, *, largest_page: int = LARGEST_PAGE
    ) -> Iterator[Any]:
        """What the lists of all pages have under this key, at most ``limit`` of it; no page before it is needed."""
        first = query if limit is None else {**query, "limit": min(limit, largest_page)}
        return islice(self._items(where, key, first), limit)

    def page(self, where: str, key: str, query: Query) -> Page:
        """One page, for those who turn the pages themselves."""
        answer = self.get(where, query)
        markers = (_following(answer) or {}).get("marker", [None])
        return Page(answer[key], markers[0])

    def _items(self, where: str, key: str, first: Query) -> Iterator[Any]:
        query: Query | None = first
        while query is not None:
            page = self.get(where, query)
            yield from page[key]
            query = _following(page)

    def _ask(self, method: str, where: str, **more: Any) -> Any:
        answer = self._adapter.request(where, method, raise_exc=False, **more)
        try:
            body = answer.json() if answer.content else None
        except ValueError:
            body = None
        if not answer.ok:
            raise error_of(answer.status_code, body)
        return body


def _following(page: Mapping[str, Any]) -> dict[str, list[str]] | None:
    """The question for the next page, if there is one. Of its link only the query counts: a proxy may hide the rest,
    and a token goes nowhere that it names."""
    for link in page.get("links", []):
        if link["rel"] == "next":
            return parse_qs(urlsplit(link["href"]).query)
    return None


def _words(query: Query) -> dict[str, Any]:
    """As the service spells them; what is None is not asked for."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }
