"""``class/hwmon`` and ``bus/iio``: the channels of a bound device, with the kernel's names and units."""

from __future__ import annotations

import errno
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.notifier import BusNotifier
from ...driver.moduleparam import UINT, Float
from ...errors import ConfigLost, Error, Invalid
from ...lib.age import longest
from ...lib.counters import KINDS, STEPS
from ...lib.limits import MIN_INTERVAL_S
from .. import hwmon, iio
from ..kernfs import Attribute, Directory
from .i2c import home_of
from .nodes import constant, directory, link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...core.device import Device
    from ...core.i2cclient import I2cClient
    from ...core.loaded import LoadedModule
    from ...driver.channel import Channel
    from ..kernfs import Tree

VALUES = ("_input", "_raw")
CHANGING = ("state", "state_reason", "changes", "sample_age", *KINDS, *STEPS)
MAX_INTERVAL_MS = 86_400_000


class SensorFiles(BusNotifier):
    """A hwmon and an IIO device for each client with a driver, with the lowest free number."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._hwmon = directory(tree, "class/hwmon")
        self._iio = directory(tree, "bus/iio/devices")
        self._numbers: dict[str, int] = {}
        self._unsubscribe: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()  # held while files are added and removed, on bus threads too; never during a wait

    def bound(self, client: I2cClient) -> None:
        device = client.device
        assert device is not None
        channels = _channels(device)
        with self._lock:
            number = min(set(range(len(self._numbers) + 1)) - set(self._numbers.values()))
            self._numbers[str(client)] = number
            self._add(client, device, number, channels)

    def described(self, client: I2cClient) -> None:
        device = client.device
        with self._lock:
            if device is not None and str(client) in self._numbers:
                number = self._numbers[str(client)]
                self._remove(client, number)
                self._add(client, device, number, device.channels)

    def _add(self, client: I2cClient, device: Device[Any], number: int, channels: Sequence[Channel]) -> None:
        home = directory(self._tree, home_of(client))
        _own_files(home, device)
        if any(hwmon.inputs(channels)):
            inner = home.directory("hwmon").directory(f"hwmon{number}")
            _hwmon_files(inner, device, channels)
            link(inner, "device", 0, f"../../../{client}")
            link(inner, "subsystem", 5, "class/hwmon")
            link(self._hwmon, f"hwmon{number}", 2, f"{home_of(client)}/hwmon/hwmon{number}")
        inner = home.directory(f"iio:device{number}")
        _iio_files(inner, device, channels)
        link(inner, "subsystem", 4, "bus/iio")
        link(self._iio, f"iio:device{number}", 3, f"{home_of(client)}/iio:device{number}")
        sampled = partial(self._sampled, _inputs(home))
        if any(one.number is not None for one in device.driver.channels):
            sampled = partial(self._sampled_some, client, device, channels, _inputs(home))
        self._unsubscribe[str(client)] = device.samples.sampled.add(sampled)

    def _sampled(self, attributes: Sequence[Attribute]) -> None:
        for attribute in attributes:
            self._tree.notify(attribute)

    def _sampled_some(
        self, client: I2cClient, device: Device[Any], channels: Sequence[Channel], attributes: Sequence[Attribute]
    ) -> None:
        """Notify of a sample with some of several channels, which may be others than the files are for."""
        if device.channels != channels and client.device is device:
            self.described(client)
        else:
            self._sampled(attributes)

    def released(self, client: I2cClient, loaded: LoadedModule) -> None:
        with self._lock:
            self._remove(client, self._numbers.pop(str(client)))

    def _remove(self, client: I2cClient, number: int) -> None:
        self._unsubscribe.pop(str(client))()
        self._hwmon.remove(f"hwmon{number}")
        self._iio.remove(f"iio:device{number}")
        home = directory(self._tree, home_of(client))
        for name in ("hwmon", f"iio:device{number}", "update_interval", "priority", "sample_age", "errors"):
            home.remove(name)


def _channels(device: Device[Any]) -> Sequence[Channel]:
    """Return the channels that the chip has: a bmp280 has no humidity.  All of the driver's, if there is no sample."""
    with suppress(Error):
        device.recent(device.interval)
    return device.channels


def _inputs(directory: Directory) -> list[Attribute]:
    """Return the values and counters of a client, which each sample may change."""
    found: list[Attribute] = []
    for name, node in directory.items():
        if isinstance(node, Directory):
            found += _inputs(node)
        elif isinstance(node, Attribute) and (name.endswith(VALUES) or name in CHANGING):
            found.append(node)
    return found


def _own_files(home: Directory, device: Device[Any]) -> None:
    home.add("update_interval", _interval(device))
    home.add("priority", Attribute(0o444, lambda: device.polling.priority.word.encode() + b"\n"))
    home.add("sample_age", Attribute(0o444, partial(_age, device)))
    counters = home.directory("errors")
    for kind in device.samples.errors:
        counters.add(kind, Attribute(0o444, partial(_count, device, kind)))


def _count(device: Device[Any], kind: str) -> bytes:
    return b"%d\n" % device.samples.errors[kind]


def _age(device: Device[Any]) -> bytes:
    """Return the age of the latest sample in ms.  Raises ConfigLost (ENODATA) if there is none."""
    if device.age is None:
        raise ConfigLost(f"{device} has no sample")
    return b"%d\n" % (device.age * 1000)


def _interval(device: Device[Any]) -> Attribute:
    """Return the file of the interval in ms; no sample older than that is shown."""

    def store(data: bytes) -> None:
        milliseconds = UINT.set(data)
        if not 1 <= milliseconds <= MAX_INTERVAL_MS:
            raise Invalid(f"update_interval is 1 … {MAX_INTERVAL_MS} ms")
        device.set_interval(milliseconds / 1000)

    return Attribute(0o644, lambda: b"%d\n" % round(device.interval * 1000), store, store_waits=True)


def _available(device: Device[Any]) -> str:
    """Return the frequencies in Hz, from a sample a day on, as IIO writes a range."""
    return f"[0.000012 0.000001 {min(1000.0, 1 / (device.driver.fastest or MIN_INTERVAL_S)):.6f}]"


def _frequency(device: Device[Any]) -> Attribute:
    """Return the file of the interval in Hz, as IIO has it."""

    def store(data: bytes) -> None:
        hertz = Float().set(data)
        if not 1000 / MAX_INTERVAL_MS <= hertz <= 1000:
            raise Invalid(f"sampling_frequency is one of {_available(device)} Hz")
        device.set_interval(1 / hertz)

    return Attribute(0o644, lambda: b"%.6f\n" % (1 / device.interval), store, store_waits=True)


def _hwmon_files(home: Directory, device: Device[Any], channels: Sequence[Channel]) -> None:
    constant(home, "name", hwmon.name_of(device.client.name))
    _label_file(home, device.label)
    home.add("update_interval", _interval(device))
    for one in hwmon.inputs(channels):
        home.add(one.file, _input(device, one))
        constant(home, f"{one.name}_label", one.channel.title)
    for limit in hwmon.limits(channels, device.driver.attributes):
        store = partial(_store_limit, device, limit) if limit.writable else None
        mode = 0o644 if limit.writable else 0o444
        show = partial(_limit, device, limit)
        home.add(limit.file, Attribute(mode, show, store, show_waits=True, store_waits=True))


def _iio_files(home: Directory, device: Device[Any], channels: Sequence[Channel]) -> None:
    constant(home, "name", device.client.name)
    _label_file(home, device.label)
    home.add("sampling_frequency", _frequency(device))
    constant(home, "sampling_frequency_available", _available(device))
    for one in iio.inputs(channels):
        home.add(one.file, _input(device, one))
        constant(home, f"{one.name}_label", one.channel.title)
        if one.step is not None and f"{one.kind}_scale" not in home:
            home.add(f"{one.kind}_scale", Attribute(0o444, one.show_scale))


def _label_file(home: Directory, label: str) -> None:
    """Add the file of the user's name, which the ABIs of hwmon and IIO call a label."""
    if label:
        constant(home, "label", label)


def _input(device: Device[Any], one: hwmon.Input | iio.Input) -> Attribute:
    show, latest = partial(_value, device, one), partial(_latest, device, one)
    return Attribute(0o444, show, show_waits=True, latest=latest)


def _value(device: Device[Any], one: hwmon.Input | iio.Input) -> bytes:
    """Return a value no older than the interval.  Errors: those of the sample; ENODATA without that channel."""
    return _shown(device, one, device.channel(one.channel, device.interval))


def _latest(device: Device[Any], one: hwmon.Input | iio.Input) -> bytes:
    """Return the value of the latest sample.  Raises ConfigLost (ENODATA) if there is none, or it is too old."""
    age, latest = device.age, device.samples.latest
    if age is None or latest is None or age > longest(device.interval):
        raise ConfigLost(f"{device} has no recent sample")
    return _shown(device, one, latest.channel(one.channel, device.corrections))


def _shown(device: Device[Any], one: hwmon.Input | iio.Input, value: float | None) -> bytes:
    if value is None:
        raise Error(f"{device} did not measure {one.channel.name}", errno.ENODATA)
    return one.show(value)


def _limit(device: Device[Any], limit: hwmon.Limit) -> bytes:
    """Return a limit with the correction of its channel, so that it compares with the value beside it."""
    value, corrections = device.show(limit.attribute), device.corrections
    return limit.show(value if corrections is None else corrections.apply(limit.channel, value))


def _store_limit(device: Device[Any], limit: hwmon.Limit, data: bytes) -> None:
    value, corrections = limit.parse(data), device.corrections
    device.store(limit.attribute, value if corrections is None else corrections.undo(limit.channel, value))
