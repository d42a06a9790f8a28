"""What the doctor finds, and how it is shown. Values only."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

OK: Final = "ok"
WARNING: Final = "warning"
FAULT: Final = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    grade    "ok"; "warning": it plays, but not as well as it could; "fault": it does not play
    remedy   what to do; nothing where it is well
    """

    name: str
    grade: str
    said: str
    remedy: str = ""


def text(findings: Sequence[Finding]) -> str:
    """For people, and for a bug report: a line for each, its remedy below."""
    lines = list[str]()
    for finding in findings:
        first, *more = finding.said.splitlines() or [""]
        lines.append(f"{finding.grade:<8} {finding.name:<14} {first}")
        lines += [f"{'':<24}{line}" for line in more]
        lines += [f"{'':<23} -> {line}" for line in finding.remedy.splitlines()]
    counts = ", ".join(f"{sum(f.grade == grade for f in findings)} {grade}" for grade in (OK, WARNING, FAULT))
    return "\n".join([*lines, "", counts])


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:  # JSON
    """For programs."""
    return [asdict(finding) for finding in findings]
