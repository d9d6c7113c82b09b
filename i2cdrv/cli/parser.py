"""The commands: purpose, example, arguments and options of each."""

from __future__ import annotations

from .help import command, takes
from .types import address, count, level, lines, seconds

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    import argparse

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def _load(commands: Subparsers) -> None:
    sub = command(
        commands, "load", "bind a driver to a chip; without a daemon, print its readings until Ctrl-C",
        "i2cdrv load bme280 debug=1 osrs_p=x16 --bus 1 --addr 0x76",
    )  # fmt: skip
    sub.add_argument("module", metavar="MODULE", help="module, chip name, or driver file (./mychip.py)")
    sub.add_argument(
        "params",
        metavar="PARAM=VALUE",
        nargs="*",
        default=[],
        help="parameters (i2cdrv info MODULE lists them); with --addr, of this device only",
    )
    sub.add_argument("--ignore-unknown", action="store_true", help="load despite unknown parameters, with a warning")
    _where(sub)
    sub.add_argument("--interval", metavar="S", type=seconds, help="time between samples (default 1 s)")
    sub.add_argument("--once", action="store_true", help="print one sample and exit")
    sub.add_argument("--count", dest="limit", metavar="N", type=count, help="print N samples and exit")
    sub.add_argument("--time", action="store_true", help="begin each line with the time of the sample")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)
    _cpus(sub)


def _read(commands: Subparsers) -> None:
    sub = command(commands, "read", "read one sample, or one value of it", "i2cdrv read bme280 temp --bus 1")
    sub.add_argument(
        "module", metavar="MODULE|DEVICE", help="as for load; or a device of a running i2cdrv: 1-0076 or its name"
    )
    sub.add_argument("channel", metavar="CHANNEL", nargs="?", help="print only this value: temp, pressure, …")
    _where(sub)
    sub.set_defaults(bus=None)
    sub.add_argument("--raw", action="store_true", help="leave out corrections, labels and derived channels")
    sub.add_argument("--json", action="store_true", help="print a JSON object")
    _record(sub)


def _param(commands: Subparsers) -> None:
    sub = command(
        commands, "param", "read or write the parameters of a loaded module, or of one device",
        "i2cdrv param 1-0041 shunt_ohms=0.01",
    )  # fmt: skip
    text = "a loaded module, for all devices without their own value; or a device: 1-0041"
    takes(sub.add_argument("module", metavar="MODULE|DEVICE", help=text), "loaded", "device")
    sub.add_argument("assignment", metavar="NAME[=VALUE]", nargs="?", help="read or write only this parameter")
    sub.add_argument("--unset", action="store_true", help="remove the value that was set for the device at run time")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _reload(commands: Subparsers) -> None:
    sub = command(
        commands, "reload", "reload a driver's file, or without a module the configuration",
        "i2cdrv reload mychip",
    )  # fmt: skip
    text = "a loaded module, or a device it drives: 1-0076 or its name (default: the daemon's configuration)"
    takes(sub.add_argument("module", metavar="MODULE|DEVICE", nargs="?", help=text), "loaded", "device")


def _unload(commands: Subparsers) -> None:
    sub = command(commands, "unload", "unload a module and release its devices", "i2cdrv unload bme280")
    takes(sub.add_argument("module", metavar="MODULE", help="a loaded module"), "loaded")


def _bind(commands: Subparsers) -> None:
    sub = command(commands, "bind", "bind a driver to a device", "i2cdrv bind 1-0076")
    device = sub.add_argument("device", metavar="DEVICE", help="a device of a running i2cdrv: 1-0076 or its name")
    module = sub.add_argument(
        "module", metavar="MODULE", nargs="?", help="its driver (default: the driver for the chip)"
    )
    sub.add_argument("--json", action="store_true", help="print a JSON object")
    takes(device, "unbound device")
    takes(module, "loaded")


def _unbind(commands: Subparsers) -> None:
    sub = command(commands, "unbind", "unbind the driver of a device and put the chip to sleep", "i2cdrv unbind 1-0076")
    sub.add_argument("device", metavar="DEVICE", help="a device of a running i2cdrv: 1-0076 or its name")


def _name(commands: Subparsers) -> None:
    sub = command(commands, "name", "show, give or remove the name of a device", "i2cdrv name 1-0076 garden")
    device = sub.add_argument("device", metavar="DEVICE", help="a device of the running daemon: 1-0076 or its name")
    sub.add_argument("name", metavar="NAME", nargs="?", help="its name: letters, digits, - _ .")
    sub.add_argument("--unset", action="store_true", help="remove the name that it was given at run time")
    takes(device, "any device")


def _new_device(commands: Subparsers) -> None:
    sub = command(
        commands, "new-device", "declare a device at an address, as new_device in sysfs",
        "i2cdrv new-device lm75 0x48 --bus 1",
    )  # fmt: skip
    sub.add_argument("chip", metavar="CHIP", help="the chip's name (i2cdrv info MODULE lists them)")
    sub.add_argument("addr", metavar="0xNN", type=address, help="its address")
    _overrides(sub)
    _bus(sub)
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _delete_device(commands: Subparsers) -> None:
    sub = command(
        commands, "delete-device", "remove a device created by load or new-device", "i2cdrv delete-device 1-0048"
    )
    device = sub.add_argument("device", metavar="DEVICE", help="a device of a running i2cdrv: 1-0048 or its name")
    takes(device, "any device")


def _daemon(commands: Subparsers) -> None:
    sub = command(
        commands, "daemon", "serve the configured devices until SIGTERM; reload on SIGHUP",
        "i2cdrv daemon --config ./i2cdrv.yaml --run-dir ./run",
    )  # fmt: skip
    sub.add_argument("--config", metavar="FILE", help="the configuration (default: /etc/i2cdrv/i2cdrv.yaml)")
    sub.add_argument("--state-dir", metavar="DIR", help="directory for run-time changes (default: /var/lib/i2cdrv)")
    _cpus(sub)


def _check(commands: Subparsers) -> None:
    sub = command(
        commands, "check", "check a configuration without starting anything", "i2cdrv check /etc/i2cdrv/i2cdrv.yaml"
    )
    sub.add_argument("config", metavar="FILE", nargs="?", help="default: /etc/i2cdrv/i2cdrv.yaml")


def _list(commands: Subparsers) -> None:
    sub = command(
        commands,
        "list",
        "list the loaded modules, as lsmod does, and the served devices",
        "i2cdrv list",
    )
    sub.add_argument("--available", action="store_true", help="list the loadable modules, too")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _info(commands: Subparsers) -> None:
    sub = command(commands, "info", "show a module's chips, channels and parameters", "i2cdrv info bme280")
    sub.add_argument("module", metavar="MODULE", help="module, chip name, or driver file")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _detect(commands: Subparsers) -> None:
    sub = command(
        commands,
        "detect",
        "find the chips on a bus, without any write that could change one",
        "i2cdrv detect --bus 1",
    )
    _bus(sub)
    sub.add_argument("--any-bus", action="store_true", help="scan a bus of the display or the board itself, too")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)


def _doctor(commands: Subparsers) -> None:
    sub = command(
        commands, "doctor", "check this machine for I2C, and show a command that fixes each problem",
        "i2cdrv doctor",
    )  # fmt: skip
    sub.add_argument("--config", metavar="FILE", help="the configuration (default: /etc/i2cdrv/i2cdrv.yaml)")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _cpus(sub)


def _trace(commands: Subparsers) -> None:
    sub = command(commands, "trace", "show the transfers of a running i2cdrv live", "i2cdrv trace 1-0076")
    target = sub.add_argument(
        "target", metavar="DEVICE|BUS", help="a served device: 1-0076 or its name; or a whole bus: 1, i2c-1, …"
    )
    takes(target, "device", "served bus")
    sub.add_argument("--count", dest="limit", metavar="N", type=count, help="show N transfers and exit")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)


def _watch(commands: Subparsers) -> None:
    sub = command(commands, "watch", "show the readings of a running i2cdrv live", "i2cdrv watch 1-0076")
    sub.add_argument(
        "devices", metavar="DEVICE", nargs="*", help="served devices: 1-0076 or their names (default: all)"
    )
    sub.add_argument("--count", dest="limit", metavar="N", type=count, help="show N readings and exit")
    sub.add_argument("--plain", action="store_true", help="print a line for each reading instead of a table")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")


def _log(commands: Subparsers) -> None:
    sub = command(
        commands, "log", "show the log of the running i2cdrv, as dmesg shows the kernel's",
        "i2cdrv log -f --level warning",
    )  # fmt: skip
    text = "show only lines of this device, 1-0076 or its name, and of its bus"
    takes(sub.add_argument("device", metavar="DEVICE", nargs="?", help=text), "any device")
    sub.add_argument("-f", "--follow", action="store_true", help="follow the log until Ctrl-C")
    sub.add_argument(
        "--level",
        metavar="LEVEL",
        type=level,
        default="debug",
        help="show only lines of this level and worse: error, warning, info, …",
    )
    sub.add_argument("-n", "--lines", metavar="N", type=lines, help="show only the last N lines")
    sub.add_argument("-T", "--ctime", action="store_true", help="show date and time instead of seconds since the start")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")


def _sim(commands: Subparsers) -> None:
    sub = command(
        commands, "sim", "serve a simulated bus to a virtual machine, or inject faults",
        "i2cdrv sim --vhost-user ./i2c.sock --chip sht4x@0x44:temp=-12.5,humidity=40",
    )  # fmt: skip
    sub.add_argument("--vhost-user", metavar="SOCKET", help="socket for the virtual machine")
    _chip(sub)
    _fault(sub.add_subparsers(dest="action", metavar="fault"))


def _fault(actions: Subparsers) -> None:
    sub = command(
        actions, "fault", "inject, list or clear faults on the simulated bus of a running i2cdrv",
        "i2cdrv sim fault 0-0076 bitflip=0.001 for=5",
    )  # fmt: skip
    target = sub.add_argument(
        "target", metavar="DEVICE|BUS", nargs="?", help="0-0076 or its name, i2c-0, or sim (default: list all faults)"
    )
    takes(target, "simulated")
    sub.add_argument(
        "words",
        metavar="FAULT",
        nargs="*",
        help="a fault, then for=SECONDS, count=N, after=N, at=K; or clear",
    )
    sub.add_argument("--json", action="store_true", help="list the faults, one JSON object a line")


def _completion(commands: Subparsers) -> None:
    sub = command(
        commands, "completion", "print the completion script for a shell",
        "source <(i2cdrv completion bash)",
    )  # fmt: skip
    sub.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")


def _record(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--record", metavar="FILE", help="write all transfers to FILE; --bus replay:FILE replays them")


def _cpus(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--cpus", metavar="LIST", help="CPUs for bus threads: 0-1 (default: the housekeeping CPUs)")


def _bus(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--bus",
        metavar="BUS",
        default="1",
        help="1, i2c-1, /dev/i2c-1, an adapter's name, sim, or replay:FILE (default 1)",
    )


def _chip(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--chip",
        dest="chips",
        metavar="CHIP@ADDR[:INPUT=VALUE,…]",
        action="append",
        help="a chip on the simulated bus, by name or as ./FILE.py:CLASS (default: eight common chips)",
    )


def _where(sub: argparse.ArgumentParser) -> None:
    _bus(sub)
    _chip(sub)
    sub.add_argument("--addr", metavar="0xNN", type=address, help="the chip's address (default: search for it)")
    sub.add_argument("--config", metavar="FILE", help="options of modules (default: /etc/i2cdrv/i2cdrv.yaml)")
    sub.add_argument("--force", action="store_true", help="share the address with a kernel driver that holds it")
    _overrides(sub)


def _overrides(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--force-addr", action="store_true", help="accept an address outside the datasheet")
    sub.add_argument("--force-id", action="store_true", help="accept a clone with another identity")


VERBS = (
    _load, _unload, _reload, _list, _info, _param, _name, _detect, _bind, _unbind, _new_device, _delete_device, _read,
    _trace, _watch, _log, _doctor, _check, _daemon, _sim, _completion,
)  # fmt: skip
