"""A function that cannot be loaded."""

import a_package_that_does_not_exist  # type: ignore[import-not-found]  # noqa: F401  # the point of this file
