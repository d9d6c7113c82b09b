"""The fixtures, as a driver author outside this repository meets them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

DRIVER = '''
"""TI TMP117, as far as a test needs it."""

from typing import NamedTuple

from i2cdrv import Celsius, Driver
from i2cdrv import reg_field

LIMIT = reg_field(0x03, 15, 0, size=2, signed=True)


class Sample(NamedTuple):
    temp: Celsius


class Warm(Driver):
    addresses = (0x48,)

    async def probe(self) -> None:
        self.regmap.read(LIMIT)

    async def sample(self) -> Sample:
        return Sample(temp=Celsius(self.regmap.read(LIMIT) / 256))
'''


@pytest.fixture
def outside(pytester: pytest.Pytester) -> pytest.Pytester:
    """A directory with a driver in it, and nothing of this repository."""
    pytester.makepyfile(warm=DRIVER)
    return pytester


def run(outside: pytest.Pytester, test: str, **outcomes: int) -> pytest.RunResult:
    outside.makepyfile(test_warm=test)
    result = outside.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider")
    result.assert_outcomes(**outcomes)
    return result


def test_three_lines_test_a_driver(outside: pytest.Pytester) -> None:
    run(outside, """
        def test_limit(sim_bus, i2cdrv_open):
            sim_bus.attach(0x48, "lm75")
            assert i2cdrv_open("./warm.py").sample().temp == 80.0  # T_OS at power-on

        def test_another_bus(sim_bus):
            assert not sim_bus.chips
            assert sim_bus.clock.monotonic() == 0.0
    """, passed=2)  # fmt: skip


def test_a_class_a_name_parameters_and_a_chip_of_ones_own(outside: pytest.Pytester) -> None:
    run(outside, """
        from warm import Warm
        from i2cdrv.sim import CHIPS

        def test_class(sim_bus, i2cdrv_open):
            sim_bus.attach(0x48, CHIPS["lm75"](), temp=-20.0)
            assert i2cdrv_open(Warm, 0x48, debug=True).sample() == (80.0,)

        def test_two_on_one_bus(sim_bus, i2cdrv_open):
            chip = sim_bus.attach(0x44, "sht4x", temp=-12.5, humidity=40)
            sim_bus.attach(0x76, "bme280", temp=21.0)
            sht, bme = i2cdrv_open("sht4x"), i2cdrv_open("bme280", osrs_t="x16")
            assert abs(sht.sample().temp + 12.5) < 0.01
            assert abs(bme.sample().temp - 21.0) < 0.01
            chip.set(temp=30.0)
            assert abs(sht.sample().temp - 30.0) < 0.01
    """, passed=2)  # fmt: skip


def test_faults_are_at_hand_and_do_not_outlive_the_test(outside: pytest.Pytester) -> None:
    run(outside, """
        import pytest
        from i2cdrv import Nack

        def test_unplugged(sim_bus, i2cdrv_open):
            sim_bus.attach(0x76, "bme280")
            bme = i2cdrv_open("bme280")
            sim_bus.faults.inject("unplug", 0x76)
            with pytest.raises(Nack):
                bme.sample()
    """, passed=1)  # fmt: skip


def test_opened_devices_are_closed_also_after_a_failure(outside: pytest.Pytester) -> None:
    run(outside, """
        import pytest
        from i2cdrv.i2c.adapter import Read, Write

        @pytest.fixture
        def asleep(sim_bus):
            sim_bus.attach(0x18, "mcp9808")
            sim_bus.xfer([Write(0x18, b"\\x01\\x01\\x00")])  # MCP9808, register 5-2: SHDN
            yield
            assert sim_bus.xfer([Write(0x18, b"\\x01"), Read(0x18, 2)]) == [b"\\x01\\x00"]

        def test_fails(sim_bus, asleep, i2cdrv_open):
            i2cdrv_open("mcp9808").sample()
            assert sim_bus.xfer([Write(0x18, b"\\x01"), Read(0x18, 2)]) == [b"\\x00\\x00"]
            sim_bus.faults.inject("nack", 0x18)
            assert False
    """, failed=1)  # fmt: skip


def test_nothing_is_imported_before_a_test_needs_it() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import i2cdrv.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    new = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert [name for name in new.split() if name.startswith("i2cdrv")] == ["i2cdrv", "i2cdrv.pytest_plugin"]


# Conversations

PLAYS = """
    from warm import Warm
    import i2cdrv
    import pytest

    def test_it(i2cdrv_conversation):
        with i2cdrv_conversation({driver}, '''
            03 > 50 00   # probe
            03 > {word}
            {rest}
        '''{more}) as device:
            assert device.sample().temp == {temp}
            assert device.sample().temp == 26.0
"""


def play(outside: pytest.Pytester, **values: str) -> str:
    usual = {"driver": '"./warm.py"', "word": "19 00", "temp": "25.0", "rest": "03 > 1A 00", "more": ""}
    indented = {name: value.replace("\n", "\n" + 12 * " ") for name, value in values.items()}
    return PLAYS.format(**{**usual, **indented})


@pytest.mark.parametrize("values", [{}, {"driver": "Warm"}, {"more": ", addr=0x48, debug=True"}])
def test_a_conversation_of_the_datasheets_bytes(outside: pytest.Pytester, values: dict[str, str]) -> None:
    run(outside, play(outside, **values), passed=1)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"rest": "03 > 1A 00\n04 > 00 00"}, "transfers that the driver did not make: ['04 > 00 00']"),
        ({"rest": ""}, "transfer '03 > 2' after the end of the conversation"),
        ({"rest": "04 > 19 00"}, "transfer '03 > 2', expected '04 > 19 00'"),
        ({"rest": "03 > 19"}, "transfer '03 > 2', expected '03 > 19'"),
        ({"rest": "wait 3 ms\n03 > 1A 00"}, "wait of 0.0000 ms, expected 3.0000 ms"),
        ({"temp": "24.0"}, "assert 25.0 == 24.0"),
    ],
)
def test_a_departure_from_a_conversation_fails_the_test(
    outside: pytest.Pytester, values: dict[str, str], line: str
) -> None:
    shown = run(outside, play(outside, **values), failed=1)
    shown.stdout.re_match_lines([f".*{re.escape(line)}"])


def test_a_conversation_can_fail_a_transfer(outside: pytest.Pytester) -> None:
    run(outside, """
        import errno, i2cdrv, pytest

        FAILED = "wait 0 … 0.5 ms\\n03 > 50 00 !\\n" * 3  # a read is tried three times

        def test_nack(i2cdrv_conversation):
            with pytest.raises(i2cdrv.Nack, match="not acknowledged"), i2cdrv_conversation("./warm.py", FAILED):
                pass

        def test_errno(i2cdrv_conversation):
            failed = "03 > 50 00 ! ETIMEDOUT"
            with pytest.raises(OSError) as caught, i2cdrv_conversation("./warm.py", failed):
                pass
            assert caught.value.errno == errno.ETIMEDOUT

        def test_too_early(i2cdrv_conversation):
            with pytest.raises(AssertionError, match="did not make: ..03 > 50 00.."):
                with i2cdrv_conversation("./warm.py", FAILED + "03 > 50 00"):
                    pass

        @pytest.mark.parametrize("line", ["03 > 5", "hello", "03 50 > x", "03 ! EWRONG", "wait", "wait 3 h"])
        def test_no_transfer(i2cdrv_conversation, line):
            with pytest.raises(i2cdrv.Invalid, match="write it as in"), i2cdrv_conversation("./warm.py", line):
                pass
    """, passed=9)  # fmt: skip


def test_a_conversation_without_any_address_is_refused(outside: pytest.Pytester) -> None:
    run(outside, """
        import i2cdrv, pytest
        from warm import Sample

        class Homeless(i2cdrv.Driver):
            async def sample(self) -> Sample:
                return Sample(0.0)

        def test_addr(i2cdrv_conversation):
            with pytest.raises(i2cdrv.Invalid, match="Homeless declares no addresses: give the addr of the conver"):
                with i2cdrv_conversation(Homeless, "00 > 00"):
                    pass
    """, passed=1)  # fmt: skip


def test_a_simulated_chip_from_a_file(outside: pytest.Pytester) -> None:
    outside.makepyfile(chip_sim="from i2cdrv.sim.chips.lm75 import Lm75\nclass MyChip(Lm75): pass\n")
    run(outside, """
        def test_limit(sim_bus, i2cdrv_open):
            sim_bus.attach(0x48, "./chip_sim.py:MyChip", temp=3)
            assert i2cdrv_open("./warm.py").sample().temp == 80.0
            assert sim_bus.chips[0x48].value("temp") == 3
    """, passed=1)  # fmt: skip
