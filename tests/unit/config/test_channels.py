"""Names, labels, corrections and formulas in a configuration: each mistake has its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.config.channels import corrections
from i2cdrv.config.config import load
from i2cdrv.core.module import load as load_module
from i2cdrv.daemon.check import check
from i2cdrv.errors import Error
from i2cdrv.sim import CHIPS

if TYPE_CHECKING:
    from pathlib import Path

    from i2cdrv.config.config import Config

GARDEN = """\
devices:
  - module: bme280
    bus: sim
    name: garden
    channels:
      temp: {label: Attic, offset: -0.4, scale: 1.02}
      humidity: {offset: 2}
      dew_point: dew_point(temp, humidity)
      sea_level: {formula: "sea_level_pressure(pressure, 520)", label: Sea level}
"""

DOOR = '''\
"""A door contact."""

from typing import NamedTuple

import i2cdrv


class Sample(NamedTuple):
    open: bool


class Door(i2cdrv.Driver):
    addresses = (0x20,)

    async def sample(self) -> Sample:
        return Sample(True)
'''


def configuration(directory: Path, text: str) -> Config:
    (directory / "i2cdrv.yaml").write_text(text)
    return load(directory / "i2cdrv.yaml")


def mistake(directory: Path, text: str) -> str:
    """Return the error of a configuration, without the path of its file."""
    with pytest.raises(Error) as caught:
        check(configuration(directory, text))
    return caught.value.message.removeprefix(f"{directory}/i2cdrv.yaml:")


def test_a_device_has_a_name_labels_corrections_and_derived_channels(tmp_path: Path) -> None:
    config = configuration(tmp_path, GARDEN)
    check(config)
    (entry,) = config.service.devices
    assert entry.label == "garden"
    driver = load_module("bme280").driver
    found = corrections(entry.channels, driver.channels)
    assert found is not None
    assert [(one.name, one.title) for one in found.channels(driver.channels)] == [
        ("temp", "Attic"), ("pressure", "pressure"), ("humidity", "humidity"), ("dew_point", "dew_point"),
        ("sea_level", "Sea level"),
    ]  # fmt: skip
    assert found.apply("temp", 10.0) == pytest.approx(9.8)
    assert found.apply("humidity", 10.0) == 12.0


def test_a_device_without_channels_has_no_corrections(tmp_path: Path) -> None:
    (entry,) = configuration(tmp_path, "devices: [{module: bme280, bus: sim, channels: }]").service.devices
    assert corrections(entry.channels, load_module("bme280").driver.channels) is None


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ('{dew: "^dew_pint(temp, humidity)"}', "dew: unknown function 'dew_pint' (did you mean dew_point?); known: "),
        ('{dew: "^dew_point(temp)"}', "dew: dew_point with 1 argument: expected dew_point(temperature, humidity)"),
        ('{dew: "dew_point(^tmp, humidity)"}', "dew: no channel 'tmp' (did you mean temp?); the chip has: temp, "),
        ('{dew: "dew_point(^pressure, humidity)"}', "dew: pressure (Pa) is no temperature; the chip has temp"),
        ('{dew: {formula: "dew_point(temp, ^temp)"}}', "dew: temp (°C) is no humidity; the chip has humidity"),
        ("{dew: dew_point(temp, ^humidity)}", "humidity): expected a table or a formula, as in "),
        ("{^tmp: {offset: 1}}", "tmp: no channel 'tmp' (did you mean temp?); the chip has: temp, pressure, humidity; "
         "a derived channel has a formula, as in "),
        ('{^temp: "dew_point(temp, humidity)"}', "temp: temp is a channel of the chip: choose another name"),
        ('{^Dew: "dew_point(temp, humidity)"}', "Dew: a channel's name is a lower-case letter, then letters, "),
        ("{temp: {^ofset: 1}}", "temp: unknown key 'ofset' (did you mean offset?); known: label, offset, "),
        ("{temp: {offset: ^warm}}", "temp.offset: 'warm' is no number; expected one such as -0.4"),
        ("{temp: {offset: ^.inf}}", "temp.offset: '.inf' is no number; expected one such as -0.4"),
        ("{temp: {offset: ^0x10}}", "temp.offset: '0x10' is no number; expected one such as -0.4; write 16"),
        ("{temp: {offset: ^010}}", "temp.offset: 010 is 8 to YAML and 10 in decimal; write 8 or 10"),
        ("{temp: {offset: ^1e308}}", "temp.offset: 1e308 is out of range; accepted: -1e+12 … 1e+12"),
        ("{temp: {offset: ^-1e999}}", "temp.offset: -1e999 is out of range; accepted: -1e+12 … 1e+12"),
        ("{temp: {scale: ^1e-13}}", "temp.scale: 1e-13 is out of range; the smallest scale is 1e-12"),
        ("{temp: {scale: ^0}}", "temp.scale: a scale is not 0: the measured value would be lost"),
        ('{temp: {label: ^""}}', "temp.label: '': expected one line of at most 64 characters"),
        ('{temp: {label: ^"a\\nb"}}', "temp.label: 'a\\nb': expected one line of at most 64 characters"),
        ('{dew: {formula: "dew_point(temp, humidity)", ^offset: 1}}', "dew: a derived channel has no offset: correct "
         "the arguments of its formula"),
        ("{temp: {label: ^humidity}}", "temp.label: 'humidity' is humidity already: choose another"),
        ("{temp: {label: Air}, humidity: {label: ^Air}}", "humidity.label: 'Air' is temp already: choose another"),
        ('{temp: {label: ^dew}, dew: "dew_point(temp, humidity)"}', "temp.label: 'dew' is dew already: choose "),
        ("{temp: ^[1]}", "temp: expected a table or a formula, as in channels: "),
    ],
)  # fmt: skip
def test_a_mistake_in_a_channel_is_reported_at_its_place(tmp_path: Path, channels: str, message: str) -> None:
    line = f"- {{module: bme280, channels: {channels}}}"
    assert mistake(tmp_path, f"devices:\n{line.replace('^', '')}\n").startswith(
        f"2:{line.index('^') + 1}: devices[0].channels.{message}"
    )


def test_a_label_may_be_the_name_of_its_own_channel(tmp_path: Path) -> None:
    check(configuration(tmp_path, "devices:\n- {module: bme280, channels: {temp: {label: temp, offset: 1}}}\n"))


def test_channels_are_a_table(tmp_path: Path) -> None:
    said = mistake(tmp_path, "devices:\n- module: bme280\n  channels: [temp]\n")
    assert said.startswith("3:13: devices[0].channels: expected a table, as in channels: {temp: {label: Attic, ")


def test_a_formula_without_quotes_has_the_same_columns(tmp_path: Path) -> None:
    text = GARDEN.replace("dew_point(temp, humidity)", "dew_point(temp, hum)")
    assert mistake(tmp_path, text).startswith("8:34: devices[0].channels.dew_point: no channel 'hum'")


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ('{dew: "dew_point(temp, ^humidity)"}', "dew: no channel 'humidity'; the chip has: temp, pressure"),
        ("{^humidity: {label: Damp}}", "humidity: no channel 'humidity'; the chip has: temp, pressure; "),
    ],
)
def test_a_bmp280_has_no_humidity(tmp_path: Path, channels: str, message: str) -> None:
    line = f"- {{module: bmp280, channels: {channels}}}"
    said = mistake(tmp_path, f"devices:\n{line.replace('^', '')}\n")
    assert said.startswith(f"2:{line.index('^') + 1}: devices[0].channels.{message}")


def test_a_channel_of_words_has_a_label_only(tmp_path: Path) -> None:
    (tmp_path / "door.py").write_text(DOOR)
    text = "devices: [{module: ./door.py, bus: sim, addr: 0x20, channels: {open: {%s}}}]"
    check(configuration(tmp_path, text % "label: Shed"))
    said = mistake(tmp_path, text % "offset: 1")
    assert said == "1:79: devices[0].channels.open.offset: open is no number: only a label is possible"


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("1", "a bus"), ("i2c-1", "a bus"), ("/dev/i2c-1", "a bus"), ("sim", "a bus"), ("desk", "a bus"),
        ("1-0076", "an address"), ("0x76", "an address"),
        ("bme280", "a module or chip"), ("bmp280", "a module or chip"), ("weather-1", "a module or chip"),
        ("chip.py", "a module or chip"),
    ],
)  # fmt: skip
def test_a_name_names_nothing_else(tmp_path: Path, name: str, owner: str) -> None:
    text = f'buses: {{desk: sim}}\nalias: {{"weather*": bme280}}\ndevices:\n- module: bme280\n  name: "{name}"\n'
    assert mistake(tmp_path, text) == f"5:9: devices[0].name: {name!r} cannot name a device: it is the name of {owner}"


@pytest.mark.parametrize("name", ["-x", "two words", "3rd", "a/b", "a:b", "garden\\n"])
def test_a_name_is_a_word(tmp_path: Path, name: str) -> None:
    said = mistake(tmp_path, f'devices:\n- module: bme280\n  name: "{name}"\n')
    assert "cannot name a device: a name is a letter and then letters, digits, - _ or ." in said


def test_a_name_has_63_characters_at_most(tmp_path: Path) -> None:
    text = "devices:\n- {module: bme280, bus: sim, name: NAME}\n"
    check(configuration(tmp_path, text.replace("NAME", "x" * 63)))
    said = mistake(tmp_path, text.replace("NAME", "x" * 64))
    assert said.endswith("x… cannot name a device: a name has 63 characters at most")


@pytest.mark.parametrize("name", ["garden", "Gewächshaus", "attic-2", "a.b_c"])
def test_a_name_may_have_letters_of_any_language(tmp_path: Path, name: str) -> None:
    check(configuration(tmp_path, f"devices: [{{module: bme280, bus: sim, name: {name}}}]"))


def test_two_devices_have_different_names(tmp_path: Path) -> None:
    text = "devices:\n- {module: bme280, name: garden}\n- {module: sht4x, name: garden}\n"
    assert mistake(tmp_path, text) == (
        "3:25: devices[1].name: 'garden' is the name of another device in line 2: give each its own"
    )


def test_every_simulated_chip_s_driver_accepts_a_label_for_each_channel(tmp_path: Path) -> None:
    for chip in CHIPS:
        names = [channel.name for channel in load_module(chip).driver.channels_of(chip)]
        labels = ", ".join(f"{name}: {{label: {name} here}}" for name in names)
        check(configuration(tmp_path, f"devices: [{{module: {chip}, bus: sim, channels: {{{labels}}}}}]"))
