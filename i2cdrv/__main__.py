"""``python -m i2cdrv``."""

import sys

from .cli.main import main

sys.exit(main())
