# SPDX-License-Identifier: Apache-2.0
"""How a flavor comes to consume the spot pool: its shadow resources.

For each resource class R that a preemptible flavor uses, it also asks for as much of the class ``CUSTOM_SPOT_<R>``,
of which only a host's spot pool has an inventory. The amounts are those that Nova's scheduler asks for.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

PREEMPTIBLE = "blazar:preemptible"
PCI_ALIAS = "pci_passthrough:alias"
SHADOW_PREFIX = "CUSTOM_SPOT_"

_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
"""The spellings that Blazar's scheduler filter takes for true."""

_RESOURCE = re.compile(r"resources[^:]*:(?P<resource_class>[A-Z0-9_]+)")
_MB_PER_GB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """What a flavor says about resources; ``disk_gb`` is root and ephemeral disk together, ``devices`` what its PCI
    aliases stand for (see ``devices``)."""

    name: str
    vcpus: int
    memory_mb: int
    disk_gb: int
    swap_mb: int = 0
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, int] = field(default_factory=dict)
    is_public: bool = True


def is_preemptible(extra_specs: Mapping[str, str]) -> bool:
    """Whether instances with these extra specs are spot instances."""
    return extra_specs.get(PREEMPTIBLE, "").strip().lower() in _TRUE


def shadow_class(resource_class: str) -> str:
    """The class of the spot pool's inventory that stands for this one."""
    return SHADOW_PREFIX + resource_class


def resources(flavor: Flavor) -> dict[str, int]:
    """The classes and amounts that one instance uses. What the extra specs ask for comes first, zero included.

    With ``hw:cpu_policy=mixed`` the split between shared and dedicated CPUs depends on the image as well; CPUs are
    then left out, and memory and disk alone tie the flavor to the pool.
    """
    asked = _explicit(flavor.extra_specs)
    used = Counter(asked)
    used.update(flavor.devices)
    if "VCPU" not in asked and "PCPU" not in asked:
        used.update(_cpus(flavor))
    used.setdefault("MEMORY_MB", flavor.memory_mb)
    used.setdefault("DISK_GB", flavor.disk_gb + math.ceil(flavor.swap_mb / _MB_PER_GB))
    return {resource_class: amount for resource_class, amount in used.items() if amount > 0}


def devices(extra_specs: Mapping[str, str], aliases: Mapping[str, str]) -> dict[str, int]:
    """What the PCI aliases of a flavor ask Placement for. Each alias stands for a resource class, which only nova.conf
    knows; one that stands for none here is not tracked in Placement, as all are unless Nova is told to."""
    asked: Counter[str] = Counter()
    for word in extra_specs.get(PCI_ALIAS, "").split(","):
        alias, _, amount = (part.strip() for part in word.partition(":"))
        if alias in aliases and amount.isdecimal():
            asked[aliases[alias]] += int(amount)
    return dict(asked)


def untracked(extra_specs: Mapping[str, str], aliases: Mapping[str, str]) -> list[str]:
    """The PCI aliases of a flavor that stand for no resource class here: of how many such devices a host has left,
    nobody can say anything."""
    asked = (word.partition(":")[0].strip() for word in extra_specs.get(PCI_ALIAS, "").split(","))
    return sorted({alias for alias in asked if alias and alias not in aliases})


def shadow_specs(flavor: Flavor) -> dict[str, str]:
    """The extra specs that make the flavor consume the spot pool."""
    return {f"resources:{shadow_class(name)}": str(amount) for name, amount in sorted(resources(flavor).items())}


def missing_specs(flavor: Flavor) -> dict[str, str]:
    """Those of the shadow's extra specs that the flavor does not have yet; none if it is not preemptible."""
    if not is_preemptible(flavor.extra_specs):
        return {}
    return {key: value for key, value in shadow_specs(flavor).items() if flavor.extra_specs.get(key) != value}


def shadow_keys(flavor: Flavor) -> list[str]:
    """The keys of the extra specs by which the flavor consumes the spot pool, whether it is preemptible or not."""
    return sorted(key for key in flavor.extra_specs if key.startswith(f"resources:{SHADOW_PREFIX}"))


def surplus_keys(flavor: Flavor) -> list[str]:
    """The keys of the extra specs that ask the spot pool for a class of which the flavor itself uses nothing."""
    return sorted(set(shadow_keys(flavor)) - shadow_specs(flavor).keys())


def unpooled(flavor: Flavor) -> dict[str, int]:
    """What one instance of this flavor uses of its host without consuming the spot pool for it.

    An instance keeps the flavor that it was booted with, so one that came before the flavor was enrolled uses
    everything outside the pool.
    """
    pooled = {name: flavor.extra_specs.get(f"resources:{shadow_class(name)}", "") for name in resources(flavor)}
    outside = {
        name: amount - (int(pooled[name]) if pooled[name].isdecimal() else 0)
        for name, amount in resources(flavor).items()
    }
    return {name: amount for name, amount in outside.items() if amount > 0}


def _explicit(extra_specs: Mapping[str, str]) -> Counter[str]:
    """What the extra specs ask for, added up over all request groups; the shadow itself does not count."""
    asked: Counter[str] = Counter()
    for key, value in extra_specs.items():
        match = _RESOURCE.fullmatch(key)
        if match and value.isdecimal() and not match["resource_class"].startswith(SHADOW_PREFIX):
            asked[match["resource_class"]] += int(value)
    return asked


def _cpus(flavor: Flavor) -> dict[str, int]:
    match flavor.extra_specs.get("hw:cpu_policy"):
        case "dedicated":
            is_isolated = flavor.extra_specs.get("hw:emulator_threads_policy") == "isolate"
            return {"PCPU": flavor.vcpus + is_isolated}
        case "mixed":
            return {}
        case _:
            return {"VCPU": flavor.vcpus}
