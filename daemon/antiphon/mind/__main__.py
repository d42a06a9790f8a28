"""The mind as a process: `python -m antiphon.mind FILE`, started by the guard, which speaks through that file."""

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any

from antiphon import priority
from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.core.past import Past
from antiphon.errors import AntiphonError
from antiphon.lines import Control, Given, first_word, to_guard
from antiphon.memory import taken
from antiphon.mind import onnx_model, worlds
from antiphon.mind.journal import Journal
from antiphon.mind.loop import Mind, Prime
from antiphon.mind.stagehand import Stagehand
from antiphon.terminal import started


def main(control: Control, kind: type[Mind] = Mind) -> int:
    """Wait for the word to think, then do so until the guard has gone or says so. `kind` is the mind to think with."""
    started()
    priority.punctual()
    word, (memory, *_) = first_word(control)
    try:
        band = _band(word, control, memory)
        mind = kind(*band)
    except AntiphonError as error:
        control.say("failed", why=str(error))
        control.close()
        return 1
    gc.collect()
    gc.freeze()
    control.say("ready", model=band[0].name, heard=mind.heard)
    mind.run()
    os._exit(0)  # to take the model apart piece by piece costs time, and there is nothing left to lose


def _band(
    word: dict[str, Any],  # JSON
    control: Control,
    memory: Given,
) -> tuple[Identified, Parameters, Control, Journal, Stagehand, Prime | None, str | None, str]:
    """What a mind is made of: all that plays, loaded, and the music that it may begin from. Raises AntiphonError."""

    def missing(error: AntiphonError) -> None:
        control.say("notice", why=f"{error}; played without")

    model: Identified = onnx_model.load(word["model"])
    primes: Sequence[str] = word.get("primes", ())
    again = bool(word.get("again"))  # then nothing that is gone since may end the performance
    stagehand = Stagehand.of(word.get("scenes", ()), word["model"], model, missing if again else None)
    if scene := next((each for each in stagehand.scenes if each.name == word.get("scene")), None):
        model, primes = stagehand.model(scene), scene.prime or primes
    model = stagehand.last(word.get("playing", ""), model)
    journal = Journal(taken(memory), model, word["afresh"])

    def opening() -> Past | worlds.Hearing | None:
        try:
            return worlds.opening(model, primes)
        except AntiphonError as error:
            if not again:
                raise
            missing(error)
            return None

    prime = opening if primes else None
    return (
        model,
        Parameters(word["parameters"]),
        control,
        journal,
        stagehand,
        prime,
        word.get("awaits"),
        word.get("scene", ""),
    )


if __name__ == "__main__":
    sys.exit(main(to_guard(sys.argv[1])))
