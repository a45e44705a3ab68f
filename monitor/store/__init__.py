"""TimescaleDB: what is kept, how it is written and read."""
