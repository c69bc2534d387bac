# SPDX-License-Identifier: Apache-2.0
"""The REST API: HTTP in, a use case of ``enforcement``, JSON out. Nothing is decided here but who may ask.

``openapi/service.yaml`` is the source of what the API looks like: requests are checked against it before a handler
sees them, answers in the tests. To add a route:

1. describe its path, parameters, body and answers in ``openapi/service.yaml``;
2. write a handler in ``handlers/``: a class with ``on_get``, ``on_post`` ... that is given its use cases, reads
   ``asked(req)`` (who asks, and the checked query and body), asks ``caller.must(rule, ...)`` and sets ``resp.media``;
3. add its rules to ``policies.py`` and one line to the table in ``routes.py``.

A use case that is new is one more field of ``routes.UseCases``, filled in ``wiring``. Errors of ``core.errors`` may
pass through a handler: ``errors.py`` says them in HTTP. Another project's object is answered like none at all.
"""
