# SPDX-License-Identifier: Apache-2.0
"""What a cloud does with a directory when there is no cloud in it."""

from pathlib import Path

import pytest

from blazar_spot.devcloud.birth import CloudFailed
from blazar_spot.devcloud.cloud import Cloud


def test_a_directory_that_is_no_clouds_is_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("to keep")
    with pytest.raises(CloudFailed, match="not a dev cloud's directory"):
        Cloud(tmp_path).up()
    with pytest.raises(CloudFailed, match="not a dev cloud's directory"):
        Cloud(tmp_path).down()
    assert letter.read_text() == "to keep"


def test_where_nothing_is_there_is_nothing_to_end(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "none")
    cloud.down()
    assert not cloud.is_up
    assert cloud.status() == []
    with pytest.raises(CloudFailed, match="there is no cloud"):
        cloud.service("keystone")
