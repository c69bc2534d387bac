# SPDX-License-Identifier: Apache-2.0
"""What the cloud's hosts look like, and how a person writes that down.

A line such as `count=2,vcpus=64,memory_gib=512,gpus=8,gpu_model=a100,nested=true` describes two alike
hosts; what it leaves out is as in the default host. Nothing here knows Nova. Next: `driver`, which
plays such a host.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any


class BadHostSpec(ValueError):
    """A host description that cannot be read; the text says why."""


@dataclass(frozen=True)
class HostSpec:
    """The size of one host. `nested` puts the GPUs on a provider below the host's own in Placement."""

    vcpus: int = 32
    memory_gib: int = 128
    disk_gb: int = 1000
    gpus: int = 4
    gpu_class: str = "CUSTOM_GPU"
    gpu_model: str = "1080"
    nested: bool = False

    def __post_init__(self) -> None:
        if min(self.vcpus, self.memory_gib, self.disk_gb) < 1 or self.gpus < 0:
            raise BadHostSpec("a host has at least 1 VCPU, 1 GiB of memory, 1 GB of disk and 0 GPUs")
        if not self.gpu_class.startswith("CUSTOM_"):
            raise BadHostSpec(f"gpu_class must begin with CUSTOM_: {self.gpu_class!r}")


def model_trait(gpu_model: str) -> str:
    """By which Placement knows a host with GPUs of this model."""
    return f"CUSTOM_GPU_MODEL_{gpu_model.upper()}"


@dataclass(frozen=True)
class Host:
    """One host by its name."""

    name: str
    spec: HostSpec

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Host":
        return cls(name=data["name"], spec=HostSpec(**data["spec"]))


def parse_spec(text: str) -> list[HostSpec]:
    """The hosts that one description stands for."""
    known = {field.name: field.type for field in fields(HostSpec)}
    values: dict[str, Any] = {}
    count = 1
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = part.partition("=")
        if key == "count" and equals:
            count = _number(key, value)
        elif key in known and equals:
            values[key] = _read(key, value, known[key])
        else:
            raise BadHostSpec(f"{part!r} is not one of count, {', '.join(known)} with a value")
    return [replace(HostSpec(), **values)] * count


def parse_lines(lines: Iterable[str]) -> list[HostSpec]:
    """The hosts of a file: one description a line, `#` begins a comment."""
    stripped = (line.partition("#")[0].strip() for line in lines)
    return [spec for line in stripped if line for spec in parse_spec(line)]


def name_hosts(specs: Sequence[HostSpec]) -> tuple[Host, ...]:
    """Names of equal length: Blazar finds hosts by pattern, so host1 would also mean host10."""
    width = max(2, len(str(len(specs))))
    return tuple(Host(f"host{number:0{width}d}", spec) for number, spec in enumerate(specs, start=1))


def _read(key: str, value: str, kind: Any) -> int | bool | str:
    if kind is bool:
        if value.lower() not in ("true", "false"):
            raise BadHostSpec(f"{key} is true or false, not {value!r}")
        return value.lower() == "true"
    return _number(key, value) if kind is int else value


def _number(key: str, value: str) -> int:
    if not value.isdigit():
        raise BadHostSpec(f"{key} is a whole number, not {value!r}")
    return int(value)
