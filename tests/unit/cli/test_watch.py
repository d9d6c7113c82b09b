"""``i2cdrv watch``: its table, on terminals of any size, its lines, and how it ends."""

from __future__ import annotations

import re
from typing import Any

import pytest

from i2cdrv.cli.watch import table
from i2cdrv.cli.watch.state import HISTORY_VALUES, WatchState
from i2cdrv.cli.watch.table import sparkline

NOW = 1000.0


# The course of a value.


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 20, "▁▂▃▄▅▆▇█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], 3, "▁▅█"),
        ([7, 0], 20, "█▁"),
        ([1.0, None, 2.0], 20, "▁ █"),
        ([5.0, 5.0], 20, "▄▄"),
        ([5.0], 20, "▄"),
        ([None, None], 20, "  "),
        ([], 20, ""),
        ([1, 2], 0, ""),
        ([-1e300, 0, 1e300], 20, "▁▅█"),
    ],
)
def test_a_sparkline(values: list[float | None], width: int, shown: str) -> None:
    assert sparkline(values, width) == shown


def test_a_curve_below_the_visible_resolution_is_flat() -> None:
    assert sparkline([21.001, 21.004, 21.002], 20, 0.01) == "▄▄▄"
    assert sparkline([21.00, 21.02], 20, 0.01) == "▁█"


# The table.


CHANNELS = {"temp": {"unit": "°C", "digits": 2}, "pressure": {"unit": "Pa", "digits": 0}}


def described(device: str = "1-0076", chip: str = "bme280", **other: Any) -> dict[str, Any]:
    return {
        "device": device, "chip": chip, "module": chip, "state": "live", "reason": "", "interval": 1.0,
        "errors": {"nack": 0, "other": 0}, "channels": CHANNELS, **other,
    }  # fmt: skip


def value(device: str = "1-0076", ago: float = 0.0, **values: float) -> dict[str, Any]:
    channels = {name: {"value": one, "unit": CHANNELS[name]["unit"]} for name, one in values.items()}
    return {
        "device": device, "driver": "bme280", "time": 0.0, "boottime": NOW - ago, "status": "ok", "channels": channels,
        "chip": "bme280", "state": "live", "reason": "",
    }  # fmt: skip


def error(device: str = "1-0076", state: str = "suspect") -> dict[str, Any]:
    return {
        "device": device, "driver": "bme280", "time": 0.0, "boottime": NOW, "status": "error", "error": "ENXIO",
        "message": "no answer", "chip": "bme280", "state": state, "reason": "no answer",
    }  # fmt: skip


@pytest.fixture
def state() -> WatchState:
    return WatchState()


def take(state: WatchState, devices: list[Any] | None = None, *readings: Any, pid: int = 7) -> None:
    reply = {"readings": list(readings), "boottime": NOW, **({} if devices is None else {"devices": devices})}
    list(state.accept(pid, reply, NOW))


def texts(state: WatchState, width: int = 80, height: int = 24, later: float = 0.0) -> list[str]:
    lines = [line.text for line in table.lines(state, width, height, NOW + later)]
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    return lines


def test_a_device_has_a_row_for_each_channel(state: WatchState) -> None:
    take(state, [described(errors={"nack": 2, "other": 1})], value(temp=21.0, pressure=100_000))
    take(state, None, value(temp=21.474, pressure=100_648.3))
    assert texts(state) == [
        "device  chip    channel    value  unit  last                  age  state  errors",
        "1-0076  bme280  temp       21.47  °C                      ▁█  0 s  live        3",
        "                pressure  100648  Pa                      ▁█",
    ]


def test_two_devices_of_one_chip_are_two_and_in_order(state: WatchState) -> None:
    take(
        state,
        [described("10-0018"), described("1-0077"), described("1-0076")],
        value("1-0077", temp=2),
        value("1-0076", temp=1),
    )
    assert [line.split()[:4] for line in texts(state)[1:4]] == [
        ["1-0076", "bme280", "temp", "1.00"],
        ["1-0077", "bme280", "temp", "2.00"],
        ["10-0018", "bme280", "–", "–"],
    ]


def test_a_device_without_a_value_gives_the_reason_below(state: WatchState) -> None:
    take(state, [described()])
    assert texts(state)[1:] == [
        "1-0076  bme280  –            –                                –  live        0",
        "1-0076 no sample yet",
    ]


def test_an_error_takes_the_value_away_and_leaves_a_gap(state: WatchState) -> None:
    take(state, [described()], value(temp=1), error(state="suspect"))
    _, row, note = texts(state, later=3.0)
    assert row.split() == ["1-0076", "bme280", "temp", "–", "°C", "▄", "3", "s", "suspect", "0"]
    assert note == "1-0076 suspect: no answer"
    assert [line.kind for line in table.lines(state, 80, 24, NOW)] == ["head", "suspect", "suspect"]
    take(state, None, value(temp=2))
    assert texts(state)[1].split() == ["1-0076", "bme280", "temp", "2.00", "°C", "▁", "█", "0", "s", "live", "0"]
    assert len(texts(state)) == 2


def test_a_value_that_is_no_number_is_shown_as_words(state: WatchState) -> None:
    reading = value(temp=1)
    reading["channels"]["temp"] = {"value": 1, "unit": "", "digits": 0, "text": "freefall"}
    take(state, [described()], reading)
    assert texts(state)[1].split()[:4] == ["1-0076", "bme280", "temp", "freefall"]


def test_an_error_of_the_bus_is_shown_for_a_live_device(state: WatchState) -> None:
    take(state, [described()], error(state="live"))
    assert texts(state)[2] == "1-0076 no value: no answer (ENXIO)"


def test_a_value_that_should_have_been_followed_by_another_is_none(state: WatchState) -> None:
    take(state, [described()], value(temp=1))
    assert texts(state, later=3.9)[1].split()[3] == "1.00"
    _, row, note = texts(state, later=4.1)
    assert row.split()[3:] == ["–", "°C", "▄", "4", "s", "live", "0"]
    assert note == "1-0076 the last sample is 4 s old: process 7 has stopped sampling"


def test_a_device_sampled_on_request_is_never_too_late(state: WatchState) -> None:
    take(state, [described(interval=None)], value(temp=1, ago=4000))
    assert texts(state)[1].split()[3:] == ["1.00", "°C", "▄", "1", "h", "live", "0"]


@pytest.mark.parametrize(
    ("later", "shown"), [(0.9, "0 s"), (59, "59 s"), (61, "1 min"), (3601, "1 h"), (90000, "1 d"), (172800, "2 d")]
)
def test_ages_grow(state: WatchState, later: float, shown: str) -> None:
    take(state, [described(interval=1e9)], value(temp=1))
    assert f" {shown}  live" in texts(state, later=later)[1]


def test_devices_come_and_go_and_other_processes_keep_theirs(state: WatchState) -> None:
    take(state, [described("1-0076"), described("1-0077")], value(temp=1))
    take(state, [described("2-0018")], pid=8)
    take(state, [described("1-0077"), described("1-0078")])
    assert [entry.device for entry in state.rows()] == ["1-0077", "1-0078", "2-0018"]
    take(state, None, value("1-0076", temp=1))  # a reading that comes late
    state.end(7, "process 7 has ended")
    assert [entry.device for entry in state.rows()] == ["2-0018"]
    assert texts(state)[-1] == "process 7 has ended"
    state.end(8, "process 8 was killed")
    assert texts(state)[1:] == ["no device is served", "process 7 has ended", "process 8 was killed"]


@pytest.mark.parametrize(
    ("width", "columns", "course"),
    [
        (200, "device chip channel value unit last age state errors", HISTORY_VALUES),
        (80, "device chip channel value unit last age state errors", 20),
        (70, "device chip channel value unit last age state errors", 10),
        (64, "device chip channel value unit last age state errors", 4),
        (63, "device chip channel value unit age state errors", 0),
        (55, "device channel value unit age state errors", 0),
        (45, "device channel value unit age state", 0),
        (38, "device channel value age state", 0),
        (32, "device channel value state", 0),
        (26, "device channel value", 0),
        (16, "device value", 0),
    ],
)
def test_courses_become_shorter_then_columns_go(state: WatchState, width: int, columns: str, course: int) -> None:
    take(state, [described()])
    for number in range(30):
        take(state, None, value(temp=20.0 + number, pressure=100_000))
    head, row, *_ = texts(state, width)
    assert head.split() == columns.split()
    assert sum("▁" <= character <= "█" for character in row) == course


def test_no_line_is_ever_longer_than_the_terminal(state: WatchState) -> None:
    take(
        state,
        [described("1-0076"), described("1-0077", chip="x" * 30, reason="y" * 300, state="absent")],
        value(temp=1e9),
    )
    state.end(9, "z" * 300)
    for width in range(1, 120):
        texts(state, width)


@pytest.mark.parametrize("height", range(4, 40))
def test_sixteen_devices_on_a_terminal_of_any_height(state: WatchState, height: int) -> None:
    names = [f"1-00{addr:02x}" for addr in range(0x40, 0x50)]
    take(state, [described(name) for name in names], *(value(name, temp=1, pressure=1) for name in names[:8]))
    lines = texts(state, 80, height)
    shown = [line for line in lines if "…" not in line]
    hidden = [int(number) for line in lines for number in re.findall(r"… (\d+) more", line)]
    assert len(shown) + sum(hidden) == 1 + 8 * 2 + 8 + 8, "the head, the rows, and the notes of eight without a value"


def test_control_sequences_for_the_terminal_are_shown_as_text(state: WatchState) -> None:
    take(state, [described(chip="\x1b[2J", state="absent", reason="\x1b]0;x\x07")])
    assert "\x1b" not in "".join(texts(state))


def test_a_channel_that_is_new_at_run_time_has_the_digits_of_its_value() -> None:
    """A converter may measure other inputs than those of its description."""
    state = WatchState()
    take(state, [described()], {**value(), "channels": {"ain3": {"value": 1.2345, "unit": "V", "digits": 4}}})
    (row,) = state.rows()
    assert row.show("ain3") == ("1.2345", "V")
