"""The running service: it polls, keeps, responds and shows."""
