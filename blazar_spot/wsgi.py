# SPDX-License-Identifier: Apache-2.0
"""What a WSGI server loads: ``blazar_spot.wsgi:application``, made when this module is imported.

So a configuration that is wrong stops the server when it starts. The configuration file is looked for in the usual
places, or is the one that the variable OS_BLAZAR_SPOT_CONFIG_FILE names: the command line is the server's.
"""

import os

from oslo_log import log

from blazar_spot import wiring
from blazar_spot.conf import PROJECT

_conf = wiring.load(os.environ.get("OS_BLAZAR_SPOT_CONFIG_FILE"))
log.setup(_conf, PROJECT)
application = wiring.api(_conf)
