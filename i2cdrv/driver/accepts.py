"""The values of parameters that one chip of a family takes, where the family takes more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Invalid, nearest
from .moduleparam import Param

Accepted = Mapping[str, Mapping[str, Sequence[Any]]]  # by chip and parameter, the values beside the default


def check_accepts(owner: str, accepts: Accepted, params: Mapping[str, Param]) -> None:
    """Raise TypeError for a parameter that the driver does not declare."""
    for chip, names in accepts.items():
        for name in names:
            if name not in params:
                raise TypeError(f"{owner}.accepts[{chip!r}] has no parameter {name!r}{nearest(name, params)}")


def check_value(chip: str, accepted: Sequence[Any], param: Param, value: Any) -> None:
    """Raise Invalid for a value that the chip does not take; it always takes the default."""
    if value == param.default or value in accepted:
        return
    given = f"{param.name}={_text(param, value)}"
    if not accepted:
        raise Invalid(f"{given}: the {chip} has no {param.name}; remove it")
    raise Invalid(f"{given}: not for the {chip}; it accepts {', '.join(_text(param, one) for one in accepted)}")


def _text(param: Param, value: Any) -> str:
    return param.get(value).decode("utf-8", "replace")
