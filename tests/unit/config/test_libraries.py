"""The section ``libraries``, and the keys of a device that are short for parameters of libraries."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from i2cdrv.bridge.library import Library, Value
from i2cdrv.config import modprobe
from i2cdrv.config.config import load
from i2cdrv.errors import Error, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from i2cdrv.config.config import Config


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Config]:
    def read(text: str) -> Config:
        file = tmp_path / "i2cdrv.yaml"
        file.write_text(dedent(text))
        return load(file)

    return read


def test_a_library_with_all_its_keys(read: Callable[[str], Config]) -> None:
    config = read("""
        libraries:
          garden:
            library: "smbus:bme280.BME280"
            start: [update_sensor, begin]
            measure: read_all()
            options: {mode: normal, gain: 2, fast: true}
            limit: 5
            settle: 0
            first: 0.5
            channels:
              temp: {read: get_temperature(), unit: °C, range: [-40, 85]}
              raw: {read: data.0, unit: index}
    """)
    assert config.libraries["garden"].library == Library(
        "smbus",
        "bme280.BME280",
        (Value("temp", "get_temperature()", "°C", -40.0, 85.0), Value("raw", "data.0", "index")),
        (("mode", "normal"), ("gain", 2), ("fast", True)),
        ("update_sensor", "begin"),
        "read_all()",
        5.0,
        0.0,
        0.5,
    )


def test_a_configuration_without_libraries_has_none(read: Callable[[str], Config]) -> None:
    assert read("interval: 1\n").libraries == {}
    assert read("libraries:\n").libraries == {}


GOOD = 'library: "adafruit:nowhere"'
MISTAKES = [
    ("libraries: [garden]", "1:12: libraries: expected a table"),
    ("libraries: {garden: 1}", "1:21: libraries.garden: expected a table"),
    ("libraries: {garden: {start: begin}}", "1:13: libraries.garden: the library is missing"),
    ("libraries: {garden: {library: bme280}}", "1:31: libraries.garden.library: 'bme280' names no library"),
    (f"libraries: {{garden: {{{GOOD}, limt: 3}}}}", "libraries.garden: unknown key 'limt' (did you mean limit?)"),
    (f"libraries: {{garden: {{{GOOD}, limit: 100}}}}", "libraries.garden.limit: 100: expected seconds, 0 … 60"),
    (f"libraries: {{garden: {{{GOOD}, limit: soon}}}}", "libraries.garden.limit: 'soon' is no number"),
    (f"libraries: {{garden: {{{GOOD}, channels: {{temp: {{unit: °C}}}}}}}}", "channels.temp: read is missing"),
    (
        f"libraries: {{garden: {{{GOOD}, channels: {{temp: {{read: t, unit: hpa}}}}}}}}",
        "channels.temp: there is no unit 'hpa' (did you mean hPa?)",
    ),
    (
        f"libraries: {{garden: {{{GOOD}, channels: {{temp: {{read: t(1), unit: °C}}}}}}}}",
        "channels.temp: 't(1)' is no value of a library",
    ),
    (
        f"libraries: {{garden: {{{GOOD}, channels: {{temp: {{read: t, unit: °C, range: [5]}}}}}}}}",
        "channels.temp.range: expected the lowest and the highest value",
    ),
    (
        f"libraries: {{garden: {{{GOOD}, channels: {{temp: {{read: t, unit: °C, range: [5, 5]}}}}}}}}",
        "channels.temp.range: 5 is not below 5",
    ),
    (f"libraries: {{bme280: {{{GOOD}}}}}", "libraries: bme280 is a driver of i2cdrv already"),
    (f"libraries: {{sht40: {{{GOOD}}}}}", "libraries: sht40 is a driver of i2cdrv already"),
    (f"libraries: {{my garden: {{{GOOD}}}}}", "libraries: 'my garden' is no name of a module"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_mistake_is_reported_with_its_place(read: Callable[[str], Config], text: str, message: str) -> None:
    with pytest.raises(Error) as caught:
        read(text)
    assert message in caught.value.message
    assert "i2cdrv.yaml:1:" in caught.value.message


def test_a_library_that_is_missing_is_reported_with_its_place(read: Callable[[str], Config]) -> None:
    config = read(f"libraries: {{garden: {{{GOOD}}}}}")
    with pytest.raises(Unknown, match=r"i2cdrv.yaml:1:13: libraries.garden: .*pip install adafruit-circuitpython-nowh"):
        modprobe.find("garden", config)


def test_options_of_a_library_need_no_other_module(read: Callable[[str], Config]) -> None:
    config = read(f"""
        libraries: {{garden: {{{GOOD}}}}}
        options: {{garden: {{debug: 1}}, "adafruit:bme280": {{debug: 1}}}}
    """)
    assert modprobe.load("bme280", [], config).module.name == "bme280"
    with pytest.raises(Unknown, match="no module 'gardn'"):
        modprobe.load("bme280", [], read("options: {gardn: {debug: 1}}"))


@pytest.mark.parametrize(
    ("entry", "params"),
    [
        ("start: begin", {"start": "begin"}),
        ("start: [begin, other]", {"start": "begin,other"}),
        ("options: {gain: 2, mode: fast}", {"options": "gain=2,mode=fast"}),
        ("options: gain=2", {"options": "gain=2"}),
    ],
)
def test_short_keys_of_a_device(read: Callable[[str], Config], entry: str, params: dict[str, str]) -> None:
    config = read(f'devices: [{{module: "adafruit:x", bus: 1, addr: 0x18, {entry}}}]')
    (device,) = config.service.devices
    assert {one.key: getattr(one.value, "text", None) for one in device.params} == params
