"""The base class's handling of a driver's declarations, its probe and its on_remove steps."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import pytest

from i2cdrv import reg_field
from i2cdrv.driver.attribute import attribute
from i2cdrv.driver.channel import Channel
from i2cdrv.driver.display import Unit
from i2cdrv.driver.driver import Driver
from i2cdrv.driver.moduleparam import Boolean, EnumType, Integer, param
from i2cdrv.driver.regmap import RegMap
from i2cdrv.driver.unit import Celsius, Pascal
from i2cdrv.errors import ConfigLost, DriverFault, Error, Invalid, Nack, NoDevice, NotSupported, TimedOut
from i2cdrv.i2c.adapter import Functionality, Message, Read, Size, Write
from i2cdrv.i2c.client import Client, Sleep
from i2cdrv.kthread.kthread import Kthread
from i2cdrv.lib.clock import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

ADDR = 0x48
WHO, CTRL, OFFSET, SERIAL = reg_field(0x00), reg_field(0x01), reg_field(0x02, signed=True), reg_field(0x03)
REVISION = reg_field(0x0F, 7, 4)
Rate = IntEnum("Rate", "SLOW FAST")


class Sample(NamedTuple):
    temp: Celsius


class Bare(Driver):
    """The least a driver can be."""

    async def sample(self) -> Sample:
        return Sample(21.0)


class Thermo(Driver):
    addresses = (0x48, 0x49)
    identity = {"thermo": {WHO: 0x5A, REVISION: 2}, "thermo-pro": {WHO: 0x5B}}
    id_table = {"thermo": 12, "thermo-pro": 16}

    rate: Rate = param("how often", default=Rate.SLOW)
    level: int = param("how much", default=3, minimum=0)

    offset = attribute(OFFSET)
    serial = attribute(SERIAL, writable=False)

    async def probe(self) -> None:
        self.regmap.write(CTRL, 1)
        self.on_remove(self.regmap.write, CTRL, 0)
        await self.client.sleep(0.01)

    async def sample(self) -> Sample:
        return Sample(21.0)


class Wet(NamedTuple):
    temp: Celsius
    pressure: Pascal


class Unitless(NamedTuple):
    raw: int


class Either(Driver):
    async def sample(self) -> Sample | Wet:
        return Sample(21.0)


class Nameless(Bare):
    """No identity; only an attribute."""

    offset = attribute(OFFSET)


class Plain(Thermo):
    functionality = Functionality.I2C


class FakeAdapter:
    """A chip whose registers are a dictionary; writes down each transfer."""

    nr = 1
    name = "fake"

    def __init__(self, registers: dict[int, int], functionality: Functionality = Functionality.I2C) -> None:
        self.clock = VirtualClock()
        self.functionality = functionality
        self.registers = registers
        self.transfers: list[str] = []

    def xfer(self, messages: Sequence[Message]) -> list[bytes]:
        (register, *data) = bytes(messages[0][1])
        if len(messages) == 2:
            assert isinstance(messages[1], Read)
            self.transfers.append(f"read {register:02x}")
            if register not in self.registers:
                raise Nack("no answer")
            return [bytes([self.registers[register]])]
        assert isinstance(messages[0], Write)
        self.transfers.append(f"write {register:02x} {bytes(data).hex()}")
        self.registers |= dict(enumerate(data, register))
        return []

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        raise AssertionError("nobody asked for SMBus")

    def claim(self, addr: int, *, force: bool = False) -> None: ...

    def close(self) -> None: ...


def client(chip: str = "thermo", registers: dict[int, int] | None = None, **more: Any) -> Client:
    return Client(
        FakeAdapter({0x00: 0x5A, 0x02: 5, 0x0F: 0x21} if registers is None else registers, **more), ADDR, chip
    )


def transfers(driver: Driver) -> list[str]:
    adapter = driver.client.adapter
    assert isinstance(adapter, FakeAdapter)
    return adapter.transfers


def chip_of(driver: Driver) -> dict[int, int]:
    adapter = driver.client.adapter
    assert isinstance(adapter, FakeAdapter)
    return adapter.registers


def run(driver: Driver, work: Coroutine[Any, Any, None], timeout: float = 100) -> None:
    Kthread(driver.client.adapter.clock, "test").call(work, "work", timeout=timeout)


# Before the chip is recognised.


class Tongue(Driver):
    """Has no identity register; CTRL reads 0 in its upper bits, and a command reads its number."""

    async def recognise(self) -> None:
        if self.regmap.read(reg_field(0x01, 7, 4)):
            raise NoDevice("not one")
        self.client.ask(b"\x89")

    async def reset(self) -> None:
        self.regmap.write(CTRL, 1)

    async def sample(self) -> Sample:
        return Sample(21.0)


def test_a_chip_is_reset_after_it_is_recognised() -> None:
    driver = Tongue(client(registers={0x01: 0x0F}), {})
    run(driver, driver.start())
    assert transfers(driver) == ["read 01", "write 89 ", "write 01 01"]


def test_a_chip_that_is_not_recognised_is_not_written_to() -> None:
    driver = Tongue(client(registers={0x01: 0x1F}), {})
    with pytest.raises(NoDevice):
        run(driver, driver.start())
    assert chip_of(driver) == {0x01: 0x1F}
    assert transfers(driver) == ["read 01"]


Hasty = {
    "a register": lambda client: RegMap(client).write(CTRL, 1),
    "a field": lambda client: RegMap(client).update(REVISION, 1),
    "bytes": lambda client: client.write(b"\x01"),
    "a long register number": lambda client: client.write_read(b"\x01\x02", 1),
    "an SMBus byte": lambda client: client.smbus_write(Size.BYTE_DATA, 1, b"\x01"),
}


@pytest.mark.parametrize("write", Hasty.values(), ids=Hasty)
def test_a_driver_that_writes_too_early_is_at_fault_and_nothing_is_sent(write: Callable[[Client], object]) -> None:
    class Early(Tongue):
        async def recognise(self) -> None:
            write(self.client)

    driver = Early(client(), {})
    before = dict(chip_of(driver))
    with pytest.raises(DriverFault, match="before it has recognised a thermo there"):
        run(driver, driver.start())
    assert chip_of(driver) == before
    assert not [one for one in transfers(driver) if one.startswith("write")]


def test_a_chip_is_recognised_again_after_it_was_gone() -> None:
    driver = Tongue(client(registers={0x01: 0}), {})
    run(driver, driver.start())
    chip_of(driver)[0x01] = 0xFF
    with pytest.raises(NoDevice):
        run(driver, driver.start())
    assert chip_of(driver)[0x01] == 0xFF


def clone(registers: dict[int, int]) -> Thermo:
    driver = Thermo(client(registers=registers), {})
    driver.keeps_identity = False
    return driver


def test_a_clone_is_taken_with_its_own_identity_and_no_other_from_then_on() -> None:
    driver = clone({0x00: 0x56, 0x02: 5, 0x0F: 0x21})
    run(driver, driver.start())
    driver.identify()
    for other in (0x5A, 0x5B, 0x57):
        chip_of(driver)[0x00] = other
        with pytest.raises(NoDevice, match=f"reads 0x{other:02x}, not 0x56"):
            driver.identify()


@pytest.mark.parametrize("level", [0x00, 0xFF])
def test_a_line_that_is_held_is_no_clone(level: int) -> None:
    driver = clone({0x00: level, 0x0F: level})
    with pytest.raises(NoDevice, match="all 0 or all 1"):
        run(driver, driver.start())
    assert not [one for one in transfers(driver) if one.startswith("write")]


# Declarations.


def test_parameters_attributes_and_channels_are_collected_from_the_class() -> None:
    declared: dict[str, object] = {name: made.type for name, made in Thermo.params.items()}
    assert declared == {"debug": Boolean(), "rate": EnumType(tuple(Rate)), "level": Integer("int", 32, signed=True)}
    assert {name: made.writable for name, made in Thermo.attributes.items()} == {"offset": True, "serial": False}
    assert Thermo.attributes["offset"].field is OFFSET
    assert Thermo.channels == (Channel("temp", Unit("°C", 2)),)
    assert Thermo.sample_types == (Sample,)


def test_every_driver_has_debug_and_nothing_else_by_itself() -> None:
    assert list(Bare.params) == ["debug"]
    assert Bare.params["debug"].default is False
    assert Bare.params["debug"].perm == 0o644
    assert not Bare.attributes
    assert not Bare.identity


def test_declarations_of_one_driver_do_not_reach_another() -> None:
    assert list(Driver.params) == ["debug"]
    assert Driver.channels == ()


def test_a_driver_made_from_another_has_its_declarations_too() -> None:
    class More(Thermo):
        extra: bool = param("more of it", default=True)
        who = attribute(WHO, writable=False)

    assert list(More.params) == ["debug", "rate", "level", "extra"]
    assert list(More.attributes) == ["offset", "serial", "who"]
    assert More.channels == Thermo.channels
    assert list(Thermo.params) == ["debug", "rate", "level"]


def test_a_sample_may_be_one_of_several() -> None:
    assert [channel.name for channel in Either.channels] == ["temp", "pressure"]
    assert Either.sample_types == (Sample, Wet)


class Family(Either):
    """Chips with other channels."""

    sample_of: ClassVar = {"dry": Sample, "wet": Wet}

    async def sample(self) -> Sample | Wet:
        return Sample(21.0)


@pytest.mark.parametrize(
    ("chip", "names"), [("dry", ["temp"]), ("wet", ["temp", "pressure"]), ("new", ["temp", "pressure"])]
)
def test_a_chip_has_the_channels_of_its_own_samples(chip: str, names: list[str]) -> None:
    assert [channel.name for channel in Family.channels_of(chip)] == names


def test_samples_of_a_chip_that_the_driver_does_not_return_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"^Wrong.sample_of\['dry'\] is no class that sample\(\) returns by its annotation"
    ):

        class Wrong(Either):
            sample_of: ClassVar = {"dry": Unitless}


def test_a_value_without_a_unit_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match=r"Unitless\.raw has no unit"):

        class Wrong(Driver):
            async def sample(self) -> Unitless:
                return Unitless(1)


def test_a_sample_without_a_return_annotation_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match=r"Wrong\.sample has no return type"):

        class Wrong(Driver):
            async def sample(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
                return Sample(21.0)


def test_a_parameter_without_an_annotation_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match=r"Wrong\.level"):

        class Wrong(Bare):
            level = param("how much", default=3)


def test_a_default_of_another_type_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="level"):

        class Wrong(Bare):
            level: int = param("how much", default="much")


def test_a_parameter_may_have_another_name_than_its_attribute() -> None:
    class Named(Thermo):
        inner: int = param("how much", default=3, name="outer")

    assert list(Named.params) == ["debug", "rate", "level", "outer"]
    assert Named.params["outer"].variable == "inner"


@pytest.mark.parametrize("name", ["with-dash", "two words", "level"])
def test_a_name_that_no_user_could_write_or_that_occurs_twice_is_refused(name: str) -> None:
    body = {
        "__annotations__": {"inner": int, "level": int},
        "inner": param("how much", default=3, name=name),
        "level": param("how much", default=3),
    }
    with pytest.raises(TypeError, match=r"name|called"):
        type("Wrong", (Bare,), body)


@pytest.mark.parametrize("name", ["timeout", "addresses", "client", "regmap", "id", "sample", "params"])
def test_a_parameter_may_not_hide_an_attribute_of_every_driver(name: str) -> None:
    body = {"__annotations__": {name: int}, name: param("hidden", default=1)}
    with pytest.raises(TypeError, match=name):
        type("Wrong", (Bare,), body)


# Instances.


def test_parameters_have_their_defaults_unless_given() -> None:
    driver = Thermo(client(), {"rate": Rate.FAST})
    assert (driver.rate, driver.level, driver.debug) == (Rate.FAST, 3, False)
    assert Thermo(client(), {}).rate is Rate.SLOW


def test_the_id_tables_entry_of_the_chip_is_at_hand() -> None:
    assert Thermo(client(), {}).id == 12
    assert Thermo(client("thermo-pro"), {}).id == 16
    assert Bare(client(), {}).id is None


def test_making_a_driver_sends_nothing() -> None:
    assert transfers(Thermo(client(), {})) == []


def test_a_driver_without_a_sample_is_reported() -> None:
    class Empty(Driver):
        pass

    driver = Empty(client(), {})
    with pytest.raises(NotImplementedError, match="Empty has no sample"):
        run(driver, driver.sample())


# start: functionality, identity, probe.


def test_start_reads_the_identity_before_it_writes_anything() -> None:
    driver = Thermo(client(), {})
    run(driver, driver.start())
    assert transfers(driver) == ["read 00", "read 0f", "write 01 01", "read 02"]


# The ways to verify a chip.


def test_verifies_by_the_identity_and_by_the_attributes_that_users_may_set() -> None:
    driver = Thermo(client(), {})
    run(driver, driver.start())
    before = len(transfers(driver))
    run(driver, driver.verify())
    assert transfers(driver)[before:] == ["read 00", "read 0f", "read 02"]  # serial can only be read: it may change
    chip_of(driver)[0x02] = 6
    with pytest.raises(ConfigLost, match="register 0x02"):
        run(driver, driver.verify())


def test_a_value_that_a_user_stores_is_expected_from_then_on() -> None:
    driver = Thermo(client(), {})
    run(driver, driver.start())
    driver.regmap.update(OFFSET, -3)
    run(driver, driver.verify())
    chip_of(driver)[0x02] = 5
    with pytest.raises(ConfigLost):
        run(driver, driver.verify())
    run(driver, driver.start())  # the present values are learnt again
    run(driver, driver.verify())


def test_another_chip_is_no_device_whatever_it_is_set_to() -> None:
    driver = Thermo(client(), {})
    run(driver, driver.start())
    chip_of(driver)[0x00] = 0x5B
    with pytest.raises(NoDevice, match="thermo-pro"):
        run(driver, driver.verify())


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_the_answers_of_a_held_line_verify_nothing(byte: int) -> None:
    driver = Nameless(client(registers={0x02: byte, 0x03: byte}), {})
    run(driver, driver.start())
    driver.regmap.start_sample()
    with pytest.raises(ConfigLost, match="held"):
        run(driver, driver.verify())
    chip_of(driver)[0x03] = 0x10
    driver.regmap.start_sample()
    driver.regmap.read(SERIAL)
    run(driver, driver.verify())


def test_a_chip_without_an_identity_is_probed_right_away() -> None:
    driver = Bare(client(registers={}), {})
    run(driver, driver.start())
    assert transfers(driver) == []


def test_another_chip_is_refused_with_its_name_and_the_module_to_load() -> None:
    driver = Thermo(client(registers={0x00: 0x5B}), {})
    with pytest.raises(NoDevice) as caught:
        run(driver, driver.start())
    assert caught.value.message == (
        "the chip at 0x48 on i2c-1 is not a thermo: register 0x00 reads 0x5b, not 0x5a; that is a thermo-pro: "
        "load thermo-pro"
    )
    assert caught.value.errno == errno.ENODEV
    assert transfers(driver) == ["read 00"]


def test_an_unknown_chip_is_refused_without_a_guess() -> None:
    driver = Thermo(client(registers={0x00: 0xFF}), {})
    with pytest.raises(NoDevice, match=r"register 0x00 reads 0xff, not 0x5a$"):
        run(driver, driver.start())


def test_a_second_identity_register_counts_as_well() -> None:
    driver = Thermo(client(registers={0x00: 0x5A, 0x0F: 0x31}), {})
    with pytest.raises(NoDevice, match=r"register 0x0f bits 7:4 reads 0x03, not 0x02$"):
        run(driver, driver.start())


def test_a_chip_that_does_not_answer_is_a_nack_at_its_register() -> None:
    driver = Thermo(client(registers={}), {})
    with pytest.raises(Nack, match="read of register 0x00: no answer"):
        run(driver, driver.start())


def test_an_adapter_that_cannot_do_it_is_refused_before_any_traffic() -> None:
    driver = Plain(client(functionality=Functionality.SMBUS_EMUL), {})
    with pytest.raises(NotSupported) as caught:
        run(driver, driver.start())
    assert caught.value.errno == errno.EOPNOTSUPP
    assert caught.value.message.startswith("thermo needs plain I2C transfers, and i2c-1 (fake) can only do SMBus")
    assert transfers(driver) == []


def test_an_adapter_that_can_do_it_is_not_refused() -> None:
    run(driver := Plain(client(), {}), driver.start())


# on_remove.


class Undoing(Bare):
    """Registers three steps; ``faults`` chooses the step, or probe, that fails, and its error."""

    faults: dict[str, Exception] = {}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.steps: list[str] = []

    async def probe(self) -> None:
        self.on_remove(self.step, "first")
        self.on_remove(self.slow_step, name="second")
        self.on_remove(self.step, "third")
        await self.client.sleep(5)
        self.step("probe")

    def step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.faults:
            raise self.faults[name]

    async def slow_step(self, name: str) -> None:
        await Sleep(0.5)
        self.step(name)


def undoing(**faults: Exception) -> Undoing:
    driver = Undoing(client(), {})
    driver.faults = faults
    return driver


def test_remove_undoes_the_last_step_first_and_awaits_slow_steps() -> None:
    driver = undoing()
    run(driver, driver.start())
    assert driver.steps == ["probe"]
    before = driver.client.adapter.clock.monotonic()
    run(driver, driver.remove())
    assert driver.steps == ["probe", "third", "second", "first"]
    assert driver.client.adapter.clock.monotonic() - before == 0.5


def test_remove_writes_the_steps_of_probe() -> None:
    driver = Thermo(client(), {})
    run(driver, driver.start())
    run(driver, driver.remove())
    assert transfers(driver)[-1] == "write 01 00"


def test_a_step_is_undone_only_once() -> None:
    driver = undoing()
    run(driver, driver.start())
    run(driver, driver.remove())
    run(driver, driver.remove())
    assert driver.steps == ["probe", "third", "second", "first"]


def test_a_failed_probe_is_unwound_and_its_error_raised() -> None:
    fault = NoDevice("blank trimming words")
    driver = undoing(probe=fault)
    with pytest.raises(NoDevice) as caught:
        run(driver, driver.start())
    assert caught.value is fault
    assert driver.steps == ["probe", "third", "second", "first"]


def test_a_failed_probe_hides_errors_of_its_unwinding() -> None:
    driver = undoing(probe=NoDevice("blank trimming words"), third=Nack("no answer"))
    with pytest.raises(NoDevice):
        run(driver, driver.start())
    assert driver.steps == ["probe", "third", "second", "first"]


@pytest.mark.parametrize("fault", [Nack("no answer"), ZeroDivisionError("a mistake")])
def test_one_step_that_fails_does_not_stop_the_others(fault: Exception) -> None:
    driver = undoing(third=fault)
    run(driver, driver.start())
    with pytest.raises(type(fault)) as caught:
        run(driver, driver.remove())
    assert caught.value is fault
    assert driver.steps == ["probe", "third", "second", "first"]


def test_of_several_errors_the_first_is_raised() -> None:
    driver = undoing(third=Nack("third"), second=Invalid("second"), first=Error("first"))
    run(driver, driver.start())
    with pytest.raises(Nack, match="third"):
        run(driver, driver.remove())
    assert driver.steps == ["probe", "third", "second", "first"]


def test_a_probe_that_takes_too_long_is_unwound() -> None:
    driver = undoing()
    with pytest.raises(TimedOut):
        run(driver, driver.start(), timeout=2)
    assert driver.steps == ["third", "second", "first"]


def test_forgotten_steps_are_not_run() -> None:
    driver = undoing()
    run(driver, driver.start())
    driver.forget()
    run(driver, driver.remove())
    assert driver.steps == ["probe"]


def test_accepts_of_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^Wrong.accepts\['dry'\] has no parameter 'osrr' \(did you mean osr\?\)"):

        class Wrong(Driver):
            id_table: ClassVar = {"dry": 1}
            accepts: ClassVar = {"dry": {"osrr": ()}}
            osr: int = param("samples of a conversion", default=1)

            async def sample(self) -> Sample:
                return Sample(1.0)


def test_a_driver_of_a_module_that_no_loader_has_registered() -> None:
    """As importlib.util.module_from_spec makes it."""
    text = """
from typing import NamedTuple
from i2cdrv import Celsius, Driver

class Sample(NamedTuple):
    temp: Celsius

class Alone(Driver):
    gain: int = 1

    async def sample(self) -> Sample:
        return Sample(0.0)
"""
    made: dict[str, Any] = {"__name__": "not_in_sys_modules"}
    exec(compile(text, "alone.py", "exec", dont_inherit=True), made)
    assert [channel.name for channel in made["Alone"].channels] == ["temp"]
