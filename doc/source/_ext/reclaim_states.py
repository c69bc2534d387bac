# SPDX-License-Identifier: Apache-2.0
"""The ``reclaim-states`` directive: the states of a reclaim, drawn from the code that holds them."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from blazar_spot.core import reclaim


def rows() -> list[tuple[str, str, str]]:
    """Each state, what it means, and what may come next."""
    meanings = ModuleAnalyzer.for_module(reclaim.__name__).find_attr_docs()
    order = list(reclaim.State)
    return [
        (
            state.name,
            " ".join(meanings["State", state.name]).strip(),
            ", ".join(after.name for after in order if after in reclaim.MAY_FOLLOW[state]) or "the end",
        )
        for state in order
    ]


class ReclaimStates(SphinxDirective):
    """A table of three columns."""

    def run(self) -> list[nodes.Node]:
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 15 55 30", ""]
        for row in [("State", "Meaning", "May be followed by"), *rows()]:
            lines += [f"   {'*' if cell is row[0] else ' '} - {cell}" for cell in row]
        return self.parse_text_to_nodes(StringList(lines, source=reclaim.__name__))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("reclaim-states", ReclaimStates)
    return {"parallel_read_safe": True}
