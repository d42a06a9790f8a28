"""Clocks on the wall jump. Nothing that plays looks at one; a take is named by its day, and thrown away by its age."""

import ast
from pathlib import Path

import antiphon

WALL = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "datetime.now", "datetime.today", "date.today"}
ALLOWED = {"takes/store.py"}


def test_no_module_asks_what_time_of_day_it_is() -> None:
    folder = Path(antiphon.__file__).parent
    found = [
        f"{file.relative_to(folder)}:{node.lineno}"
        for file in sorted(folder.rglob("*.py"))
        if str(file.relative_to(folder)) not in ALLOWED
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in WALL
    ]
    assert found == []
