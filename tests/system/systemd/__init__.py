"""The Debian package and its service under a real systemd, as process 1 of namespaces on this machine.

Here is what boots one; what is tried in there is in ``booted/``.
"""
