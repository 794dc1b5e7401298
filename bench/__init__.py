"""What the function costs, side by side with others that do the same: `make bench`, or `python -m bench --help`."""
