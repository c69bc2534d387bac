# SPDX-License-Identifier: Apache-2.0
"""Everything about the package is in setup.cfg; pbr reads it."""

import setuptools

setuptools.setup(setup_requires=["pbr>=7.0.0"], pbr=True)
