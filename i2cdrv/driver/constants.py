"""Constants of a chip, such as trimming words: read once, confirmed, and compared again later.

A wrong constant makes every later value wrong, so each is read until several reads agree.  A burst is also read from
one register earlier: a fault that always hits the same place of a transfer then hits other bits.  If a chip stores a
CRC over its constants, it must fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import BadChecksum, ConfigLost, Disagreement
from ..lib.crc import crc4, crc8
from .command import Command, join_words
from .regfield import RegField
from .register import Register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..i2c.client import Client
    from .regmap import RegMap

READS_TO_CONFIRM = 2  # one after the other
PAUSES_S = (0.0, 0.002, 0.01, 0.05, 0.2, 0.5)  # s before each attempt: most disturbances are over by then
AN520_BYTES = 15  # of the PROM, which the CRC covers: the last one holds the CRC, or is 0
NO_CRC = (0x00, 0xFF)  # the value in copies of the chip that store no CRC
MAX_READS = 3  # of a constant that has changed: bits may have flipped on the wire
MAX_FLIPPED_BITS = 4  # more make it the constant of another chip, which a multiplexer may switch away again


class Checksum(NamedTuple):
    """A CRC-8 in the register ``addr`` over registers that are declared before it, in this order."""

    addr: int
    over: tuple[type[Register], ...]
    polynomial: int
    start: int = 0xFF
    final: int = 0x00  # XORed with the remainder


class PromChecksum(NamedTuple):
    """The CRC-4 of application note AN520 of TE in ``field``, over words that are declared before it.

    ``field`` is a part of one of the words, and counts as 0 there.
    """

    field: RegField[int]
    over: tuple[RegField[int], ...]

    def fits(self, words: Sequence[int]) -> bool:
        """Return whether the words fit their CRC; a blank PROM, or a chip that repeats one byte, does not."""
        contents = [word.encode(value) for word, value in zip(self.over, words, strict=True)]
        at = [word.addr for word in self.over].index(self.field.addr)
        expected = self.field.decode(contents[at])
        contents[at] = self.field.encode(0, contents[at])
        covered = b"".join(contents).ljust(AN520_BYTES, b"\0")[:AN520_BYTES]
        return any(word % 0x101 for word in words) and crc4(covered) == expected


Constant = type[Register] | RegField[Any] | Command | Checksum | PromChecksum


def check_declared(constants: Any) -> None:
    """Raise TypeError for ``constants`` of another form, and for a Checksum before a register that it covers."""
    if not isinstance(constants, Mapping) or any(isinstance(each, type) for each in constants.values()):
        raise TypeError('constants are given by chip name, a tuple for each: {"mychip": (Trim, SERIAL)}')
    for name, declared in constants.items():
        for at, what in enumerate(declared):
            if isinstance(what, Checksum | PromChecksum) and not set(what.over) <= set(declared[:at]):
                raise TypeError(f"constants of {name}: declare the registers of a {type(what).__name__} before it")


class Constants:
    """The constants of one chip."""

    def __init__(self, client: Client, regmap: RegMap, declared: Sequence[Constant]) -> None:
        self._client, self._regmap, self._declared = client, regmap, declared
        self._known: dict[Constant, Any] = {}  # bytes of registers, words of commands
        self._values: dict[Constant, Any] = {}  # the same, decoded when they are first used
        self._proven = False  # by their CRC

    @property
    def proven(self) -> bool:
        """Whether a CRC covers every constant; equal reads may all have the same wrong bit."""
        return self._proven or all(isinstance(what, Command) and what.crc is not None for what in self._known)

    def __getitem__(self, what: Any) -> Any:
        """Return the value of a constant that was read.  Raises KeyError if the chip declares no such constant."""
        if what not in self._values:
            if what not in self._known:
                raise KeyError(f"{getattr(what, '__name__', what)} is not among the constants of a {self._client.name}")
            found = self._known[what]
            self._values[what] = found if isinstance(what, Command) else what.decode(found)
        return self._values[what]

    async def read(self) -> None:
        """Read all constants.  Errors: Disagreement, BadChecksum, NoDevice for blank words, those of transfers."""
        last: Disagreement | BadChecksum | None = None
        for pause in PAUSES_S if self._declared else ():
            await self._client.sleep(pause)
            try:
                await self._read_all()
                return
            except (Disagreement, BadChecksum) as error:
                last = error
        if last is not None:
            raise last

    async def _read_all(self) -> None:
        self._known, self._values, self._proven = {}, {}, False
        for what in self._declared:
            await self._read(what)
        self._check_contents()

    def _check_contents(self) -> None:
        """Raise NoDevice, or Disagreement, for constants that contradict their declaration: blank or fixed words."""
        for what, known in self._known.items():
            if isinstance(what, type) and what.checks is not None:
                what.checks.check(int.from_bytes(known, what.byteorder), 0, 0, self._client)

    async def verify(self) -> None:
        """Read all constants again.  Raises ConfigLost for a difference: another chip, or a wrong first read."""
        for what, known in self._known.items():
            if not await self._reads_as(what, known):
                raise ConfigLost(
                    f"the constants of {self._client} have changed since the first read: another chip is there, or "
                    "the first read was wrong"
                )

    async def _read(self, what: Constant) -> None:
        if isinstance(what, Command):
            self._known[what] = words = await self._answer(what)
            if any(words):  # a line that is low reads as zeros, whose CRC may be 0, too
                self._client.fixed_answers[words] = what
        elif isinstance(what, Checksum | PromChecksum):
            self._proven = self._fits(what) and isinstance(what, Checksum)  # four bits prove little
        else:
            data = self._regmap.read_until_equal(what, READS_TO_CONFIRM)
            if isinstance(what, type) and not self._regmap.matches_from_earlier(what, data):
                raise Disagreement(f"register {what.addr:#04x} of {self._client} is another when it is read otherwise")
            self._known[what] = data

    async def _answer(self, what: Command) -> tuple[int, ...]:
        """Return the answer of a command; if nothing checks it, it must come twice."""
        words = await what.execute(self._client)
        if what.crc is None and await what.execute(self._client) != words:
            raise Disagreement(f"{what} of {self._client} has another answer when it is read again")
        return words

    async def _reads_as(self, what: Constant, known: Any) -> bool:
        for _ in range(MAX_READS):
            differing = await self._differing(what, known)
            if not 0 < differing <= MAX_FLIPPED_BITS:
                return not differing
        return False

    async def _differing(self, what: Constant, known: Any) -> int:
        """Read the constant again; return how many bits differ, for words with a CRC all or none."""
        if isinstance(what, Command):
            return await self._differing_words(what, known)
        assert not isinstance(what, Checksum | PromChecksum)
        return (what.steady(self._regmap.get_in_parts(what)) ^ what.steady(known)).bit_count()

    async def _differing_words(self, what: Command, known: tuple[int, ...]) -> int:
        unchecked = self._client.unchecked
        found = await what.execute(self._client)
        self._client.unchecked = unchecked  # the comparison checks it
        if found != known and what.crc is not None:
            return MAX_FLIPPED_BITS + 1
        return (join_words(*found) ^ join_words(*known)).bit_count()

    def _fits(self, what: Checksum | PromChecksum) -> bool:
        """Return whether a CRC proves the constants, and False for a chip that stores none.  Raises BadChecksum."""
        if isinstance(what, PromChecksum):
            fits, has_crc = what.fits([self[word] for word in what.over]), True
        else:
            data = b"".join(self._known[register] for register in what.over)
            found = self._regmap.read_until_equal(RegField.of_byte(what.addr), READS_TO_CONFIRM)[0]
            fits, has_crc = crc8(data, what.polynomial, what.start) ^ what.final == found, found not in NO_CRC
        if not fits and has_crc:
            raise BadChecksum(
                f"the constants of {self._client} do not fit their CRC: the line is disturbed, the chip is damaged, or "
                "two chips have this address; shorten the wires, or try each chip alone"
            )
        return fits
