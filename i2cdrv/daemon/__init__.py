"""The service: what is configured is driven, as soon as it is there, and everybody on the machine can use it."""
