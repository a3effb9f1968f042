"""Measures models on LiveCodeBench-shaped items."""
