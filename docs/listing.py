"""The reference, made from the code: every command, setting, parameter and route. Nothing in it is written by hand.

`write` puts one page each into a folder that git does not keep; `make docs` calls it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import typer.main
from starlette.routing import WebSocketRoute

import antiphon.cli.main
import antiphon_training.cli
from antiphon.config.options import OPTIONS, PARAMETERS
from antiphon.core.acts import ACTS, SCENE
from antiphon.core.parameters import REGISTRY
from antiphon.core.scenes import CALLS
from antiphon.errors import AntiphonError
from antiphon.page import app, description, osc

APPS: Final = {"antiphon": antiphon.cli.main.app, "antiphon-train": antiphon_training.cli.app}
SAYS: Final = {
    '{"play": "903c40"}': "one MIDI message of a channel, in hexadecimal, as if you had played it",
    '{"change": {"patience": 2}}': "turn parameters: all that are given, or none",
    '{"act": "hold"}': "one of the acts",
    '{"model": "songbook"}': "have another of the installed models play",
    '{"learn": "temperature 0.5..1.5"}': "the next control that is moved does this from then on",
    '{"unlearn": "cc 20 on 1 = temperature"}': "that control does it no longer",
    '{"connect": {"in": ["casio"], "out": []}}': "listen and play to ports with these in their names; none: our own",
    '{"reload": true}': "read the configuration again",
    '{"ping": 1}': "answered by `pong` with the same number and the time",
}
SERVED: Final = {
    "/": "the page",
    "/ping": "`pong`, while it is alive",
    "/api/openapi.json": "this, for programs",
    "/ws": "what happens as it happens, and what listeners say",
    "/static": "the page's files",
}
_ANYTHING: Final[Any] = SimpleNamespace(takes=Path("takes"))  # a desk that nobody asks


def write(folder: Path) -> None:
    """Write every page, where it is not there already as it should be."""
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        text = "\n".join(page()) + "\n"
        file = folder / f"{name}.md"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def commands() -> Iterator[str]:
    """Every command of both programs with its arguments and options."""
    yield "# Commands\n\nExit status 0 is done, 1 failed, 2 bad arguments, 3 as the command itself says.\n"
    for program, typed in APPS.items():
        yield f"## {program}\n"
        above = typer.main.get_command(typed)
        yield from _options(above)
        for name, command in every(program, above):
            yield from _command(name, command)


def every(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # typer's own types
    """A command by its whole name, or all that lie below it."""
    below: dict[str, Any] = getattr(command, "commands", {})
    if not below:
        yield name, command
    for part, one in sorted(below.items()):
        yield from every(f"{name} {part}", one)


def configuration() -> Iterator[str]:
    """Every key of every table of the file."""
    yield "# Configuration\n\nThe keys of `antiphon.toml`; [Living with Antiphon](../service.md) says where it lies.\n"
    for table, options in OPTIONS.items():
        yield f"## [{table}]\n"
        if table == PARAMETERS:
            yield "Every [parameter](parameters.md), by its name; these can change while it plays.\n"
            continue
        rows = [
            (f"`{o.each.name}`", _code(o.default), o.allowed, f"`{o.variable}`", o.each.help) for o in options.values()
        ]
        yield from _table(("key", "default", "what may be given", "in the environment", "what it does"), rows)
    yield "## [scenes.NAME]\n"
    yield "A table for each [scene](../playing.md#scenes): these, and any [parameter](parameters.md).\n"
    keys = [(f"`{p.name}`", _code(p.default), p.allowed, p.help) for p in CALLS.values()]
    yield from _table(("key", "default", "what may be given", "what it does"), keys)


def parameters() -> Iterator[str]:
    """Everything that can be turned."""
    yield "# Parameters\n\nTo be turned as [Controlling](../controlling.md) says.\n"
    rows = [(f"`{p.name}`", _code(p.shown(p.default)), p.allowed, p.unit, p.help) for p in REGISTRY.values()]
    yield from _table(("name", "default", "what may be given", "unit", "what it does"), rows)


def http() -> Iterator[str]:
    """Every route that the page's process serves, and what may be said on the stream."""
    acts = (*ACTS, "panic")
    told = description.openapi(acts, takes=True)["paths"]
    yield "# HTTP\n\nServed at http://127.0.0.1:8765 unless you say otherwise; as OpenAPI at `/api/openapi.json`.\n"
    rows = []
    routes: Sequence[Any] = app._routes(_ANYTHING).routes  # of several kinds
    for route in routes:
        for method in _methods(route):
            said = told.get(route.path, {}).get(method.lower(), {}).get("summary", SERVED.get(route.path, ""))
            rows.append((f"`{method}`", f"`{route.path}`", said))
    yield from _table(("method", "path", "what it does"), rows)
    yield f"\n## Acts\n\n{', '.join(f'`{act}`' for act in acts)}, and `{SCENE}NAME`, which begins a scene\n"
    yield "\n## What a listener of /ws may say\n"
    yield from _table(("message", "what it does"), [(f"`{said}`", why) for said, why in SAYS.items()])


def osc_() -> Iterator[str]:
    """Every address that is heard and said by Open Sound Control."""
    yield "# OSC\n\nOff until `[osc]` of the configuration names an address: see [Controlling](../controlling.md).\n"
    for head, addresses in (("What it listens to", osc.HEARD), ("What it says", osc.TOLD)):
        yield f"\n## {head}\n"
        yield from _table(("address", "what it means"), [(f"`{said}`", why) for said, why in addresses.items()])
    acts = ", ".join(f"`{act}`" for act in (*ACTS, "panic"))
    yield f"\nNAME of an act: {acts}; of a parameter: [any](parameters.md).\n"


def errors() -> Iterator[str]:
    """What can be put right, by kind."""
    yield "# Errors\n\nEvery message says what is wrong, where, and what to do. By kind:\n"
    kinds = sorted(set(_kinds(AntiphonError)), key=lambda kind: kind.__name__)
    yield from _table(("kind", "what it is"), [(f"`{kind.__name__}`", (kind.__doc__ or "").strip()) for kind in kinds])


def _kinds(above: type[AntiphonError]) -> Iterator[type[AntiphonError]]:
    for kind in above.__subclasses__():
        yield kind
        yield from _kinds(kind)


PAGES: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "commands": commands,
    "configuration": configuration,
    "parameters": parameters,
    "http": http,
    "osc": osc_,
    "errors": errors,
}


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [_value(p) for p in command.params if p.param_type_name == "argument"]
    yield f"### {name}\n\n    {' '.join([name, *arguments, '[OPTIONS]'])}\n\n{(command.help or '').strip()}\n"
    yield from _options(command)
    if command.epilog:
        yield f"\n{command.epilog}\n"


def _options(command: Any) -> Iterator[str]:  # typer's own types
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden and p.name != "help"]
    if options:
        yield from _table(("option", "default", "what it does"), [_option(p) for p in options])


def _option(option: Any) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {_value(option)}"
    default = "" if option.default in (None, False, ()) or callable(option.default) else f"`{option.default}`"
    return names + value, default, option.help or ""


def _value(parameter: Any) -> str:
    """What stands for a value: what the declaration says, else its type."""
    annotation = parameter.type_descriptor.annotation
    return str(parameter.metavar or getattr(annotation, "__name__", str(annotation)).upper())


def _methods(route: Any) -> list[str]:  # of several kinds
    if isinstance(route, WebSocketRoute):
        return ["WebSocket"]
    return sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD"})


def _code(value: Any) -> str:  # a setting
    if value in ((), ""):
        return ""
    return f"`{('off', 'on')[value]}`" if isinstance(value, bool) else f"`{value}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in row)} |"
    yield ""
