"""The process that owns people: API, sign-in and screens."""
