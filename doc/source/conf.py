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
autoprogram_cliff_ignored = ["-h", "--help"]
nitpicky = True
html_theme = "openstackdocs"
html_copy_source = False
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_bug_project = ""
