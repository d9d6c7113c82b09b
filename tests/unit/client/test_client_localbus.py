"""i2cdrv.SMBus without a service: the bus itself, with the locks of i2cdrv, until a service begins to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv import SMBus
from i2cdrv.client import link, localbus
from i2cdrv.errors import Busy
from i2cdrv.i2c import inventory
from i2cdrv.i2c.buslock import BusLock
from i2cdrv.sim import CHIPS, SimAdapter

from .conftest import forked_while_polling, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from i2cdrv.core.bus import Bus

LM75, BME280 = 0x48, 0x76


class Device(SimAdapter):
    """/dev/i2c-0 with an LM75."""

    def __init__(self, _bus: str, **_trees: Path) -> None:
        super().__init__({LM75: CHIPS["lm75"]()}, frequency=None)

    def fileno(self) -> int:
        return 0


@pytest.fixture
def dev(tmp_path: Path, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree of /dev; without a service, the device is opened."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/i2c-0").touch()
    monkeypatch.setattr(localbus, "I2cDevAdapter", Device)
    monkeypatch.setattr(localbus.LocalBus.__init__, "__kwdefaults__", {"sys": tmp_path, "dev": tmp_path / "dev"})
    return tmp_path / "dev"


@pytest.fixture
def smbus(dev: Path) -> Iterator[SMBus]:
    with SMBus(0) as smbus:
        yield smbus


def is_free(dev: Path, addr: int) -> bool:
    """Return whether another process can have the address."""
    other = BusLock(0, sys=inventory.SYS, dev=dev)
    try:
        other.take(addr)
    except Busy:
        return False
    finally:
        other.close()
    return True


def test_a_transfer_excludes_other_processes_until_close(smbus: SMBus, dev: Path) -> None:
    assert smbus.read_byte_data(LM75, 0x01) == 0x00
    assert (is_free(dev, LM75), is_free(dev, BME280)) == (False, True)
    smbus.close()
    assert is_free(dev, LM75)


def test_two_buses_of_one_program_share_an_address(smbus: SMBus, dev: Path) -> None:
    with SMBus(0) as other:
        assert (smbus.read_byte_data(LM75, 0x01), other.read_byte_data(LM75, 0x01)) == (0x00, 0x00)
    assert not is_free(dev, LM75)


def test_an_address_of_another_process_is_busy_unless_forced(smbus: SMBus, dev: Path) -> None:
    other = BusLock(0, sys=inventory.SYS, dev=dev)
    other.take(LM75)
    with pytest.raises(OSError, match="0x48 is in use by another i2cdrv"):
        smbus.read_byte_data(LM75, 0x01)
    assert smbus.read_byte_data(LM75, 0x01, force=True) == 0x00
    other.close()


def test_a_service_that_begins_to_run_is_used(
    smbus: SMBus, dev: Path, bus: Bus, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LOOK_S", 0.0)
    assert smbus.read_byte_data(LM75, 0x01) == 0x00
    with serving(bus, run_dir):
        smbus.read_byte_data(LM75, 0x01)  # it looks from the next second on
        smbus.route._look_at = 0.0  # type: ignore[union-attr]  # it is open
        with pytest.raises(OSError, match="0-0076 is bound to bme280"):
            smbus.read_byte(BME280)
        assert is_free(dev, LM75)
    assert smbus.read_byte_data(LM75, 0x01) == 0x00


def test_a_process_forked_during_a_transfer_can_do_transfers(smbus: SMBus) -> None:
    assert forked_while_polling(smbus) == 10 * [0]
