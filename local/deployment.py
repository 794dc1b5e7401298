"""The function's configuration in serverless.yml, and the values for it in .env."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_REFERENCE = re.compile(r"\$\{env:(\w+)\}")
_SETTING = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)=(?:'([^']*)'|\"([^\"]*)\"|(.*?))\s*(?:(?:^|\s)#.*)?", re.ASCII)


@dataclass(frozen=True)
class Deployment:
    """Environment, time and memory; values from elsewhere (`${…}`) that are not known are left out.

    `unset` are the unknown names by the path of the input that needs them, other than a variable of the function.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 3  # the platform's defaults, document 583/11637
    memory_mb: int = 128
    unset: Mapping[str, str] = field(default_factory=dict)


class BadDeploymentError(UserError):
    """serverless.yml or .env cannot be read."""


def read_env(path: Path) -> dict[str, str]:
    """Read a file of `NAME=value` lines, none of them without a file; raise BadDeploymentError."""
    if not path.exists():
        return {}
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        setting = _SETTING.fullmatch(text)
        if setting is None:
            raise BadDeploymentError(f"{path.name}:{number}: no NAME=value, such as REGION=ap-chongqing: fix it there.")
        found[setting[1]] = next((value for value in setting.groups()[1:] if value is not None), "")
    return found


def read_deployment(path: Path, values: Mapping[str, str] | None = None) -> Deployment:
    """Read a deployment, the platform's defaults without a file; raise BadDeploymentError.

    `values` take the places of `${env:NAME}`; an empty one counts as unknown.
    """
    if not path.exists():
        return Deployment()
    try:
        inputs: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["inputs"]
        variables = inputs.get("environment", {}).get("variables", {})
        filled = {name: _filled(str(value), values or {}) for name, value in variables.items()}
        known = {name: text for name, text in filled.items() if "${" not in text}
        others = {name: value for name, value in inputs.items() if name != "environment"}
        unset = {place: name for place, name in _references(others, "inputs") if not (values or {}).get(name)}
        return Deployment(known, float(inputs.get("timeout", 3)), int(inputs.get("memorySize", 128)), unset)
    except yaml.YAMLError as error:
        raise BadDeploymentError(f"{path.name}: {' '.join(str(error).split())}: fix it there.") from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise BadDeploymentError(
            f"{path.name}: not as SCF has it: below `inputs` there are `environment.variables` by name, and the "
            "numbers `timeout` and `memorySize`."
        ) from None


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: values.get(found[1]) or found[0], text)


def _references(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each `${env:NAME}` of the inputs: its path and its name."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _references(item, f"{place}.{name}")
    if isinstance(value, str):
        yield from ((place, found[1]) for found in _REFERENCE.finditer(value))
