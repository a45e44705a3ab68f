"""What proves a package: written in parts, and packed into it as one file that needs nothing of this service."""
