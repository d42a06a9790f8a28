"""The commands that speak to a running Antiphon: set, get, do, watch."""

import json
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.live import Live

from antiphon import runtime
from antiphon.cli.watching import Watched, note
from antiphon.core.acts import EVERY
from antiphon.core.parameters import REGISTRY, assigned, named
from antiphon.errors import RemoteError

_ANSWERS_S: Final = 5.0
_REFRESH_HZ: Final = 10

Pid = Annotated[int | None, typer.Option(metavar="NUMBER", help="which one, where several are running (its guard's)")]
Json = dict[str, Any]
out = Console(highlight=False, soft_wrap=True)


def set_(
    values: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="or NAME VALUE; see `antiphon parameters`")
    ],
    pid: Pid = None,
) -> None:
    """Turn parameters of the Antiphon that is running."""
    if len(values) == 2 and "=" not in values[0]:  # NAME VALUE
        values = ["=".join(values)]
    turned = assigned(values)
    state = asked({"change": turned}, pid)
    for name in turned:
        out.print(f"{name} = {state['values'][name]}", markup=False)


def get(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="none: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for programs")] = False,
    pid: Pid = None,
) -> None:
    """Show how the parameters of the Antiphon that is running stand."""
    wanted = [named(name).name for name in names or ()]
    state = asked({"get": True}, pid)
    values = {name: state["values"][name] for name in wanted or state["values"]}
    if as_json:
        return print(json.dumps({**state, "values": values}, indent=2))
    for name, value in values.items():
        out.print(f"{name} = {REGISTRY[name].shown(value)}", markup=False)


def do(
    act: Annotated[str, typer.Argument(metavar="ACT", help=", ".join((*EVERY, '"scene NAME"')))],
    pid: Pid = None,
) -> None:
    """Have the Antiphon that is running do something."""
    asked({"act": act}, pid)


def watch(
    as_json: Annotated[bool, typer.Option("--json", help="all the page is shown, a JSON object a line")] = False,
    pid: Pid = None,
) -> None:
    """Show what is heard and played as it happens, until Ctrl-C."""
    with line(pid, None) as watching:
        everything = answers(watching, {"watch": True})
        if as_json:
            for said in everything:
                print(json.dumps(said), flush=True)
        elif out.is_terminal:
            _live(everything)
        else:
            for shown in (shown for said in everything for shown in _shown(said)):
                out.print(shown, markup=False)


def _live(everything: Iterator[Json]) -> None:
    watched = Watched()
    with Live(console=out, refresh_per_second=_REFRESH_HZ, get_renderable=watched.shown):
        for said in everything:
            watched.take(said, time.monotonic())


def _shown(said: Json) -> Iterator[str]:
    """What people are told of it where nothing can be drawn: a line for each note."""
    if state := said.get("state"):
        ports = {way: ", ".join(state["ports"].get(way, ())) or "nothing yet" for way in ("in", "out")}
        yield f"listening on {ports['in']}, playing to {ports['out']}, mode {state['values'].get('mode', '?')}"
    for who, entries in (("you     ", said.get("heard", ())), ("antiphon", said.get("orders", ()))):
        for moment, text in entries:
            if name := note(message := bytes.fromhex(text)):
                yield f"{moment:12.3f}  {who}  {name:<4} {message[2]:3}"


def asked(what: Json, pid: int | None) -> Json:
    """How things stand after that. Raises RemoteError where it is refused."""
    with line(pid, _ANSWERS_S) as talking:
        answer: Json = next(answers(talking, what), {"refused": "it left without an answer; try again"})
    if "refused" in answer:
        raise RemoteError(str(answer["refused"]))
    state: Json = answer["state"]
    return state


def answers(talking: socket.socket, question: Json, within_s: float | None = None) -> Iterator[Json]:
    """What is said to a question, `within_s` seconds in all where that is given. Raises RemoteError."""
    end = None if within_s is None else time.monotonic() + within_s
    try:
        talking.sendall(json.dumps(question).encode() + b"\n")
        with talking.makefile("rb") as lines:
            for text in lines:
                yield json.loads(text)
                if end is not None:
                    if (left := end - time.monotonic()) <= 0:
                        raise TimeoutError
                    talking.settimeout(left)
    except TimeoutError as error:
        raise RemoteError("the Antiphon that is running does not answer; see `antiphon service logs`") from error
    except OSError as error:
        raise RemoteError("the Antiphon that was running has gone") from error


def line(pid: int | None, patience_s: float | None) -> socket.socket:
    """A line to the Antiphon that is running. Raises RemoteError where there is none, or several and no pid."""
    found = runtime.running()
    if pid is not None and pid not in found:
        raise RemoteError(f"no Antiphon of that number is running here; there are: {_listed(found)}")
    if not found:
        raise RemoteError("no Antiphon of yours is running here; start one with `antiphon run`")
    if pid is None and len(found) > 1:
        raise RemoteError(f"several are running; say which with --pid: {_listed(found)}")
    try:
        return runtime.reached(found[pid] if pid else next(iter(found.values())), patience_s)
    except OSError as error:
        raise RemoteError("the Antiphon that is running is not ready yet; try again in a moment") from error


def _listed(found: Iterable[int]) -> str:
    return ", ".join(map(str, found)) or "none"
