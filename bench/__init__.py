"""Benchmarks of what ships, beside other handlers of the same callback: `make bench`, or `python -m bench --help`."""
