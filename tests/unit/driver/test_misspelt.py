"""Names in a driver that are almost the framework's are refused when the class is made."""

from __future__ import annotations

import subprocess
import sys
from difflib import SequenceMatcher
from typing import Any, ClassVar, NamedTuple, get_origin, get_type_hints

import pytest

from i2cdrv import Celsius, Command, Driver, Register, attribute, param, reg_field
from i2cdrv.driver import misspelt


class Sample(NamedTuple):
    temp: Celsius


class Base(Driver):
    async def sample(self) -> Sample:
        return Sample(21.0)


async def method(_: Any) -> None:
    """Do nothing."""


def declare(**names: Any) -> type[Driver]:
    return type("Mine", (Base,), {"__annotations__": {}, **names})


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("address", "addresses"), ("adresses", "addresses"), ("identiy", "identity"), ("idtable", "id_table"),
        ("sleep", "asleep"), ("constant", "constants"), ("couple", "coupled"),
        ("functionalty", "functionality"), ("time_out", "timeout"), ("start_up", "startup"), ("allowence", "allowance"),
    ],
)  # fmt: skip
def test_a_misspelt_declaration_is_refused(name: str, right: str) -> None:
    with pytest.raises(TypeError, match=rf"^Mine\.{name} has no meaning for the framework; did you mean {right}\?"):
        declare(**{name: 1})


def test_each_declaration_of_the_framework_is_known() -> None:
    declared = {name for name, hint in get_type_hints(Driver).items() if get_origin(hint) is ClassVar} | {"startup"}
    assert declared == {*misspelt.DECLARATIONS, *misspelt.COLLECTED}


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("recognize", "recognise"), ("resets", "reset"), ("prob", "probe"), ("config", "configure"),
        ("samples", "sample"), ("sampel", "sample"), ("verifiy", "verify"), ("proves", "prove"),
    ],
)  # fmt: skip
def test_a_misspelt_hook_is_refused(name: str, right: str) -> None:
    with pytest.raises(TypeError, match=rf"^Mine\.{name} has no meaning for the framework; did you mean {right}\?"):
        declare(**{name: method})


@pytest.mark.parametrize("name", ["params", "parm", "parms", "param"])
def test_parameters_in_a_table_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=rf"Mine\.{name} .*[;:] declare a parameter as name: type = param\(…\)"):
        declare(**{name: {}})


def test_a_collected_name_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^Mine\.channels is collected by the framework: declare a channel in the"):
        declare(channels=2)


def test_names_of_the_driver_itself_are_allowed() -> None:
    class Mine(Base):
        samples: int = param("averaged", default=1)
        configured = attribute(reg_field(0x02))
        sample_count = 4  # no hook, because it is no method
        channel = 2
        SAMPLE: ClassVar = Command(0xFD)
        _address = 0x18

        async def sleep(self) -> None:
            """Resemble a declaration, which no method can be."""

        def read_word(self) -> int:
            return self.channel

    assert Mine.params["samples"].default == 1


def test_a_declaration_or_hook_may_be_written_again_in_a_subclass() -> None:
    assert declare(addresses=(0x18,), recognise=method, startup=0.1).addresses == (0x18,)


@pytest.mark.parametrize("name", ["address", "recognize", "idtable", "config", "preset", "result", "timeouts", "x"])
def test_the_quick_comparison_misses_no_near_name(name: str) -> None:
    known = (*misspelt.DECLARATIONS, *misspelt.HOOKS)
    near = [other for other in known if SequenceMatcher(None, name, other).ratio() >= 1 - misspelt.DIFFERENT_PART]
    assert set(near) <= {other for other in known if misspelt._may_be_near(name, other)}


def test_right_names_cost_no_import_of_difflib() -> None:
    code = "import sys, i2cdrv.drivers.bme280, i2cdrv.drivers.lm75; print('difflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("key", ["adr", "sise", "settings", "byte_order"])
def test_a_misspelt_argument_of_a_register_is_refused(key: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{key}'"):
        type("Config", (Register,), {}, addr=1, **{key: 1})


def test_a_misspelt_byte_order_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Config: byteorder='litle'; accepted: 'big', 'little'"):
        type("Config", (Register,), {}, addr=1, byteorder="litle")
    with pytest.raises(TypeError, match=r"register 0x01: byteorder='litle'; accepted: 'big', 'little'"):
        reg_field(0x01, byteorder="litle")  # type: ignore[call-overload]
