"""The shape of a command line, as its argparse parser has it: commands, arguments, options, and what each is for.

argparse shows it in no public way; here alone its inner lists are read, for man pages and for shells that complete.
"""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in __init__

if TYPE_CHECKING:
    from collections.abc import Mapping


def arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What is told by its place, in order; a choice of commands is one of them."""
    return [action for action in parser._actions if not action.option_strings]


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What is told by its name, in the order of ``--help``; hidden ones are left out."""
    return [action for action in parser._actions if action.option_strings and action.help != argparse.SUPPRESS]


def choice_of_commands(action: argparse.Action) -> Mapping[str, argparse.ArgumentParser]:
    """The commands that stand at this argument, by name; none if it is no choice of commands."""
    return action.choices if isinstance(action, argparse._SubParsersAction) else {}


def commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser, by name."""
    return {name: sub for action in arguments(parser) for name, sub in choice_of_commands(action).items()}


def summaries(parser: argparse.ArgumentParser) -> dict[str, str]:
    """What each of its commands is for, in one line."""
    choices = (action for action in arguments(parser) if isinstance(action, argparse._SubParsersAction))
    return {one.dest: one.help or "" for action in choices for one in action._choices_actions}


def purpose(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """What an argument or option is for, as ``--help`` has it."""
    return parser._get_formatter()._expand_help(action) if action.help else ""


def takes_value(action: argparse.Action) -> bool:
    """Whether a word belongs to the option."""
    return action.nargs != 0


def may_repeat(action: argparse.Action) -> bool:
    """Whether the option adds to what it was given before."""
    return isinstance(action, argparse._AppendAction | argparse._CountAction)


def metavar(action: argparse.Action) -> str:
    """What stands for its value in the help: ``BUS``."""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()
