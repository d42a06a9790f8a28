"""The commands about what a controller's knobs and pads do: list, learn, forget."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from antiphon import runtime
from antiphon.cli.remote import Json, Pid, answers, asked, line, out
from antiphon.config import learned
from antiphon.config.layers import Configuration, configured
from antiphon.core.acts import EVERY
from antiphon.core.controls import parse
from antiphon.errors import ConfigError, ParameterError, RemoteError

Of = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="those of another configuration")]

app = typer.Typer(help="What your controller's knobs, pads and pedals do.", no_args_is_help=True)


@app.command(name="list")
def list_(config: Of = None, pid: Pid = None) -> None:
    """List the controls of the Antiphon that is running; where none is, those of the configuration and the learned."""
    if config is None and _runs(pid):
        state = asked({"get": True}, pid)
        every, written = state.get("controls", []), state.get("written", {})
    else:
        configuration = configured(config)
        every, written = learned.every(configuration), learned.written(configuration)
    for one in every:
        out.print(f"{one}   ({'configuration' if one in written else 'learned'})", markup=False)
    for one in written:
        if one not in every:
            out.print(f"{one}   (configuration; forgotten until the next start)", markup=False)


@app.command(epilog="Example: `antiphon controls learn temperature 0.5..1.5`")
def learn(
    target: Annotated[list[str], typer.Argument(metavar="NAME [RANGE|VALUE]", help="a parameter or an act")],
    seconds: Annotated[float, typer.Option(min=1, max=600, help="how long to wait")] = 30.0,
    pid: Pid = None,
) -> None:
    """Move a knob, strike a pad or send a program change, and from then on it does this."""
    wanted = " ".join(target)
    does = parse(f"cc 20 = {wanted}", EVERY).text.partition(" = ")[2]
    state: Json | None = None
    try:
        asked({"learn": wanted}, pid)
        out.print(f"move what is to do {wanted!r} ...", markup=False)
        state = _learned(wanted, seconds, pid)
    finally:
        if state is None:  # also after a Ctrl-C, or what is touched next would be learned by accident
            with suppress(RemoteError):
                asked({"learn": ""}, pid)
    if state is None:
        raise RemoteError(f"nothing was moved in {seconds:.0f} s; is it connected to Antiphon's input?")
    if not state["controls"] or not state["controls"][-1].endswith(f" = {does}"):
        raise RemoteError(f"{wanted!r} was not learned; the log says why, where nobody called it off")
    out.print(state["controls"][-1], markup=False)


def _learned(wanted: str, seconds: float, pid: int | None) -> Json | None:
    """How things stand once that is no longer waited for; None where it still is after so long. Raises RemoteError."""
    began, end = False, time.monotonic() + seconds
    with line(pid, seconds) as watching:
        try:
            for said in answers(watching, {"watch": True}, seconds):
                if "refused" in said:
                    raise RemoteError(str(said["refused"]))
                state: Json = said.get("state", {})
                began |= state.get("learning") == wanted
                if began and state and state["learning"] != wanted:
                    return state
        except RemoteError:
            if time.monotonic() < end:
                raise
            return None
    raise RemoteError("the Antiphon that was running has gone")


@app.command(epilog='Example: `antiphon controls forget "cc 20 on 1 = temperature"`')
def forget(
    control: Annotated[str, typer.Argument(help="as `antiphon controls list` shows it")],
    config: Of = None,
    pid: Pid = None,
) -> None:
    """Have a knob or pad do nothing any more."""
    with suppress(ParameterError):  # which says how one is written, not which there are
        control = parse(control, EVERY).text
    if not _runs(pid):
        _cross_out(control, configured(config))
    elif config is not None:
        raise RemoteError("one is running and forgets its own: leave --config out, or take the line out by hand")
    elif source := asked({"unlearn": control}, pid).get("written", {}).get(control):
        out.print(f"{control}: gone until Antiphon is started again, for it is in the configuration", markup=False)
        out.print(f"(controls.map, {source}); take it out there to be rid of it", markup=False)


def _runs(pid: int | None) -> bool:
    """Whether an Antiphon that is running is meant."""
    return pid is not None or bool(runtime.running())


def _cross_out(control: str, configuration: Configuration) -> None:
    """Take a learned control out of its file. Raises ConfigError where there is none."""
    file = learned.where(configuration)
    if source := learned.written(configuration).get(control):
        raise ConfigError(f"{control}: stands in the configuration (controls.map, {source}); take it out there")
    if control not in (known := learned.read(file)):
        raise ConfigError(f"no control {control!r} in {file}; see `antiphon controls list`")
    learned.write((one for one in known if one != control), file)
