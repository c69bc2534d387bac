# SPDX-License-Identifier: Apache-2.0
"""The install page, taken apart: what is typed and what is written into files, in its order."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[3] / "doc" / "source" / "installing.rst"

_BLOCK = re.compile(r"^\.\. code-block:: (console|ini)\n\n((?:(?:   .*)?\n)+)", re.MULTILINE)
_KEY = re.compile(r"``(openssl [^`]+)`` makes a KEY")


@dataclass(frozen=True)
class Command:
    """One line that is typed."""

    text: str


@dataclass(frozen=True)
class Lines:
    """Sections and options of some file; the page says around them of which one."""

    text: str


def parts(page: Path = PAGE) -> Iterator[Command | Lines]:
    """All of the page. Nothing that it prints is on it, so what is no prompt is a command that nobody would run."""
    for kind, block in _BLOCK.findall(page.read_text() + "\n"):
        lines = [line.removeprefix("   ") for line in block.rstrip().splitlines()]
        if kind == "ini":
            yield Lines("\n".join(lines) + "\n")
            continue
        for line in lines:
            assert line[:2] in ("$ ", "# "), line
            yield Command(line[2:])


def key_command(page: Path = PAGE) -> str:
    """The command in the text that makes a key."""
    [found] = _KEY.findall(page.read_text())
    return str(found)


def merged(written: str, more: str) -> str:
    """A file with these options as well: one that was set is set anew, and one may stand there several times."""
    wanted = _sections(more)
    anew = {section: {option for option, _ in options} for section, options in wanted.items()}
    lines, section = [], ""
    for line in written.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        if line.partition("=")[0].strip() not in anew.get(section, ()):
            lines.append(line)
        if line.startswith("["):
            lines += _told(wanted.pop(section, ()))
    for section, options in wanted.items():
        lines += [f"[{section}]", *_told(options)]
    return "\n".join(lines) + "\n"


def adapted(text: str, ours: Mapping[str, str]) -> str:
    """With what is ours in the place of what the page has for an example."""
    for example, own in ours.items():
        text = text.replace(example, own)
    return text


def _sections(text: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    section = ""
    for line in text.splitlines():
        option, equals, value = line.partition("=")
        if line.startswith("["):
            section = line.strip("[]")
        elif equals:
            found.setdefault(section, []).append((option.strip(), value.strip()))
    return found


def _told(options: object) -> list[str]:
    assert isinstance(options, list | tuple)
    return [f"{option} = {value}" for option, value in options]
