"""Measure one peer: ``python -m tests.system.bench.guest ENVIRONMENT NAME`` prints one JSON object."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version

from .bridge import use_time_of
from .meter import bus_with, measure
from .subjects import SUBJECTS

environment, name = sys.argv[1:]
subject = SUBJECTS[environment][name]
bus = bus_with(subject.chip, subject.addr)
use_time_of(bus.clock)
cost = measure(bus, subject.open)
print(json.dumps({"version": version(subject.distribution), **cost._asdict()}))
