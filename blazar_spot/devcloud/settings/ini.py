# SPDX-License-Identifier: Apache-2.0
"""The form of oslo.config's files: sections of options, an option with several values is repeated.

Knows nothing of any service. Next: the other modules of this room, one for each product.
"""

from collections.abc import Iterable, Mapping

from blazar_spot.devcloud.site import Override

Value = str | int | float | bool | list[str]
Settings = dict[str, dict[str, Value]]


def with_overrides(settings: Settings, file: str, overrides: Iterable[Override]) -> Settings:
    """The settings with what the user set for this file; a later one wins."""
    result = {section: dict(options) for section, options in settings.items()}
    for override in overrides:
        if override.file == file:
            result.setdefault(override.section, {})[override.option] = override.value
    return result


def render(settings: Mapping[str, Mapping[str, Value]]) -> str:
    """The text of the file."""
    lines: list[str] = []
    for section, options in settings.items():
        lines.append(f"[{section}]")
        for option, value in options.items():
            values = value if isinstance(value, list) else [value]
            lines.extend(f"{option} = {_text(one)}" for one in values)
        lines.append("")
    return "\n".join(lines)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
