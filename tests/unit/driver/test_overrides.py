"""Values that one device has of its own: parsed as the module's, and above them in precedence."""

from __future__ import annotations

import errno
from functools import partial
from typing import Any, NamedTuple

import pytest

from i2cdrv import Celsius, Driver, param
from i2cdrv.driver.moduleparam import (
    Argument,
    DeviceParameters,
    Origin,
    Overrides,
    Own,
    Param,
    Parameters,
    bool_enable_only,
)
from i2cdrv.errors import Error, Invalid, Nack, Unknown


class Sample(NamedTuple):
    temp: Celsius


class Declared(Driver):
    """One parameter of each kind that matters here."""

    level: int = param("a number", default=1, minimum=0)
    pair: tuple[int, int] = param("a fixed array", default=(1, 2))
    locked: bool_enable_only = param("stays on", default=False)
    fixed: int = param("a file that can only be read", default=1, perm=0o444)
    hidden: int = param("no file", default=1, perm=0)
    single: int = param("set once", default=1, once=True)
    risky: int = param("taints", default=1, unsafe=True)

    async def sample(self) -> Sample:
        return Sample(0.0)


class Chip:
    """Records the values that reach it; ``refuses`` makes the next one fail."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.refuses = False

    def change(self, _params: DeviceParameters, param: Param, value: Any, _own: Own) -> None:
        if self.refuses:
            raise Nack("no answer")
        self.seen.append((param.name, value))


def made(own: Own = Own(), options: bytes = b"") -> tuple[Parameters, DeviceParameters, Chip]:  # noqa: B008
    module, chip = Parameters("declared", Declared.params), Chip()
    module.load(options)
    return module, DeviceParameters("1-0048", module, Overrides(own), chip.change), chip


def level(params: DeviceParameters) -> tuple[int, Origin]:
    param = params.params["level"]
    return params.value(param), params.origin(param)


def test_the_origins_are_in_the_order_of_precedence() -> None:
    assert [origin.word for origin in sorted(Origin)] == ["default", "options", "load", "module", "params", "device"]


def test_a_device_without_own_values_follows_its_module() -> None:
    module, device, _ = made()
    module.write("level", b"5")
    assert level(device) == (5, Origin.MODULE)
    assert device.show("level") == b"5\n"


def test_a_value_of_its_own_stays_when_the_module_changes() -> None:
    module, device, chip = made()
    device.write("level", b"7")
    module.write("level", b"5")
    assert level(device) == (7, Origin.DEVICE)
    assert chip.seen == [("level", 7)]
    assert (module.value(module.params["level"]), device.values["level"]) == (5, 7)


def test_an_unset_value_falls_back_to_the_configured_one_and_then_to_the_module() -> None:
    _, device, chip = made(Own({"level": b"3"}, {"level": b"4"}), b"level=2")
    assert level(device) == (4, Origin.DEVICE)
    device.unset("level")
    assert level(device) == (3, Origin.PARAMS)
    device.configure("level", None)
    assert level(device) == (2, Origin.LOAD)
    assert chip.seen == [("level", 3), ("level", 2)]
    with pytest.raises(Unknown, match="no level was set for 1-0048 at run time; its value comes from: module, when"):
        device.unset("level")


def test_a_changed_configuration_replaces_a_value_set_at_run_time() -> None:
    _, device, _ = made(Own({"level": b"3"}, {"level": b"4"}))
    device.configure("level", b"6")
    assert level(device) == (6, Origin.PARAMS)
    assert device.overrides.own == Own({"level": b"6"}, {})


@pytest.mark.parametrize("change", ["write", "unset", "configure"])
def test_a_chip_that_refuses_a_value_keeps_the_old_one_and_its_origin(change: str) -> None:
    _, device, chip = made(Own({}, {"level": b"4"}))
    before, chip.refuses = device.overrides.own, True
    arguments = {"write": ("level", b"9"), "unset": ("level",), "configure": ("level", b"9")}[change]
    with pytest.raises(Nack):
        getattr(device, change)(*arguments)
    assert level(device) == (4, Origin.DEVICE)
    assert device.overrides.own is before


@pytest.mark.parametrize(
    ("name", "number", "message"),
    [
        ("fixed", errno.EACCES, "the parameter fixed of 1-0048 cannot be written"),
        ("hidden", errno.ENOENT, "the parameter hidden of 1-0048 is set when the module is loaded, and has no file"),
        ("levle", errno.ENOENT, "unknown parameter 'levle' .did you mean level"),
    ],
)
def test_a_parameter_that_cannot_be_written_is_named(name: str, number: int, message: str) -> None:
    _, device, chip = made(Own({}, {"fixed": b"2", "hidden": b"2"}))
    changes = partial(device.write, name, b"5"), partial(device.unset, name), partial(device.configure, name, b"5")
    for change in changes:
        with pytest.raises(Error, match=message) as caught:
            change()
        assert caught.value.errno == number
    assert chip.seen == []
    assert (device.values["fixed"], device.values["hidden"]) == (2, 2)  # set before the device is bound


def test_the_other_elements_of_an_array_are_those_of_the_device() -> None:
    module, device, _ = made()
    module.write("pair", b"5,6")
    device.write("pair", b"9")
    assert device.show("pair") == b"9,6\n"
    device.write("pair", b"8")
    assert device.overrides.own.runtime == {"pair": b"8,6"}


def test_a_parameter_that_stays_on_is_not_unset() -> None:
    _, device, _ = made()
    device.write("locked", b"1")
    with pytest.raises(Invalid) as caught:
        device.unset("locked")
    assert caught.value.errno == errno.EROFS
    assert device.show("locked") == b"Y\n"


def test_a_parameter_is_set_once_for_each_device() -> None:
    module, device, _ = made()
    device.write("single", b"2")
    with pytest.raises(Invalid) as caught:
        device.write("single", b"3")
    assert caught.value.errno == errno.EEXIST
    assert module.show("single") == b"1\n"
    for change in (partial(device.unset, "single"), partial(device.configure, "single", b"4")):
        with pytest.raises(Invalid) as caught:
            change()
        assert caught.value.errno == errno.EEXIST
    assert device.show("single") == b"2\n"


def test_an_unsafe_parameter_of_a_device_taints_the_module() -> None:
    module, device, _ = made()
    assert module.parse(b"risky=2") == {"risky": b"2"}
    assert not module.tainted  # nothing has been set
    device.write("risky", b"2")
    assert module.tainted


def test_an_unsafe_parameter_taints_when_a_device_is_bound_with_it() -> None:
    module, _, _ = made(Own({"risky": b"2"}))
    assert module.tainted


def test_a_value_that_the_driver_does_not_accept_is_rejected_and_the_next_one_counts() -> None:
    _, device, _ = made(Own({"level": b"3", "gone": b"1"}, {"level": b"-1"}))
    assert level(device) == (3, Origin.PARAMS)
    assert sorted(device.rejected) == ["gone", "level"]


def test_the_words_of_a_load_are_parsed_and_change_nothing() -> None:
    module, _, _ = made(options=b"pair=5,6")
    assert module.parse(b"level=0x10 pair=9") == {"level": b"16", "pair": b"9,6"}
    assert module.show("level") == b"1\n"
    with pytest.raises(Unknown, match=r"unknown parameter 'levle' .did you mean level"):
        module.parse(b"levle=1")
    assert module.parse(b"levle=1 level=2", ignore_unknown=True) == {"level": b"2"}


def test_a_parameter_that_several_origins_name_is_set_by_the_highest() -> None:
    module = Parameters("declared", Declared.params)
    options, kept = [Argument(b"level", b"2"), Argument(b"risky", b"2")], [Argument(b"level", b"4")]
    assert module.load(b"level=3 risky=3", options, kept) == {"level": 4, "risky": 3}
    origins = {name: module.origin(param) for name, param in module.params.items()}
    assert (origins["level"], origins["risky"], origins["pair"]) == (Origin.MODULE, Origin.LOAD, Origin.DEFAULT)
