"""NTP sets the wall clock forward between two samples, as on a Pi without RTC.

``i2cdrv read`` reported that the process had stopped, for up to one interval.  Right: a clock that is never set
measures the age of a sample, and the value is printed.
"""

from __future__ import annotations

from .common import ROOT, loaded, patched, read, verdict

STEP_FILE = ROOT / "step"
CLOCK = f"""
import time
_time = time.time
def stepped():
    try:
        return _time() + float(open({str(STEP_FILE)!r}).read())
    except (OSError, ValueError):
        return _time()
time.time = stepped
"""

if __name__ == "__main__":
    env = patched(CLOCK)
    with loaded("--interval", "60", env=env):
        before = read(env)
        STEP_FILE.write_text("36000")
        after = read(env)
    verdict(after.status, f"before {before.stdout.strip()}; after {(after.stdout + after.stderr).strip()}")
