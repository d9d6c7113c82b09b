"""The kernel's litmus tests in the words of ``i2cdrv.atomic``: explored as models, and run in threads."""
