"""Another program that uses the same chip, as other people's drivers do: it sets it up its way, measures and reads."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

from i2cdrv.errors import Error
from i2cdrv.i2c.adapter import Message, Read, Write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from i2cdrv.sim import SimAdapter

Program = "Sequence[tuple[float, str, int]]"  # s to wait before, the bytes written (hexadecimal), bytes to read
PROGRAMS: dict[str, Sequence[tuple[float, str, int]]] = {
    # adafruit_bme280.basic: each reading writes ctrl_meas (x1, x16, forced), polls status, reads the channels
    "bme280": [
        (0, "f201", 0),
        (0, "f435", 0),
        (0, "f3", 1),
        (0.045, "f3", 1),
        (0, "fa", 3),
        (0, "f7", 3),
        (0, "fd", 2),
    ],
    "bmp280": [(0, "f435", 0), (0, "f3", 1), (0.045, "f3", 1), (0, "fa", 3), (0, "f7", 3)],
    # Adafruit_BMP.BMP085: temperature, pressure of the standard mode, its bytes one by one
    "bmp180": [(0, "f42e", 0), (0.005, "f6", 2), (0, "f474", 0), (0.008, "f6", 1), (0, "f7", 1), (0, "f8", 1)],
    # adafruit_bmp3xx: forced, polls status, reads both
    "bmp388": [(0, "1b13", 0), (0.002, "03", 1), (0.012, "03", 1), (0, "04", 6)],
    # adafruit_dps310.basic: both in the background, 64 times, then the results
    "dps310": [
        (0, "0606", 0),
        (0, "0786", 0),
        (0, "090c", 0),
        (0, "0807", 0),
        (0.25, "08", 1),
        (0, "03", 3),
        (0, "00", 3),
    ],
    # adafruit_ina219: calibration again before each reading, because a brown-out clears it; 32 V, 2 A, continuous
    "ina219": [(0, "051000", 0), (0, "00399f", 0), (0.002, "01", 2), (0, "02", 2), (0, "04", 2)],
    # adafruit_ina260 and hwmon's ina2xx: continuous
    "ina226": [(0, "004527", 0), (0, "050a00", 0), (0.01, "01", 2), (0, "02", 2)],
    # adafruit_sht4x: measure, wait 10 ms, read
    "sht4x": [(0, "fd", 0), (0.01, "", 6)],
    # adafruit_scd4x: polls the flag of a measurement, and takes it
    "scd4x": [(0, "e4b8", 0), (0.001, "", 3), (0, "ec05", 0), (0.001, "", 9)],
    # drivers/hwmon/lm75.c and jc42.c, bound and unbound: out of shutdown, read, back to shutdown
    "mcp9808": [(0, "010000", 0), (0.25, "05", 2), (0, "010100", 0)],
    "lm75": [(0, "0100", 0), (0.3, "00", 2), (0, "0101", 0)],
    "tmp102": [(0, "0160a0", 0), (0.035, "00", 2), (0, "0161a0", 0)],
    # adafruit_tmp117: soft reset, the device ID, its flags until data are ready, the temperature
    "tmp117": [(0, "010002", 0), (0.002, "0f", 2), (0.13, "01", 2), (0, "00", 2)],
    # adafruit_ads1x15: single-shot of AIN0 at ±4.096 V, 128 a second; it polls OS, then reads
    "ads1115": [(0, "01c383", 0), (0.009, "01", 2), (0, "00", 2)],
    # adafruit_lis3dh: all axes at 400 Hz, high resolution; each reading reads the range and the axes
    "lis3dh": [(0, "2077", 0), (0, "2388", 0), (0.01, "23", 1), (0, "a8", 6)],
}
PROGRAMS |= dict.fromkeys(("lm75a", "pct2075", "tmp75", "tmp105", "ds1775", "mcp980x"), PROGRAMS["lm75"])
PROGRAMS |= dict.fromkeys(("ads1114", "ads1113", "ads1015", "ads1014", "ads1013"), PROGRAMS["ads1115"])
PROGRAMS |= {"tmp119": PROGRAMS["tmp117"], "bmp085": PROGRAMS["bmp180"]}
PROGRAMS |= dict.fromkeys(("bmp380", "bmp390"), PROGRAMS["bmp388"])
PROGRAMS |= {"dps368": PROGRAMS["dps310"]}


class Rival:
    """The program's transfers, when they are due; in the place of a fault of the simulated bus."""

    def __init__(self, words: str, chip: str, addr: int, adapter: SimAdapter) -> None:
        first, *options = words.split(" ")
        self._period = float(first.partition("=")[2])
        self._adapter, self._addr, self._program = adapter, addr, PROGRAMS[chip]
        lasting = [float(option.partition("=")[2]) for option in options if option.startswith("for=")]
        self.since = adapter.clock.monotonic()
        self.until = self.since + lasting[0] if lasting else inf
        self.hits = 0
        self._steps = self._all_steps()
        self._due, self._messages = next(self._steps)

    @property
    def active(self) -> bool:
        """It has not ended."""
        return self.until > self._adapter.clock.monotonic()

    def clear(self) -> None:
        """End it."""
        self.until = min(self.until, self._adapter.clock.monotonic())

    @property
    def next_step(self) -> float:
        """When the next transfer is due."""
        return self._due if self._due < self.until else inf

    def step(self) -> None:
        """Do the transfer that is due; a failure is the program's own loss."""
        with suppress(Error):
            self._adapter.xfer(self._messages)
        self.hits += 1
        self._due, self._messages = next(self._steps)

    def _all_steps(self) -> Iterator[tuple[float, list[Message]]]:
        begin = self.since
        while True:
            moment = begin
            for wait, written, length in self._program:
                moment += wait
                yield moment, self._transfer(bytes.fromhex(written), length)
            begin = max(begin + self._period, moment)

    def _transfer(self, written: bytes, length: int) -> list[Message]:
        messages: list[Message] = [Write(self._addr, written)] if written else []
        return [*messages, Read(self._addr, length)] if length else messages
