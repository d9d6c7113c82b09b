"""The plan of each request, for the client that blocks and for that of asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from ..core import published
from ..errors import Busy, Error, Invalid, NoDevice, Unknown, choice
from ..ipc.lastreading import READ_TIMEOUT_S
from ..ipc.names import DAEMON, DEVICES, MODULES, WATCH
from ..ipc.peers import CALL_TIMEOUT_S, DAEMON_TIMEOUT_S
from ..ipc.varlink import NoServer, text
from ..lib import validate
from .place import Place, call_all, change, find_daemon, find_device, find_module, list_devices, list_modules, steady
from .plan import Call, Plan, attempt
from .reading import Reading
from .records import FoundChip, Module, Parameter, Status

Found = dict[str, Any]
NAME = "the name of a device, such as 'garden' or '1-0076'"
BUS = "a number, or a name such as 'i2c-1' or 'sim'"


def name_of(device: object) -> str:
    """Return the kernel's name of a device object, or the text itself.  Raises Invalid."""
    return validate.text("device", getattr(device, "device", device), NAME)


# Devices and readings.


def connect(place: Place) -> Plan[None]:
    """Raise the error of a place without a process, or of processes that this user may not use."""
    yield from call_all(place, f"{MODULES}.ListModules")


def devices(place: Place) -> Plan[list[Found]]:
    """List the devices of all processes."""
    found = yield from steady(place, partial(list_devices, place))
    return [device for _, device in found]


def device(place: Place, wanted: object) -> Plan[Found]:
    """Find one device."""
    name = name_of(wanted)
    _, found = yield from steady(place, partial(find_device, place, name), name)
    return found


def read(place: Place, wanted: object, *, raw: bool = False) -> Plan[Reading]:
    """Read a device.  Errors: those of the reading, and ConfigLost (ENODATA) for a reading that is too old."""
    name = name_of(wanted)
    reply = yield from steady(place, partial(_read, place, name, validate.flag("raw", raw)), name)
    reading = Reading(reply["reading"], reply["boottime"], pid=reply["pid"])
    reading.check()
    entry = {**reply["reading"], "pid": reply["pid"], "interval": reply["interval"]}
    published.checked(entry, reply["boottime"] - reply["reading"]["boottime"])
    return reading


def _read(place: Place, name: str, raw: bool) -> Plan[Found]:
    failed: Error | None = None
    for path in place.sockets():
        call = Call(path, f"{WATCH}.Read", {"device": name, **({"raw": True} if raw else {})}, READ_TIMEOUT_S)
        reply = yield from attempt(call)
        if isinstance(reply, dict):
            return reply
        if not isinstance(reply, NoServer | Unknown):  # else the process has ended, or serves other devices
            failed = failed or reply
    if failed is not None:
        raise failed
    _, found = yield from find_device(place, name)
    raise NoDevice(f"{name} has no driver: {found['reason']}; i2cdrv bind {name}")


# Parameters.


def parameters(place: Place, owner: str) -> Plan[dict[str, Parameter]]:
    """Return the readable parameters of a module or a device."""
    return steady(place, partial(_parameters, place, owner), owner)


def _parameters(place: Place, owner: str) -> Plan[dict[str, Parameter]]:
    path, is_module = yield from _owner(place, owner)
    if is_module:
        reply = yield Call(path, f"{MODULES}.ShowParameters", {"module": owner.replace("-", "_")})
        return {name: Parameter(name, value) for name, value in reply["parameters"].items()}
    reply = yield Call(path, f"{DEVICES}.ShowParameters", {"device": owner})
    return {one["name"]: Parameter.of(one) for one in reply["parameters"]}


def _owner(place: Place, owner: str) -> Plan[tuple[Path, bool]]:
    """Return the socket of the process that has a module or a device, and whether it is a module.  Raises Unknown."""
    path = yield from find_module(place, owner)
    if path is not None:
        return path, True
    path, _ = yield from find_device(place, owner)
    return path, False


def parameter(place: Place, owner: str, name: str) -> Plan[Parameter]:
    """Return one parameter.  Raises NoParameter."""
    found = yield from parameters(place, owner)
    if name not in found:
        raise NoParameter(f"{owner} has no parameter {name!r} to read{choice(name, found, 'it has')}")
    return found[name]


class NoParameter(Unknown, KeyError):
    """A parameter that cannot be read, because there is none of that name (ENOENT)."""


def store(place: Place, owner: str, name: str, value: object) -> Plan[None]:
    """Set a parameter of a module, or of a device alone."""
    wanted = {"name": name, "value": as_text(name, value)}
    path, is_module = yield from steady(place, partial(_owner, place, owner), owner)
    if is_module:
        call = Call(path, f"{MODULES}.StoreParameter", {"module": owner.replace("-", "_"), **wanted}, CALL_TIMEOUT_S)
    else:
        call = Call(path, f"{DEVICES}.StoreParameter", {"device": owner, **wanted}, CALL_TIMEOUT_S)
    yield from change(call)


def unset(place: Place, owner: str, name: str) -> Plan[None]:
    """Remove the value that a device has of its own."""
    _, is_module = yield from steady(place, partial(_owner, place, owner), owner)
    if is_module:
        raise Invalid(f"{owner} is a module: only a value of one of its devices can be removed")
    yield from _change_device(place, owner, "UnsetParameter", name=name)


def as_text(name: str, value: object) -> str:
    """Return a value as the command line has it.  Raises Invalid."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return text(value)
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return ",".join(as_text(name, one) for one in value)
    raise Invalid(f"{name}={validate.shown(value)}: accepted: text, a number, True or False, or a list of these")


# Changes of devices.


def bind(place: Place, wanted: object, module: str | None) -> Plan[Found]:
    """Bind a driver."""
    given = {} if module is None else {"module": validate.text("module", module, "the name of a module")}
    reply = yield from _change_device(place, name_of(wanted), "Bind", **given)
    found: Found = reply["device"]
    return found


def unbind(place: Place, wanted: object) -> Plan[None]:
    """Remove a driver from a device."""
    yield from _change_device(place, name_of(wanted), "Unbind")


def delete_device(place: Place, wanted: object) -> Plan[None]:
    """Remove a device that was created at run time."""
    yield from _change_device(place, name_of(wanted), "DeleteDevice")
    place.known.clear()


def _change_device(place: Place, device: str, method: str, **parameters: str) -> Plan[Found]:
    path, _ = yield from steady(place, partial(find_device, place, device), device)
    call = Call(path, f"{DEVICES}.{method}", {"device": device, **parameters}, CALL_TIMEOUT_S)
    return (yield from change(call))


def new_device(place: Place, chip: str, bus: int, addr: object, forced: Mapping[str, bool]) -> Plan[Found]:
    """Declare a device in the daemon."""
    wanted = {
        "chip": validate.text("chip", chip, "the name of a chip, such as 'lm75'"),
        "bus": validate.integer("bus", bus, range(1 << 20)),
        "address": validate.address(addr),
        **_forces(forced),
    }
    path, _ = yield from steady(place, partial(find_daemon, place))
    reply = yield from change(Call(path, f"{DEVICES}.NewDevice", wanted, CALL_TIMEOUT_S))
    found: Found = reply["device"]
    return found


def _forces(forced: Mapping[str, bool]) -> dict[str, bool]:
    return {name: True for name, value in forced.items() if validate.flag(name, value)}


# The daemon.


def status(place: Place) -> Plan[Status]:
    """Return the status of the daemon."""
    _, found = yield from steady(place, partial(find_daemon, place))
    return Status.of(found)


def load(
    place: Place,
    module: object,
    bus: int | str | None,
    addr: object,
    *,
    interval: float | None,
    forced: Mapping[str, bool],
    params: Mapping[str, object],
) -> Plan[Found | None]:
    """Load a module, and bind it to a chip if there is a bus.  Return the device."""
    if bus is None and (addr is not None or interval is not None):
        raise Invalid(f"load({module!r}): an address and an interval need a bus, such as bus=1")
    from ..core.module import located  # imports all parts of drivers, which other requests do without

    wanted: dict[str, Any] = {
        "module": located(validate.text("module", module, "a module, a chip, or a file"), Path.cwd()),
        "parameters": [f"{name}={as_text(name, value)}" for name, value in params.items()],
        "bus": None if bus is None else bus_of(bus),
        "address": None if addr is None else validate.address(addr),
        "interval": None if interval is None else validate.interval(interval),
        **_forces(forced),
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    path, _ = yield from steady(place, partial(find_daemon, place))
    done = yield from change(Call(path, f"{DAEMON}.Load", given, DAEMON_TIMEOUT_S))
    if done.get("device") is None:
        return None
    _, found = yield from steady(place, partial(find_device, place, done["device"]))
    return found


def bus_of(bus: object) -> str:
    """Return the text of a bus.  Raises Invalid."""
    if isinstance(bus, str):
        return validate.text("bus", bus, BUS)
    return str(validate.integer("bus", bus, range(1 << 20)))


def unload(place: Place, module: object) -> Plan[None]:
    """Unload a module."""
    yield from _daemon(place, "Unload", module=validate.text("module", module, "the name of a module"))


def rename(place: Place, wanted: object, name: str | None) -> Plan[None]:
    """Give a device a name, or take it away."""
    given = {} if name is None else {"name": validate.text("name", name, "a name, such as 'garden'")}
    yield from _daemon(place, "NameDevice", device=name_of(wanted), **given)


def _daemon(place: Place, method: str, **parameters: str) -> Plan[Found]:
    path, _ = yield from steady(place, partial(find_daemon, place))
    reply = yield from change(Call(path, f"{DAEMON}.{method}", parameters, DAEMON_TIMEOUT_S))
    place.known.clear()  # a device that is unknown from here on does not show a restart
    return reply


def detect(place: Place, bus: object, *, any_bus: bool) -> Plan[list[FoundChip]]:
    """Search a bus for chips."""
    wanted = {"bus": bus_of(bus), **({"any_bus": True} if validate.flag("any_bus", any_bus) else {})}
    path, _ = yield from steady(place, partial(find_daemon, place))
    reply = yield Call(path, f"{DAEMON}.Detect", wanted, DAEMON_TIMEOUT_S)
    return list(map(FoundChip.of, reply["found"]))


# Modules.


def list_loaded(place: Place) -> Plan[list[Module]]:
    """List the modules that the processes have loaded."""
    found = yield from steady(place, partial(list_modules, place))
    return [Module.of(module) for _, module in found]


def reload(place: Place, module: str | None) -> Plan[None]:
    """Read the configuration again, or the file of a module."""
    if module is None:
        yield from _daemon(place, "Reload")
        return
    name = validate.text("module", module, "the name of a module").replace("-", "_")
    path = yield from steady(place, partial(find_module, place, name))
    if path is None:
        loaded = yield from list_loaded(place)
        raise Unknown(f"module {name} is not loaded{choice(name, [one.name for one in loaded], 'loaded')}")
    done = yield from change(Call(path, f"{MODULES}.ReloadModule", {"module": name}, CALL_TIMEOUT_S))
    if done["failed"]:
        why = "; ".join(f"{device}: {reason}" for device, reason in done["failed"].items())
        raise Busy(f"{name} is reloaded, but not bound to all its devices: {why}; when that is fixed, reload it again")
