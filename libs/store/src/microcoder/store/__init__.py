"""Repositories and blobs on MongoDB."""
