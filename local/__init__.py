"""The cloud on your machine: COS, the function's platform and its front doors. Never shipped."""
