"""The command `check`: the doctor of the function on serverless.yml and .env, before they are deployed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ci_callback.commands.doctor import deployment as doctor
from ci_callback.commands.finding import Finding, many, problem, warning
from ci_callback.config import settings
from ci_callback.errors import Misconfigured
from local.cli import screen
from local.cli.output import Output
from local.cos.server import LocalCos
from local.defaults import CREDENTIALS, REGION
from local.deployment import Deployment, read_deployment, read_env
from local.scf.server import LocalScf, RefusedEnvironmentError
from terminal.user_error import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Findings about the settings; others are about the cloud, which is the local one here.
_EXAMINED = {"limits", "routes", "signatures", "tokens"}
_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}
_AFTERWARDS = (
    "The role, its permissions, the buckets and CI are examined after the deployment: "
    "scf invoke --path events/doctor.json"
)


def check(project: Path, *, env_file: Path | None = None, as_json: bool = False) -> int:
    """Examine the deployment in a folder; return 1 if it has a problem."""
    if env_file and not env_file.exists():
        raise UserError(f"{env_file}: No such file: it has a line NAME=value for each ${{env:NAME}} of serverless.yml.")
    given = read_env(env_file or project / ".env")
    path = project / "serverless.yml"
    deployment = read_deployment(path, {**given, **os.environ})
    findings = [*_values(given, os.environ), *_inputs(deployment), *_examined(project, deployment)]
    report = _Report(str(path), sorted(findings, key=lambda each: list(_COLOURS).index(each.level), reverse=True))
    Output(as_json=as_json).report(report)
    return 0 if report.is_ok else 1


def _values(given: Mapping[str, str], shell: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the values that differ between the file and the shell."""
    for name, value in given.items():
        if shell.get(name, value) != value:
            message = f"{name} has another value in the shell than in the file: the tool may take either."
            yield warning("values", message, f"Run `unset {name}`, or remove it from the file.")


def _inputs(deployment: Deployment) -> Iterator[Finding]:
    """Yield the inputs that no value is set for."""
    for place, name in deployment.unset.items():
        message = f"{name} is not set, and {place} needs it: the tool leaves it out without a word."
        yield problem("values", message, f"Set {name} in .env (docs/deployment.md, 2).")


def _examined(project: Path, deployment: Deployment) -> Iterator[Finding]:
    """Yield the doctor's findings about the settings, first as they will be deployed."""
    environment = deployment.environment
    try:
        found: settings.Settings | Misconfigured = settings.load(environment)
    except Misconfigured as error:
        found = error
    yield from doctor.settings(found)
    buckets = {} if isinstance(found, Misconfigured) else found.BUCKETS
    secret_is_elsewhere = not isinstance(found, Misconfigured) and bool(found.CALLBACK_SECRET)
    try:
        scf = LocalScf(
            project / "handler",
            environment=environment,
            credentials=CREDENTIALS,
            memory_mb=deployment.memory_mb,
            timeout_s=deployment.timeout_s,
            region=REGION,
        )
    except RefusedEnvironmentError as refused:
        yield problem("limits", f"SCF refuses the deployment: {refused}.", "Change environment.variables.")
        return
    with LocalCos(buckets=buckets, credentials=CREDENTIALS) as cos, scf:
        if buckets:  # only valid settings take the doctor to a cloud
            scf.environment = {**environment, "COS_ENDPOINT": cos.address}
        invocation = scf.invoke({"doctor": {}})
    if invocation.error is not None:
        lines = str(invocation.error["errorMessage"]).splitlines() or [""]
        yield problem("function", f"The function fails: {lines[-1]}", "Run `make run`, which shows its log.")
        return
    for each in json.loads(invocation.result["body"])["findings"]:
        if each["check"] in _EXAMINED - ({"tokens"} if secret_is_elsewhere else set()):
            yield Finding(**each)


@dataclass(frozen=True)
class _Report:
    """The findings, the worst first."""

    settings: str
    findings: list[Finding]

    @property
    def is_ok(self) -> bool:
        """True without a problem."""
        return not self._count("problem")

    def _count(self, level: str) -> int:
        return sum(each.level == level for each in self.findings)

    def show(self) -> None:
        """Print them as text."""
        screen.line(f"Settings of {self.settings}", bold=True)
        for each in self.findings:
            screen.field(each.level, f"{each.check}: {each.message}", fg=_COLOURS[each.level])
            if each.fix:
                screen.field("", each.fix)
        screen.line()
        screen.line(_AFTERWARDS)
        counts = f"{many(self._count('problem'), 'problem')}, {many(self._count('warning'), 'warning')}"
        screen.line(f"{'OK' if self.is_ok else 'FAILED'}: {counts}", fg="green" if self.is_ok else "red", bold=True)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"ok": self.is_ok, "settings": self.settings, "findings": [asdict(each) for each in self.findings]}
