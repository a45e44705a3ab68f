"""How long a test waits for what must come: only what never comes is missed, however busy the machine is."""

PATIENCE_S = 100.0
