"""Threads that change a daemon in every way there is, each as fast as it can, until it is gone."""

from __future__ import annotations

import threading
from random import Random
from typing import TYPE_CHECKING, Any

from i2cdrv.errors import Error
from i2cdrv.ipc.peers import RemoteDevice, RemoteModule

from .daemon import Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from .ledger import Ledger

CONFIG = """\
devices: [{module: bme280, bus: sim, addr: 0x76, interval: 0.5}, {module: ina226, bus: sim, addr: 0x41}]
modules: [lm75]
"""
DEVICES = {"0-0076": "bme280", "0-0041": "ina226"}  # those of the configuration
OVERSAMPLING = ("x1", "x2", "x4", "x8", "x16")
AVERAGE = ("x1", "x4", "x16")
OWNER = "0-0041"
OWN = f"average of {OWNER}"
FILTER = ("off", "x2", "x4", "x8", "x16")
PARAMETERS = "module/bme280/parameters"
ABSENT = "absent"
Value = str


class Writers:
    """They run from ``with`` to its end, when the daemon is gone; ``wrong``: earlier failures.

    ``there``: the last result of ``look``.
    """

    def __init__(self, service: Service, ledger: Ledger, there: dict[str, Value], seed: int) -> None:
        self.wrong: list[str] = []
        self._service, self._ledger, self._there = service, ledger, dict(there)
        self._remote = RemoteModule(service.client, "bme280", ())
        self._device = RemoteDevice(service.client, OWNER)
        loops = (
            self._over_the_socket, self._through_the_tree, self._filter_over_the_socket, self._filter_through_the_tree,
            self._own_parameter, self._intervals, self._new_devices, self._loads,
        )  # fmt: skip
        self._threads = [
            threading.Thread(target=self._run, args=(loop, Random(f"{seed} {number}")))
            for number, loop in enumerate(loops)
        ]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._service.killed:
            self._service.kill()
        for thread in self._threads:
            thread.join()

    def _run(self, loop: Callable[[Random], None], random: Random) -> None:
        while not self._service.killed:
            loop(random)

    def _write(self, values: dict[str, Value], work: Callable[[], object]) -> None:
        """Write these values to these keys, and record the result."""
        writes = [self._ledger.begin(key, value) for key, value in values.items()]
        try:
            work()
        except OSError as error:
            if not self._service.killed:
                said = error.message if isinstance(error, Error) else str(error)
                self.wrong.append(f"{values} failed: {said}")
        else:
            self._ledger.done(writes)
            self._there |= values

    def _parameter(self, name: str, value: Value) -> None:
        self._write({name: value}, lambda: self._remote.store(name, value.encode()))

    def _file(self, name: str, path: str, value: Value) -> None:
        self._write({name: value}, lambda: echo(self._service, path, value))

    # Each of these has keys of its own, but for the filter, which two write at once.

    def _over_the_socket(self, random: Random) -> None:
        self._parameter("osrs_p", random.choice(OVERSAMPLING))

    def _through_the_tree(self, random: Random) -> None:
        self._file("osrs_t", f"{PARAMETERS}/osrs_t", random.choice(OVERSAMPLING))

    def _filter_over_the_socket(self, random: Random) -> None:
        self._parameter("filter", random.choice(FILTER))

    def _filter_through_the_tree(self, random: Random) -> None:
        self._file("filter", f"{PARAMETERS}/filter", random.choice(FILTER))

    def _own_parameter(self, random: Random) -> None:
        if self._there[OWN] != ABSENT and random.random() < 0.3:
            self._write({OWN: ABSENT}, lambda: self._device.unset("average"))
        else:
            value = random.choice(AVERAGE)
            self._write({OWN: value}, lambda: self._device.store("average", value.encode()))

    def _intervals(self, random: Random) -> None:
        device = random.choice(list(DEVICES))
        self._file(f"interval {device}", interval_of(device), str(random.randrange(100, 2000)))

    def _new_devices(self, random: Random) -> None:
        key, adapter = "device 0-0049", "devices/i2c-0"
        if self._there[key] == ABSENT:
            self._write({key: "tmp102"}, lambda: echo(self._service, f"{adapter}/new_device", "tmp102 0x49"))
        else:
            self._write({key: ABSENT}, lambda: echo(self._service, f"{adapter}/delete_device", "0x49"))

    def _loads(self, random: Random) -> None:
        keys = ("device 0-0040", "module ina219")
        if self._there["module ina219"] == ABSENT:
            samples = f"samples={random.choice(OVERSAMPLING)}"
            asked = {"module": "ina219", "parameters": [samples], "bus": "sim", "address": 0x40}
            self._write(dict(zip(keys, ("ina219", samples), strict=True)), lambda: self._call("Load", **asked))
        else:
            self._write(dict.fromkeys(keys, ABSENT), lambda: self._call("Unload", module="ina219"))

    def _call(self, method: str, **parameters: Any) -> None:
        self._service.call(f"Daemon.{method}", **parameters)


def interval_of(device: str) -> str:
    """The file of its time between samples, in ms."""
    return f"devices/i2c-0/{device}/update_interval"


def echo(service: Service, path: str, value: str) -> None:
    """Write a file of the tree as a shell does."""
    with (service.tree / path).open("w") as file:
        file.write(f"{value}\n")


def look(service: Service) -> dict[str, Value]:
    """Return the present values of all that is written."""
    shown = RemoteModule(service.client, "bme280", ()).show()
    devices = {one["device"]: one["chip"] for one in service.call("Devices.ListDevices")["devices"]}
    modules = [one["name"] for one in service.call("Modules.ListModules")["modules"]]
    samples = _own(service, "0-0040", "samples") if "ina219" in modules else ABSENT
    return {
        **{name: shown[name].decode() for name in ("osrs_p", "osrs_t", "filter")},
        **{f"interval {device}": (service.tree / interval_of(device)).read_text().strip() for device in DEVICES},
        **{f"device {device}": devices.get(device, ABSENT) for device in ("0-0049", "0-0040")},
        "module ina219": samples if samples == ABSENT else f"samples={samples}",
        OWN: _own(service, OWNER, "average"),
    }


def _own(service: Service, device: str, name: str) -> Value:
    """Return the value that a device has of its own."""
    (shown,) = (one for one in RemoteDevice(service.client, device).show() if one["name"] == name)
    value: bytes = shown["value"]
    return value.decode() if shown["origin"] == "device" else ABSENT
