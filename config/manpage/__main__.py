"""Write all man pages: ``python -m config.manpage OUTDIR``.

The date comes from $SOURCE_DATE_EPOCH, so that the same sources give the same pages.  Without it there is no date.
"""

import os
import sys
import time
from pathlib import Path

from i2cdrv.cli.help import Parser
from i2cdrv.cli.main import parser
from i2cdrv.cli.output import finished, prepare, print_error

from .pages import pages


def main(argv: list[str] | None = None) -> int:
    """Write the pages, and return the exit status."""
    prepare()
    return finished(lambda: _run(argv))


def _run(argv: list[str] | None) -> int:
    command = Parser(prog="python -m config.manpage", description="Write i2cdrv's man pages.")
    command.add_argument("outdir", metavar="OUTDIR", type=Path, help="the directory, created if missing")
    outdir = command.parse_args(argv).outdir
    try:
        _write(outdir)
    except OSError as fault:
        print_error(f"{fault.filename or outdir}: {fault.strerror}; choose another directory")
        return 1
    return 0


def _write(outdir: Path) -> None:
    outdir.mkdir(parents=True, exist_ok=True)
    for name, text in pages(parser(), _date()).items():
        (outdir / name).write_text(text, encoding="ascii")


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return time.strftime("%Y-%m-%d", time.gmtime(int(epoch))) if epoch else ""


if __name__ == "__main__":
    sys.exit(main())
