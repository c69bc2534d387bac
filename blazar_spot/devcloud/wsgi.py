# SPDX-License-Identifier: Apache-2.0
"""What gunicorn loads: the WSGI application of an OpenStack service by its module's name.

The modules read the command line when they are imported, and gunicorn's is none of their business.
"""

import importlib
import sys
from typing import Any


def load(module: str) -> Any:
    """The `application` of this module."""
    del sys.argv[1:]
    return importlib.import_module(module).application
