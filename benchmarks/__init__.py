"""Measurements of convlab: speed against other libraries, memory, time to compile. Records go to `benchmarks/results`."""
