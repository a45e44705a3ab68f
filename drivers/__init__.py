"""Bytes into Samples, Commands into bytes. No driver knows a limit."""
