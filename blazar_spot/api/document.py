# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI documents, ours and the receivers': what each operation takes and gives, as checks that can be run.

Its parts are found by JSON pointers, and references are followed by the validator, so the document is used as it is
written. Next: ``asking``, which reads requests by it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
_HOME = "urn:document"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation: its kind of value, and what checks it."""

    kind: str
    item_kind: str
    default: Any
    is_required: bool
    validator: Draft202012Validator


@dataclass(frozen=True)
class Operation:
    """What one method of one path takes; ``body`` is None where it takes none."""

    is_public: bool
    query: Mapping[str, Parameter]
    path: Mapping[str, Parameter]
    body: Draft202012Validator | None
    needs_body: bool


class Document:
    """The document as data, and its operations by path and method."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.text = json.dumps(content, ensure_ascii=False)
        self._registry = Registry().with_resource(_HOME, DRAFT202012.create_resource(content))
        self._resolver = self._registry.resolver(_HOME)
        self.operations = {
            (path, method): self._operation(f"#/paths/{_escaped(path)}", method)
            for path, item in content["paths"].items()
            for method in METHODS
            if method in item
        }

    def answer(self, path: str, method: str, status: int) -> Draft202012Validator | None:
        """What checks the body of this answer, None if it has none; ``KeyError`` if there is no such answer."""
        if str(status) not in self.content["paths"][path][method]["responses"]:
            raise KeyError(f"{method} {path} does not answer {status}")
        pointer, answer = self._follow(f"#/paths/{_escaped(path)}/{method}/responses/{status}")
        return self._validator(f"{pointer}/content/{_escaped(JSON)}/schema") if "content" in answer else None

    def _operation(self, item: str, method: str) -> Operation:
        pointer, operation = self._follow(f"{item}/{method}")
        takes: dict[str, dict[str, Parameter]] = {"query": {}, "path": {}, "header": {}}
        for owner in (item, pointer):  # those of all methods of the path, and its own
            for number in range(len(self._follow(owner)[1].get("parameters", ()))):
                where, one = self._follow(f"{owner}/parameters/{number}")
                takes[one["in"]][one["name"]] = self._parameter(where, one)
        body = operation.get("requestBody")
        return Operation(
            is_public=operation.get("security") == [],
            query=takes["query"],
            path=takes["path"],
            body=body and self._validator(f"{pointer}/requestBody/content/{_escaped(JSON)}/schema"),
            needs_body=bool(body and body.get("required")),
        )

    def _parameter(self, pointer: str, parameter: Mapping[str, Any]) -> Parameter:
        where, schema = self._follow(f"{pointer}/schema")
        items = self._follow(f"{where}/items")[1] if "items" in schema else {}
        return Parameter(
            kind=schema["type"],
            item_kind=items.get("type", "string"),
            default=schema.get("default"),
            is_required=parameter.get("required", False),
            validator=self._validator(where),
        )

    def _follow(self, pointer: str) -> tuple[str, Any]:
        """What is there, or where its reference leads, and the pointer to that."""
        found = self._resolver.lookup(pointer).contents
        return self._follow(found["$ref"]) if "$ref" in found else (pointer, found)

    def _validator(self, pointer: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": _HOME + pointer}, registry=self._registry)


def _escaped(name: str) -> str:
    """As one word of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


@cache
def service() -> Document:
    """The document of our API."""
    return _read("service.yaml")


@cache
def receiver() -> Document:
    """The document of what a receiver of webhooks serves."""
    return _read("receiver.yaml")


def _read(name: str) -> Document:
    return Document(yaml.safe_load(resources.files("blazar_spot.api").joinpath("openapi", name).read_text()))
