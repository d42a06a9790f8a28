"""The command `antiphon check`."""

import json
from typing import Annotated

import typer

from antiphon.cli.configuring import Config


def check(config: Config = None, as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False) -> None:
    """Look at all that Antiphon needs here, and say what is wrong and what to do. Exit status 1 where it cannot play.

    The text is made to be put into a bug report; it holds names of ports, and nothing that you played.
    """
    from antiphon.doctor import findings, run

    found = list(run.examine(config))
    print(json.dumps(findings.as_json(found), indent=2, ensure_ascii=False) if as_json else findings.text(found))
    if any(finding.grade == findings.FAULT for finding in found):
        raise typer.Exit(1)
