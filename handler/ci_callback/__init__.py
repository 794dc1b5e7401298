"""Receive Cloud Infinite callbacks and store each job's result in COS; docs/architecture.md has the layout."""

__version__ = "0.1.0"
