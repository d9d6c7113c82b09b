"""Completion of the command line in bash, zsh and fish, from tables.

The script of a shell runs ``i2cdrv __complete SHELL …`` at each TAB and shows the answer.  The scripts contain nothing
of the command line, so a new command needs no change here.  ``python -m config.completion`` generates the tables:
``commandline`` from the parser, and ``shipped`` from the drivers that come with i2cdrv.

Modules, from the bottom up: ``grammar`` (commands, arguments and options), ``line`` (the argument that the last word
belongs to), ``declared``, ``imported`` and ``source`` (a driver's declarations; only drivers that come with i2cdrv are
imported), ``machine``, ``running``, ``drivers`` and ``simulation`` (the words of each kind), ``kinds``, ``bash`` (its
quotes), ``shells``, ``answer``.  The usual answers import neither argparse nor typing nor re nor json.

It reads only files, and control sockets with a short limit; it touches no bus and prints nothing on stderr.
"""
