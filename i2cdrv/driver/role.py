"""Bits of a register that reveal wrong content: settings, fixed bits, "not measured" codes, marks of a conversion.

A driver declares them with the field; ``RegMap.read`` refuses content that contradicts them, at no further transfer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import ConfigLost, Disagreement, NoDevice, NotConverted, NotMeasured, OutOfRange

if TYPE_CHECKING:
    from collections.abc import Iterable


class Role(NamedTuple):
    """The role of one field.

    ``volatile``: the next read may bring something else.  ``setting``: it reads as it was written last.  ``fixed``: it
    always reads this.  ``unmeasured``: it reads this until a conversion has filled it.  ``ready``: it reads 1 once a
    conversion has ended.  ``counter``: it is another number after each conversion.  ``saturates``: it is the output of
    a converter, which is at its end where all bits are 0 or all are 1.  ``programmed``: the factory writes it, so that
    all bits are 0 or all are 1 only in a blank chip.
    """

    volatile: bool = False
    setting: bool = False
    fixed: int | None = None
    unmeasured: int | None = None
    ready: bool = False
    counter: bool = False
    saturates: bool = False
    programmed: bool = False

    def check(self, field: str, width: int) -> None:
        """Raise TypeError for a code that is no raw content of ``width`` bits, such as a negative one."""
        for role, code in (("fixed", self.fixed), ("unmeasured", self.unmeasured)):
            if code is not None and not 0 <= code < 1 << width:
                highest = (1 << width) - 1
                raise TypeError(f"{field}: {role}={code:#x} is not a raw code of its {width} bits, 0 … {highest:#x}")


class _Unmeasured(NamedTuple):
    name: str
    mask: int
    word: int


class Checks:
    """The checks of a whole register, as masks of its word.

    ``settings``: the bits that read as they were written.  ``marks``: whether it distinguishes successive conversions.
    """

    def __init__(self, name: str, fields: Iterable[tuple[str, int, Role]]) -> None:
        """``fields``: the name, the mask and the role of each."""
        self.settings = self._fixed_mask = self._fixed = self._ready = self._counter = 0
        self._refused: dict[int, tuple[int, ...]] = {}  # by mask: the contents that no read may bring
        self._unmeasured: list[_Unmeasured] = []
        self._saturates: list[tuple[str, int]] = []
        self._name = name
        for field, mask, role in fields:
            self._add(field, mask, role)
        self.marks = bool(self._ready or self._counter)

    def _add(self, field: str, mask: int, role: Role) -> None:
        lowest = mask & -mask  # of a field in one piece; the others have no codes
        self.settings |= mask if role.setting else 0
        self._ready |= mask if role.ready else 0
        self._counter |= mask if role.counter else 0
        if role.fixed is not None:
            self._fixed_mask |= mask
            self._fixed |= role.fixed * lowest
        if role.unmeasured is not None:
            self._unmeasured.append(_Unmeasured(field, mask, role.unmeasured * lowest))
            self._refuse(mask, role.unmeasured * lowest)
        if role.saturates:
            self._saturates.append((field, mask))
        if role.saturates or role.programmed:
            self._refuse(mask, 0, mask)

    def _refuse(self, mask: int, *contents: int) -> None:
        self._refused[mask] = *self._refused.get(mask, ()), *contents

    @property
    def compared(self) -> int:
        """The bits of which only one content passes the checks."""
        return self.settings | self._fixed_mask | self._ready

    def __bool__(self) -> bool:
        """Return whether there is anything to check."""
        return bool(self.settings or self._fixed_mask or self.marks or self._refused)

    def check(self, word: int, written: int, mask: int, device: object) -> None:
        """Compare the word with the written bits where ``mask`` has 1, and with the declarations.

        Errors: ConfigLost (other settings), NotMeasured, Disagreement (fixed bits), NotConverted (not ready),
        OutOfRange (saturated), NoDevice (blank).
        """
        if (word ^ written) & mask or (word ^ self._fixed) & self._fixed_mask or ~word & self._ready:
            self._explain(word, written, mask, device)
        for field, contents in self._refused.items():
            if word & field in contents:
                self._explain(word, written, mask, device)

    def _explain(self, word: int, written: int, mask: int, device: object) -> None:
        """Raise the error of a word that does not pass."""
        if (word ^ written) & mask:
            raise settings_lost(f"{self._name} of {device} has other settings than were written")
        for name, field, code in self._unmeasured:
            if word & field == code:
                raise NotMeasured(f"{name} of {device} was not measured: the chip lost power, or cannot measure it")
        if (word ^ self._fixed) & self._fixed_mask:
            raise Disagreement(
                f"{self._name} of {device} reads {word:#x}, which is impossible: a disturbed line, or two chips "
                "at this address"
            )
        if ~word & self._ready:
            raise NotConverted(f"{device} has no new conversion: it was not ready")
        for name, field in self._saturates:
            if word & field in (0, field):
                raise OutOfRange(saturated(name, (word & field) // (field & -field)))
        raise NoDevice(f"{device} has blank trimming words")

    def mark(self, word: int) -> int | None:
        """Return the bits that count the conversions; None if there are none."""
        return word & self._counter if self._counter else None


def settings_lost(fact: str) -> ConfigLost:
    """Return the error of a chip that has other settings than it was given; ``fact``: which chip, and the evidence."""
    return ConfigLost(f"{fact}: a power dip, another chip, or another program uses it")


def saturated(name: str, raw: int) -> str:
    """Return the message for a channel whose converter is at its end."""
    return f"{name} is at the end of its converter ({raw}): the input is saturated, shorted or open"


def unsaturated(name: str, raw: int, lowest: int, highest: int) -> int:
    """Return a converter's output.  Raises OutOfRange at its ends, where the input may be anywhere beyond."""
    if not lowest < raw < highest:
        raise OutOfRange(saturated(name, raw))
    return raw
