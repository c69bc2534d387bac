# SPDX-License-Identifier: Apache-2.0
"""Who asks, and what they may.

Whether the token is good was seen before: ``authentication`` puts what Keystone says of it into the request.
"""

from typing import Any

import falcon
from oslo_context.context import RequestContext
from oslo_policy import policy

from blazar_spot.core.errors import NotFound


class Caller:
    """Somebody with a token of a project."""

    def __init__(self, context: RequestContext, project_id: str, enforcer: policy.Enforcer) -> None:
        self._context = context
        self._enforcer = enforcer
        self.project_id = project_id

    def may(self, rule: str, project_id: str | None = None) -> bool:
        """Whether this is allowed, with an object of this project, or else of the caller's own. What is no project's,
        with an empty one, is nobody's own."""
        target = {"project_id": self.project_id if project_id is None else project_id}
        return bool(self._enforcer.authorize(rule, target, self._context, do_raise=False))

    def must(self, rule: str, project_id: str | None = None) -> None:
        """403 if this is not allowed."""
        if not self.may(rule, project_id):
            raise falcon.HTTPForbidden(description=f"Your token does not allow {rule}.")

    def must_see(self, rule: str, project_id: str | None, what: str) -> None:
        """404 if the object is not to be seen: the caller does not even learn that it exists."""
        if not self.may(rule, project_id or ""):
            raise NotFound(f"There is no such {what}.")


def caller(environ: dict[str, Any], enforcer: policy.Enforcer) -> Caller:
    """The one who asks; 401 if nobody is known to, 403 if the token is for no project."""
    context = RequestContext.from_environ(environ)
    if not context.user_id:
        raise falcon.HTTPUnauthorized(description="This needs a token of Keystone, in the header X-Auth-Token.")
    if not context.project_id:
        raise falcon.HTTPForbidden(description="The token is for no project.")
    return Caller(context, context.project_id, enforcer)
