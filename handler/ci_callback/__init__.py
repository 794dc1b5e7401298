"""ci_callback: what stands between a Cloud Infinite callback and its result object in COS.

The way of the data, one direction only (docs/architecture.md draws it):

    event -> triggers -> access -> decode -> routing -> actions -> reply

`decode`, `routing` and everything they import are pure: no I/O, no clock, no environment. I/O lives in `store`.
"""

__version__ = "0.1.0"
