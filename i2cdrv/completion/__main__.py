"""``python -m i2cdrv.completion bash`` prints bash's script, for those who make packages."""

import argparse
import sys

from .script import SHELLS, script

parser = argparse.ArgumentParser(prog="python -m i2cdrv.completion", description="Print a shell's completion script.")
parser.add_argument("shell", choices=SHELLS)
sys.stdout.write(script(parser.parse_args().shell))
