"""The commands about what a controller's knobs and pads do: list, learn, forget."""

from typing import Annotated

import typer

from antiphon.cli.remote import Pid, answers, asked, line, out
from antiphon.config import learned
from antiphon.config.layers import configured
from antiphon.core.acts import EVERY
from antiphon.core.controls import parse
from antiphon.errors import RemoteError

app = typer.Typer(help="What your controller's knobs, pads and pedals do.", no_args_is_help=True)


@app.command(name="list")
def list_() -> None:
    """List the controls of the configuration and those that were learned."""
    for one in configured()["controls.map"]:
        out.print(f"{one}   (configuration)", markup=False)
    for one in learned.read():
        out.print(f"{one}   (learned)", markup=False)


@app.command(epilog="Example: `antiphon controls learn temperature 0.5..1.5`")
def learn(
    target: Annotated[list[str], typer.Argument(metavar="NAME [RANGE|VALUE]", help="a parameter or an act")],
    seconds: Annotated[float, typer.Option(min=1, max=600, help="how long to wait")] = 30.0,
    pid: Pid = None,
) -> None:
    """Move a knob, strike a pad or send a program change, and from then on it does this."""
    wanted = " ".join(target)
    parse(f"cc 20 = {wanted}", EVERY)
    asked({"learn": wanted}, pid)
    out.print(f"move what is to do {wanted!r} ...", markup=False)
    try:
        with line(pid, seconds) as watching:
            began = False
            for said in answers(watching, {"watch": True}):
                state = said.get("state", {})
                began |= state.get("learning") == wanted
                if began and state and state["learning"] != wanted:
                    out.print(state["controls"][-1], markup=False)
                    return
    except RemoteError:
        asked({"learn": ""}, pid)
        raise RemoteError(f"nothing was moved in {seconds:.0f} s; is it connected to Antiphon's input?") from None


@app.command(epilog='Example: `antiphon controls forget "cc 20 on 1 = temperature"`')
def forget(
    control: Annotated[str, typer.Argument(help="as `antiphon controls list` shows it")], pid: Pid = None
) -> None:
    """Have a knob or pad do nothing any more."""
    asked({"unlearn": control}, pid)
