# SPDX-License-Identifier: Apache-2.0
"""The ``openapi`` directive: the operations of an OpenAPI document of ours, drawn as it is written.

For each operation what it is for, its parameters, the fields of its body and of its good answer, and what else it may
answer. Descriptions in the document are plain sentences with words in single backquotes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

OPENAPI = Path(__file__).parents[3] / "blazar_spot" / "api" / "openapi"
METHODS = ("get", "post", "put", "patch", "delete")


class Drawing:
    """What is written of one document, in reStructuredText."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def lines(self, group: str | None) -> Iterator[str]:
        """The operations with this tag, or all of them, those that a receiver of messages serves too."""
        for path, item in [*self._document["paths"].items(), *self._document.get("webhooks", {}).items()]:
            for method in METHODS:
                if method in item and group in (None, *item[method].get("tags", ())):
                    yield from self._operation(f"{method.upper()} {path}", item, item[method])

    def _operation(self, title: str, item: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
        yield from (f"``{title}``", "-" * (len(title) + 4), "", f"{_said(operation['summary'])}.", "")
        yield from (_said(operation.get("description", "")), "")
        parameters = [self._at(one) for one in [*item.get("parameters", ()), *operation.get("parameters", ())]]
        told = {one["name"]: {**self._at(one["schema"]), **one} for one in parameters}
        yield from self._table("Parameter", told)
        if "requestBody" in operation:
            yield from self._table("Field of the body", self._fields(operation["requestBody"]))
        for status, answer in operation["responses"].items():
            yield from (f"*{status}*", f"   {_said(self._at(answer)['description'])}", "")
            if status.startswith("2"):
                yield from self._table("Field of the answer", self._fields(self._at(answer)), "   ")

    def _fields(self, owner: dict[str, Any]) -> dict[str, Any]:
        """The fields of a body, those of the one object or list in it behind its name."""
        return {name: field for one in owner.get("content", {}).values() for name, field in self._inside(one["schema"])}

    def _inside(self, schema: dict[str, Any], before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        for name, part in self._at(schema).get("properties", {}).items():
            field = {**self._at(part), **part}
            yield before + name, field
            rows = self._at(field.get("items", {}))
            yield from self._inside(rows or field, f"{before}{name}{'[]' if rows else ''}.")

    def _table(self, what: str, rows: dict[str, dict[str, Any]], indent: str = "") -> Iterator[str]:
        if not rows:
            return
        yield from (f"{indent}.. list-table::", f"{indent}   :header-rows: 1", f"{indent}   :widths: 30 15 55", "")
        lines = [(f"``{name}``", _kind(one), _meaning(one)) for name, one in rows.items()]
        for cells in [(what, "Type", "Meaning"), *lines]:
            for number, cell in enumerate(cells):
                yield f"{indent}   {' ' if number else '*'} - {cell}"
        yield ""

    def _at(self, part: dict[str, Any]) -> dict[str, Any]:
        """The part, or what its reference leads to."""
        found: Any = self._document
        for word in part["$ref"].removeprefix("#/").split("/") if "$ref" in part else ():
            found = found[word]
        return found if "$ref" in part else part


def _kind(field: dict[str, Any]) -> str:
    if "oneOf" in field:
        return "instant or null" if any("Instant" in one.get("$ref", "") for one in field["oneOf"]) else "any"
    kind = field.get("type", "any")
    if field.get("format") == "date-time":
        return "instant"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _meaning(field: dict[str, Any]) -> str:
    limits = [f"{word} {field[word]}" for word in ("minimum", "maximum", "maxLength", "maxItems") if word in field]
    limits += [f"one of {', '.join(field['enum'])}"] if "enum" in field else []
    limits += [f"default {_value(field['default'])}"] if "default" in field else []
    words = [_said(field.get("description", "")), f"({'; '.join(limits)})" if limits else ""]
    return " ".join(word for word in words if word)


def _value(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value).lower()


def _said(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"``\1``", " ".join(text.split()))


class OpenApi(SphinxDirective):
    """``.. openapi:: service.yaml Events``: the operations with this tag, or all if there is none."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        file, group = self.arguments[0], self.arguments[1] if len(self.arguments) > 1 else None
        self.env.note_dependency(str(OPENAPI / file))
        lines = list(Drawing(yaml.safe_load((OPENAPI / file).read_text())).lines(group))
        return self.parse_text_to_nodes(StringList(lines, source=file), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("openapi", OpenApi)
    return {"parallel_read_safe": True}
