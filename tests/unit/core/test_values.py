"""Wrong or old values, and the framework's reaction to them with any driver."""

from __future__ import annotations

from math import sin
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

import i2cdrv
from i2cdrv import Register, bits, reg_field, s16, u16
from i2cdrv.cli.recording import recorded
from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import load, of_class
from i2cdrv.core.readingtext import faults_of, values_of
from i2cdrv.core.served import is_published
from i2cdrv.driver.channel import Range, absent
from i2cdrv.driver.constants import Checksum
from i2cdrv.driver.display import Unit
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import BadChecksum, ConfigLost, Disagreement, Error, NotConverted, NotMeasured, OutOfRange
from i2cdrv.i2c.adapter import Write
from i2cdrv.i2c.client import Client
from i2cdrv.sim import CHIPS, Chip, SimAdapter
from i2cdrv.sim.chips.bme280 import Bme280
from i2cdrv.sim.chips.bosch_trim import WORKED_EXAMPLE
from i2cdrv.sim.chips.sht4x import Sht4x
from i2cdrv.sim.wordcommands import words
from tests.support.effort import times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from i2cdrv.core.device import Device
    from i2cdrv.i2c.adapter import Message

Acceleration = Annotated[float, Unit("m/s²", 3), Range(-160, 160)]
Lux = Annotated[float, Unit("lx", 1)]


class Wire:
    """A SimAdapter with something between it and its users."""

    def __init__(self, inner: SimAdapter) -> None:
        self.inner = inner
        self.nr, self.name, self.functionality, self.clock = inner.nr, inner.name, inner.functionality, inner.clock
        self.claim, self.close, self.smbus_xfer = inner.claim, inner.close, inner.smbus_xfer

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        return self.inner.xfer(messages)


class Noisy(Wire):
    """Each bit that is read is turned over with this probability."""

    def __init__(self, inner: SimAdapter, rate: float, seed: int) -> None:
        super().__init__(inner)
        self.rate, self.random = rate, Random(seed)

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        return [self.disturbed(answer) for answer in super().xfer(messages)]

    def disturbed(self, answer: bytes) -> bytes:
        flips = sum(1 << bit for bit in range(8 * len(answer)) if self.random.random() < self.rate)
        return (int.from_bytes(answer, "big") ^ flips).to_bytes(len(answer), "big")


def bound(driver: type[Driver], adapter: Any, addr: int) -> Device[Any]:
    return Bus(adapter).bind(LoadedModule(of_class(driver)), addr)


# A moving quantity: bounds, settings in the burst, a counter.


class Inertia(Chip):
    """Registers: 0 identity; 0x10 … 0x17 settings, a counter of conversions, three words."""

    rate = 208.0  # conversions in a second

    def power_on(self) -> None:
        self.registers = bytearray(64)
        self.registers[0] = 0xA7
        self.pointer, self.first, self.stopped = 0, True, False

    def start(self, read: bool) -> bool:
        self.first = not read
        time = self.now()
        if not self.stopped:
            words = [round(3000 * sin(40 * time + axis) + 9000 * sin(311 * time)) for axis in range(3)]
            self.registers[0x12:0x18] = b"".join(word.to_bytes(2, "big", signed=True) for word in words)
            self.registers[0x11] = int(time * self.rate) & 0xFF
        return True

    def write(self, byte: int) -> bool:
        if self.first:
            self.pointer, self.first = byte, False
        else:
            self.registers[self.pointer] = byte
        return True

    def read(self) -> int:
        self.pointer += 1
        return self.registers[self.pointer - 1]


class Setup(Register, addr=0x10):
    rate: int = bits(7, 4)
    scale: int = bits(3, 2)


class Motion(Register, addr=0x10, size=8):
    settings: int = bits(7, 0, at=0x10, setting=True)
    conversion: int = bits(7, 0, at=0x11, counter=True)
    words: tuple[int, ...] = s16(0x12, count=3)


class Acceleration3(NamedTuple):
    x: Acceleration
    y: Acceleration
    z: Acceleration


class Imu(Driver):
    addresses = (0x68,)
    identity = {"test_values": {reg_field(0x00): 0xA7}}

    async def probe(self) -> None:
        self.regmap.write(Setup(rate=5, scale=3))

    async def sample(self) -> Acceleration3:
        return Acceleration3(*(word / 100 for word in self.regmap.read(Motion).words))


def imu() -> tuple[SimAdapter, Device[Any], Inertia]:
    chip = Inertia()
    adapter = SimAdapter({0x68: chip}, frequency=None)
    return adapter, bound(Imu, adapter, 0x68), chip


def test_a_shaken_imu_at_200_hz_costs_one_transfer_a_sample() -> None:
    adapter, device, _ = imu()
    device.sample()  # the first one checks the identity
    before, samples = adapter.transactions, set()
    for _ in range(1000):
        adapter.clock.sleep(0.005)
        samples.add(device.sample())
    assert adapter.transactions - before == 1000
    assert len(samples) == 1000


@pytest.mark.parametrize("bit", range(8))
def test_a_setting_of_a_shaken_imu_that_changes_is_noticed_in_the_next_sample(bit: int) -> None:
    adapter, device, chip = imu()
    device.sample()
    for _ in range(10):
        adapter.clock.sleep(0.005)
        device.sample()
    adapter.clock.sleep(0.005)
    chip.registers[0x10] ^= 1 << bit
    device.sample()  # after a new probe
    assert device.recovery.steps["reprobes"] == 1
    assert chip.registers[0x10] == 0x5C


def test_an_imu_that_has_stopped_gives_no_value_again() -> None:
    adapter, device, chip = imu()
    device.sample()
    adapter.clock.sleep(0.005)
    device.sample()
    chip.stopped = True
    for _ in range(3):
        adapter.clock.sleep(0.005)
        with pytest.raises(NotConverted, match="no new conversion"):
            device.sample()


@pytest.mark.parametrize(("rate", "interval"), [(2.0, 0.1), (12.5, 0.02), (104.0, 0.005)])
def test_a_chip_that_is_sampled_faster_than_it_converts_gives_each_conversion_once(
    rate: float, interval: float
) -> None:
    adapter, device, chip = imu()
    chip.rate = rate
    taken: list[Error | None] = []
    device.poll(interval, lambda reading: taken.append(reading.error))
    device.bus.kthread.run(adapter.clock.monotonic() + 10)
    assert not any(taken)
    assert len(taken) == pytest.approx(10 * rate, rel=0.25)  # the period after a late sample is skipped
    assert device.recovery.steps["reprobes"] == 0


# Bytes that nothing checks.


class Light(Chip):
    """Two bytes, without a register and without a CRC, as a BH1750's."""

    def write(self, byte: int) -> bool:
        return True

    def start(self, read: bool) -> bool:
        self.left = list(round(self.truth() * 1.2).to_bytes(2, "big")) if read else []
        return True

    def truth(self) -> float:
        return 500 + 20 * sin(self.now() / 30)

    def read(self) -> int:
        return self.left.pop(0)


class Brightness(NamedTuple):
    light: Annotated[Lux, Range(0, 54_612.5, accuracy=20)]


class Bh1750(Driver):
    addresses = (0x23,)

    async def sample(self) -> Brightness:
        self.client.write(b"\x20")
        await self.client.sleep(0.18)
        return Brightness(int.from_bytes(self.client.read(2), "big") / 1.2)


class Addressed(Bh1750):
    async def sample(self) -> Brightness:
        return Brightness(int.from_bytes(self.client.write_read(b"\x20", 2), "big") / 1.2)


@pytest.mark.parametrize("driver", [Bh1750, Addressed])
@pytest.mark.parametrize("seed", range(3))
def test_bytes_without_a_crc_are_measured_again_when_they_jump(driver: type[Driver], seed: int) -> None:
    chip = Light()
    adapter = SimAdapter({0x23: chip}, frequency=None)
    device = bound(driver, Noisy(adapter, 0.002, seed), 0x23)
    errors, samples = 0, times(2000, 500)
    for _ in range(samples):
        adapter.clock.sleep(1.0)
        try:
            assert abs(device.sample().light - chip.truth()) < 2 * 20 + 2, "twice its accuracy: two bits near the value"
        except Error:
            errors += 1
    assert errors < samples / 100
    assert device.recovery.steps["rereads"] > samples / 50


def test_a_value_near_the_last_one_is_not_believed_after_attempts_that_disagreed() -> None:
    chip = Light()
    device = bound(Bh1750, SimAdapter({0x23: chip}, frequency=None), 0x23)
    values = iter([500.0, 500.0, 500.0, 900.0, 505.0, 900.0, 901.0])
    chip.truth = lambda: next(values)  # type: ignore[method-assign]
    assert device.sample().light == pytest.approx(500, abs=1)
    assert device.sample().light == pytest.approx(900, abs=1)


# The declarations of a register.


class Four(Register, addr=0x10, size=4):
    setting: int = bits(7, 4, at=0x10, setting=True)
    zero: int = bits(3, 0, at=0x10, fixed=0)
    ready: bool = bits(0, at=0x11, ready=True)
    value: int = u16(0x12, unmeasured=0x8000)


class Low(Register, addr=0x10):
    setting: int = bits(7, 4)


class Registers(Chip):
    """Plain memory."""

    def power_on(self) -> None:
        self.memory, self.sent = bytearray(256), list[int]()

    def start(self, read: bool) -> bool:
        self.sent = self.sent if read else []
        return True

    def write(self, byte: int) -> bool:
        self.sent.append(byte)
        if len(self.sent) > 1:
            self.memory[self.sent[0] + len(self.sent) - 2] = byte
        return True

    def read(self) -> int:
        self.sent[0] += 1
        return self.memory[self.sent[0] - 1]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("60 01 12 34", ConfigLost),
        ("58 01 12 34", Disagreement),
        ("50 00 12 34", NotConverted),
        ("50 01 80 00", NotMeasured),
        ("50 01 12 34", None),
        ("50 81 80 01", None),  # bits that nothing is declared of
    ],
)
def test_a_read_checks_the_declaration(content: str, error: type[Error] | None) -> None:
    chip = Registers()
    driver = Imu(Client(SimAdapter({0x68: chip}), 0x68, "x"), {})
    driver.regmap.write(Low(setting=5))
    chip.memory[0x10:0x14] = bytes.fromhex(content)
    if error is None:
        assert driver.regmap.read(Four).setting == 5
    else:
        with pytest.raises(error):
            driver.regmap.read(Four)


@pytest.mark.parametrize("first", range(0, 0x10000, 0x1010))
def test_the_rest_of_a_field_reads_its_declared_constant(first: int) -> None:
    field = reg_field(0x20, 14, 4, size=2, rest=0x8005)
    chip = Registers()
    driver = Imu(Client(SimAdapter({0x68: chip}), 0x68, "x"), {})
    for word in range(first, min(first + 0x1010, 0x10000), 0x0101):
        chip.memory[0x20:0x22] = word.to_bytes(2, "big")
        if word & 0x800F == 0x8005:
            assert driver.regmap.read(field) == word >> 4 & 0x7FF
        else:
            with pytest.raises(Disagreement):
                driver.regmap.read(field)


# Constants.


class Factor(Register, addr=0x40, size=4):
    a: int = u16(0x40)
    b: int = u16(0x42)


class Warm(NamedTuple):
    temp: Annotated[Celsius, Range(-40, 85, accuracy=1)]


class Factored(Driver):
    """No CRC over its constants."""

    addresses = (0x68,)
    constants = {"test_values": (Factor,)}

    async def sample(self) -> Warm:
        return Warm(self.regmap.read(reg_field(0x50, signed=True)) * self.constant(Factor).a / 10)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ((Factor,), "by chip name"),
        ({"test_values": Factor}, "a tuple for each"),
        ({"test_values": (Checksum(0x44, over=(Factor,), polynomial=0x1D), Factor)}, "declare the registers of a"),
    ],
)
def test_constants_of_another_form_are_refused_with_their_driver(constants: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        type("Wrong", (Factored,), {"constants": constants})


def test_a_constant_that_is_not_declared_is_named() -> None:
    client = Client(SimAdapter({}), 0x68, "test_values")
    with pytest.raises(KeyError, match="Factor is not among the constants of a test_values"):
        Factored(client, {}).constant(Factor)


@pytest.mark.parametrize("value", ["open circuit", None, ValueError("open circuit")])
def test_only_an_error_stands_in_the_place_of_a_value(value: Any) -> None:
    with pytest.raises(TypeError, match="give an error of i2cdrv, such as OutOfRange"):
        absent(value)


class Flipped(Wire):
    """Bits of registers that are read wrongly until a time: always, or only where a read begins at ``place``."""

    def __init__(self, inner: SimAdapter, until: float, flips: dict[int, int], place: int | None = None) -> None:
        super().__init__(inner)
        self.until, self.flips, self.place = until, flips, place

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        first = messages[0].data[0] if isinstance(messages[0], Write) and messages[0].data else None
        if not answers or first is None or self.clock.monotonic() >= self.until:
            return answers
        if self.place is not None and first != self.place:
            return answers
        return [bytes(byte ^ self.flips.get(first + at, 0) for at, byte in enumerate(answers[0]))]


def factored(until: float, place: int | None) -> Flipped:
    chip = Registers()
    adapter = Flipped(SimAdapter({0x68: chip}), until, {0x41: 0x04}, place)
    chip.memory[0x41], chip.memory[0x50] = 10, 20
    return adapter


def test_a_bit_that_is_wrong_at_one_place_of_a_transfer_makes_no_wrong_constant() -> None:
    adapter = factored(0.5, 0x40)
    device = bound(Factored, adapter, 0x68)
    assert device.sample().temp == 20.0
    with pytest.raises(Disagreement, match="is another when it is read otherwise"):
        bound(Factored, factored(1e9, 0x40), 0x68)


def test_a_constant_that_all_reads_had_wrong_is_found_out_in_a_second() -> None:
    adapter = factored(0.5, None)
    device = bound(Factored, adapter, 0x68)
    assert device.sample().temp == 28.0, "nothing tells yet"
    adapter.clock.sleep(1.0)
    assert device.sample().temp == 20.0
    assert device.recovery.steps["reprobes"] == 1


@pytest.mark.parametrize("flips", [{0x88: 1}, {0x97: 0x80}, {0xA1: 8}, {0xE4: 0x10}, {0x8A: 2, 0xE1: 0x40}])
@pytest.mark.parametrize("until", [0.2, 0.5])
def test_trimming_words_that_are_read_wrongly_at_first_make_no_wrong_value(until: float, flips: dict[int, int]) -> None:
    chip = Bme280(temp=21.0, pressure=100_650.0, humidity=45.0)
    adapter = Flipped(SimAdapter({0x76: chip}), until, flips)
    device = Bus(adapter).bind(LoadedModule(load("bme280")), 0x76)
    for _ in range(20):
        assert device.sample() == pytest.approx((21.0, 100_650.0, 45.0), rel=1e-3)
        adapter.clock.sleep(0.5)


def test_trimming_words_that_stay_wrong_are_refused() -> None:
    adapter = Flipped(SimAdapter({0x76: Bme280()}), 1e9, {0x97: 0x80})
    with pytest.raises(BadChecksum, match="do not fit their CRC"):
        Bus(adapter).bind(LoadedModule(load("bme280")), 0x76)


class Mux(Wire):
    """Two buses with a switch that is not declared."""

    def __init__(self, inner: SimAdapter, other: SimAdapter, switched: Callable[[float], bool]) -> None:
        super().__init__(inner)
        self.other, self.switched = other, switched

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        return (self.other if self.switched(self.clock.monotonic()) else self.inner).xfer(messages)


def test_a_twin_behind_a_multiplexer_is_found_out_within_10_seconds() -> None:
    """Both measure the same, so that no value jumps when they are exchanged: only the trimming words differ."""
    first = SimAdapter({0x76: Bme280(temp=21.0, pressure=100_000.0, humidity=45.0)})
    trim = WORKED_EXAMPLE._replace(t1=27500, p1=36480)  # as near as no two chips are
    twin = SimAdapter({0x76: Bme280(trim=trim, temp=21.0, pressure=100_000.0, humidity=45.0)}, clock=first.clock)
    adapter = Mux(first, twin, lambda now: now > 5.0)
    device = Bus(adapter).bind(LoadedModule(load("bme280")), 0x76)
    for image in (first, twin):
        image.xfer([Write(0x76, b"\xf2\x01"), Write(0x76, b"\xf5\xa0")])  # the same settings
    reached = []
    for _ in range(25):
        adapter.clock.sleep(1.0)
        device.sample()
        reached.append(device.recovery.steps["reprobes"])
    assert reached[3] == 0
    assert reached[15] >= 1
    assert device.sample() == pytest.approx((21.0, 100_000.0, 45.0), rel=1e-3)


class TrimmingOnce(Wire):
    """A wire on which the next read of the first trimming words has these bits turned over; it counts those reads."""

    flips = 0
    reads = 0

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        answers = super().xfer(messages)
        if messages[0] != Write(0x77, b"\x88"):
            return answers
        self.reads += 1
        flips, self.flips = self.flips, 0
        return [(int.from_bytes(answers[0], "big") ^ flips).to_bytes(len(answers[0]), "big")]


def bmp280() -> tuple[TrimmingOnce, Device[Any]]:
    adapter = TrimmingOnce(
        SimAdapter({0x77: CHIPS["bmp280"](temp=lambda now: 21.0 + 0.2 * sin(now), pressure=100_000.0)})
    )
    device = Bus(adapter).bind(LoadedModule(load("bmp280")), 0x77)
    for _ in range(30):
        adapter.clock.sleep(1.0)
        device.sample()
    return adapter, device


@pytest.mark.parametrize(("flips", "reprobes"), [(1 << 40, 0), (0xF << 40, 0), (0xFFFF << 40, 1)])
def test_trimming_words_that_differ_in_many_bits_once_are_another_chips(flips: int, reprobes: int) -> None:
    """A line turns over single bits; a multiplexer that switches shows the other chip's words for one read."""
    adapter, device = bmp280()
    before = device.recovery.steps["reprobes"]
    adapter.flips = flips
    adapter.clock.sleep(11.0)
    device.sample()
    assert adapter.flips == 0
    assert device.recovery.steps["reprobes"] - before == reprobes


def test_after_a_jump_the_chip_is_checked_again_within_a_second() -> None:
    adapter, device = bmp280()
    adapter.inner.chips[0x77].set(temp=31.0)
    adapter.clock.sleep(0.1)
    device.sample()
    reads = adapter.reads
    adapter.clock.sleep(1.1)
    device.sample()
    assert adapter.reads == reads + 1


def test_a_sensor_without_registers_is_not_reset_while_its_values_move() -> None:
    """Its answers move; no register is read that could show it."""
    adapter = SimAdapter({0x44: CHIPS["sht4x"](temp=lambda now: 21.0 + 0.1 * sin(now))})
    device = Bus(adapter).bind(LoadedModule(load("sht4x")), 0x44)
    for _ in range(300):
        adapter.clock.sleep(1.0)
        device.sample()
    assert device.recovery.steps["reprobes"] == 0


class LateAnswer(Wire):
    """A wire on which ``answer``, if there is one, comes after a command to measure."""

    answer = b""
    measures = False

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        if isinstance(messages[0], Write):
            self.measures = messages[0].data == b"\xfd"
        return [self.answer if self.answer and self.measures else found for found in super().xfer(messages)]


def test_the_serial_number_of_a_sensor_that_was_there_before_is_no_measurement() -> None:
    """A multiplexer that switches lets the answer to READ_SERIAL of the first sensor come last."""
    adapter = LateAnswer(SimAdapter({0x44: CHIPS["sht4x"](temp=21.0, humidity=45.0)}))
    device = Bus(adapter).bind(LoadedModule(load("sht4x")), 0x44)
    device.sample()
    adapter.inner.detach(0x44)
    adapter.inner.attach(0x44, Sht4x(serial=0x12345678), temp=21.0, humidity=45.0)
    adapter.clock.sleep(20)
    device.sample()
    assert device.recovery.steps["reprobes"] == 1
    adapter.answer = words(0x0F1A, 0x2B3C)  # -34.68 °C and 15.1 %, if it were one
    with pytest.raises(Disagreement, match="another command"):
        device.sample()


# The check every 10 s.


@pytest.mark.parametrize(
    ("chip", "addr", "sleep"), [("mcp9808", 0x18, "01 01 00"), ("lm75", 0x48, "01 01"), ("tmp102", 0x49, "01 61 A0")]
)
@pytest.mark.parametrize("interval", [1.0, 7.0, 60.0])
def test_a_chip_that_another_program_puts_to_sleep_gives_no_value_older_than_10_seconds(
    chip: str, addr: int, sleep: str, interval: float
) -> None:
    simulated = CHIPS[chip](temp=lambda now: now / 20)
    adapter = SimAdapter({addr: simulated})
    bus = Bus(adapter)
    device = bus.bind(LoadedModule(load(chip)), addr, chip=chip)
    for number in range(33):
        adapter.clock.sleep(interval)
        if number % 10 == 5:
            adapter.xfer([Write(addr, bytes.fromhex(sleep))])
            adapter.clock.sleep(interval)
        age = 20 * (adapter.clock.monotonic() / 20 - device.sample().temp)
        assert age < 10.0 + interval * (interval < 10) + 20 * 0.5, "a step of its resolution is 10 s"


def test_a_record_has_the_checks_that_time_made_due_and_is_played_with_them(tmp_path: Path) -> None:
    path = tmp_path / "it.record"
    adapter = SimAdapter({0x48: CHIPS["tmp102"](temp=lambda now: 20 + now / 50)})
    with recorded(path, adapter, None), i2cdrv.open("tmp102", bus=adapter, addr=0x48) as device:
        made = []
        for pause in (1.0, 1.0, 9.0, 0.3, 11.0, 4.0, 4.0, 4.0, 60.0):
            adapter.clock.sleep(pause)
            made.append(device.sample())
    assert path.read_text().count('"check": "0x48"') == 4
    with i2cdrv.open("tmp102", bus=f"replay:{path}") as device:  # with no pause, and with longer ones
        for number, sample in enumerate(made):
            device.bus.adapter.clock.sleep(0.0 if number < 5 else 30.0)
            assert device.sample() == sample


# Conversions that do not happen.


class Deaf(Bme280):
    """Stops measuring on request: ``how`` selects the way."""

    how = ""

    def _request(self, ctrl_meas: int) -> None:
        if self.how != "ignores" or not ctrl_meas & 3:
            super()._request(ctrl_meas)

    def _command(self, ctrl_meas: int, now: float) -> None:
        super()._command(ctrl_meas, now)
        if self.how == "takes" and ctrl_meas & 3:
            self._conversions.stop()
        if self.how == "hangs" and ctrl_meas & 3:
            self._conversions.start(now, 1e9)

    def _measure(self, end: float) -> None:
        if self.how != "pretends":
            super()._measure(end)


@pytest.mark.parametrize("how", ["ignores", "takes", "hangs"])
@pytest.mark.parametrize("interval", [0.1, 1.0, 60.0])
def test_a_command_to_measure_that_is_not_obeyed_gives_no_value(how: str, interval: float) -> None:
    chip = Deaf(temp=lambda now: 20 + now / 10)
    adapter = SimAdapter({0x76: chip})
    device = Bus(adapter).bind(LoadedModule(load("bme280")), 0x76)
    for _ in range(3):
        adapter.clock.sleep(interval)
        device.sample()
    chip.how = how
    for _ in range(10):
        adapter.clock.sleep(interval)
        with pytest.raises(Error):
            device.sample()
    chip.how = ""
    adapter.clock.sleep(interval)
    chip.set(temp=30.0)
    assert device.sample().temp == pytest.approx(30.0, abs=0.02)


@pytest.mark.parametrize("mode", ["forced", "normal"])
def test_a_chip_that_only_pretends_to_measure_is_found_out_by_a_reset_within_30_seconds(mode: str) -> None:
    chip = Deaf(temp=20.0)
    adapter = SimAdapter({0x76: chip})
    loaded = LoadedModule(load("bme280"))
    loaded.params.load(f"mode={mode}".encode())
    device = Bus(adapter).bind(loaded, 0x76)
    device.sample()
    chip.set(temp=lambda now: 20 + now / 10)
    adapter.clock.sleep(1)
    device.sample()
    chip.how = "pretends"
    for _ in range(30):
        adapter.clock.sleep(1.0)
        try:
            device.sample()
        except Error:
            break
    else:
        raise AssertionError("the same value for 30 s")
    for _ in range(5):
        adapter.clock.sleep(1.0)
        with pytest.raises(NotMeasured):
            device.sample()


@pytest.mark.parametrize("mode", ["forced", "normal"])
def test_an_input_that_never_changes_loses_no_sample_and_is_reset_less_and_less_often(mode: str) -> None:
    adapter = SimAdapter({0x76: Bme280()})
    loaded = LoadedModule(load("bme280"))
    loaded.params.load(f"mode={mode}".encode())
    device = Bus(adapter).bind(loaded, 0x76)
    counts = []
    seconds = times(3600, 1200)
    for _ in range(seconds):
        adapter.clock.sleep(1.0)
        device.sample()
        counts.append(device.recovery.steps["reprobes"])
    half = counts[seconds // 2 - 1]
    assert counts[-1] < 50, "in an hour"
    assert counts[-1] - half < half + 1


# Two programs on one chip.


def test_a_chip_that_another_program_drives_is_reported_with_advice() -> None:
    adapter = SimAdapter({0x76: Bme280(temp=21.0)})
    device = Bus(adapter).bind(LoadedModule(load("bme280")), 0x76)
    for number in range(12):
        adapter.clock.sleep(0.5)
        if number % 3 == 2:
            adapter.xfer([Write(0x76, b"\xf4\xb7")])  # as Adafruit's driver sets it
        assert device.sample().temp == pytest.approx(21.0, abs=0.02)
        assert (device.state, bool(device.reason)) == ("live", number >= 8)
    assert "0-0076 keep changing between samples: another program" in device.reason
    assert "set mode=normal" in device.reason
    adapter.clock.sleep(61.0)
    for _ in range(3):
        adapter.clock.sleep(20.0)
        device.sample()
    assert device.reason == ""


# One bad channel.


class Probes(NamedTuple):
    temp1: Annotated[Celsius, Range(-55, 125, accuracy=1)]
    temp2: Annotated[Celsius, Range(-55, 125, accuracy=1)]
    temp3: Annotated[Celsius, Range(-55, 125, accuracy=1)]
    current: i2cdrv.Ampere


class Thermometer(Driver):
    """Three sensors; a reading of 0x7F means an open one."""

    addresses = (0x68,)

    async def sample(self) -> Probes:
        raw = [self.regmap.read(reg_field(0x50 + number, signed=True)) for number in range(3)]
        open_ = OutOfRange(f"a sensor of {self.client} is open: look at its wire")
        one, two, three = (absent(open_) if word == 0x7F else 2.0 * word for word in raw)
        return Probes(one, two, three, 0.5)


def thermometer(*raw: int) -> tuple[Registers, Device[Any]]:
    chip = Registers()
    adapter = SimAdapter({0x68: chip})
    chip.memory[0x50:0x53] = bytes(raw)
    device = bound(Thermometer, adapter, 0x68)
    return chip, device


OPEN, HOT = (0x7F, "a sensor of 0-0068 is open"), (0x46, "temp2 of 0-0068 would be 140")


@pytest.mark.parametrize(("raw", "says"), [OPEN, HOT])
def test_a_channel_without_a_value_does_not_void_the_others(raw: int, says: str) -> None:
    chip, device = thermometer(10, raw, 12)
    with pytest.raises(OutOfRange, match=says):
        device.sample()
    reading = device.reading()
    assert reading.error is None
    assert {channel.name: value for channel, value in reading.values()} == {"temp1": 20, "temp3": 24, "current": 0.5}
    assert [(channel.name, error.name) for channel, error in reading.faults()] == [("temp2", "ERANGE")]
    channels = reading.as_dict()["channels"]
    assert channels["temp1"] == {"value": 20.0, "unit": "°C", "digits": 2}
    assert channels["temp2"] == {"unit": "°C", "error": "ERANGE", "message": channels["temp2"]["message"]}
    assert says in channels["temp2"]["message"]
    assert is_published({**reading.as_dict(), "chip": "x", "state": "live"})
    assert set(values_of(reading.as_dict())) == {"temp1", "temp3", "current"}
    assert set(faults_of(reading.as_dict())) == {"temp2"}
    assert f"temp1 20.00 °C, temp2 no value: {says}" in reading.as_line()
    assert " (ERANGE), temp3 24.00 °C" in reading.as_line()
    assert device.state == "live"
    temp2, temp3 = device.channels[1:3]
    assert device.channel(temp3, 10.0) == 24.0
    with pytest.raises(OutOfRange, match=says):
        device.channel(temp2, 10.0)
    chip.memory[0x51] = 11
    assert device.sample() == (20, 22, 24, 0.5)


def test_a_fault_that_stays_costs_no_more_transfers_than_a_value() -> None:
    _, device = thermometer(10, 0x7F, 12)
    device.reading()
    adapter: Any = device.bus.adapter
    before = adapter.transactions
    device.reading()
    assert adapter.transactions - before == 3


def test_a_fault_that_a_flipped_bit_made_is_not_believed() -> None:
    class Flips(Wire):
        asked = 0

        def xfer(self, messages: Sequence[Message]) -> list[bytes]:
            self.asked += 1
            return [b"\x7f" for _ in super().xfer(messages)] if self.asked == 20 else super().xfer(messages)

    chip = Registers()
    adapter = Flips(SimAdapter({0x68: chip}))
    chip.memory[0x50:0x53] = bytes((0x3D, 0x3C, 0x3B))
    device = bound(Thermometer, adapter, 0x68)
    for _ in range(10):
        assert not list(device.reading().faults())


def test_a_chip_that_is_gone_has_no_value_of_any_channel() -> None:
    _, device = thermometer(10, 0x7F, 12)
    assert device.reading().error is None
    adapter: Any = device.bus.adapter
    adapter.detach(0x68)
    assert device.reading().error is not None
