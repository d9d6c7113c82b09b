"""The simulated bus of a daemon: one, with the chips that the configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from i2cdrv.config.config import load
from i2cdrv.config.options import Cpus
from i2cdrv.core.bus import Bus
from i2cdrv.core.model import DriverCore
from i2cdrv.core.openadapter import open_adapter
from i2cdrv.daemon.adapters import Adapters
from i2cdrv.errors import Invalid, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = """
buses: {desk: "sim:./mine_sim.py:Mine@0x18;sht4x@0x44"}
devices:
- {module: mcp9808, bus: desk, addr: 0x18}
- {module: sht4x, bus: "sim:./mine_sim.py:Mine@0x18;sht4x@0x44"}
"""


@pytest.fixture
def adapters(tmp_path: Path) -> Iterator[Adapters]:
    made = Adapters(DriverCore(), tmp_path, Cpus(), acquire=lambda word, _: Bus(open_adapter(word)))
    yield made
    made.close(5.0)


def test_the_files_are_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "i2cdrv.yaml").write_text(TEXT)
    service = load(tmp_path / "i2cdrv.yaml").service
    word = f"sim:{tmp_path}/mine_sim.py:Mine@0x18;sht4x@0x44"
    assert [service.bus(device.bus) for device in service.devices] == [word, word]


def test_there_is_one_simulated_bus_and_its_name_is_kept(adapters: Adapters) -> None:
    bus = adapters.find("sim:sht4x@0x44")
    assert adapters.is_simulated(bus)
    assert adapters.find("sim:sht4x@0x44") is adapters.find("sim") is bus
    assert adapters.simulated_word == "sim:sht4x@0x44"
    with pytest.raises(Invalid, match="this daemon has a simulated bus already, sim:sht4x@0x44: name all chips in one"):
        adapters.find("sim:lm75@0x48")


def test_a_program_that_comes_first_makes_no_simulated_bus(adapters: Adapters) -> None:
    with pytest.raises(Unknown, match="no simulated bus: a device of its configuration"):
        adapters.present("sim")
    bus = adapters.find("sim:sht4x@0x44")
    assert adapters.present("sim") is bus
