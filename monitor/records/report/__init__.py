"""The report of a batch as PDF."""
