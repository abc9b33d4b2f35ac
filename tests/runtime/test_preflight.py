"""What the keys of a configuration say together is checked before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicache.config import Config, ConfigError
from aicache.runtime.preflight import check_config


def test_no_masks_beside_masks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^built_in_masks: none stands beside other masks: leave out either"):
        check_config(Config(built_in_masks=("none", "agents")), tmp_path)

    assert check_config(Config(built_in_masks=("none",)), tmp_path)
