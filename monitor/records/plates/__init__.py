"""Samples of microbes: a plate's life, what is planned, how it is judged."""
