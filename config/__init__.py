"""The shared nouns, and the plant written down."""
