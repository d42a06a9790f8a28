"""Antiphon with some of its processes replaced: `python -m antiphon.bench.play SETTINGS`, a JSON object with the
guard's settings and the path of a ready-file."""

import json
import sys
from pathlib import Path
from typing import Any

from antiphon.core.parameters import Parameters
from antiphon.guard import Guard
from antiphon.settings import Settings


def main(text: str) -> int:
    """Play until SIGTERM."""
    words = json.loads(text)
    ready = Path(words["ready"])

    def report(found: dict[str, Any]) -> None:  # JSON
        beside = ready.with_suffix(".part")
        beside.write_text(json.dumps(found))
        beside.replace(ready)

    ports = (words["backend"], tuple(words["ins"]), tuple(words["outs"]))
    parameters = Parameters().changed(mode=words["mode"])
    settings = Settings(*ports, words["thru"], words["model"], parameters.values, 0, words["programs"])
    Guard(settings, lambda line: print(line, file=sys.stderr), report).run()  # noqa: T201, the bench shows it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
