"""Benchmarks: each figure beside a floor or a peer measured in the same run; only the ratios travel (docs/bench.md)."""
