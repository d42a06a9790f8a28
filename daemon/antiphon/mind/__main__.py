"""The mind as a process: `python -m antiphon.mind FILE`, started by the guard, which speaks through that file."""

import gc
import mmap
import os
import signal
import sys

from antiphon.core.model import Identified
from antiphon.core.parameters import Parameters
from antiphon.errors import AntiphonError
from antiphon.lines import Control, first_word
from antiphon.mind import onnx_model, priming
from antiphon.mind.journal import Journal
from antiphon.mind.loop import Mind
from antiphon.mind.stagehand import Stagehand


def main(control: Control, kind: type[Mind] = Mind) -> int:
    """Wait for the word to think, then do so until the guard has gone or says so. `kind` is the mind to think with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    word, (memory, *_) = first_word(control)
    try:
        model: Identified = onnx_model.load(word["model"])
        primes = priming.pieces(word.get("primes", ()))
        stagehand = Stagehand.of(word.get("scenes", ()), word["model"], model)
        if word.get("scene"):
            model = stagehand.model(stagehand.named(word["scene"]))
        model = stagehand.last(word.get("playing", ""), model)
    except AntiphonError as error:
        control.say("failed", why=str(error))
        return 1
    journal = Journal(memoryview(mmap.mmap(memory, 0)), model, word["afresh"])
    os.close(memory)
    mind = kind(model, Parameters(word["parameters"]), control, journal, stagehand, primes)
    gc.collect()
    gc.freeze()
    control.say("ready", model=model.name, heard=mind.heard)
    mind.run()
    os._exit(0)  # to take the model apart piece by piece costs time, and there is nothing left to lose


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
