"""Parameters of modules in use: in the chip before the write returns, or not at all."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv import reg_field
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load, of_class
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import param
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import Error, Invalid, Nack, NoDevice, Unknown
from i2cdrv.i2c.adapter import Write
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from i2cdrv.i2c.adapter import Message

LEVEL = reg_field(0x01)


class Sample(NamedTuple):
    temp: Celsius


class Levels(Driver):
    """Writes ``level`` to register 1 (an LM75's configuration), and records its calls."""

    addresses = (0x48, 0x49)
    told: list[str]

    level: int = param("what configure writes", default=1, minimum=0, maximum=255)
    fixed: int = param("only before", default=1, perm=0o444)
    hidden: int = param("no file", default=1, perm=0)

    async def probe(self) -> None:
        self.told = [*getattr(self, "told", []), "probe"]

    async def configure(self) -> None:
        self.told.append(f"configure {self.level} on {threading.current_thread().name}")
        self.regmap.write(LEVEL, self.level)
        await self.client.sleep(0.001)

    async def sample(self) -> Sample:
        before = self.level
        await self.client.sleep(0.1)
        if self.level != before:
            raise AssertionError("the level changed under a sample")
        return Sample(float(self.level))


class Probing(Driver):
    """Has no configure."""

    addresses = (0x48,)

    level: int = param("what probe writes", default=1)

    async def probe(self) -> None:
        self.regmap.write(LEVEL, self.level)
        self.on_remove(self.regmap.write, LEVEL, 0)

    async def sample(self) -> Sample:
        return Sample(0.0)


class Watched(SimAdapter):
    """LM75s at 0x48 and 0x49; ``refuse`` selects the transfers that get no answer."""

    def __init__(self) -> None:
        super().__init__({addr: CHIPS["lm75"](temp=1.0) for addr in (0x48, 0x49)}, clock=VirtualClock())
        self.sent: list[tuple[int, int]] = []
        self.refuse: Callable[[int, int], bool] = lambda _addr, _value: False

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        (message,) = messages
        assert isinstance(message, Write)
        addr, value = message.addr, bytes(message[1])[1]
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


def ctrl_meas(adapter: SimAdapter) -> int:
    """The register of the chip, as the datasheet numbers it (BME280 §5.4.5)."""
    chip: Any = adapter.chips[0x76]
    chip.start(read=False)
    chip.write(0xF4)
    chip.start(read=True)
    value = chip.read()
    chip.stop()
    return int(value)


# The simulated BME280.


def test_osrs_p_of_a_live_bme280_is_in_the_chip_when_the_write_returns() -> None:
    adapter = SimAdapter({0x76: CHIPS["bme280"](temp=20.0)}, clock=VirtualClock())
    with i2cdrv.open("bme280", bus=adapter, addr=0x76, mode="normal") as device:
        assert ctrl_meas(adapter) == 0b001_001_11
        device.set_param("osrs_p", "x16")
        assert ctrl_meas(adapter) == 0b001_101_11
        assert device.param("osrs_p").name == "X16"
        assert device.sample().temp == pytest.approx(20.0, abs=0.02)


def test_without_the_chip_the_write_fails_and_the_old_value_stands_in_the_chip_too() -> None:
    adapter = SimAdapter({0x76: CHIPS["bme280"](temp=20.0)}, clock=VirtualClock())
    with i2cdrv.open("bme280", bus=adapter, addr=0x76, mode="normal", osrs_p="x2") as device:
        chip = adapter.detach(0x76)
        with pytest.raises(Nack) as caught:
            device.set_param("osrs_p", "x16")
        assert caught.value.errno == errno.ENXIO
        assert device.param("osrs_p").name == "X2"
        adapter.attach(0x76, chip)
        assert device.sample().temp == pytest.approx(20.0, abs=0.02)
        assert ctrl_meas(adapter) == 0b001_010_11


@pytest.mark.parametrize("name", ["bme280", "ina219", "ina226", "mcp9808", "sht4x", "lm75"])
def test_every_driver_measures_right_after_each_of_its_parameters_was_changed(name: str) -> None:
    inputs: dict[str, Any] = {} if name.startswith("ina") else {"temp": 20.0}
    module = load(name)
    addr = module.driver.addresses[0]
    adapter = SimAdapter({addr: CHIPS[name](**inputs)}, clock=VirtualClock())
    with i2cdrv.open(name, bus=adapter, addr=addr) as device:
        before = device.sample()
        for declared in module.driver.params.values():
            for word in getattr(declared.type, "words", ()):
                device.set_param(declared.name, word)
                assert device.sample() == pytest.approx(before, rel=0.05, abs=0.05), (declared.name, word)


# Which drivers are notified, and when.


def test_the_driver_is_notified_once_on_its_kthread(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    device = bus.bind(loaded, 0x48)
    driver: Any = device.driver
    bus.kthread.start()
    loaded.params.write("level", b"2")
    assert driver.told == ["probe", f"configure 1 on {threading.current_thread().name}", "configure 2 on i2c-0"]
    assert adapter.sent == [(0x48, 1), (0x48, 2)]
    assert loaded.params.show("level") == b"2\n"


def test_a_driver_without_configure_is_probed_again(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Probing))
    bus.bind(loaded, 0x48)
    loaded.params.write("level", b"2")
    assert adapter.sent == [(0x48, 1), (0x48, 0), (0x48, 2)]


def test_a_value_that_is_refused_reaches_no_driver(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    bus.bind(loaded, 0x48)
    for text, number in ((b"256", errno.EINVAL), (b"x", errno.EINVAL), (b"9999999999", errno.ERANGE)):
        with pytest.raises(Invalid) as caught:
            loaded.params.write("level", text)
        assert caught.value.errno == number
    assert adapter.sent == [(0x48, 1)]


def test_only_parameters_with_a_writable_mode_are_written(bus: Bus) -> None:
    loaded = LoadedModule(of_class(Levels))
    device = bus.bind(loaded, 0x48)
    with pytest.raises(Error, match=r"fixed of .* cannot be written") as caught:
        device.set_param("fixed", 2)
    assert caught.value.errno == errno.EACCES
    with pytest.raises(Unknown, match=r"hidden .* has no file"):
        device.set_param("hidden", 2)
    with pytest.raises(Unknown, match="did you mean level"):
        device.set_param("levle", 2)


def test_debug_shows_transfers_from_now_on(bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = LoadedModule(of_class(Levels))
    device = bus.bind(loaded, 0x48)
    device.set_param("debug", True)
    device.set_param("level", 2)
    device.set_param("debug", False)
    device.set_param("level", 3)
    shown = [line for line in capsys.readouterr().err.splitlines() if "transfer" in line]
    assert len(shown) == 1
    assert "write=01-02" in shown[0]


def test_a_removed_device_is_not_notified(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    bus.unbind(bus.bind(loaded, 0x48))
    bus.bind(loaded, 0x49)
    loaded.params.write("level", b"2")
    assert adapter.sent == [(0x48, 1), (0x49, 1), (0x49, 2)]


# Failure.


def test_a_chip_that_refuses_the_new_value_gets_the_old_one_again(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    device = bus.bind(loaded, 0x48)
    adapter.refuse = lambda _addr, value: value == 2
    with pytest.raises(Nack):
        loaded.params.write("level", b"2")
    assert adapter.sent == [(0x48, 1), (0x48, 1)]
    assert (loaded.params.show("level"), device.sample().temp) == (b"1\n", 1.0)


def test_if_the_second_device_refuses_the_first_gets_the_old_value_again(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    one, two = (bus.bind(loaded, addr) for addr in (0x48, 0x49))
    adapter.refuse = lambda addr, value: (addr, value) == (0x49, 2)
    with pytest.raises(Nack):
        loaded.params.write("level", b"2")
    assert adapter.sent[2:] == [(0x48, 2), (0x49, 1), (0x48, 1)]
    assert (one.sample().temp, two.sample().temp) == (1.0, 1.0)


def test_a_chip_that_does_not_take_the_old_value_either_is_probed_before_its_next_sample(
    bus: Bus, adapter: Watched
) -> None:
    loaded = LoadedModule(of_class(Levels))
    one, _ = (bus.bind(loaded, addr) for addr in (0x48, 0x49))
    driver: Any = one.driver
    adapter.refuse = lambda addr, value: addr == 0x49 or (addr == 0x48 and (0x48, 2) in adapter.sent)
    with pytest.raises(Nack):
        loaded.params.write("level", b"2")
    adapter.refuse = lambda _addr, _value: False
    adapter.sent.clear()
    assert one.sample().temp == 1.0
    assert adapter.sent == [(0x48, 1)]
    assert driver.told.count("probe") == 2


def test_a_driver_that_fails_by_mistake_is_named_and_the_old_value_stands(bus: Bus) -> None:
    class Faulty(Levels):
        async def configure(self) -> None:
            if self.level == 2:
                raise KeyError("oops")

    loaded = LoadedModule(of_class(Faulty))
    bus.bind(loaded, 0x48)
    with pytest.raises(Error, match="KeyError: 'oops'"):
        loaded.params.write("level", b"2")
    assert loaded.params.show("level") == b"1\n"


# At the same time.


def test_a_sample_under_way_is_finished_first(bus: Bus) -> None:
    loaded = LoadedModule(of_class(Levels))
    device = bus.bind(loaded, 0x48)
    bus.kthread.start()
    samples: list[float] = []
    readers = [threading.Thread(target=lambda: samples.append(device.sample().temp)) for _ in range(4)]
    for number, reader in enumerate(readers):
        reader.start()
        loaded.params.write("level", b"%d" % (number + 2))
    for reader in readers:
        reader.join()
    assert len(samples) == 4
    assert device.sample().temp == 5.0


def test_two_writers_come_one_after_the_other(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    for addr in (0x48, 0x49):
        bus.bind(loaded, addr)
    bus.kthread.start()
    adapter.sent.clear()
    writers = [threading.Thread(target=loaded.params.write, args=("level", b"%d" % n)) for n in range(2, 22)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    pairs = list(zip(adapter.sent[::2], adapter.sent[1::2], strict=True))
    assert len(pairs) == 20
    assert all(pair == ((0x48, pair[0][1]), (0x49, pair[0][1])) for pair in pairs)
    assert loaded.params.show("level") == b"%d\n" % pairs[-1][0][1]


def test_a_device_bound_during_a_write_has_the_new_value(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    bus.bind(loaded, 0x48)
    binding = threading.Thread(target=bus.bind, args=(loaded, 0x49))

    def bound_meanwhile(_addr: int, value: int) -> bool:
        if value == 2 and not binding.ident:
            binding.start()
        return False

    adapter.refuse = bound_meanwhile
    loaded.params.write("level", b"2")
    binding.join()
    assert adapter.sent[-1] == (0x49, 2)


# The users of a module.


def test_a_failed_probe_and_an_end_give_the_module_back(adapter: Watched) -> None:
    bus, loaded = Bus(adapter), LoadedModule(of_class(Levels))
    with pytest.raises(Error):
        bus.bind(loaded, 0x4A)  # where no chip is
    assert loaded.refcount.read() == 1
    device = bus.bind(loaded, 0x48)
    assert loaded.refcount.read() == 2
    bus.unbind(device)
    assert loaded.refcount.read() == 1


def test_a_module_that_is_being_unloaded_takes_no_device(bus: Bus, adapter: Watched) -> None:
    loaded = LoadedModule(of_class(Levels))
    assert loaded.refcount.dec_and_test()
    with pytest.raises(NoDevice, match="is being unloaded"):
        bus.bind(loaded, 0x48)
    assert not bus.devices
    assert not adapter.sent, "no chip was touched"
