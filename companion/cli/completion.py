"""Scripts that complete the command line in a shell, made from its parser and the names of the experiments."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..experiments.catalogue import titles

__all__ = ["PROGRAM", "script"]

PROGRAM = "companion"
"""What the shell completes: the program that is installed with the package."""

COUPLINGS = ("mu_e", "mu_mu", "mu_tau", "mu_all", "lambda_14", "lambda_24", "lambda_34")
"""As :data:`companion.couplings.COUPLINGS`, without loading anything numerical."""


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script of a shell: ``"bash"``, ``"zsh"`` or ``"fish"``."""
    words = _words(parser)
    if shell == "fish":
        lines = [f"complete -c {PROGRAM} -n __fish_use_subcommand -f -a '{' '.join(words)}'"]
        for command, offered in words.items():
            condition = f"'__fish_seen_subcommand_from {command}'"
            lines.append(f"complete -c {PROGRAM} -n {condition} -a '{' '.join(offered)}'")
        return "\n".join(lines) + "\n"
    cases = "\n".join(f"    {command}) words='{' '.join(offered)}' ;;" for command, offered in words.items())
    # zsh understands the completions of bash
    load = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
    head = load if shell == "zsh" else ""
    return f"""{head}_{PROGRAM}() {{
  local words='{" ".join(words)}'
  if [ "$COMP_CWORD" -gt 1 ]; then
    case "${{COMP_WORDS[1]}}" in
{cases}
    *) words='' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _{PROGRAM} {PROGRAM}
"""


def _words(parser: argparse.ArgumentParser) -> Mapping[str, list[str]]:
    """What may follow each command: options, choices and names."""
    words = {}
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        for name, command in action.choices.items():
            offered: list[str] = []
            for one in command._actions:
                offered += [option for option in one.option_strings if option.startswith("--")]
                offered += map(str, one.choices or ())
                if one.dest.startswith("experiment") or one.dest == "beside":
                    offered += titles()
                if one.dest == "coupling":
                    offered += COUPLINGS
            words[name] = list(dict.fromkeys(offered))
    return words
