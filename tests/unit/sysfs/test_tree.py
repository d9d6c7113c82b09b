"""The layout of the tree: names, links, modes and contents, as in /sys."""

from __future__ import annotations

import errno
import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from i2cdrv.core.bus import Bus
from i2cdrv.core.loaded import LoadedModule
from i2cdrv.core.model import DriverCore
from i2cdrv.core.module import load
from i2cdrv.errors import ConfigLost, Error, Invalid, Nack, NoDevice
from i2cdrv.kthread.task import Priority
from i2cdrv.lib.clock import VirtualClock
from i2cdrv.lib.cpumask import print_list
from i2cdrv.sim import CHIPS, SimAdapter
from i2cdrv.sysfs import tree as files
from i2cdrv.sysfs.kernfs import Attribute, Directory, Link, Node, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator


class Files:
    """The tree of one simulated bus, by paths."""

    def __init__(self) -> None:
        chips: dict[int, Any] = {
            0x48: CHIPS["lm75"](temp=20.5),
            0x49: CHIPS["lm75"](temp=-3.5),
            0x76: CHIPS["bme280"](temp=25.0, pressure=100_000.0, humidity=40.0),
            0x77: CHIPS["bmp280"](temp=10.0),
            0x40: CHIPS["ina219"](),
        }
        self.adapter = SimAdapter(chips, nr=1, clock=VirtualClock())
        self.clock = self.adapter.clock
        self.tree, self.core = Tree(), DriverCore()
        files.build(self.tree, self.core)
        self.bus = Bus(self.adapter)
        self.core.add_bus(self.bus)
        for name in ("lm75", "bme280", "ina219"):
            self.core.add_driver(LoadedModule(load(name)))

    def read(self, path: str) -> bytes:
        node = self.follow(path)
        assert isinstance(node, Attribute)
        return node.read()

    def write(self, path: str, data: bytes) -> int:
        node = self.follow(path)
        assert isinstance(node, Attribute)
        return node.write(data)

    def real(self, path: str) -> str:
        """The path with every link followed, as readlink -f."""
        done = ""
        todo = path.split("/")
        while todo:
            done = posixpath.normpath(posixpath.join(done, todo.pop(0)))
            node = self.tree.find("" if done == "." else done)
            if isinstance(node, Link):
                todo = [*node.target.split("/"), *todo]
                done = posixpath.dirname(done)
        return done

    def follow(self, path: str) -> Node:
        return self.tree.find(self.real(path))

    def list(self, path: str) -> list[str]:
        node = self.follow(path)
        assert isinstance(node, Directory)
        return sorted(name for name, _ in node.items())

    def walk(self, path: str = "") -> Iterator[tuple[str, Node]]:
        node = self.tree.find(path)
        assert isinstance(node, Directory)
        for name, inner in node.items():
            yield f"{path}/{name}".lstrip("/"), inner
            if isinstance(inner, Directory):
                yield from self.walk(f"{path}/{name}".lstrip("/"))


@pytest.fixture
def sys() -> Iterator[Files]:
    files = Files()
    yield files
    files.core.remove_bus(1)
    files.bus.close()


# devices/system/cpu


def test_the_processors_are_those_of_the_kernel(sys: Files) -> None:
    kernel = Path("/sys/devices/system/cpu")
    assert sys.list("devices/system/cpu") == ["housekeeping", "isolated", "online"]
    for name in ("online", "isolated", "housekeeping"):
        if (kernel / name).exists():
            assert sys.read(f"devices/system/cpu/{name}") == (kernel / name).read_bytes()
    if not (kernel / "housekeeping").exists() and not (kernel / "nohz_full").exists():
        assert sys.read("devices/system/cpu/housekeeping") == b"\n", "no restriction, before Linux 6.19 as well"


def test_the_thread_of_an_adapter_shows_where_it_runs_and_how_punctual_it_is(sys: Files) -> None:
    def shown() -> dict[str, str]:
        home = "devices/i2c-1/kthread"
        return {name: sys.read(f"{home}/{name}").decode().strip() for name in sys.list(home)}

    assert shown() == {
        "runs": "0",
        "cpus_allowed_list": "",
        "cpus_rule": "not started",
        "late_average": "0",
        "late_max": "0",
        "missed": "0",
        "timerslack_ns": "",
        "wakeups": shown()["wakeups"],
    }
    sys.bus.timers.count(0.000_3, 0)
    sys.bus.timers.count(0.000_1, 2)
    allowed = print_list(os.sched_getaffinity(0)).decode()
    sys.bus.start(cpus=allowed)
    sys.bus.kthread.stop()
    now = shown()
    assert (now["runs"], now["missed"], now["late_average"], now["late_max"]) == ("2", "2", "200", "300")
    assert (now["cpus_allowed_list"], now["cpus_rule"]) == (allowed, f"cpus={allowed}")
    assert now["timerslack_ns"] == "200000"


# bus/i2c and devices (spec: /sys/bus/i2c as recorded)


def test_an_adapter_has_the_kernels_files(sys: Files) -> None:
    assert sys.list("bus/i2c") == ["devices", "drivers", "drivers_autoprobe", "drivers_probe"]
    assert sys.real("bus/i2c/devices/i2c-1") == "devices/i2c-1"
    ours = ["faults", "kthread", "quirks", "state"]
    assert sys.list("devices/i2c-1") == sorted(["delete_device", "name", "new_device", "subsystem", "uevent", *ours])
    assert sys.real("devices/i2c-1/subsystem") == "bus/i2c"
    assert sys.read("devices/i2c-1/name") == f"{sys.adapter.name}\n".encode()


def test_a_client_has_its_files_and_its_driver(sys: Files) -> None:
    assert sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48\n") == 10
    assert sys.real("bus/i2c/devices/1-0048") == "devices/i2c-1/1-0048"
    assert sys.read("bus/i2c/devices/1-0048/name") == b"lm75\n"
    assert sys.read("bus/i2c/devices/1-0048/modalias") == b"i2c:lm75\n"
    assert sys.read("bus/i2c/devices/1-0048/uevent") == b"DRIVER=lm75\nMODALIAS=i2c:lm75\n"
    assert sys.real("bus/i2c/devices/1-0048/driver") == "bus/i2c/drivers/lm75"
    assert sys.real("bus/i2c/devices/1-0048/subsystem") == "bus/i2c"
    assert sys.real("bus/i2c/drivers/lm75/1-0048") == "devices/i2c-1/1-0048"
    assert sys.real("bus/i2c/drivers/lm75/module") == "module/lm75"
    assert sys.real("module/lm75/drivers/i2c:lm75") == "bus/i2c/drivers/lm75"
    assert sys.read("bus/i2c/devices/1-0048/state") == b"live\n"


def test_unbinding_removes_the_files_of_binding(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    sys.write("bus/i2c/drivers/lm75/unbind", b"1-0048\n")
    assert sys.list("bus/i2c/devices/1-0048") == ["modalias", "name", "sim", "subsystem", "uevent"]
    assert sys.read("bus/i2c/devices/1-0048/uevent") == b"MODALIAS=i2c:lm75\n"
    assert sys.list("bus/i2c/drivers/lm75") == ["bind", "module", "unbind"]
    assert sys.list("class/hwmon") == []
    assert sys.list("bus/iio/devices") == []
    sys.write("bus/i2c/drivers/lm75/bind", b"1-0048\n")
    assert sys.list("class/hwmon") == ["hwmon0"]
    sys.write("bus/i2c/devices/i2c-1/delete_device", b"0x48")
    assert sys.list("bus/i2c/devices") == ["i2c-1"]
    ours = ["faults", "kthread", "quirks", "state"]
    assert sys.list("devices/i2c-1") == sorted(["delete_device", "name", "new_device", "subsystem", "uevent", *ours])


def test_control_files_are_only_written_and_refuse_as_the_kernel(sys: Files) -> None:
    for path in ("bus/i2c/devices/i2c-1/new_device", "bus/i2c/drivers/lm75/bind", "bus/i2c/drivers_probe"):
        with pytest.raises(Error) as caught:
            sys.read(path)
        assert caught.value.errno == errno.EACCES
        assert sys.write(path, b"") == 0
    with pytest.raises(Invalid):
        sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75")
    with pytest.raises(NoDevice):
        sys.write("bus/i2c/drivers/lm75/bind", b"1-0048")
    assert sys.write("bus/i2c/drivers_autoprobe", b"0\n") == 2
    assert sys.read("bus/i2c/drivers_autoprobe") == b"0\n"


def test_every_link_leads_somewhere(sys: Files) -> None:
    for data in (b"lm75 0x48", b"lm75 0x49", b"bme280 0x76", b"bmp280 0x77", b"ina219 0x40", b"nobody 0x50"):
        sys.write("bus/i2c/devices/i2c-1/new_device", data)
    links = [path for path, node in sys.walk() if isinstance(node, Link)]
    assert len(links) > 30
    for path in links:
        assert isinstance(sys.follow(path), Directory), path


# module


def test_a_module_has_its_parameters_with_their_modes(sys: Files) -> None:
    assert sys.list("module") == ["bme280", "ina219", "lm75"]
    assert sys.list("module/bme280") == ["drivers", "initstate", "parameters", "refcnt", "taint", "version"]
    assert sys.read("module/bme280/initstate") == b"live\n"
    assert sys.read("module/bme280/refcnt") == b"0\n"
    assert sys.read("module/bme280/taint") == b"\n"
    assert sys.read("module/bme280/parameters/osrs_p") == b"x1\n"
    node = sys.follow("module/bme280/parameters/osrs_p")
    assert isinstance(node, Attribute)
    assert node.mode == 0o644


def test_a_parameter_is_written_through_to_the_devices(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    assert sys.read("module/bme280/refcnt") == b"1\n"
    assert sys.write("module/bme280/parameters/osrs_p", b"x16\n") == 4
    assert sys.read("module/bme280/parameters/osrs_p") == b"x16\n"
    sys.adapter.detach(0x76)
    with pytest.raises(Nack):
        sys.write("module/bme280/parameters/osrs_p", b"x2\n")
    assert sys.read("module/bme280/parameters/osrs_p") == b"x16\n"


def test_a_driver_that_goes_takes_its_files_along(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    sys.core.remove_driver("lm75")
    assert sys.list("module") == ["bme280", "ina219"]
    assert sys.list("bus/i2c/drivers") == ["bme280", "ina219"]
    assert "driver" not in sys.list("bus/i2c/devices/1-0048")


# class/hwmon and bus/iio


def test_hwmon_has_names_units_and_links(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    assert sys.list("class/hwmon") == ["hwmon0", "hwmon1"]
    assert sys.real("class/hwmon/hwmon0") == "devices/i2c-1/1-0048/hwmon/hwmon0"
    assert sys.real("class/hwmon/hwmon0/device") == "devices/i2c-1/1-0048"
    assert sys.real("class/hwmon/hwmon0/subsystem") == "class/hwmon"
    assert sys.list("class/hwmon/hwmon0") == [  # lm75 as recorded, and the label
        "device", "name", "subsystem", "temp1_input", "temp1_label", "temp1_max", "temp1_max_hyst", "update_interval"
    ]  # fmt: skip
    assert sys.read("class/hwmon/hwmon0/name") == b"lm75\n"
    assert sys.read("class/hwmon/hwmon0/temp1_input") == b"20500\n"
    assert sys.read("class/hwmon/hwmon1/humidity1_input")[:2] in (b"40", b"39")
    assert "pressure" not in "".join(sys.list("class/hwmon/hwmon1"))


def test_a_limit_of_the_chip_is_read_and_written(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    assert sys.read("class/hwmon/hwmon0/temp1_max") == b"80000\n"  # T_OS after power-on (LM75 §7.3)
    assert sys.write("class/hwmon/hwmon0/temp1_max", b"-25500\n") == 7
    assert sys.read("class/hwmon/hwmon0/temp1_max") == b"-25500\n"
    with pytest.raises(Invalid):
        sys.write("class/hwmon/hwmon0/temp1_max", b"hot\n")


def test_iio_has_everything_in_its_own_units(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    assert sys.real("bus/iio/devices/iio:device0") == "devices/i2c-1/1-0076/iio:device0"
    assert sys.real("bus/iio/devices/iio:device0/subsystem") == "bus/iio"
    assert sys.read("bus/iio/devices/iio:device0/name") == b"bme280\n"
    assert float(sys.read("bus/iio/devices/iio:device0/in_pressure_input")) == pytest.approx(100.0, rel=1e-3)  # kPa
    assert float(sys.read("bus/iio/devices/iio:device0/in_temp_input")) == pytest.approx(25_000, abs=20)


def test_a_chip_has_only_files_of_its_own_channels(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bmp280 0x77")
    assert [name for name in sys.list("bus/iio/devices/iio:device0") if name.endswith("_input")] == [
        "in_pressure_input", "in_temp_input"
    ]  # fmt: skip


def test_numbers_are_given_again(sys: Files) -> None:
    for data in (b"lm75 0x48", b"lm75 0x49"):
        sys.write("bus/i2c/devices/i2c-1/new_device", data)
    sys.write("bus/i2c/devices/i2c-1/delete_device", b"0x48")
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    assert sys.real("class/hwmon/hwmon0") == "devices/i2c-1/1-0076/hwmon/hwmon0"


# sim


def test_the_weather_of_a_simulated_chip_is_turned_by_hand(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    home = "bus/i2c/devices/1-0076/sim"
    assert sys.list(home) == ["humidity", "pressure", "temp"]
    assert sys.read(f"{home}/temp") == b"25000\n"
    assert sys.read(f"{home}/pressure") == b"100000\n"
    sys.write(f"{home}/temp", b"31500\n")
    sys.write(f"{home}/pressure", b"98765\n")
    sys.clock.sleep(2)
    assert int(sys.read("class/hwmon/hwmon0/temp1_input")) == pytest.approx(31_500, abs=20)
    assert float(sys.read("bus/iio/devices/iio:device0/in_pressure_input")) == pytest.approx(98.765, abs=0.05)
    for data in (b"warm\n", b"1e3", b"99999999999"):
        with pytest.raises(Invalid):
            sys.write(f"{home}/temp", data)
    assert sys.read(f"{home}/temp") == b"31500\n"
    sys.adapter.detach(0x76)
    with pytest.raises(NoDevice):
        sys.read(f"{home}/temp")


# Freshness


def test_one_conversion_serves_all_readers_within_the_interval(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"bme280 0x76")
    chip: Any = sys.adapter.chips[0x76]
    chip.set(temp=chip.value("temp") + 0.1)  # other than at bind, or it would be measured again
    sys.clock.sleep(5)  # after 10 the chip would be checked
    hwmon, iio = "class/hwmon/hwmon0", "bus/iio/devices/iio:device0"
    transfers: list[bytes] = []
    sys.adapter.transferred.add(lambda messages, _outcome: transfers.append(bytes(messages[0][1])))
    for path in (f"{hwmon}/temp1_input", f"{hwmon}/humidity1_input", f"{iio}/in_pressure_input"):
        sys.read(path)
    assert transfers == [b"\xf4\x25", b"\xf2"]  # start of a forced conversion, and its burst (BME280 §3.3.3, §4)
    chip.set(temp=chip.value("temp") + 0.1)
    sys.clock.sleep(1.1)
    sys.read(f"{hwmon}/temp1_input")
    assert transfers == 2 * [b"\xf4\x25", b"\xf2"]


def test_the_interval_can_be_changed_and_is_the_oldest_a_value_may_be(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    assert sys.read("class/hwmon/hwmon0/update_interval") == b"1000\n"
    sys.write("bus/i2c/devices/1-0048/update_interval", b"60000\n")
    assert sys.read("class/hwmon/hwmon0/update_interval") == b"60000\n"
    sys.read("class/hwmon/hwmon0/temp1_input")
    chip: Any = sys.adapter.chips[0x48]
    chip.set(temp=30.0)
    sys.clock.sleep(59)
    assert sys.read("class/hwmon/hwmon0/temp1_input") == b"20500\n"
    sys.clock.sleep(2)
    assert sys.read("class/hwmon/hwmon0/temp1_input") == b"30000\n"
    for data in (b"0", b"x", b"86400001"):
        with pytest.raises(Invalid):
            sys.write("bus/i2c/devices/1-0048/update_interval", data)


def test_the_priority_is_shown_and_goes_with_the_driver(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    home = "bus/i2c/devices/1-0048"
    assert sys.read(f"{home}/priority") == b"normal\n"
    device = sys.core.clients["1-0048"].device
    assert device is not None
    device.polling.prioritise(Priority.HIGH)
    assert sys.read(f"{home}/priority") == b"high\n"
    sys.write("bus/i2c/drivers/lm75/unbind", b"1-0048")
    assert "priority" not in sys.list(home)


def test_iio_has_the_interval_as_a_frequency(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    home = "bus/iio/devices/iio:device0"
    assert sys.read(f"{home}/sampling_frequency") == b"1.000000\n"
    sys.write(f"{home}/sampling_frequency", b"0.1\n")
    assert sys.read("class/hwmon/hwmon0/update_interval") == b"10000\n"
    low, _, high = sys.read(f"{home}/sampling_frequency_available").strip(b"[]\n").split()
    for edge in (low, high):
        sys.write(f"{home}/sampling_frequency", edge)
    for data in (b"0", b"-1", b"1001", b"often", b"0.00001"):
        with pytest.raises(Invalid):
            sys.write(f"{home}/sampling_frequency", data)


def test_a_chip_that_is_slow_refuses_a_shorter_interval_in_each_file(sys: Files) -> None:
    sys.core.add_driver(LoadedModule(load("scd4x")))
    sys.adapter.attach(0x62, "scd4x")
    sys.clock.sleep(1.1)
    sys.write("bus/i2c/devices/i2c-1/new_device", b"scd4x 0x62")
    interval, frequency = "bus/i2c/devices/1-0062/update_interval", "bus/iio/devices/iio:device0/sampling_frequency"
    assert (sys.read(interval), sys.read(frequency)) == (b"5000\n", b"0.200000\n")
    assert sys.read(f"{frequency}_available") == b"[0.000012 0.000001 0.200000]\n"
    for file, data in [(interval, b"4999"), (frequency, b"0.21")]:
        with pytest.raises(Invalid, match="a scd4x measures every 5 s at most; set 5 s or more"):
            sys.write(file, data)
    sys.write(interval, b"60000")
    sys.write(frequency, b"0.2")
    assert sys.read(interval) == b"5000\n"


def test_a_poller_of_a_value_is_notified_of_each_sample(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    notified = watched(sys)
    device = sys.core.clients["1-0048"].device
    assert device is not None
    device.sample()
    assert sys.follow("class/hwmon/hwmon0/temp1_input") in notified
    assert sys.follow("bus/iio/devices/iio:device0/in_temp_input") in notified
    assert sys.follow("class/hwmon/hwmon0/temp1_max") not in notified


def test_the_page_of_the_tree_has_each_file_that_the_kernel_does_not(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    kernel = {"name", "modalias", "uevent", "driver", "subsystem", "hwmon", "iio:device0", "1-0048", "kthread"}
    own = {name for path in ("bus/i2c/devices/1-0048", "devices/i2c-1") for name in sys.list(path)} - kernel
    own |= {name for inner in ("recovery", "errors") for name in sys.list(f"bus/i2c/devices/1-0048/{inner}")}
    page = (Path(__file__).parents[3] / "docs/tree.md").read_text()
    assert {name for name in own if not re.search(rf"\b{name}\b", page)} == set()


def test_a_device_that_does_not_answer_has_no_value_and_is_counted(sys: Files) -> None:
    sys.write("bus/i2c/devices/i2c-1/new_device", b"lm75 0x48")
    chip = sys.adapter.detach(0x48)
    sys.clock.sleep(2)
    for _ in range(3):
        for _ in range(5):  # within an interval it is read once
            with pytest.raises(Nack):
                sys.read("class/hwmon/hwmon0/temp1_input")
        sys.clock.sleep(1.1)
    home = "bus/i2c/devices/1-0048"
    assert sys.read(f"{home}/state") == b"absent\n"
    assert sys.read(f"{home}/errors/nack") == b"3\n"
    assert sys.read(f"{home}/errors/other") == b"0\n"
    with pytest.raises(ConfigLost) as caught:
        sys.read(f"{home}/sample_age")
    assert caught.value.errno == errno.ENODATA
    sys.adapter.attach(0x48, chip)
    assert sys.read("class/hwmon/hwmon0/temp1_input") == b"20500\n"
    assert sys.read(f"{home}/state") == b"live\n"
    sys.clock.sleep(0.25)
    assert 250 <= int(sys.read(f"{home}/sample_age")) < 700


def watched(sys: Files) -> list[Attribute]:
    """Collect the notifications from now on."""
    notified: list[Attribute] = []
    sys.tree.notify.add(notified.append)
    return notified


def test_a_parameter_written_elsewhere_is_notified(sys: Files) -> None:
    notified = watched(sys)
    sys.core.drivers["bme280"].params.write("osrs_p", b"x16")
    assert notified == [sys.follow("module/bme280/parameters/osrs_p")]


def test_a_device_has_the_parameters_of_its_driver_with_their_modes_while_it_is_bound(sys: Files) -> None:
    sys.write("devices/i2c-1/new_device", b"ina219 0x40")
    home = "bus/i2c/devices/1-0040"
    assert sys.list(f"{home}/parameters") == sys.list("module/ina219/parameters")
    node, module = (sys.follow(f"{place}/parameters/shunt_ohms") for place in (home, "module/ina219"))
    assert isinstance(node, Attribute)
    assert isinstance(module, Attribute)
    assert (node.mode, node.store_waits, node.read()) == (0o644, True, b"0.1\n")
    assert node.write(b"0.01\n") == 5
    assert (node.read(), module.read()) == (b"0.01\n", b"0.1\n")
    with pytest.raises(Invalid, match="is not a value of shunt_ohms; accepted: a number"):
        node.write(b"zero\n")
    assert node.read() == b"0.01\n"
    sys.core.unbind("ina219", "1-0040")
    assert "parameters" not in sys.list(home)
    sys.core.bind("ina219", "1-0040")
    assert sys.read(f"{home}/parameters/shunt_ohms") == b"0.01\n"


def test_the_parameter_of_a_device_is_notified_when_it_or_its_module_is_written(sys: Files) -> None:
    sys.write("devices/i2c-1/new_device", b"ina219 0x40")
    device = sys.core.clients["1-0040"].device
    assert device is not None
    own, module = (sys.follow(f"{place}/parameters/samples") for place in ("devices/i2c-1/1-0040", "module/ina219"))
    notified = watched(sys)
    device.params.write("samples", b"x4")
    assert notified == [own]
    sys.core.drivers["ina219"].params.write("samples", b"x8")
    assert sorted(map(id, notified[1:])) == sorted(map(id, [module, own]))


# Channels that change


def inputs_of(sys: Files) -> list[str]:
    """Return the files of values of 1-004a, in hwmon and IIO, where links lead to them."""
    (number,) = [name for name in sys.list("bus/i2c/devices/1-004a") if name.startswith("iio:device")]
    hwmon = [name for name in sys.list(f"class/hwmon/hwmon{number.removeprefix('iio:device')}") if "_input" in name]
    return hwmon + [name for name in sys.list(f"bus/iio/devices/{number}") if name.endswith("_input")]


def test_the_files_of_a_converter_follow_the_inputs_that_it_measures(sys: Files) -> None:
    sys.adapter.attach(0x4A, "ads1115", ain0=0.5, ain1=0.25, ain3=1.5)
    sys.clock.sleep(0.1)
    loaded = LoadedModule(load("ads1115"))
    sys.core.add_driver(loaded)
    client = sys.core.new_device(1, "ads1115", 0x4A)
    assert client.device is not None
    assert inputs_of(sys) == [
        *[f"in{number}_input" for number in range(4)],
        *[f"in_voltage{number}_input" for number in range(4)],
    ]
    loaded.params.write("inputs", b"ain3,ain0_ain1")
    client.device.sample()
    pair = "in_voltage0-voltage1_input"
    assert inputs_of(sys) == ["in3_input", "in4_input", pair, "in_voltage3_input"]
    hwmon = sys.real("bus/i2c/devices/1-004a/hwmon")
    (name,) = sys.list(hwmon)
    assert sys.read(f"{hwmon}/{name}/in3_input") == b"1500\n"
    assert sys.read(f"{hwmon}/{name}/in4_label") == b"diff0\n"
    assert sys.read(f"{hwmon}/{name}/in4_input") == b"250\n"
    for _ in range(3):
        client.device.sample()
    assert sys.list(f"{hwmon}/{name}").count("in3_input") == 1
    sys.core.delete_device(1, 0x4A)
    assert "1-004a" not in sys.list("bus/i2c/devices")
