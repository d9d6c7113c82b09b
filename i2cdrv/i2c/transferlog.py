"""The transfers of a client as log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lib.log.logger import log

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors import Error
    from .adapter import Message
    from .client import Trace


def transfer_log(device: str) -> Trace:
    """Return the tracer of ``debug=1``: it logs one line for each transfer."""

    def trace(messages: Sequence[Message], answers: list[bytes] | Error, seconds: float) -> None:
        log("debug", "transfer", device=device, **_shown(messages, answers), us=round(seconds * 1e6))

    return trace


def _shown(messages: Sequence[Message], answers: list[bytes] | Error) -> Mapping[str, str]:
    writes = " ".join(message[1].hex("-") for message in messages if isinstance(message[1], bytes))
    shown = {"write": writes} if writes else {}
    if isinstance(answers, list):
        return {**shown, "read": " ".join(answer.hex("-") for answer in answers)} if answers else shown
    return {**shown, "error": answers.name}
