"""The words that a shell offers for a daemon's devices and modules."""

from __future__ import annotations

from typing import Any

from i2cdrv.cli.completion.grammar import program
from i2cdrv.cli.completion.kinds import items
from i2cdrv.cli.completion.line import Candidate
from tests.support.waiting import until


def test_devices_and_modules_of_a_daemon(daemon_of: Any) -> None:
    daemon = daemon_of("devices: [{module: bme280, bus: sim, interval: 0.05}]\nmodules: [lm75]\n")

    def words(*line: str) -> list[str]:
        found = items(program(), ["--run-dir", str(daemon.run_dir), *line])
        return [one.word for one in found if isinstance(one, Candidate)]

    until(lambda: words("unbind", "") == ["0-0076"])  # it has a reading
    assert words("bind", "") == []
    assert set(words("unload", "")) == {"bme280", "lm75"}
    assert daemon.says("unbind", "0-0076") == 0
    assert words("bind", "") == words("delete-device", "") == ["0-0076"]
    assert set(words("bind", "0-0076", "")) == {"bme280", "lm75"}
    assert words("unbind", "") == []
    assert "lm75a" in words("new-device", "")
    assert words("new-device", "bme280", "") == ["0x76", "0x77"]
