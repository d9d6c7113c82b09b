"""Looking at a bus without harm: chips that take any written byte for an order, and are never given one."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import pytest

from i2cdrv import reg_field
from i2cdrv.core.bus import Bus
from i2cdrv.core.detect import ADDRESSES, FoundChip, find_address, is_present, scan
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.module import Module, load, of_class
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.unit import Celsius
from i2cdrv.errors import BusFault, Busy, DriverFault, Error, Invalid, Nack, NoDevice, TimedOut
from i2cdrv.i2c.adapter import Functionality, Message, Read, Write
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.sim import CHIPS, Chip, SimAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLAIN = Functionality.I2C | Functionality.SMBUS_EMUL
SMBUS_ONLY = Functionality.SMBUS_EMUL
BOTH = pytest.mark.parametrize("functionality", [PLAIN, SMBUS_ONLY], ids=["plain I2C", "SMBus only"])

# The addresses where a register number may be an order: expanders, EEPROMs, DACs, ADCs (their data sheets).
DANGEROUS = [*range(0x20, 0x28), *range(0x38, 0x40), *range(0x50, 0x58), *range(0x60, 0x68), *range(0x68, 0x70)]


class Registers(Chip):
    """A pointer and registers after it; writes down every byte it was sent."""

    content: ClassVar[Mapping[int, int]] = {}

    def power_on(self) -> None:
        self.pointer, self.fresh = 0, True
        self.sent: list[int] = []
        self.reads = 0

    def start(self, read: bool) -> bool:
        self.fresh = True
        self.reads += read
        return True

    def write(self, byte: int) -> bool:
        self.sent.append(byte)
        if self.fresh:
            self.pointer, self.fresh = byte, False
        return True

    def read(self) -> int:
        self.pointer = (self.pointer + 1) % 256
        return self.content.get(self.pointer - 1, 0xA5 if self.pointer % 2 else 0x5A)


class Thermo(Registers):
    content: ClassVar = {0x90: 0x77}


class Hygro(Registers):
    content: ClassVar = {0x90: 0x78}


class OneByte(Registers):
    """A multiplexer or port expander: a write is its setting, and each read returns that setting."""

    setting = 0x00

    def read(self) -> int:
        return self.sent[-1] if self.sent else self.setting


class Htu21d(Registers):
    """Command 0xE7 reads the user register; 0xFE resets."""

    user = 0x02

    def read(self) -> int:
        return self.user if self.pointer == 0xE7 else 0xFF

    @property
    def resets(self) -> int:
        return self.sent.count(0xFE)


class WriteOnly(Registers):
    """Acknowledges its address for a write only, as SHTC3 does when it has no result."""

    def start(self, read: bool) -> bool:
        return super().start(read) and not read


class Sample(NamedTuple):
    temp: Celsius


class Everywhere(Driver):
    """Would be at home at any address, and is recognised by a register."""

    addresses = range(0x08, 0x78)
    identity = {"thermo": {reg_field(0x90): 0x77}, "hygro": {reg_field(0x90): 0x78}}

    async def sample(self) -> Sample:
        return Sample(0.0)


class Nameless(Driver):
    """Has no identity register."""

    addresses = (0x48, 0x49, 0x4A)

    async def sample(self) -> Sample:
        return Sample(0.0)


EVERYWHERE = of_class(Everywhere)
NAMELESS = of_class(Nameless)
HYGRO = Module("everywhere", "hygro", EVERYWHERE.path, Everywhere)
SHIPPED = [load(name) for name in ("bme280", "ina219", "ina226", "lm75", "mcp9808", "sht4x")]


class Held(SimAdapter):
    """Some addresses have a kernel driver."""

    held: frozenset[int] = frozenset()

    def claim(self, addr: int, *, force: bool = False) -> None:
        if addr in self.held and not force:
            raise Busy(f"0x{addr:02x} is used by the kernel driver lm75")


def bus_with(chips: Mapping[int, Chip], functionality: Functionality = PLAIN, name: str = "bcm2835") -> Bus:
    return Bus(Held(chips, nr=1, name=name, clock=VirtualClock(), frequency=None, functionality=functionality))


def chip_on(bus: Bus, addr: int) -> Registers:
    assert isinstance(bus.adapter, SimAdapter)
    chip = bus.adapter.chips[addr]
    assert isinstance(chip, Registers)
    return chip


def record(bus: Bus) -> list[Sequence[Message]]:
    transfers: list[Sequence[Message]] = []
    assert isinstance(bus.adapter, SimAdapter)
    bus.adapter.transferred.add(lambda messages, _outcome: transfers.append(list(messages)))
    return transfers


# Never written.


@BOTH
@pytest.mark.parametrize("chip", [Thermo, OneByte])
def test_nothing_is_written_where_a_byte_may_be_an_order(chip: type[Registers], functionality: Functionality) -> None:
    bus = bus_with({addr: chip() for addr in DANGEROUS}, functionality)
    found = scan(bus, [EVERYWHERE, *SHIPPED])
    assert {addr: chip_on(bus, addr).sent for addr in DANGEROUS} == {addr: [] for addr in DANGEROUS}
    assert [one.addr for one in found] == sorted(DANGEROUS)
    assert not any(one.sure for one in found)
    assert all("may be a" in one.note for one in found)


@BOTH
def test_nothing_is_written_there_to_find_one_chip_either(functionality: Functionality) -> None:
    for addr in DANGEROUS:
        bus = bus_with({addr: Thermo()}, functionality)
        with pytest.raises(NoDevice, match=rf"there is: {addr:#04x} may be a.*; --addr {addr:#04x} reads it$"):
            find_address(bus, HYGRO)
        assert chip_on(bus, addr).sent == []


@BOTH
@pytest.mark.parametrize("channels", [0x00, 0x01, 0x80, 0xFF])
def test_a_multiplexer_keeps_its_channels(channels: int, functionality: Functionality) -> None:
    muxes = {addr: OneByte() for addr in range(0x70, 0x78)}
    for mux in muxes.values():
        mux.setting = channels
    bus = bus_with(muxes, functionality)
    found = scan(bus, [EVERYWHERE, *SHIPPED])
    assert [(one.addr, one.sure) for one in found] == [(addr, False) for addr in range(0x70, 0x78)]
    assert {one.note for one in found} == {"may be a multiplexer: it repeats one byte"}
    with pytest.raises(NoDevice, match="multiplexer"):
        find_address(bus, HYGRO)
    assert all(mux.sent == [] for mux in muxes.values())


@BOTH
def test_a_chip_at_a_multiplexers_address_is_recognised(functionality: Functionality) -> None:
    bus = bus_with({0x76: Thermo()}, functionality)
    assert scan(bus, [EVERYWHERE]) == [FoundChip(0x76, ("thermo",), True)]


@BOTH
def test_a_chip_at_a_multiplexers_address_that_cannot_be_read_is_left_alone(functionality: Functionality) -> None:
    bus = bus_with({0x70: WriteOnly(), 0x76: Thermo()}, functionality)
    silent, thermo = scan(bus, [EVERYWHERE])
    assert (silent.addr, silent.sure) == (0x70, False)
    assert silent.note == "does not answer a plain read"
    assert chip_on(bus, 0x70).sent == []
    assert thermo == FoundChip(0x76, ("thermo",), True)


@BOTH
@pytest.mark.parametrize("user", [0x02, 0x3A])
def test_an_htu21d_is_not_reset(user: int, functionality: Functionality) -> None:
    chip = Htu21d()
    chip.user = user
    bus = bus_with({0x40: chip}, functionality)
    (found,) = scan(bus, SHIPPED)
    assert chip.resets == 0
    assert not found.sure
    assert "HTU21D" in found.note
    with pytest.raises(NoDevice, match="0x40 looks like an HTU21D"):
        find_address(bus, load("ina226"))
    assert chip.resets == 0
    assert set(chip.sent) == {0xE7}


@BOTH
def test_another_chip_at_its_address_is_recognised(functionality: Functionality) -> None:
    bus = bus_with({0x40: CHIPS["ina226"]()}, functionality)
    assert scan(bus, SHIPPED) == [FoundChip(0x40, ("ina226",), True)]


@BOTH
def test_a_chip_at_its_address_without_readable_registers_is_no_htu21d(functionality: Functionality) -> None:
    (found,) = scan(bus_with({0x40: WriteOnly()}, functionality), SHIPPED)
    assert (found.addr, found.sure, found.chips) == (0x40, False, ())
    assert "not ina226, not ina260: register 0xfe is not acknowledged" in found.note


def test_presence_is_tested_as_i2cdetect_does() -> None:
    bus = bus_with({})
    transfers = record(bus)
    assert scan(bus, [EVERYWHERE]) == []
    reads = [*range(0x30, 0x38), *range(0x50, 0x60)]
    expected: list[Sequence[Message]] = [
        [Read(addr, 1)] if addr in reads else [Write(addr, b"")] for addr in range(0x08, 0x78)
    ]
    assert transfers == expected


def test_presence_is_tested_by_reading_where_there_is_no_quick_write() -> None:
    bus = bus_with({0x48: Thermo()}, PLAIN & ~Functionality.SMBUS_QUICK)
    transfers = record(bus)
    assert is_present(bus.adapter, 0x48)
    assert not is_present(bus.adapter, 0x49)
    assert transfers == [[Read(0x48, 1)], [Read(0x49, 1)]]


def test_reserved_addresses_are_left_alone() -> None:
    assert (ADDRESSES[0], ADDRESSES[-1]) == (0x08, 0x77)


# The results.


@BOTH
def test_chips_are_found_by_their_identity_lowest_address_first(functionality: Functionality) -> None:
    bus = bus_with({0x4A: Hygro(), 0x19: Thermo(), 0x48: Registers()}, functionality)
    assert scan(bus, [EVERYWHERE]) == [
        FoundChip(0x19, ("thermo",), True),
        FoundChip(
            0x48,
            (),
            False,
            "not thermo: register 0x90 reads 0xa5, not 0x77; not hygro: register 0x90 reads 0xa5, not 0x78",
        ),
        FoundChip(0x4A, ("hygro",), True),
    ]


def test_the_shipped_drivers_recognise_their_chips() -> None:
    addresses = {0x18: "mcp9808", 0x41: "ina226", 0x44: "sht4x", 0x48: "lm75", 0x76: "bme280", 0x77: "bmp280"}
    bus = bus_with({addr: CHIPS[name]() for addr, name in addresses.items()})
    sure = {one.addr: one.chips for one in scan(bus, SHIPPED) if one.sure}
    assert sure == {0x18: ("mcp9808",), 0x41: ("ina226",), 0x76: ("bme280",), 0x77: ("bmp280",)}
    perhaps = {one.addr: one.chips for one in scan(bus, SHIPPED) if not one.sure}
    assert "sht4x" in perhaps[0x44]
    assert {"lm75", "tmp102"} <= set(perhaps[0x48])


def test_an_unknown_chip_has_no_name() -> None:
    assert scan(bus_with({0x29: Registers()}), SHIPPED) == [FoundChip(0x29, (), False)]


def test_bound_chips_are_not_touched() -> None:
    bus = bus_with({0x19: Thermo()})
    bus.bind(LoadedModule(EVERYWHERE), 0x19)
    transfers = record(bus)
    assert scan(bus, [EVERYWHERE]) == [FoundChip(0x19, ("thermo",), True, "bound")]
    assert not [messages for messages in transfers if messages[0].addr == 0x19]


def test_chips_of_the_kernel_are_not_touched_and_the_holder_is_named() -> None:
    bus = bus_with({0x48: Thermo()})
    bus.adapter.held = frozenset({0x48})  # type: ignore[attr-defined]
    transfers = record(bus)
    assert scan(bus, [EVERYWHERE]) == [FoundChip(0x48, (), False, "0x48 is used by the kernel driver lm75")]
    assert not [messages for messages in transfers if messages[0].addr == 0x48]


@pytest.mark.parametrize("name", ["i915 gmbus dpb", "AMDGPU DM aux hw bus 0", "SMBus I801 adapter at efa0"])
def test_a_bus_of_the_machine_itself_is_scanned_only_on_request(name: str) -> None:
    bus = bus_with({0x19: Thermo()}, name=name)
    transfers = record(bus)
    with pytest.raises(Error, match=rf"i2c-1 is '{name}'.*--any-bus") as caught:
        scan(bus, [EVERYWHERE])
    assert caught.value.errno == errno.EPERM
    assert transfers == []
    assert scan(bus, [EVERYWHERE], any_bus=True) == [FoundChip(0x19, ("thermo",), True)]


class Faulty(SimAdapter):
    """Every transfer ends with ``fault``."""

    fault: Error = Error("not set")

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        raise self.fault


def test_a_survey_sends_no_command_of_two_bytes_and_reports_it() -> None:
    adapter = SimAdapter({})
    adapter.attach(0x44, "sht3x")
    adapter.clock.sleep(1.0)
    bus, sht3x = Bus(adapter), load("sht3x")
    (found,) = scan(bus, [sht3x])
    assert (found.addr, found.chips, found.sure) == (0x44, ("sht3x",), False)
    assert found.note == (
        "sht3x: its command of two bytes was not sent, for it is a write to another chip; "
        "i2cdrv load sht3x --addr 0x44 sends it"
    )
    assert find_address(bus, sht3x) == 0x44


@pytest.mark.parametrize(
    "fault", [TimedOut("SDA is held low"), Busy("the bus stays busy"), Error("arbitration lost", errno.EAGAIN)]
)
def test_a_bus_in_trouble_is_an_error_not_an_empty_bus(fault: Error) -> None:
    adapter = Faulty({}, clock=VirtualClock())
    adapter.fault = fault
    with pytest.raises(type(fault)):
        scan(Bus(adapter), [EVERYWHERE])


def test_where_sda_is_held_there_is_not_a_chip_at_every_address() -> None:
    adapter = SimAdapter({}, clock=VirtualClock())
    adapter.faults.inject("stuck-sda")
    with pytest.raises(BusFault, match="SDA is held low"):
        scan(Bus(adapter), [])


@pytest.mark.parametrize("number", [errno.ENXIO, errno.EREMOTEIO, errno.EIO, errno.ENODEV])
def test_no_answer_has_many_names(number: int) -> None:
    adapter = Faulty({}, clock=VirtualClock())
    adapter.fault = Nack("no answer", number)
    assert not is_present(adapter, 0x48)


# The one chip of a kind.


@BOTH
def test_one_match_is_the_chip(functionality: Functionality) -> None:
    bus = bus_with({0x19: Thermo(), 0x48: Hygro(), 0x4A: Registers()}, functionality)
    assert find_address(bus, HYGRO) == 0x48


def test_several_matches_are_refused_and_listed() -> None:
    bus = bus_with({0x19: Hygro(), 0x48: Hygro(), 0x4A: Thermo()})
    with pytest.raises(Invalid, match="there are hygro at 0x19, 0x48 on i2c-1: choose with --addr") as caught:
        find_address(bus, HYGRO)
    assert caught.value.errno == errno.EINVAL


def test_no_match_names_the_chip_found_instead() -> None:
    bus = bus_with({0x19: Thermo(), 0x48: Registers()})
    with pytest.raises(NoDevice) as caught:
        find_address(bus, HYGRO)
    assert caught.value.message == (
        "no hygro found on i2c-1 at 0x08 … 0x77; there is: 0x19 thermo, "
        "0x48 another chip: register 0x90 reads 0xa5, not 0x78"
    )
    assert caught.value.errno == errno.ENODEV


def test_an_empty_bus_names_the_addresses_searched_and_the_things_to_check() -> None:
    with pytest.raises(
        NoDevice, match=r"no test_detect found on i2c-1 at 0x48, 0x49, 0x4a; nothing answers there: check"
    ):
        find_address(bus_with({}), NAMELESS)
    with pytest.raises(NoDevice, match="no bme280 found on i2c-1 at 0x76, 0x77; nothing answers there"):
        find_address(bus_with({}), load("bme280"))


def test_a_simulated_bus_without_the_chip_is_refused_with_the_name_of_a_bus_that_has_it() -> None:
    hint = "; a simulated bus with it is sim:scd4x@0x62"
    with pytest.raises(NoDevice) as simulated:
        find_address(Bus(SimAdapter({})), load("scd4x"))
    assert simulated.value.message.endswith(hint)
    with pytest.raises(NoDevice) as real:
        find_address(Bus(SimAdapter({}, name="bcm2835 (i2c@7e804000)")), load("scd4x"))
    assert hint not in real.value.message


def test_the_relative_of_the_chip_is_named() -> None:
    with pytest.raises(NoDevice, match="no bme280 found on i2c-1 at 0x76, 0x77; there is: 0x76 bmp280"):
        find_address(bus_with({0x76: CHIPS["bmp280"]()}), load("bme280"))


def test_without_an_identity_the_only_answering_chip_is_taken_with_a_notice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bus = bus_with({0x49: Registers(), 0x20: Registers()})
    assert find_address(bus, NAMELESS) == 0x49
    assert chip_on(bus, 0x49).sent == []
    assert "its address alone: it has no identity register" in capsys.readouterr().err


def test_without_an_identity_several_answers_are_refused_and_listed() -> None:
    bus = bus_with({0x48: Registers(), 0x4A: Registers()})
    with pytest.raises(
        Invalid, match="no identity register, and chips answer at 0x48, 0x4a on i2c-1: choose with --addr"
    ):
        find_address(bus, NAMELESS)


def test_a_chip_that_its_driver_checks_is_recognised_by_that(capsys: pytest.CaptureFixture[str]) -> None:
    bus = bus_with({0x44: CHIPS["sht4x"](), 0x45: Registers()})  # the other one has no serial number with a CRC
    assert find_address(bus, load("sht4x")) == 0x44
    notice = capsys.readouterr().err
    assert "sht4x recognised" in notice
    assert "the check of its driver" in notice
    assert "no identity register" not in notice


def test_several_chips_that_the_driver_accepts_are_refused_and_listed() -> None:
    bus = bus_with({0x44: CHIPS["sht4x"](), 0x46: CHIPS["sht4x"]()})
    with pytest.raises(
        Invalid,
        match="sht4x is recognised by the check of its driver, and chips at 0x44, 0x46 on i2c-1 pass it: choose",
    ):
        find_address(bus, load("sht4x"))


def test_bound_and_held_addresses_are_not_searched() -> None:
    bus = bus_with({0x48: Registers(), 0x49: Registers(), 0x4A: Registers()})
    bus.bind(LoadedModule(NAMELESS), 0x48)
    bus.adapter.held = frozenset({0x49})  # type: ignore[attr-defined]
    transfers = record(bus)
    assert find_address(bus, NAMELESS) == 0x4A
    assert {messages[0].addr for messages in transfers} == {0x4A}


def test_a_search_that_finds_only_taken_addresses_names_their_holders() -> None:
    bus = bus_with({0x48: Thermo(), 0x49: Thermo()})
    bus.adapter.held = frozenset({0x48, 0x49})  # type: ignore[attr-defined]
    with pytest.raises(Busy, match="0x48 is used by the kernel driver lm75"):
        find_address(bus, load("lm75"))


def test_a_chip_that_another_program_holds_is_not_called_missing() -> None:
    bus = bus_with({0x19: Hygro(), 0x48: Hygro()})
    bus.adapter.held = frozenset(range(0x08, 0x78)) - {0x19}  # type: ignore[attr-defined]
    bus.bind(LoadedModule(HYGRO), 0x19)
    with pytest.raises(Busy, match="kernel driver lm75"):
        find_address(bus, HYGRO)


def test_force_also_looks_where_the_kernel_drives() -> None:
    bus = bus_with({0x48: Hygro()})
    bus.adapter.held = frozenset({0x48})  # type: ignore[attr-defined]
    with pytest.raises(Busy, match="0x48 is used by the kernel driver lm75"):
        find_address(bus, HYGRO)
    assert find_address(bus, HYGRO, force=True) == 0x48


class Ina226Like(Registers):
    """The identity of an INA226, at addresses it shares with the PCF8591."""

    content: ClassVar = {0xFE: 0x54, 0xFF: 0x22}


def test_no_byte_that_switches_a_pcf8591s_output_on_is_written_where_one_may_be() -> None:
    """Bit 6 of any byte written to a PCF8591 enables its analogue output (its control byte)."""
    bus = bus_with({0x48: Ina226Like(), 0x47: Ina226Like()})
    scan(bus, SHIPPED)
    with pytest.raises((Invalid, NoDevice)):
        find_address(bus, load("ina226"))
    chips = bus.adapter.chips  # type: ignore[attr-defined]
    assert not [byte for byte in chips[0x48].sent if byte & 0x40]
    assert 0xFE in chips[0x47].sent


# The registers that were read, and the others.


class Tmp117(Driver):
    addresses = range(0x48, 0x4C)
    identity: ClassVar = {"tmp117": {reg_field(0x0F, 11, 0, size=2): 0x117}}  # SNOS9F8, "Device_ID"

    async def sample(self) -> Sample:
        return Sample(0.0)


class Tmp117Like(Registers):
    content: ClassVar = {0x0F: 0x01, 0x10: 0x17}


def test_a_thermometer_with_an_id_is_found_at_the_addresses_of_the_pcf8591() -> None:
    bus = bus_with({0x48: CHIPS["lm75"](), 0x49: Tmp117Like()})
    assert find_address(bus, of_class(Tmp117)) == 0x49


def test_an_id_that_was_not_read_does_not_make_another_chip() -> None:
    bus = bus_with({0x48: CHIPS["ina226"]()})
    with pytest.raises(NoDevice, match=r"there is: 0x48 its ID was not read, .*--addr 0x48 reads it$") as caught:
        find_address(bus, load("ina226"))
    assert "another chip" not in caught.value.message
    (found,) = scan(bus, [load("ina226")])
    assert (found.chips, found.sure) == (("ina226", "ina230", "ina231", "ina260"), False)
    assert "ina226, ina260: its ID was not read" in found.note


@BOTH
def test_a_chip_that_an_id_rules_out_is_not_named(functionality: Functionality) -> None:
    bus = bus_with({0x1E: Registers()}, functionality)  # an HMC5883L, for example
    assert scan(bus, SHIPPED) == [
        FoundChip(0x1E, (), False, "not mcp9808: register 0x06 reads 0xa55a, not 0x54"),
    ]


def test_a_chip_without_an_identity_is_ruled_out_by_the_drivers_recognise() -> None:
    bus = bus_with({0x40: CHIPS["ina226"](), 0x41: CHIPS["ina219"]()})
    assert find_address(bus, load("ina219")) == 0x41
    assert scan(bus, [load("ina219")])[0].chips == ()


def test_two_chips_at_one_address_are_suspected_where_the_id_is_their_and() -> None:
    class Both(Registers):
        content: ClassVar = {0xD0: 0x60 & 0x58, 0xE0: 0}  # BME280 and BMP280

    bus = bus_with({0x76: Both()})
    (found,) = scan(bus, [load("bme280")])
    assert "perhaps two chips have this address" in found.note
    with pytest.raises(NoDevice, match="perhaps two chips have this address"):
        find_address(bus, load("bmp280"))
    with pytest.raises(NoDevice, match="reads 0x40, not 0x60; perhaps two chips have this address"):
        bus.bind(LoadedModule(load("bme280")), 0x76)


def test_a_chip_without_crc_that_a_driver_of_crcs_queries_is_not_called_two_chips() -> None:
    """An INA219 answers a read without a register number with the content of its register 0, which has no CRC."""
    bus = bus_with({0x44: CHIPS["ina219"]()})
    (found,) = scan(bus, [load("ina219"), load("sht4x")])
    assert found.chips == ("ina219",)
    assert found.note.startswith("not sht4x: word 0 of the answer ")
    assert found.note.endswith("has a wrong CRC: another chip, a disturbed line, or two chips at this address")


@pytest.mark.parametrize("name", ["i915 gmbus dpb", "bcm2835 (i2c@7e205000)"])
def test_a_search_does_not_probe_a_bus_of_the_machine_either(name: str) -> None:
    bus = bus_with({0x19: Hygro()}, name=name)
    transfers = record(bus)
    with pytest.raises(Error, match="give the address of the chip with --addr") as caught:
        find_address(bus, HYGRO)
    assert caught.value.errno == errno.EPERM
    assert transfers == []


def test_a_chip_that_was_not_seen_and_cannot_be_recognised_is_not_found() -> None:
    """No chip is there; the adapter has no empty messages, and no byte may be written at 0x62, where DACs are."""

    class Nameless(Driver):
        addresses = (0x62,)

        async def sample(self) -> Sample:
            return Sample(0.0)

    bus = bus_with({}, PLAIN & ~Functionality.SMBUS_QUICK)
    with pytest.raises(NoDevice, match="--addr 0x62"):
        find_address(bus, of_class(Nameless))


class Blunders(Driver):
    """Has a mistake where it recognises its chip."""

    addresses = (0x40,)

    async def recognise(self) -> None:
        raise ValueError("a mistake")

    async def sample(self) -> Sample:
        return Sample(0.0)


def test_a_mistake_in_recognise_is_an_error_of_the_driver() -> None:
    bus = bus_with({0x40: CHIPS["ina219"]()})
    module = of_class(Blunders)
    (found,) = scan(bus, [module])
    assert "a mistake" in found.note
    with pytest.raises(DriverFault, match=r"driver test_detect failed on 1-0040: .*; fix it"):
        bus.bind(LoadedModule(module), find_address(bus, module))
