"""The cloud on your machine: COS, the function's platform and its triggers. Never shipped."""
