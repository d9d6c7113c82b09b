"""``nohup i2cdrv load …`` ended at hang-up: an inherited SIG_IGN of SIGHUP (nohup) or SIGINT (sh's ``&``) was lost.

Right: a signal that is ignored at the start stays ignored.
"""

from __future__ import annotations

import signal
import time

from .common import loaded, verdict

IGNORED_S = 0.7  # a process that does not ignore the signal ends sooner


def ends_by(number: signal.Signals) -> bool:
    with loaded("--interval", "0.2", ignored=[number]) as process:
        process.send_signal(number)
        time.sleep(IGNORED_S)
        return process.poll() is not None


if __name__ == "__main__":
    ended = [number.name for number in (signal.SIGHUP, signal.SIGINT) if ends_by(number)]
    verdict(ended, f"ended by an ignored signal: {', '.join(ended) or 'no'}")
