"""The kernel's log levels (KERN_EMERG …), the most severe first.  This file imports nothing, to be quick."""

LEVELS = ("emerg", "alert", "critical", "error", "warning", "notice", "info", "debug")
SEVERITY = {level: number for number, level in enumerate(LEVELS)}
SHORT = {"crit": "critical", "err": "error", "warn": "warning"}  # dmesg's words
