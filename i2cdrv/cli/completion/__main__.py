"""``python -m i2cdrv.cli.completion bash`` prints bash's script, for packages."""

import sys

from ..output import finished, prepare, print_note, write
from .shells import SCRIPTS, script


def main(words: list[str]) -> int:
    """Print the script of the named shell; return the exit status."""
    if len(words) != 1 or words[0] not in SCRIPTS:
        print_note(f"usage: python -m i2cdrv.cli.completion {'|'.join(SCRIPTS)}")
        return 2
    write(script(words[0]))
    return 0


if __name__ == "__main__":
    prepare()
    sys.exit(finished(lambda: main(sys.argv[1:])))
