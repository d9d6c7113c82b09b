"""A bus without hardware: chips simulated from their datasheets, on an adapter like any other.

May import ``i2c``, ``lib``, ``atomic`` and ``errors``.
"""

from .aircommands import AirCommands as AirCommands
from .bus import SimAdapter as SimAdapter
from .bus import bus_with as bus_with
from .bus import named_bus as named_bus
from .bus import standard_bus as standard_bus
from .bytechip import ByteChip as ByteChip
from .catalog import CHIPS as CHIPS
from .catalog import parse_chip as parse_chip
from .chip import Chip as Chip
from .chip import Conversions as Conversions
from .chip import Input as Input
from .fault import Fault as Fault
from .serialnumber import SerialNumber as SerialNumber
from .wordchip import WordChip as WordChip
from .wordchip import nearest as nearest
from .wordcommands import WordCommands as WordCommands
from .wordcommands import words as words
