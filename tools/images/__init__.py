"""Builds the images of this project: `python -m tools.images`, called by `make images` and `make images-offline`."""
