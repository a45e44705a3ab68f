"""The package of a batch, and what proves it without this service."""
