# SPDX-License-Identifier: Apache-2.0
"""Requests as values: what is asked, checked against the document, before a handler sees it.

Whatever the document does not know is refused, so that a word that is mistyped is never taken for none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import falcon
from jsonschema import Draft202012Validator

from blazar_spot.api.callers import Caller
from blazar_spot.api.document import JSON, Operation, Parameter

LONGEST_BODY = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """Who asks, and the checked parts of the request: parameters with their defaults, None where there is neither."""

    caller: Caller
    query: Mapping[str, Any]
    body: Any


def asked(request: falcon.Request) -> Asked:
    """What the gate has found."""
    found: Asked = request.context.asked
    return found


def checked(request: falcon.Request, path: Mapping[str, str], operation: Operation) -> tuple[dict[str, Any], Any]:
    """The query and the body, or an error that says in one sentence what is wrong with the request."""
    for name, text in path.items():
        if not operation.path[name].validator.is_valid(text):
            raise falcon.HTTPNotFound(description="There is no such object.")
    return _query(request, operation.query), _body(request, operation)


def _query(request: falcon.Request, known: Mapping[str, Parameter]) -> dict[str, Any]:
    for name in request.params:
        if name not in known:
            _refuse(f"There is no parameter {name!r}.")
    return {name: _value(name, parameter, request.params.get(name)) for name, parameter in known.items()}


def _value(name: str, parameter: Parameter, text: str | list[str] | None) -> Any:
    if text is None:
        if parameter.is_required:
            _refuse(f"The parameter {name!r} is missing.")
        return parameter.default
    if parameter.kind == "array":
        texts = text if isinstance(text, list) else [text]
        value: Any = [_converted(one, parameter.item_kind) for one in texts]
    elif isinstance(text, list):
        _refuse(f"The parameter {name!r} is given more than once.")
    else:
        value = _converted(text, parameter.kind)
    _check(value, parameter.validator, f"The parameter {name!r}")
    return value


def _converted(text: str, kind: str) -> Any:
    """The value that this text stands for; the text itself if it stands for none, for the check to refuse."""
    if kind == "integer" and text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _body(request: falcon.Request, operation: Operation) -> Any:
    if operation.body is None:
        return None
    data = request.bounded_stream.read(LONGEST_BODY + 1)
    if not data and not operation.needs_body:
        return None
    if (request.content_type or "").partition(";")[0].strip().lower() != JSON:
        raise falcon.HTTPUnsupportedMediaType(description=f"The body must be {JSON}.")
    if len(data) > LONGEST_BODY:
        raise falcon.HTTPContentTooLarge(description=f"The body may have {LONGEST_BODY} bytes at most.")
    value = _parsed(data)
    _check(value, operation.body, "The body")
    return value


def _parsed(data: bytes) -> Any:
    """What this says in JSON, if all of its text is text: half of a pair of surrogates is none."""
    try:
        value = json.loads(data.decode(), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        _refuse("The body is not JSON.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check(value: Any, validator: Draft202012Validator, what: str) -> None:
    for error in validator.iter_errors(value):
        where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in error.absolute_path)
        _refuse(f"{what}{where} is not as described: {error.message[:200]}")


def _refuse(sentence: str) -> NoReturn:
    raise falcon.HTTPBadRequest(description=sentence)
