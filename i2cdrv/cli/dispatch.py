"""What each command does, with the words already parsed.

Each imports what it needs and no more: who asks a daemon does without the drivers and the bus, half of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Error
from ..lib import rundir
from ..lib.log.logger import log
from .console import run_dir_of
from .output import print_error, print_json, print_lines, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


NO_THREAD = "can't start new thread"  # as Python's _thread says it (EAGAIN of pthread_create)


def run(args: argparse.Namespace) -> int:
    """Do the command; an error becomes one line on stderr and status 1."""
    log.configure(getattr(args, "log", None))
    try:
        return COMMANDS[args.command](args)
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


def read(args: argparse.Namespace) -> int:
    from .commands import read as read_command

    return read_command.run(args)


def reload(args: argparse.Namespace) -> int:
    from .commands import reload as reload_command

    return reload_command.reload(args)


def list_(args: argparse.Namespace) -> int:
    from .commands import list as list_command

    return list_command.run(args)


def info(args: argparse.Namespace) -> int:
    from ..core import modinfo, module

    found = module.load(args.module)
    if args.json:
        print_json(modinfo.as_dict(found))
    else:
        print_lines(*modinfo.lines(found))
    return 0


def detect(args: argparse.Namespace) -> int:
    from .commands import detect as detect_command

    return detect_command.run(args)


def doctor_(args: argparse.Namespace) -> int:
    from . import doctor

    return doctor.run(args)


def trace_(args: argparse.Namespace) -> int:
    from .commands import trace

    return trace.run(args)


def watch_(args: argparse.Namespace) -> int:
    from .watch import watch

    return watch.run(args)


def log_(args: argparse.Namespace) -> int:
    from .commands import log as log_command

    return log_command.run(args)


def sim(args: argparse.Namespace) -> int:
    from .commands import sim as sim_command

    return sim_command.run(args)


def load_(args: argparse.Namespace) -> int:
    """By the daemon, if one runs; a bus that is private to a process only by one whose run directory was named."""
    run_dir = run_dir_of(args)
    if run_dir is not None and rundir.has_daemon(run_dir):
        from .commands import remote

        if (client := remote.daemon(run_dir)) is not None:
            return remote.load(client, args)
    from .commands import load as load_command

    return load_command.load(args)


def check(args: argparse.Namespace) -> int:
    from .commands import check as check_command

    return check_command.run(args)


def daemon(args: argparse.Namespace) -> int:
    from ..daemon.options import Options
    from ..daemon.run import run

    options = Options(args.config, args.cpus, getattr(args, "log", None), run_dir_of(args), args.state_dir)
    return run(options)


def asked(name: str) -> Callable[[argparse.Namespace], int]:
    """What a running process does."""

    def ask(args: argparse.Namespace) -> int:
        from .commands import remote

        return int(getattr(remote, name)(args))

    return ask


def completion(args: argparse.Namespace) -> int:
    from .completion.shells import script

    write(script(args.shell))
    return 0


COMMANDS = {
    "load": load_,
    "unload": asked("unload"),
    "bind": asked("bind"),
    "unbind": asked("unbind"),
    "new-device": asked("new_device"),
    "delete-device": asked("delete_device"),
    "check": check,
    "daemon": daemon,
    "read": read,
    "param": asked("param"),
    "reload": reload,
    "list": list_,
    "info": info,
    "detect": detect,
    "doctor": doctor_,
    "trace": trace_,
    "watch": watch_,
    "log": log_,
    "sim": sim,
    "completion": completion,
}
