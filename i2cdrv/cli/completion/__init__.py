"""Completion of the command line in bash, zsh and fish, from its parser.

The script of a shell runs ``i2cdrv __complete SHELL …`` at each TAB and shows the answer.  The scripts contain nothing
of the command line, so a new command needs no change here.  Modules, from the bottom up: ``line`` (the argument that
the last word belongs to, and its kind), ``declared`` and ``source`` (a driver's declarations; only drivers that come
with i2cdrv are imported), ``machine``, ``running``, ``drivers`` and ``simulation`` (the words of each kind), ``kinds``,
``bash`` (its quotes), ``shells``, ``answer``.

argcomplete would do the same, but its imports take longer than all of this, at every TAB.

It reads only files, and control sockets with a short limit; it touches no bus and prints nothing on stderr.
"""
