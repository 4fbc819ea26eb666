"""Benchmarks, run by hand (`python -m benchmarks`): the product beside a hand-written endpoint, read as ratios."""
