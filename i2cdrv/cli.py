"""The command line's face: words to a call of ``commands``, with the usage errors (exit status 2).

Only argparse is imported here, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import os

from . import __version__

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_ADDRESS, LAST_ADDRESS = 0x03, 0x77  # outside lie the general call and 10-bit prefixes


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    args = parse(argv)
    from . import commands

    return commands.run(args)


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command and its options.  Exits with 2 on a usage error."""
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    # argparse gives up on words that follow an option; they belong to the others all the same
    words = next((vars(args)[name] for name in ("params", "words") if name in args), None)
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if words is not None:
        words += rest
    if args.command == "sim" and (args.action is None) == (args.vhost_user is None):
        parser.error("sim: either --vhost-user SOCKET or fault is needed")
    return args


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="i2cdrv",
        description="I2C sensors driven from userspace, with the habits of the Linux kernel.",
        epilog="example without hardware: i2cdrv load bme280 debug=1 --bus sim",
        parents=[_common()],
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"i2cdrv {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_load, _read, _param, _reload, _list, _info, _detect, _doctor, _trace, _sim):
        add(commands)
    return parser


class _Help(argparse.HelpFormatter):
    """argparse asks shutil for the width, and that takes as long as all the rest of ``--help``."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80


def _common() -> argparse.ArgumentParser:
    """Options that stand before or after the command."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, formatter_class=_Help)
    common.add_argument("--run-dir", metavar="DIR", help="where running i2cdrv processes meet (default: /run/i2cdrv)")
    common.add_argument("--log", choices=("text", "json"), help="log lines on stderr (default: text on a terminal)")
    return common


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, help: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example: {example}",
        parents=[_common()],
        formatter_class=_Help,
    )


def _load(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        commands, "load", "bind a driver to a chip and print its readings until Ctrl-C",
        "i2cdrv load bme280 debug=1 osrs_p=x16 --bus 1 --addr 0x76",
    )  # fmt: skip
    sub.add_argument("module", metavar="MODULE", help="module, chip name, or driver file (./mychip.py)")
    sub.add_argument("params", metavar="PARAM=VALUE", nargs="*", help="parameters (i2cdrv info MODULE lists them)")
    sub.add_argument(
        "--ignore-unknown", action="store_true", help="load in spite of unknown parameters, with a warning"
    )
    _where(sub)
    sub.add_argument("--interval", metavar="S", type=_seconds, default=1.0, help="time between samples (default 1 s)")
    sub.add_argument("--once", action="store_true", help="print one sample and exit")
    sub.add_argument("--count", metavar="N", type=_count, help="print N samples and exit")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)
    _cpus(sub)


def _read(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(commands, "read", "read one sample, or one value of it", "i2cdrv read bme280 temp --bus 1")
    sub.add_argument("module", metavar="MODULE|DEVICE", help="as for load; or a device of a running i2cdrv: 1-0076")
    sub.add_argument("channel", metavar="CHANNEL", nargs="?", help="print this value alone: temp, pressure, …")
    _where(sub)
    sub.add_argument("--json", action="store_true", help="print a JSON object")
    _record(sub)


def _param(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        commands, "param", "read or write the parameters of a module that a running i2cdrv has loaded",
        "i2cdrv param bme280 osrs_p=x16",
    )  # fmt: skip
    sub.add_argument("module", metavar="MODULE|DEVICE", help="a loaded module, or a device it drives: 1-0076")
    sub.add_argument("assignment", metavar="NAME[=VALUE]", nargs="?", help="read, or write, this one alone")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _reload(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        commands, "reload", "let a running i2cdrv read a driver's file again; its devices go on with the new driver",
        "i2cdrv reload mychip",
    )  # fmt: skip
    sub.add_argument("module", metavar="MODULE|DEVICE", help="a loaded module, or a device it drives: 1-0076")


def _list(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(commands, "list", "list driver modules and the devices that are being served", "i2cdrv list")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _info(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(commands, "info", "show a module's chips, channels and parameters", "i2cdrv info bme280")
    sub.add_argument("module", metavar="MODULE", help="module, chip name, or driver file")
    sub.add_argument("--json", action="store_true", help="print a JSON object")


def _detect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        commands,
        "detect",
        "show what is on a bus; nothing is written that could change a chip",
        "i2cdrv detect --bus 1",
    )
    _bus(sub)
    sub.add_argument("--any-bus", action="store_true", help="also a bus of the display or the board itself")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)


def _doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(commands, "doctor", "show what this machine has, and what i2cdrv makes of it", "i2cdrv doctor")
    sub.add_argument("--config", metavar="FILE", help="the configuration (default: /etc/i2cdrv/i2cdrv.yaml)")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _cpus(sub)


def _trace(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(commands, "trace", "show the transfers of a running i2cdrv as they happen", "i2cdrv trace 1-0076")
    sub.add_argument("what", metavar="DEVICE|BUS", help="a device that it serves: 1-0076; or all of a bus: 1, i2c-1, …")
    sub.add_argument("--count", metavar="N", type=_count, help="show N transfers and exit")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    _record(sub)


def _sim(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        commands, "sim", "serve a simulated bus to a virtual machine as a real I2C adapter, or let one fail",
        "i2cdrv sim --vhost-user /tmp/i2c.sock --chip sht4x@0x44:temp=-12.5,humidity=40",
    )  # fmt: skip
    sub.add_argument("--vhost-user", metavar="SOCKET", help="where the virtual machine connects")
    sub.add_argument(
        "--chip",
        metavar="CHIP@ADDR[:INPUT=VALUE,…]",
        action="append",
        help="a chip on the bus (default: those of --bus sim)",
    )
    _fault(sub.add_subparsers(dest="action", metavar="fault"))


def _fault(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = _command(
        actions, "fault", "inject faults on the simulated bus of a running i2cdrv, list or clear them",
        "i2cdrv sim fault 0-0076 bitflip=0.001 for=5",
    )  # fmt: skip
    sub.add_argument("target", metavar="DEVICE|BUS", nargs="?", help="0-0076, i2c-0, or sim (default: list all faults)")
    sub.add_argument(
        "words",
        metavar="FAULT",
        nargs="*",
        help="nack, nack-data, stuck-sda, stuck-scl, brownout, unplug, swap=CHIP, bitflip=RATE, stretch=MS, "
        "arbitration, busy, slow=FACTOR; then for=SECONDS, count=N, after=N, at=K; or clear",
    )
    sub.add_argument("--json", action="store_true", help="list as one JSON object a line")


def _record(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--record", metavar="FILE", help="write all transfers to FILE; --bus replay:FILE plays them again")


def _cpus(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--cpus", metavar="LIST", help="CPUs for bus threads: 0-1 (default: the housekeeping CPUs)")


def _bus(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--bus",
        metavar="BUS",
        default="1",
        help="1, i2c-1, /dev/i2c-1, an adapter's name, sim, or replay:FILE (default 1)",
    )


def _where(sub: argparse.ArgumentParser) -> None:
    _bus(sub)
    sub.add_argument("--addr", metavar="0xNN", type=_address, help="the chip's address (default: look for it)")
    sub.add_argument("--config", metavar="FILE", help="options of modules (default: /etc/i2cdrv/i2cdrv.yaml)")
    sub.add_argument("--force", action="store_true", help="share the address with a kernel driver that holds it")


def _address(text: str) -> int:
    if not text.lower().startswith("0x"):
        raise argparse.ArgumentTypeError(f"{text}: addresses are written in hexadecimal: {_as_hex(text)}")
    try:
        addr = int(text, 16)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an address: 0x03 … 0x77") from None
    if not FIRST_ADDRESS <= addr <= LAST_ADDRESS:
        raise argparse.ArgumentTypeError(f"{text} is outside 0x03 … 0x77")
    return addr


def _as_hex(text: str) -> str:
    """What somebody who wrote 76, or 118, may have meant."""
    meant = [f"0x{text}"] if len(text) == 2 and all(c in "0123456789abcdefABCDEF" for c in text) else []
    if (
        text.isascii()
        and text.isdigit()
        and FIRST_ADDRESS <= int(text) <= LAST_ADDRESS
        and f"{int(text):#04x}" not in meant
    ):
        meant.append(f"{int(text):#04x} (decimal {text})")
    return f"did you mean {' or '.join(meant)}?" if meant else "0x03 … 0x77"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.001 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text}: seconds between samples, 0.001 … 86400")
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: a number of samples, 1 or more")
    return int(text)
