"""The way from a contest to an evaluated model, in one go."""
