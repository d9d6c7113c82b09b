"""The service: it drives the configured devices as soon as they are present, for all programs of the machine."""
