"""The plant again, simulated, behind the real protocols. The service never imports this."""
