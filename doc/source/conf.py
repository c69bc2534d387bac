# SPDX-License-Identifier: Apache-2.0
"""How the documentation is built: `make docs`; a warning is an error."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "_ext"))

project = "blazar_spot"
author = project_copyright = "blazar_spot contributors"

extensions = [
    "cliff.sphinxext",
    "openstackdocstheme",
    "oslo_config.sphinxext",
    "reno.sphinxext",
    "openapi",
    "reclaim_states",
]
exclude_patterns = ["_ext"]
autoprogram_cliff_application = "openstack"
# What every command of openstack has.
autoprogram_cliff_ignored = ["-h", "-f", "-c", "--noindent", "--prefix", "--max-width", "--fit-width", "--print-empty"]
autoprogram_cliff_ignored += ["--quote", "--sort-column", "--sort-ascending", "--sort-descending"]
nitpicky = True
man_pages = [("cli-reference", "openstack-spot", "commands of openstack for spot instances", [author], 1)]
html_theme = "openstackdocs"
html_copy_source = False
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_bug_project = ""
