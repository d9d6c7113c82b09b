"""Answers recorded from real kernels, and the same questions put to the code here."""
