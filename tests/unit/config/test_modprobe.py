"""Modules as the configuration wants them: precedence, aliases, blacklist, soft dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from i2cdrv.config import modprobe
from i2cdrv.config.config import Config, load
from i2cdrv.errors import Invalid, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Config]:
    def config(text: str) -> Config:
        path = tmp_path / "i2cdrv.yaml"
        path.write_text(text)
        return load(path)

    return config


def osrs(name: str, words: list[str], config: Config) -> tuple[str, str]:
    loaded = modprobe.load(name, words, config)
    return loaded.params.show("osrs_t").decode().strip(), loaded.params.show("osrs_p").decode().strip()


def test_default_then_options_then_the_command_line(config: Callable[[str], Config]) -> None:
    told = config("options: {bme280: {osrs_p: x4, osrs_t: x2}}")
    assert osrs("bme280", [], Config()) == ("x1", "x1")
    assert osrs("bme280", [], told) == ("x2", "x4")
    assert osrs("bme280", ["osrs_p=x16"], told) == ("x2", "x16")
    assert osrs("bme280", ["osrs-p=x16", "osrs_p=x8"], told) == ("x2", "x8")


def test_a_dash_is_an_underscore_in_options_too(config: Callable[[str], Config]) -> None:
    assert osrs("bme280", [], config("options: {bme280: {osrs-p: x4}}")) == ("x1", "x4")


def test_options_of_other_modules_do_not_matter(config: Callable[[str], Config]) -> None:
    assert osrs("bme280", [], config("options: {lm75: {debug: 1}}")) == ("x1", "x1")


def test_a_parameter_that_is_set_once_may_be_in_both(tmp_path: Path, config: Callable[[str], Config]) -> None:
    driver = tmp_path / "once.py"
    driver.write_text(
        "from typing import NamedTuple\n"
        "from i2cdrv import Celsius, Driver, param\n"
        "from i2cdrv.driver.moduleparam.rust import i32\n"
        "class Sample(NamedTuple):\n    temp: Celsius\n"
        "class Once(Driver):\n"
        "    level: i32 = param('level', default=0, perm=0, once=True)\n"
        "    async def sample(self) -> Sample:\n        return Sample(0.0)\n"
    )
    told = config("options: {once: {level: 9}}")
    assert modprobe.load(str(driver), [], told).params.values == {"level": 9}
    assert modprobe.load(str(driver), ["level=10"], told).params.values == {"level": 10}  # modprobe.d: EEXIST
    with pytest.raises(Invalid, match="only once"):
        modprobe.load(str(driver), ["level=10", "level=10"], told)


@pytest.mark.parametrize(
    ("name", "module", "chip"),
    [
        ("weather", "bme280", "bme280"),
        ("weather-2", "bme280", "bmp280"),
        ("weather_2", "bme280", "bmp280"),
        ("lm75", "mcp9808", "mcp9808"),  # kmod looks at the aliases of the configuration before the modules
        ("tmp102", "lm75", "tmp102"),
    ],
)
def test_aliases_have_wildcards_and_come_first(
    config: Callable[[str], Config], name: str, module: str, chip: str
) -> None:
    told = config("alias:\n  weather: bme280\n  weather-*: bmp280\n  lm7?: mcp9808\n")
    loaded = modprobe.load(name, [], told)
    assert (loaded.module.name, loaded.module.chip) == (module, chip)


def test_an_alias_of_nothing_is_reported_with_its_place(config: Callable[[str], Config]) -> None:
    with pytest.raises(Unknown, match=r"i2cdrv\.yaml:1:18: no driver module or chip is called 'bme28'"):
        modprobe.load("weather", [], config("alias: {weather: bme28}"))


def test_a_module_on_the_blacklist_is_loaded_by_its_name_only(config: Callable[[str], Config]) -> None:
    told = config("blacklist: [lm75]")
    assert modprobe.load("lm75", [], Config()).module.name == "lm75"
    assert modprobe.load("tmp102", [], Config()).module.name == "lm75"
    with pytest.raises(
        Unknown, match=r"tmp102: its module lm75 is blacklisted at .*i2cdrv\.yaml:1:13; remove it there"
    ):
        modprobe.load("tmp102", [], told)
    with pytest.raises(Unknown, match=r"called 'TMP102' \(did you mean tmp102\?\)$"):
        modprobe.load("TMP102", [], told)
    assert modprobe.load("lm75", [], told).module.name == "lm75"


def test_soft_dependencies_come_before_and_after_each_once(config: Callable[[str], Config]) -> None:
    told = config("softdep: {a: {pre: [b, c], post: [d]}, b: {pre: [a, e]}, d: {pre: [c]}}")
    assert list(modprobe.sequence("a", told)) == ["e", "b", "c", "a", "d"]
    assert list(modprobe.sequence("f", told)) == ["f"]
