"""The error of a wrong model."""


class ModelError(ValueError):
    """A mistake in the models or in the text generated from them; the message includes the fix."""
