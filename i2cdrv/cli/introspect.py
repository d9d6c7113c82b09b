"""Introspection of an argparse parser: its commands, arguments, options and their purposes.

argparse has no public way; only this module reads its private lists, for man pages and completion.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Mapping


def arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the positional arguments in order; a choice of commands is one of them."""
    return [action for action in parser._actions if not action.option_strings]


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options in the order of ``--help``, without hidden ones."""
    return [action for action in parser._actions if action.option_strings and action.help != argparse.SUPPRESS]


def choice_of_commands(action: argparse.Action) -> Mapping[str, argparse.ArgumentParser]:
    """Return the commands at this argument by name; none for any other argument."""
    return action.choices if isinstance(action, argparse._SubParsersAction) else {}


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser by name."""
    return {name: sub for action in arguments(parser) for name, sub in choice_of_commands(action).items()}


def summaries(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return the purpose of each command in one line."""
    choices = (action for action in arguments(parser) if isinstance(action, argparse._SubParsersAction))
    return {one.dest: one.help or "" for action in choices for one in action._choices_actions}


def purpose(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return the purpose of an argument or option, as ``--help`` shows it."""
    return parser._get_formatter()._expand_help(action) if action.help else ""


def takes_value(action: argparse.Action) -> bool:
    """Return whether the option takes a value."""
    return action.nargs != 0


def may_repeat(action: argparse.Action) -> bool:
    """Return whether the option may be repeated."""
    return isinstance(action, argparse._AppendAction | argparse._CountAction)


def metavar(action: argparse.Action) -> str:
    """Return the placeholder for its value in the help: ``BUS``."""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()
