"""A daemon that has next to no processor time ejects none of its drivers; for a minute: make starved."""

from __future__ import annotations

from pathlib import Path

import pytest

from i2cdrv.sim.bus import STANDARD_CHIPS
from tests.support.cgroup import Unavailable, quota
from tests.system.starved.run import starve


def test_no_driver_is_ejected_for_a_machine_that_is_busy(tmp_path: Path) -> None:
    try:
        with quota(2) as limit:
            outcome = starve(tmp_path, limit, 6.0)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert outcome.ejections == []
    assert len(outcome.devices) == len(STANDARD_CHIPS)
    assert "failed" not in outcome.devices.values()
    assert outcome.throttled > 10, "it was busy"
