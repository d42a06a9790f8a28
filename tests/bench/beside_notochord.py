"""One event of ours beside one of Notochord's, in turns: `python -m tests.bench.beside_notochord [MODEL]`.

Ours is one run of the graph, which takes the last event in and gives the next, bare and as the mind calls it;
Notochord's is `query` and `feed`, at its default sizes with random weights, torch on one thread. It asks for an
older torch than ours:
`pip install --no-deps notochord; pip install pandas mido tqdm appdirs joblib`.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from tests.bench.timing import STEPS, median_s
from tests.training.asked import asked

from antiphon.core.chance import noise
from antiphon.core.model import FOREVER_S, Steering
from antiphon.core.past import Played, after, beginning
from antiphon.mind.onnx_model import load
from antiphon.music.events import note_on
from antiphon.music.vocabulary import TOKENS, VOICES
from antiphon_training import pair
from antiphon_training.network import Network
from antiphon_training.onnx_scorer import session
from antiphon_training.performer import INPUTS
from antiphon_training.settings import Sizes

ROUNDS: Final = 30


def main() -> None:
    torch.set_num_threads(1)
    name = sys.argv[1] if len(sys.argv) > 1 else "default"
    acts = {"the graph": _graph(name), "the mind": _ours(name), "notochord": _theirs()}
    taken = {name: list[float]() for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            taken[name].append(median_s(act) * 1e3)
    print(f"one event, warm: median of {ROUNDS} rounds in turns, {STEPS} events each")
    theirs = np.array(taken.pop("notochord"))
    print(f"notochord {np.median(theirs):.3f} ms")
    for called, ms in taken.items():
        times = theirs / np.array(ms)
        print(
            f"{called} {np.median(ms):.3f} ms: {np.median(times):.1f} times less ({min(times):.1f} to {max(times):.1f})"
        )


def _graph(name: str) -> Callable[[], object]:
    path = pair.find(name)
    graph, network = session(pair.graph(path), threads=1), Network(Sizes(**pair.card(path)["sizes"]))
    inputs = dict(zip(INPUTS, (each.numpy() for each in asked(network, 1, 1)), strict=True))
    return lambda: graph.run(["choice", "hidden_out", "cell_out"], inputs)


def _ours(name: str) -> Callable[[], object]:
    model = load(name)
    past = after(model, beginning(model, 0.0), [Played(note_on(0.0, 60, 80), False)])
    every, heads = np.ones(TOKENS, np.float32), np.ones(4, np.float32)
    steering = Steering(0.0, FOREVER_S, np.ones(VOICES, np.float32), every, 0 * every, heads, 1.0)
    chance = noise(1, 1)
    return lambda: model.choose(past.state, past.last, steering, chance)


def _theirs() -> Callable[[], object]:
    network = importlib.import_module("notochord").Notochord().eval()
    network.feed(1, 60, 0.1, 80)

    @torch.inference_mode()
    def step() -> None:
        event = network.query()
        network.feed(event["inst"], event["pitch"], event["time"], event["vel"])

    return step


if __name__ == "__main__":
    main()
