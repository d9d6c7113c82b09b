"""From a parsed command line to the function of its command; each command imports only the modules it needs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import Error
from ..lib.log.logger import log
from .console import options
from .output import print_error

if TYPE_CHECKING:
    import argparse

NO_THREAD = "can't start new thread"  # Python's message for EAGAIN from pthread_create
COMMANDS = {
    "load": "commands.load:run",
    "unload": "commands.unload:run",
    "name": "commands.name:run",
    "bind": "commands.bind:bind",
    "unbind": "commands.bind:unbind",
    "new-device": "commands.newdevice:run",
    "delete-device": "commands.bind:delete_device",
    "check": "commands.check:run",
    "daemon": "commands.daemon:run",
    "read": "commands.read:run",
    "param": "commands.param:run",
    "reload": "commands.reload:run",
    "list": "commands.list:run",
    "info": "commands.info:run",
    "detect": "commands.detect:run",
    "doctor": "doctor:run",
    "trace": "commands.trace:run",
    "watch": "watch.watch:run",
    "log": "commands.log:run",
    "sim": "commands.sim:run",
    "completion": "commands.completion:run",
}  # command: module and function, which takes the module's Options and returns the exit status


def run(args: argparse.Namespace) -> int:
    """Run the command; an error becomes one line on stderr and exit status 1."""
    log.configure(getattr(args, "log", None))
    try:
        return _run(args)
    except Error as error:
        print_error(error.message)
        return 1
    except OSError as fault:  # of a file whose failure no module handles: its name explains more than a traceback
        print_error(f"{fault.filename or args.command}: {fault.strerror or fault}")
        return 1
    except RuntimeError as fault:
        if str(fault) != NO_THREAD:
            raise
        print_error(f"{args.command}: no thread can be started: raise the limit of processes (ulimit -u, TasksMax=)")
        return 1
    except KeyboardInterrupt:
        return 130


def _run(args: argparse.Namespace) -> int:
    module, _, function = COMMANDS[args.command].partition(":")
    command = import_module(f"{__package__}.{module}")
    return int(getattr(command, function)(options(command.Options, args)))
