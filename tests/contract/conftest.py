# SPDX-License-Identifier: Apache-2.0
"""The contracts are test code outside test modules: let pytest explain what fails in them."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.stage", "tests.contract.compute_contract", "tests.contract.pool_contract"
)
