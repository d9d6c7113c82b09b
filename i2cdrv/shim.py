"""``python -m i2cdrv.shim SCRIPT``: run an unmodified script with i2cdrv's SMBus and I2C for smbus2, smbus and busio.

The script shares its buses with the service and its drivers, see ``i2cdrv.SMBus``.  Without Blinka, or on a machine
that Blinka does not know, ``board`` has the pins of a Raspberry Pi's bus 1.
"""

from __future__ import annotations

import argparse
import builtins
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .client import smbus
from .client.busio import I2C
from .i2c import i2cdev  # noqa: F401  # before smbus2.SMBus is replaced: it needs the original one
from .lib.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

SCL, SDA = 3, 2  # the GPIO numbers of a Raspberry Pi's bus 1


class SMBus1(smbus.SMBus):
    """SMBus of the older module smbus, where the length of a block has a default."""

    def read_i2c_block_data(
        self, i2c_addr: int, register: int, length: int = 32, force: bool | None = None
    ) -> list[int]:
        """Read ``length`` bytes from a register on."""
        return super().read_i2c_block_data(i2c_addr, register, length, force)


def install() -> None:
    """Replace the classes of smbus2, smbus, busio and board for all later imports of this process."""
    for name in ("smbus2", "smbus2.smbus2"):
        vars(import_module(name))["SMBus"] = smbus.SMBus
    sys.modules["smbus"] = _module("smbus", SMBus=SMBus1)
    vars(_found("busio")).update(I2C=I2C)
    board = _found("board", SCL=SCL, SDA=SDA)
    vars(board).update(I2C=lambda: I2C(board.SCL, board.SDA), STEMMA_I2C=lambda: I2C(board.SCL, board.SDA))


def _found(name: str, **otherwise: Any) -> ModuleType:
    """Return the installed module of that name; without a usable one, a module with these attributes."""
    try:
        return import_module(name)
    except (ImportError, NotImplementedError, OSError, RuntimeError):  # Blinka: an unknown board, or no right to it
        sys.modules[name] = _module(name, **otherwise)
        return sys.modules[name]


def _module(name: str, **attributes: Any) -> ModuleType:
    module = ModuleType(name, "Of i2cdrv.shim.")
    vars(module).update(attributes)
    return module


def main(argv: Sequence[str] | None = None) -> None:
    """Run the script of the command line, as ``python SCRIPT`` does."""
    words = sys.argv[1:] if argv is None else list(argv)
    end = _options_end(words) + 1
    args = _parser().parse_args(words[:end])
    smbus.settings.run_dir, smbus.settings.bus = args.run_dir, args.bus
    install()
    sys.argv = [str(args.script), *words[end:]]
    sys.path[0] = str(args.script.resolve().parent)
    sys.excepthook = partial(_show, str(args.script), sys.excepthook)
    main_module = sys.modules["__main__"] = _module("__main__", __file__=str(args.script), __builtins__=builtins)
    code = compile(args.script.read_bytes(), str(args.script), "exec", dont_inherit=True)
    exec(code, vars(main_module))


def _options_end(words: Sequence[str]) -> int:
    """Return the place of the script: all behind it is the script's."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] in ("--run-dir", "--bus") else 1
    return place


def _show(
    script: str,
    show: Callable[..., object],
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
) -> None:
    """Show an exception of the script as Python does, from its first line on."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename != script:
        inner = inner.tb_next
    show(kind, error.with_traceback(inner), inner)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m i2cdrv.shim",
        usage="%(prog)s [-h] [--version] [--run-dir DIR] [--bus BUS] SCRIPT [ARG …]",
        description=__doc__.partition("\n")[0],
    )
    parser.add_argument("--version", action="version", version=f"i2cdrv {__version__}")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="directory of the service to use")
    parser.add_argument("--bus", metavar="BUS", help="bus to use, whichever the script names, such as sim")
    parser.add_argument("script", type=_readable, metavar="SCRIPT", help="script to run; its arguments follow")
    return parser


def _readable(word: str) -> Path:
    path = Path(word)
    try:
        path.open("rb").close()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{word}: {error.strerror}; give the path of a Python script") from None
    return path


if __name__ == "__main__":
    main()
