"""Collects contests and problems."""
