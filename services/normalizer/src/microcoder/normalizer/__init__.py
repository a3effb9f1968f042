"""Brings problems into one form and keeps the catalogue."""
