"""``python -m i2cdrv.manpage OUTDIR`` writes all pages, for those who make packages.

The date is that of $SOURCE_DATE_EPOCH, so that the same sources give the same pages; without it there is none.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from ..cli import parser
from .pages import pages


def main(argv: list[str] | None = None) -> int:
    """Write them."""
    face = argparse.ArgumentParser(prog="python -m i2cdrv.manpage", description="Write i2cdrv's man pages.")
    face.add_argument("outdir", metavar="OUTDIR", type=Path, help="the directory; it is made if need be")
    outdir = face.parse_args(argv).outdir
    outdir.mkdir(parents=True, exist_ok=True)
    for name, text in pages(parser(), _date()).items():
        (outdir / name).write_text(text, encoding="ascii")
    return 0


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return time.strftime("%Y-%m-%d", time.gmtime(int(epoch))) if epoch else ""


if __name__ == "__main__":
    sys.exit(main())
