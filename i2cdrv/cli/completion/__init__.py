"""Completion of the command line in bash, zsh and fish, from its parser.

The script of a shell asks ``i2cdrv __complete SHELL …`` at each TAB and shows what it is answered: nothing of the
command line is in the scripts, so a new command needs nothing here.  Rooms, from the ground up: ``candidate``,
``metavars`` (what kind of words an argument takes), ``line`` (which argument the last word belongs to), ``declared``
and ``source`` (a driver's declarations; only drivers that come with i2cdrv are imported), ``machine``, ``running``,
``drivers`` and ``simulation`` (the words of each kind), ``kinds``, ``bash`` (its quotes), ``shells``,
``answer``, ``script``.

Only files are read, and control sockets with a short limit; no bus is touched, and nothing is said on stderr.
"""
