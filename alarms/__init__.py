"""Judging as arithmetic: events in, Transitions and Actions out. No I/O and no clock."""
