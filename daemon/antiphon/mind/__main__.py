"""The mind as a process: `python -m antiphon.mind FILE`, started by the guard, which speaks through that file."""

import gc
import mmap
import signal
import sys

from antiphon.core.parameters import Parameters
from antiphon.errors import AntiphonError
from antiphon.lines import Control, Line, first_word
from antiphon.mind import onnx_model
from antiphon.mind.journal import Journal
from antiphon.mind.loop import Mind


def main(control: Control, kind: type[Mind] = Mind) -> int:
    """Wait for the word to think, then do so until the guard or the stage has gone. `kind` is the mind to think with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    word, (stage, page, memory) = first_word(control)
    try:
        model = onnx_model.load(word["model"])
    except AntiphonError as error:
        control.say("failed", why=str(error))
        return 1
    journal = Journal(memoryview(mmap.mmap(memory, 0)), model)
    mind = kind(model, Parameters(word["parameters"]), Line.of(stage), control, journal, Line.of(page, 1))
    gc.collect()
    gc.freeze()
    control.say("ready", model=model.name, heard=mind.heard)
    mind.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(Control.of(int(sys.argv[1]))))
