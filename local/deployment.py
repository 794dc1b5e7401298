"""The function's configuration in serverless.yml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Deployment:
    """Environment, time and memory; values from elsewhere (`${…}`) are left out."""

    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 3  # the platform's defaults, document 583/11637
    memory_mb: int = 128


class BadDeploymentError(UserError):
    """serverless.yml cannot be read."""


def read_deployment(path: Path) -> Deployment:
    """Read a deployment, the platform's defaults without a file; raise BadDeploymentError."""
    if not path.exists():
        return Deployment()
    try:
        inputs: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["inputs"]
        variables = inputs.get("environment", {}).get("variables", {})
        known = {name: str(value) for name, value in variables.items() if "${" not in str(value)}
        return Deployment(known, float(inputs.get("timeout", 3)), int(inputs.get("memorySize", 128)))
    except yaml.YAMLError as error:
        raise BadDeploymentError(f"{path.name}: {' '.join(str(error).split())}: fix it there.") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise BadDeploymentError(
            f"{path.name}: not as SCF has it: below `inputs` there are `environment.variables` by name, and the "
            "numbers `timeout` and `memorySize`."
        ) from None
