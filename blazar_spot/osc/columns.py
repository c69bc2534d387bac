# SPDX-License-Identifier: Apache-2.0
"""Documents of the service as the tables that OpenStackClient prints; for machines their values stay as they are."""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from osc_lib import utils
from osc_lib.cli import format_columns

Document = Mapping[str, object]
Table = tuple[Sequence[str], Iterable[Any]]

Headings = Mapping[str, str]
"""What each field is called above its column, in the order of the columns."""


def listed(headings: Headings, documents: Iterable[Document], parsed_args: argparse.Namespace) -> Table:
    """A row for each document. With -c a field may also be asked for that has no heading here."""
    names, fields = utils.calculate_header_and_attrs(tuple(headings.values()), tuple(headings), parsed_args)
    return names, _rows(fields, documents)


def _rows(fields: Sequence[str], documents: Iterable[Document]) -> Iterator[tuple[Any, ...]]:
    for document in documents:
        yield tuple(_shown(document.get(field)) for field in fields)


def shown(document: Document) -> Table:
    """One document, a line for each field."""
    names = sorted(document)
    return names, [_shown(document[name]) for name in names]


def _shown(value: object) -> object:
    if isinstance(value, dict):
        return format_columns.DictColumn(value)
    if isinstance(value, list):
        of_documents = any(isinstance(one, dict) for one in value)
        return format_columns.ListDictColumn(value) if of_documents else format_columns.ListColumn(value)
    return value
