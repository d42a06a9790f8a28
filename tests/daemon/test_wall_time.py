"""Clocks on the wall jump. Nothing that plays looks at one; a take is named by its day, and thrown away by its age."""

import ast
from pathlib import Path

import pytest

import antiphon

WALL = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "datetime.now", "datetime.today", "date.today"}
MORE = {"time.strftime", "time.ctime", "time.asctime", "time.clock_gettime", "datetime.utcnow"}
ALLOWED = {"takes/store.py"}


def asked(node: ast.AST) -> list[str]:
    """What a piece of a program asks of a module or a class, as "time.time"."""
    if isinstance(node, ast.Attribute):
        return [".".join(ast.unparse(node).split(".")[-2:])]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{one.name}" for one in node.names]
    return []


def test_no_module_asks_what_time_of_day_it_is() -> None:
    folder = Path(antiphon.__file__).parent
    found = [
        f"{file.relative_to(folder)}:{getattr(node, 'lineno', 0)}"
        for file in sorted(folder.rglob("*.py"))
        if str(file.relative_to(folder)) not in ALLOWED
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if {*asked(node)} & {*WALL, *MORE}
    ]
    assert found == []


@pytest.mark.parametrize(
    "program",
    [
        "import time\nnow = time.time()",
        "from time import time\nnow = time()",
        "from time import monotonic, time_ns as stamp",
        "import datetime\nnow = datetime.datetime.now()",
        "from datetime import datetime\nnow = datetime.now()",
    ],
)
def test_whoever_asks_is_found_in_whatever_way_it_is_asked(program: str) -> None:
    assert any({*asked(node)} & WALL for node in ast.walk(ast.parse(program)))
