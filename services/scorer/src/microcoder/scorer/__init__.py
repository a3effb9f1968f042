"""Predicts and calibrates difficulty, cuts releases."""
