"""A command whose output goes to a full disk ended in a Python traceback.  Right: one line, and status 1."""

from __future__ import annotations

from pathlib import Path

from .common import run, verdict

COMMANDS = (
    ("info", "bme280"),
    ("load", "bme280", "--bus", "sim", "--once"),
    ("list",),
    ("detect", "--bus", "sim"),
    ("doctor",),
    ("completion", "bash"),
    ("check", "/dev/null"),
)


def has_traceback(words: tuple[str, ...]) -> bool:
    with Path("/dev/full").open("w") as full:
        return "Traceback" in run(*words, stdout=full).stderr


if __name__ == "__main__":
    bad = [words[0] for words in COMMANDS if has_traceback(words)]
    verdict(bad, f"traceback of: {', '.join(bad) or 'none'}")
