"""Install locked requirements into a virtual environment: `python3 terminal/environment.py .venv requirements-run.txt`.

It runs before anything is installed, so it imports nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

_OLDEST = (3, 10)
_UV = "requirements-uv.txt"  # uv installs in seconds; pip does it where uv has no wheel
_NO_CONNECTION = re.compile(
    r"Connection refused|Connection reset by peer|Network is unreachable|No route to host|timed out"
    r"|Name or service not known|(?:Temporary failure in|failed to lookup address|Failed to resolve)[^\n'\"(]*"
)


class InstallError(Exception):
    """A step failed; the message is its reason."""


class Environment:
    """A virtual environment in `folder`; the output of each step is added to its install.log."""

    def __init__(self, folder: Path) -> None:
        self.python = str(folder / "bin" / "python")
        self.log = folder / "install.log"
        self._folder = folder

    def install(self, requirements: str) -> None:
        """Install the requirements, and create the environment if there is none; raise InstallError."""
        if not Path(self.python).exists():
            create = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(self._folder)]
            if subprocess.run(create, check=False).returncode:
                raise InstallError(f"{sys.executable} cannot create a virtual environment")
        self.log.write_text("", encoding="utf-8")
        try:
            if not self._has_uv():
                self._pip("--only-binary", ":all:", "--no-compile", "-r", _UV)
            uv = [str(self._folder / "bin" / "uv"), "pip", "install", *self._index(), "--python", self.python]
            self._run(*uv, "--require-hashes", "-r", requirements)
        except InstallError:
            if self._lacks_connection():
                raise
            self._pip("-r", requirements)

    def _has_uv(self) -> bool:
        """Return whether uv is installed in the locked version: pip takes seconds to find that out."""
        packages = self._folder.glob("lib/python3*/site-packages/uv-*.dist-info")
        locked = Path(_UV).read_text(encoding="utf-8")
        return any(each.stem.replace("-", "==") + " " in locked for each in packages)

    def _pip(self, *options: str) -> None:
        """Install with the pip of the Python that runs this; where that cannot, with one of the environment's own."""
        install = ["install", "--require-hashes", *options]
        try:
            self._run(sys.executable, "-m", "pip", "--python", self.python, *install)
        except InstallError:
            if self._lacks_connection():
                raise
            self._run(self.python, "-m", "ensurepip")
            self._run(self.python, "-m", "pip", *install)

    def _run(self, *command: str) -> None:
        settings = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_RETRIES": "2", **os.environ}
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, env=settings, check=False)
        if done.returncode:
            raise InstallError(self._reason())

    def _index(self) -> list[str]:
        """Return uv's option for the package index that pip is configured for."""
        url = os.environ.get("PIP_INDEX_URL", "")
        for python in (sys.executable, self.python):
            asked = [python, "-m", "pip", "config", "get", "global.index-url"]
            url = url or subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        return ["--default-index", url] if url else []

    def _lacks_connection(self) -> bool:
        return _NO_CONNECTION.search(self._logged()) is not None

    def _reason(self) -> str:
        """Return the reason of the last failure: a missing connection, else the last error that was printed."""
        logged = self._logged()
        if found := _NO_CONNECTION.search(logged):
            return f"the package index cannot be reached ({found[0].strip()})"
        errors = re.findall(r"^(?:ERROR|error): (.*)", logged, re.MULTILINE)
        return errors[-1] if errors else "no reason was printed"

    def _logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def main() -> int:
    """Install; return 2 and print two lines, the problem and the next step, if that fails."""
    folder, requirements = sys.argv[1:]
    if sys.version_info < _OLDEST:
        print("error: Python 3.10 or newer is needed, and this is", sys.version.split()[0], file=sys.stderr)
        print("Set PYTHON to the path of another, such as `make run PYTHON=python3.12`.", file=sys.stderr)
        return 2
    packages = Path(requirements).read_text(encoding="utf-8").count("==")
    print(f"setting up {folder} with the {packages} packages of {requirements}", flush=True)
    environment = Environment(Path(folder))
    try:
        environment.install(requirements)
    except InstallError as failed:
        print(f"error: {requirements} could not be installed: {failed}.", file=sys.stderr)
        print(f"Check the network and `pip config list`, then repeat; {environment.log} has more.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
