#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw the life of a reclaim from the table in core/reclaim.py into doc/source/reclaim-states.svg.

The states stand below each other in the order of the code. Arrows down are on the right, arrows back on the left.
What may follow every open state alike would be a tangle: it is said in words below.
"""

import pathlib

from blazar_spot.core.reclaim import ENDED, MAY_FOLLOW, State

TARGET = pathlib.Path(__file__).resolve().parent.parent / "doc" / "source" / "reclaim-states.svg"
LEFT, WIDTH, HEIGHT, STEP, TOP = 220, 150, 30, 56, 20
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 {height}" width="600" height="{height}"
 font-family="sans-serif" font-size="13">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0 L8 4 L0 8 z" fill="#444"/></marker></defs>"""


def always() -> frozenset[State]:
    """What may follow every open state."""
    return frozenset.intersection(*(MAY_FOLLOW[state] for state in State if state not in ENDED))


def box(state: State, number: int) -> str:
    """One state; the last ones have a thick border."""
    y = TOP + number * STEP
    stroke = 3 if state in ENDED else 1
    return (
        f'<rect x="{LEFT}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#eef4fb" stroke="#444" '
        f'stroke-width="{stroke}"/>\n'
        f'<text x="{LEFT + WIDTH // 2}" y="{y + 20}" text-anchor="middle">{state.name}</text>'
    )


def arrow(before: int, after: int) -> str:
    """From one row to another one: straight to the next, else in a bow that is wider the further it goes."""
    if after == before + 1:
        x, y = LEFT + WIDTH // 2, TOP + before * STEP + HEIGHT
        return f'<path d="M{x} {y} L{x} {TOP + after * STEP}" fill="none" stroke="#444" marker-end="url(#tip)"/>'
    side = LEFT + WIDTH if after > before else LEFT
    bow = side + (after - before) * 30
    start, end = (TOP + row * STEP + HEIGHT // 2 + shift for row, shift in ((before, 5), (after, -5)))
    path = f"M{side} {start} C{bow} {start} {bow} {end} {side} {end}"
    return f'<path d="{path}" fill="none" stroke="#444" marker-end="url(#tip)"/>'


def drawing() -> str:
    """The whole picture as text."""
    drawn = [state for state in State if state not in always()]
    rows = {state: number for number, state in enumerate([*drawn, *sorted(always())])}
    arrows = [
        arrow(rows[state], rows[after])
        for state in drawn
        for after in sorted(MAY_FOLLOW[state] - always(), key=rows.__getitem__)
    ]
    words = TOP + len(drawn) * STEP - 8
    height = TOP + len(rows) * STEP + 20
    boxes = [box(state, number) for state, number in rows.items()]
    line = f'<text x="{LEFT + WIDTH + 20}" y="{words + 30}">may follow any state above</text>'
    return "\n".join([HEAD.format(height=height), *boxes, *arrows, line, "</svg>", ""])


if __name__ == "__main__":
    TARGET.write_text(drawing())
