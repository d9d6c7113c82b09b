"""What there is to know of each command beyond its line in ``i2cdrv --help``: shown by its own ``--help`` and man page.

Paragraphs with an empty line between them; one whose lines begin with spaces is shown as it is.
"""

DESCRIPTIONS = {
    "completion": """\
A package of i2cdrv brings the scripts along.  Without one, write them to where your shell looks:

  i2cdrv completion bash > ~/.local/share/bash-completion/completions/i2cdrv
  i2cdrv completion zsh > ~/.zfunc/_i2cdrv   # and fpath+=~/.zfunc before compinit
  i2cdrv completion fish > ~/.config/fish/completions/i2cdrv.fish

The script asks i2cdrv itself at each TAB, so a later version needs no other script.  It offers modules, their
parameters with the words that these take, channels, buses, faults, and the devices that are being served.  It touches
no bus; the file of a driver that is named (./mychip.py) is run, as by i2cdrv info.""",
}
