"""The process that must not stop: it owns the devices."""
