"""Sensirion SCD40, SCD41: CO2, temperature and humidity, one measurement each 5 s once it is started.

Datasheet: SCD4x, version 1.3 (September 2022): §3.4, §3.5.1 … §3.5.3, §3.6.3, §3.7.2, §3.8.2, §3.9.2.
Settings and the temperature offset of 4 °C that cancels self-heating change no value here.  Times are the longest the
sheet allows.
"""

from __future__ import annotations

from typing import ClassVar

from ..aircommands import AirCommands
from ..chip import Input
from ..serialnumber import SerialNumber
from ..wordcommands import words

START, READ, STOP = 0x21B1, 0xEC05, 0x3F86
SET_ALTITUDE, GET_ALTITUDE, SET_PRESSURE = 0x2427, 0x2322, 0xE000
SET_ASC, GET_ASC = 0x2416, 0x2313
DATA_READY, SERIAL, REINIT = 0xE4B8, 0x3682, 0x3646
WHILE_MEASURING = {READ, STOP, SET_PRESSURE, DATA_READY}  # table 9, last column
PERIOD = 5.0  # s, §3.5.1


class Scd4x(AirCommands, SerialNumber):
    """Acknowledges few commands while it measures, and has each measurement for one read."""

    inputs: ClassVar = {"co2": Input(600.0, "ppm"), **AirCommands.inputs}
    spans: ClassVar = {"co2": (0, 0xFFFF), **AirCommands.spans}
    serial = 0xF8969F073BBE
    durations: ClassVar = {
        **dict.fromkeys((READ, SET_ALTITUDE, GET_ALTITUDE, SET_PRESSURE, SET_ASC, GET_ASC, DATA_READY, SERIAL), 0.001),
        START: 0.0,
        STOP: 0.5,
        REINIT: 0.03,
    }
    arguments: ClassVar = frozenset({SET_ALTITUDE, SET_PRESSURE, SET_ASC})
    t_startup = 1.0  # table 7

    def power_on(self) -> None:
        super().power_on()
        self.measuring = False
        self.altitude, self.calibrates_itself = 0, True
        self._measurement = b""

    def convert(self, end: float) -> None:
        self._measurement = words(*self.measured(end))

    def accepts(self, command: int) -> bool:
        if command == READ and not self._measurement:
            return False
        return super().accepts(command) and (not self.measuring or command in WHILE_MEASURING)

    def execute(self, command: int, argument: int, end: float) -> None:
        if command == READ:
            self.answer, self._measurement = self._measurement, b""
        elif command == DATA_READY:
            self.answer = words(0x8006 if self._measurement else 0x8000)
        elif command == SERIAL:
            self.answer = words(*(self.serial >> shift & 0xFFFF for shift in (32, 16, 0)))
        elif command in (START, STOP):
            self._switch(command == START, end)
        else:
            self._set_or_get(command, argument)

    def _switch(self, measures: bool, now: float) -> None:
        self.measuring, self._measurement = measures, b""
        if measures:
            self._conversions.start(now, PERIOD, PERIOD)
        else:
            self._conversions.stop()

    def _set_or_get(self, command: int, argument: int) -> None:
        if command == SET_ALTITUDE:
            self.altitude = argument
        elif command == SET_ASC:
            self.calibrates_itself = argument == 1
        elif command == GET_ALTITUDE:
            self.answer = words(self.altitude)
        elif command == GET_ASC:
            self.answer = words(int(self.calibrates_itself))
