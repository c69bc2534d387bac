# SPDX-License-Identifier: Apache-2.0
"""A flavor and its preemptible twin: what the twin is called, and what it has of the other. Values only.

How much a twin asks of the spot pools is not known here: the service puts that into it (``flavors enrol``).
"""

from collections.abc import Mapping

from osc_lib import exceptions
from oslo_utils import strutils

TEMPLATE = "{first}-preemptible-{rest}"
"""boost-c8m12-gpu-1080-1 becomes boost-preemptible-c8m12-gpu-1080-1."""
OPTION = "spot_flavor_template"
"""What the template is called in the configuration of a cloud."""

PREEMPTIBLE = "blazar:preemptible"
SHADOW = "resources:CUSTOM_SPOT_"


def twin_name(name: str, template: str | None) -> str:
    """What the twin of this flavor is called; ``first`` is what stands before the first dash, ``rest`` the rest."""
    first, _, rest = name.partition("-")
    try:
        made = (template or TEMPLATE).format(name=name, first=first, rest=rest).strip("-")
    except (LookupError, ValueError) as error:
        raise exceptions.CommandError(
            f"{OPTION} is {template!r}: it may have {{name}}, {{first}} and {{rest}} in it."
        ) from error
    if made == name:
        raise exceptions.CommandError(f"{OPTION} is {template!r}, which gives a twin the name of the flavor itself.")
    return made


def is_preemptible(extra_specs: Mapping[str, str]) -> bool:
    """In the spellings that Blazar's filter takes."""
    return bool(strutils.bool_from_string(extra_specs.get(PREEMPTIBLE, "")))


def is_enrolled(extra_specs: Mapping[str, str]) -> bool:
    """Whether it asks the spot pools for something; whether for enough, the service knows."""
    return any(key.startswith(SHADOW) for key in extra_specs)


def twin_specs(extra_specs: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The extra specs of the twin: the same, and that it is preemptible."""
    kept = {key: value for key, value in extra_specs.items() if not key.startswith(SHADOW)}
    return {**kept, **more, PREEMPTIBLE: "true"}
