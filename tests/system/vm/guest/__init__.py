"""The files inside the machines."""
