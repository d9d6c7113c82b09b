"""``python -m i2cdrv``."""

import sys

from .cli import main

sys.exit(main())
