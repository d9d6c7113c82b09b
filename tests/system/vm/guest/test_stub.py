"""On i2c-stub: our drivers' values of a chip's registers equal those of the kernel's own drivers.

The stub is an SMBus-only adapter whose registers keep their contents, so every chip here stands still.
Register contents are written here from the data sheets.
"""

from __future__ import annotations

import errno
import math
import subprocess
import sys
from pathlib import Path

import pytest

import i2cdrv
from i2cdrv.errors import Busy
from i2cdrv.i2c.adapter import Size
from i2cdrv.i2c.i2cdev import I2cDevAdapter
from tests.system.vm.guest.kernel import bound, bus, closest, device, floor, hwmon, iio, modprobe, rmmod, truncate
from tests.system.vm.guest.product import both, failure, load, refused, sample
from tests.system.vm.guest.rate import report
from tests.system.vm.guest.stub import put_bytes, put_words

MCP9808, INA219, INA226, SHT4X, LM75, TMP102, BME280 = 0x18, 0x40, 0x41, 0x44, 0x48, 0x49, 0x76
CHIPS = (MCP9808, INA219, INA226, SHT4X, LM75, TMP102, BME280)
NOBODY = 0x4F
LIMITS = {2: 0x4B00, 3: 0x5000}  # of the LM75 family at power-on: 75 and 80 °C
IIO = ("temp", "pressure", "humidityrelative")

# Trimming words and raw values of the example in Bosch's BMP280 sheet (§3.12); its answers are 25.08 °C and 100653 Pa.
# Humidity's are ordinary ones: h1 75, h2 361, h3 0, h4 313, h5 50, h6 30, placed after the BME280 sheet's table 16.
BOSCH = {
    0x88: bytes.fromhex("706b 4367 18fc 7d8e 43d6 d00b 270b 8c00 f9ff 8c3c f8c6 7017"),
    0xA1: bytes([75]),
    0xE1: bytes([361 & 0xFF, 361 >> 8, 0, 313 >> 4, (50 & 0xF) << 4 | 313 & 0xF, 50 >> 4, 30]),
    0xD0: b"\x60",
    0xF2: bytes(4),  # humidity's settings, status, settings: asleep, nothing under way
}


@pytest.fixture(scope="module")
def stub() -> int:
    for module in ("i2c-dev", "lm75", "tmp102", "ina2xx", "bmp280-i2c"):
        modprobe(module)
    modprobe("i2c-stub", "chip_addr=" + ",".join(map(hex, CHIPS)))
    return bus("SMBus stub")


@pytest.mark.parametrize("halves", [0, 1, 50, 250, -1, -25, -110])
def test_lm75(stub: int, halves: int) -> None:
    put_words(stub, LM75, {0: halves << 7, **LIMITS})
    put_bytes(stub, LM75, {1: b"\x00"})
    with bound(stub, "lm75", LM75) as client:
        said = hwmon(client, "temp1_input")
    assert said == halves * 500
    assert floor(both("lm75", stub, LM75)["temp"]) == said


@pytest.mark.parametrize("sixteenths", [0, 1, 401, 2000, -1, -197, -880])
def test_tmp102(stub: int, sixteenths: int) -> None:
    put_words(stub, TMP102, {1: 0x60A0, **LIMITS})
    # The kernel switches the chip to 13 bits and back again; registers without a chip do not follow, so the test does.
    put_words(stub, TMP102, {0: sixteenths << 3})
    with bound(stub, "tmp102", TMP102) as client:
        said = hwmon(client, "temp1_input")
    put_words(stub, TMP102, {0: sixteenths << 4})
    assert truncate(both("tmp102", stub, TMP102)["temp"]) == said


@pytest.mark.parametrize("sixteenths", [0, 1, 401, 2000, -1, -117, -640])
def test_mcp9808_as_jc42(stub: int, sixteenths: int) -> None:
    flags = 0x2000 if sixteenths < 0 else 0x4000  # below the lower, above the upper limit: not part of the value
    put_words(stub, MCP9808, {0: 0x001F, 1: 0, 5: sixteenths & 0x1FFF | flags, 6: 0x0054, 7: 0x0400})
    put_bytes(stub, MCP9808, {8: b"\x03"})
    modprobe("jc42")  # finds the chip by itself
    said = hwmon(device(stub, MCP9808), "temp1_input")
    rmmod("jc42")
    assert truncate(both("mcp9808", stub, MCP9808)["temp"]) == said


def test_how_quick_the_runtime_is(stub: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is asserted of time but that it passes; the figures are printed."""
    put_words(stub, MCP9808, {0: 0x001F, 1: 0, 5: 0x0191, 6: 0x0054, 7: 0x0400})
    lines = report(stub, MCP9808, 5)
    with capsys.disabled():
        print("", *lines, sep="\n")
    assert sample("mcp9808", stub, MCP9808) == {"temp": 25.0625}


USER = """
import os, sys
from i2cdrv.i2c import buslock, topology
os.setuid(65534)
try:
    buslock.BusLock({nr}).take({addr})
except OSError as error:
    print(error, flush=True)
else:
    print("taken", flush=True)
    sys.stdin.read()
"""


def user(nr: int, addr: int) -> subprocess.Popen[str]:
    """Another user, which takes an address and keeps it until stdin ends."""
    code = USER.format(nr=nr, addr=addr)
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_chip_of_a_real_bus_is_had_by_one_process_whichever_user_runs_it(stub: int) -> None:
    Path(f"/dev/i2c-{stub}").chmod(0o666)
    put_words(stub, LM75, {0: 0x1900, **LIMITS})
    put_bytes(stub, LM75, {1: b"\x00"})
    with user(stub, LM75) as first:
        assert said(first) == "taken"
        with pytest.raises(Busy, match=rf"i2c-{stub} 0x48 is in use by another i2cdrv"):
            i2cdrv.open("lm75", bus=stub, addr=LM75)
        first.communicate()
    with i2cdrv.open("lm75", bus=stub, addr=LM75) as chip, user(stub, LM75) as second, user(stub, TMP102) as third:
        assert chip.sample().temp == 25.0
        assert "is in use by another i2cdrv" in said(second)
        assert said(third) == "taken"
        third.communicate()


class WithReset(I2cDevAdapter):
    """The stub, with the one thing of an INA219 and a BME280 it lacks: a reset that ends."""

    AFTER = {(INA219, 0, b"\x80\x00"): b"\x39\x9f", (BME280, 0xE0, b"\xb6"): b"\x00"}

    def smbus_xfer(self, addr: int, size: Size, command: int, data: bytes | int) -> bytes:
        after = data if isinstance(data, int) else self.AFTER.get((addr, command, data), data)
        return super().smbus_xfer(addr, size, command, after)


@pytest.mark.parametrize("micro_ohms", [100_000, 2_000])
@pytest.mark.parametrize(("shunt", "volts"), [(1250, 12.34), (31999, 26.0), (1, 0.004), (-1250, 12.34), (-31999, 5.0)])
def test_ina219(stub: int, shunt: int, volts: float, micro_ohms: int) -> None:
    steps = round(volts / 0.004)
    # power register: current register * bus steps / 5000 (§8.5.1); conversion ready is bit 1 of the bus register
    put_words(stub, INA219, {0: 0x399F, 1: shunt, 2: steps << 3 | 2, 3: abs(shunt) * steps // 5000})
    with bound(stub, "ina219", INA219) as client:
        said = power_monitor(client, micro_ohms)
    with i2cdrv.open("ina219", bus=WithReset(stub), addr=INA219, shunt_ohms=micro_ohms / 1e6) as chip:
        compare(chip.sample()._asdict(), said, power_lsb=20 * 10e-6 / (micro_ohms / 1e6))


@pytest.mark.parametrize("micro_ohms", [100_000, 2_000])
@pytest.mark.parametrize(("shunt", "volts"), [(1000, 12.34), (32766, 36.0), (1, 0.00125), (-1000, 12.34), (-32767, 5)])
def test_ina226(stub: int, shunt: int, volts: float, micro_ohms: int) -> None:
    steps = round(volts / 0.00125)
    # power register: current register * bus steps / 20000 (§6.5.1)
    words = {0: 0x4127, 1: shunt, 2: steps, 3: abs(shunt) * steps // 20000, 6: 0x0008, 0xFE: 0x5449, 0xFF: 0x2260}
    put_words(stub, INA226, words)
    with bound(stub, "ina226", INA226) as client:
        said = power_monitor(client, micro_ohms)
    ours = both("ina226", stub, INA226, shunt_ohms=str(micro_ohms / 1e6))
    compare(ours, said, power_lsb=25 * 2.5e-6 / (micro_ohms / 1e6))


def power_monitor(client: Path, micro_ohms: int) -> dict[str, int]:
    """Return the values of the kernel's ina2xx, with this shunt."""
    (resistor,) = client.glob("hwmon/hwmon*/shunt_resistor")
    resistor.write_text(str(micro_ohms))
    return {name: hwmon(client, name) for name in ("in0_input", "in1_input", "curr1_input", "power1_input")}


def compare(ours: dict[str, float], said: dict[str, int], power_lsb: float) -> None:
    assert closest(ours["shunt"]) == said["in0_input"]
    assert closest(ours["voltage"]) == said["in1_input"]
    assert closest(ours["current"]) == said["curr1_input"]
    # the chip cuts its power register to whole steps and drops the sign
    assert -1e-9 < abs(ours["power"]) - said["power1_input"] / 1e6 < power_lsb


@pytest.mark.parametrize(
    ("press", "temp", "hum"), [(415148, 519888, 30281), (340000, 380000, 22000), (520000, 330000, 26000)]
)
def test_bme280(stub: int, press: int, temp: int, hum: int) -> None:
    raw = (press << 4).to_bytes(3, "big") + (temp << 4).to_bytes(3, "big") + hum.to_bytes(2, "big")
    put_bytes(stub, BME280, {**BOSCH, 0xF7: raw})
    with bound(stub, "bme280", BME280) as client:
        millicelsius, kilopascal, millipercent = (iio(client, f"in_{name}_input") for name in IIO)
    # Registers alone never end a forced measurement, so ours runs in normal mode.
    put_bytes(stub, BME280, {0xE0: b"\x00"})  # a chip never shows the command it got here (§5.4.2)
    with i2cdrv.open("bme280", bus=WithReset(stub), addr=BME280, mode="normal") as chip:
        ours = chip.sample()._asdict()
    # The kernel computes in integers. Its t_fine may be two steps of 1/5120 °C off, each moves pressure by 0.045 Pa.
    assert millicelsius in {centi(ours["temp"] + steps / 5120) * 10 for steps in (-2, 0, 2)}
    assert ours["pressure"] == pytest.approx(kilopascal * 1000, abs=0.1)
    assert ours["humidity"] == pytest.approx(millipercent / 1000, abs=0.008)  # its resolution (§1.3)


def centi(celsius: float) -> int:
    """Hundredths as bmp280 does it: half a step added, then C's division, towards zero."""
    return math.trunc(celsius * 100 + 0.5)


def test_chip_of_a_kernel_driver_is_busy(stub: int) -> None:
    put_words(stub, LM75, {0: 0x1980, **LIMITS})
    with bound(stub, "lm75", LM75) as client:
        error, line = failure("lm75", stub, LM75), refused("lm75", stub, LM75)
        assert load("lm75", stub, LM75, "--force") == {"temp": 25.5}
    assert error.errno == errno.EBUSY
    for text in (str(error), line):
        assert "kernel driver lm75" in text
        assert str(client) in text


def test_client_without_driver_is_not_busy(stub: int) -> None:
    put_words(stub, LM75, {0: 0x1980, **LIMITS})
    adapter = device(stub, LM75).with_name(f"i2c-{stub}")
    (adapter / "new_device").write_text(f"nobodys {LM75:#x}\n")
    try:
        assert both("lm75", stub, LM75) == {"temp": 25.5}
    finally:
        (adapter / "delete_device").write_text(f"{LM75:#x}\n")


def test_chip_that_needs_plain_i2c_is_not_supported(stub: int) -> None:
    error, line = failure("sht4x", stub, SHT4X), refused("sht4x", stub, SHT4X)
    assert error.errno == errno.EOPNOTSUPP
    for text in (str(error), line):
        assert "I2C" in text
        assert "SMBus stub" in text


def test_absent_chip_gives_the_stubs_errno(stub: int) -> None:
    assert failure("lm75", stub, NOBODY).errno == errno.ENODEV  # i2c-stub's word for no acknowledge
    assert f"{NOBODY:#x}" in refused("lm75", stub, NOBODY)


@pytest.mark.parametrize(
    ("name", "words"),
    [("control", ("/sys", "{stub}")), ("parameters", ("/sys/module/i2c_stub/parameters",))],
)
def test_files_answer_as_recorded(
    stub: int, name: str, words: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    """The tests of our own tree are compared with this kernel's answers."""
    script = Path(__file__).parents[2] / "tree" / f"{name}.sh"
    command = ["sh", str(script), *(word.format(stub=stub) for word in words)]
    answers = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with capfd.disabled():
        print("\n".join("@@" + line for line in answers.splitlines()))
    assert answers == script.with_suffix(".recorded").read_text()
