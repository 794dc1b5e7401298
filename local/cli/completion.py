"""The command `completion`: what makes a shell complete the commands by Tab, made by shtab from the parser itself.

Shells complete by the name of a program, and `.venv/bin/python -m local` has none. So a short command is defined too,
which works in any folder; bash and zsh learn the long one besides, under this very path of Python.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from string import Template
from typing import TYPE_CHECKING, Any

from local.cloud import PROJECT
from models.catalog import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHELLS = ("bash", "zsh", "tcsh")
NAME = "ci-local"
DESCRIPTION = (
    "Print what makes a shell complete these commands, their options, Tags and files. It also defines a short command\n"
    "for them that works in any folder. Print it anew when the commands or the Tags have changed."
)
EXAMPLES = f"""examples:
  eval "$(.venv/bin/python -m local completion bash)"           in bash, until the shell ends
  eval "$(.venv/bin/python -m local completion zsh)"            in zsh
  .venv/bin/python -m local completion tcsh > ~/.{NAME}.csh   in tcsh; then: source ~/.{NAME}.csh

After that, in bash and zsh:
  .venv/bin/python -m local event --tag Sou<Tab>
  {NAME} event --tag Sou<Tab>
"""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FAULTS = ("none", "flaky")

_EVENT_FILES = {
    "bash": "_${word}_event_files",
    "zsh": "_files -g '*.json~*.expected.json'",
    "tcsh": "f:*.json",
    "preamble": {
        "bash": """_${word}_event_files() {
  compgen -f -X '!*.json' -- "$$1" | grep -v '\\.expected\\.json$$'
  compgen -d -- "$$1"
}"""
    },
}

_MORE = {
    "bash": """
${name}() { PYTHONPATH=${project} ${python} -m local "$$@"; }

# The long command is the short one after two words more. And bash takes --tag=Tts for three words.
_${word}() {
  local -a words=()
  local at=0
  COMPREPLY=()
  if [[ $$1 != ${name} ]]; then
    [[ $${COMP_WORDS[1]} == -m && $${COMP_WORDS[2]} == local && $$COMP_CWORD -gt 2 ]] || return 0
    at=2
  fi
  for ((; at <= COMP_CWORD; at++)); do
    [[ $${COMP_WORDS[at]} == = && $$at -lt $$COMP_CWORD ]] || words+=("$${COMP_WORDS[at]#=}")
  done
  local -a COMP_WORDS=("$${words[@]}")
  local COMP_CWORD=$$(($${#words[@]} - 1))
  _shtab_${word}
}
complete -o bashdefault -F _${word} ${name}
complete -o bashdefault -o default -F _${word} .venv/bin/python ${python}
""",
    "zsh": """
${name}() { PYTHONPATH=${project} ${python} -m local "$$@" }

# the same for the long command
_${word}_module() {
  if [[ $$words[2] == -m && $$words[3] == local ]] && (( CURRENT > 3 )); then
    words=(${name} "$${(@)words[4,-1]}")
    (( CURRENT -= 2 ))
    _shtab_${word}
  else
    _default
  fi
}
compdef _${word}_module ${python}
""",
    "tcsh": """
alias ${name} 'env PYTHONPATH="${project}" "${python}" -m local \\!*'
""",
}
_BEFORE = {"zsh": "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }\n"}


def name(text: str) -> str:
    """Read what the short command is to be called."""
    if not _NAME.fullmatch(text) or text == "local":  # which is a word of bash and zsh
        raise argparse.ArgumentTypeError(f"{text!r} can be no command of yours: take letters, digits, - and _")
    return text


def show(parser: Callable[[], argparse.ArgumentParser], *, shell: str, name: str) -> int:
    """Print the script for a shell."""
    print(script(parser(), shell, name))
    return 0


def script(parser: argparse.ArgumentParser, shell: str, name: str) -> str:
    """Return the script for a shell; the parser is of no use afterwards."""
    import shtab  # noqa: PLC0415  # no other command needs it

    word = re.sub(r"\W", "_", name)
    parser.prog = name
    choices = {"tag": [*catalog()], "faults": _FAULTS, "ci": _FAULTS}
    files = {"event_file": _filled(_EVENT_FILES, word=word), "code_root": shtab.DIRECTORY, "events": shtab.DIRECTORY}
    for action in _actions(parser):
        if action.dest in choices:
            action.choices = choices[action.dest]
        elif action.dest in files:
            vars(action)["complete"] = files[action.dest]
    quoted = str if shell == "tcsh" else shlex.quote
    more = _filled(_MORE[shell], word=word, name=name, project=quoted(str(PROJECT)), python=quoted(sys.executable))
    return f"{_BEFORE.get(shell, '')}{shtab.complete(parser, shell, root_prefix=word)}\n{more}"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every option and argument, those of the commands too."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to them
        yield action
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield from _actions(command)


def _filled(template: Any, **values: str) -> Any:
    """Return the template, or each in a mapping, with the values in their places."""
    if isinstance(template, dict):
        return {each: _filled(text, **values) for each, text in template.items()}
    return Template(template).substitute(values)
