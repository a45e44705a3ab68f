"""Telling people: who is on call as a calendar, and the ways by which a notice travels."""
