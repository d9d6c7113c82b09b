"""The Debian package and its service under a real systemd, as process 1 of namespaces on this machine.

This folder boots one; the tests inside it are in ``booted/``.
"""
