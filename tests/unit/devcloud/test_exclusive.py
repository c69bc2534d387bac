# SPDX-License-Identifier: Apache-2.0
"""Who works on a cloud's directory works alone."""

from pathlib import Path

import pytest

from blazar_spot.devcloud.exclusive import Busy, exclusive


def test_a_second_one_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(Busy), exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        pass


def test_directories_do_not_wait_for_each_other_and_nothing_is_left_in_them(tmp_path: Path) -> None:
    with exclusive(tmp_path / "one"), exclusive(tmp_path / "other"):
        pass
    assert list(tmp_path.iterdir()) == []
