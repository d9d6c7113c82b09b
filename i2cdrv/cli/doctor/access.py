"""How a person who may not use something comes to be in its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lib import hints
from .finding import Finding, problem

if TYPE_CHECKING:
    from .machine import Group, Machine


def joining(machine: Machine, topic: str, refused: str, group: Group) -> Finding:
    """``refused``: what may not be used, which members of the group may."""
    if machine.person.name in group.members:
        late = (
            f"{refused}: you are in group {group.name}, but were not yet when you logged in; log in again, or for this"
        )
        return problem(topic, f"{late} terminal:", f"newgrp {group.name}")
    if group.name.isdecimal():
        text = f"{refused}: group {group.name} has no name here; give it one and join it, then log in again"
        return problem(topic, text, hints.join(group.name, machine.root))
    return problem(
        topic, f"{refused}: join group {group.name}, then log in again", hints.join(group.name, machine.root)
    )
