"""The levels of log lines: the kernel's (KERN_EMERG …), the most severe first.  Nothing is imported, to be quick."""

LEVELS = ("emerg", "alert", "critical", "error", "warning", "notice", "info", "debug")
SEVERITY = {level: number for number, level in enumerate(LEVELS)}
SHORT = {"crit": "critical", "err": "error", "warn": "warning"}  # dmesg's words
