"""Generators, one module per kind of file; each returns texts by path."""
