"""Parameters of one device: in its chip only, and kept while the device is unbound, reloaded or bound again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

import i2cdrv
from i2cdrv import Celsius, Driver, RegField, param, reg_field
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load, of_class
from i2cdrv.core.reload import reload
from i2cdrv.driver.moduleparam import Overrides, Own
from i2cdrv.errors import Nack, NoDevice
from i2cdrv.i2c.adapter import Write
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from i2cdrv.i2c.adapter import Message

LEVEL: RegField[int] = reg_field(0x01)
HERE, THERE = 0x48, 0x49


class Sample(NamedTuple):
    temp: Celsius


class Levels(Driver):
    """Writes ``level`` to register 1 (an LM75's configuration)."""

    addresses = (HERE, THERE)
    level: int = param("what configure writes", default=1, minimum=0, maximum=31)

    async def configure(self) -> None:
        self.regmap.write(LEVEL, self.level)

    async def sample(self) -> Sample:
        return Sample(float(self.level))


class Watched(SimAdapter):
    """Two LM75; ``sent`` has the writes, and ``refuse`` selects those without an answer."""

    def __init__(self) -> None:
        super().__init__({addr: CHIPS["lm75"](temp=1.0) for addr in (HERE, THERE)}, clock=VirtualClock())
        self.sent: list[tuple[int, int]] = []
        self.refuse: Callable[[int, int], bool] = lambda _addr, _value: False

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if isinstance(messages[0], Write) and len(messages) == 1 and len(messages[0].data) == 2:
            addr, value = messages[0].addr, bytes(messages[0].data)[1]
            if self.refuse(addr, value):
                raise Nack(f"{addr:#04x} did not acknowledge")
            self.sent.append((addr, value))
        return super().xfer(messages)


@pytest.fixture
def adapter() -> Watched:
    return Watched()


@pytest.fixture
def bus(adapter: Watched) -> Iterator[Bus]:
    bus = Bus(adapter)
    yield bus
    bus.close()


@pytest.fixture
def loaded() -> LoadedModule:
    return LoadedModule(of_class(Levels))


def levels(*devices: Any) -> list[int]:
    return [device.sample().temp for device in devices]


def test_a_write_reaches_the_chip_of_that_device_only(bus: Bus, adapter: Watched, loaded: LoadedModule) -> None:
    here, there = bus.bind(loaded, HERE), bus.bind(loaded, THERE)
    adapter.sent.clear()
    there.set_param("level", 7)
    assert adapter.sent == [(THERE, 7)]
    assert levels(here, there) == [1, 7]


def test_a_write_to_the_module_leaves_a_device_with_its_own_value_alone(
    bus: Bus, adapter: Watched, loaded: LoadedModule
) -> None:
    here, there = bus.bind(loaded, HERE), bus.bind(loaded, THERE)
    there.set_param("level", 7)
    adapter.sent.clear()
    loaded.params.write("level", b"5")
    assert adapter.sent == [(HERE, 5)]
    assert levels(here, there) == [5, 7]
    there.params.unset("level")
    assert adapter.sent == [(HERE, 5), (THERE, 5)]
    loaded.params.write("level", b"6")
    assert levels(here, there) == [6, 6]


@pytest.mark.parametrize("whole_module", [False, True])
def test_a_sample_from_before_a_change_is_not_shown_after_it(
    bus: Bus, loaded: LoadedModule, *, whole_module: bool
) -> None:
    device = bus.bind(loaded, HERE)
    before = device.recent(0.0)
    assert device.recent(1000.0) is before
    device.set_param("debug", True)
    assert device.recent(1000.0) is before  # debug changes no setting of the chip
    (loaded.params if whole_module else device.params).write("level", b"7")
    after = device.recent(1000.0)
    assert (before.temp, after.temp) == (1, 7)
    assert device.recent(1000.0) is after
    assert device.current_reading().sample == after


def test_a_chip_that_refuses_its_value_gets_the_old_one_again(bus: Bus, adapter: Watched, loaded: LoadedModule) -> None:
    device = bus.bind(loaded, HERE)
    adapter.refuse = lambda _, value: value == 7
    adapter.sent.clear()
    with pytest.raises(Nack):
        device.set_param("level", 7)
    assert adapter.sent == [(HERE, 1)]
    assert (device.param("level"), levels(device)) == (1, [1])
    loaded.params.write("level", b"5")
    assert levels(device) == [5]  # it has no value of its own


def test_a_device_is_bound_with_its_own_values(bus: Bus, adapter: Watched, loaded: LoadedModule) -> None:
    device = bus.bind(loaded, HERE, overrides=Overrides(Own({"level": b"3"}, {"level": b"4"})))
    assert adapter.sent[0] == (HERE, 4)
    assert levels(device) == [4]


def test_a_value_that_the_driver_does_not_accept_is_logged(
    bus: Bus, loaded: LoadedModule, capsys: pytest.CaptureFixture[str]
) -> None:
    device = bus.bind(loaded, HERE, overrides=Overrides(Own({}, {"level": b"99", "gone": b"1"})))
    assert levels(device) == [1]
    err = capsys.readouterr().err
    for name, cause in (("level", "'99' is not a value of level"), ("gone", "unknown parameter 'gone'")):
        assert f'event="parameter of device discarded" device=0-0048 parameter={name} error="{cause}' in err


def test_a_device_keeps_its_values_while_it_is_unbound_and_an_old_one_cannot_be_written(
    bus: Bus, loaded: LoadedModule
) -> None:
    core = DriverCore()
    core.adopt(bus.bind(loaded, HERE))
    client = core.clients["0-0048"]
    before = client.device
    assert before is not None
    before.set_param("level", 7)
    core.unbind("test_device_parameters", "0-0048")
    with pytest.raises(NoDevice, match="0-0048 is not bound any more"):
        before.params.write("level", b"8")
    core.bind("test_device_parameters", "0-0048")
    assert client.device is not before
    assert levels(client.device) == [7]


SOURCE = '''"""A chip."""
from typing import NamedTuple
from i2cdrv import Celsius, Driver, param

class Sample(NamedTuple):
    temp: Celsius

class Mine(Driver):
    addresses = (0x48, 0x49)
    level: int = param("a level", default=1, maximum=31)
    gone: int = param("a parameter", default=1)

    async def sample(self) -> Sample:
        return Sample(float(self.level))
'''


def test_a_reloaded_driver_has_the_values_of_each_device_and_reports_those_it_does_not_accept(
    bus: Bus, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    loaded = LoadedModule(load(str(path)))
    here = bus.bind(loaded, HERE)
    bus.bind(loaded, THERE)
    here.set_param("level", 7)
    here.set_param("gone", 7)
    path.write_text(SOURCE.replace("gone: int", "other: int").replace("maximum=31", "maximum=30"))
    assert reload(loaded).dropped == ["gone of 0-0048"]
    assert levels(*(bus.devices[addr] for addr in (HERE, THERE))) == [7, 1]
    path.write_text(SOURCE)
    assert reload(loaded).dropped == []
    assert bus.devices[HERE].param("gone") == 7  # with the old declaration, the device has it again


def test_a_driver_that_was_ejected_comes_back_with_the_values_of_its_device(bus: Bus, loaded: LoadedModule) -> None:
    device = bus.bind(loaded, HERE)
    device.set_param("level", 7)
    ejected = device.driver
    device.owner.eject(NoDevice("a mistake"))
    bus.kthread.run(until=bus.adapter.clock.monotonic() + 20.0)
    assert levels(device) == [7]
    assert device.driver is not ejected


def test_debug_of_one_device_logs_its_transfers_only(
    bus: Bus, loaded: LoadedModule, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = bus.bind(loaded, HERE), bus.bind(loaded, THERE)
    there.set_param("debug", True)
    here.set_param("level", 5)
    there.set_param("level", 6)
    err = capsys.readouterr().err
    assert "event=transfer device=0-0049 write=01-06" in err
    assert "0-0048" not in err


# Scripts, and records of them.


def test_a_script_opens_two_ina219_with_different_shunts() -> None:
    chips = {addr: CHIPS["ina219"](current=1.0, shunt_ohms=ohms) for addr, ohms in ((0x40, 0.1), (0x41, 0.01))}
    adapter = SimAdapter(chips, clock=VirtualClock())
    with (
        i2cdrv.open("ina219", bus=adapter, addr=0x40) as first,
        i2cdrv.open("ina219", bus=adapter, addr=0x41, shunt_ohms=0.01) as second,
    ):
        assert [device.sample().current for device in (first, second)] == pytest.approx([1.0, 1.0], abs=0.01)
        second.set_param("shunt_ohms", 0.02)
        assert [device.sample().current for device in (first, second)] == pytest.approx([1.0, 0.5], abs=0.01)
