"""What can be seen and heard of a run while it goes on: TensorBoard, and samples as .mid and as piano rolls.

RUN/tensorboard holds scalars, histograms and pictures; RUN/samples a .mid and a .png for each time the network was
judged; RUN/loss.png and RUN/network.png are drawn at the end. Nothing here changes what is learned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from antiphon.core.model import FOREVER_S, Steering
from antiphon.core.past import Played, after, beginning, imagine
from antiphon.errors import TrainingError
from antiphon.music import midifile, vocabulary
from antiphon.music.events import Event, Seconds, Voice
from antiphon.music.midifile import Track
from antiphon.music.vocabulary import NOISE, TOKENS, VOICES
from antiphon.music.wire import Timed, encode
from antiphon_training import pictures
from antiphon_training.corpus import Corpus
from antiphon_training.network import Network
from antiphon_training.performer import HEADS
from antiphon_training.playing import Answering, Graph
from antiphon_training.reading import Records
from antiphon_training.runs import Run
from antiphon_training.torch_graph import TorchGraph

_PRIME_S: Final = 15.0
_SAMPLE_S: Final = 30.0
_TEMPERATURE: Final = 0.95
_MOST: Final = 40
"""Events a second, on average: a network that has hardly learned may want thousands."""
_SEED: Final = 1
"""The same noise every time: what changes from sample to sample is the network."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Shows one run. `prime` is what every sample goes on from."""

    run: Run
    prime: Sequence[Event]
    board: SummaryWriter

    def told(self, record: Mapping[str, Any]) -> None:  # JSON
        """One record of the log as scalars."""
        found = {"loss": "loss/learning", "valid": "loss/unheard", "rate": "rate"}
        numbers = {called: record[name] for name, called in found.items() if name in record}
        numbers |= {f"terms/{name}": value for name, value in record.get("terms", {}).items()}
        if record.get("minutes"):
            numbers["events a second"] = record["events"] / (60 * record["minutes"])
        for called, number in numbers.items():
            self._scalar(called, number, record["step"])

    def show(self, network: Network, step: int) -> None:
        """Histograms of the weights, and a sample. Raises TrainingError where it cannot be written."""
        for name, weight in network.named_parameters():
            self.board.add_histogram(name, weight.detach().float().cpu(), step)
        played = continuation(TorchGraph(network), self.prime, _SAMPLE_S, _TEMPERATURE, np.random.default_rng(_SEED))
        roll = pictures.piano_roll(self.prime, played, f"after {step:,} steps: heard, then played")
        self._picture("sample", pictures.pixels(roll), step)
        place = self.run.folder / "samples" / f"{step:08d}.mid"
        try:
            place.parent.mkdir(exist_ok=True)
            place.with_suffix(".png").write_bytes(pictures.png(roll))
        except OSError as error:
            raise TrainingError(f"{place}: cannot be written ({error.strerror})") from error
        midifile.write(place, [_track("heard", self.prime, 0), _track("played", played, 1)])

    def close(self, records: Sequence[Mapping[str, Any]], network: Network | None) -> None:  # JSON
        """Draw the course of the run and its network, if it has come to one."""
        self.board.close()
        if network is None:
            return
        weights = sum(parameter.numel() for parameter in network.parameters())
        drawn = {"loss.png": pictures.loss_curve(records), "network.png": pictures.network(network.sizes, weights)}
        for name, figure in drawn.items():
            self.run.write(name, pictures.png(figure))

    def _scalar(self, name: str, number: float, step: int) -> None:
        self.board.add_scalar(name, number, step)

    def _picture(self, name: str, image: NDArray[np.uint8], step: int) -> None:
        self.board.add_image(name, torch.from_numpy(image), step, dataformats="HWC")


def opened(run: Run, corpus: Corpus, step: int) -> Gallery:
    """The gallery of a run that is at `step`: what an earlier part of it showed later than that is taken back. Samples
    go on from the first unheard piece, or from the first piece there is."""
    pieces = corpus.only("valid").pieces or corpus.pieces
    prime = prime_of(np.asarray(corpus.of(pieces[0])))
    board = SummaryWriter(run.folder / "tensorboard", purge_step=step)
    return Gallery(run, prime, board)


def prime_of(records: Records, seconds: float = _PRIME_S) -> list[Event]:
    """The first seconds of a piece as events, all parts merged; what still sounds then is released."""
    heard, keys, down = list[Event](), vocabulary.KEYS, dict[int, int]()
    for ms, key, loud, _ in records[records["ms"] < 1000 * seconds].tolist():
        heard.append(vocabulary.event_of(ms / 1000, key + (0 if loud else keys), loud, Voice.SOLO))
        down[key] = down.get(key, 0) + (1 if loud else -1)
    held = [key for key, count in sorted(down.items()) for _ in range(count)]
    return heard + [vocabulary.event_of(seconds, key + keys, 0, Voice.SOLO) for key in held]


def continuation(
    graph: Graph, prime: Sequence[Event], seconds: float, temperature: float, rng: np.random.Generator
) -> list[Event]:
    """What a network plays for so many seconds after hearing `prime`, alone in the solo voice; what it holds at the end
    is released (`prime` leaves nothing held). Times go on from those of the prime."""
    model, played = Answering(graph), list[Event]()
    past = after(model, beginning(model, prime[0].time if prime else 0.0), [Played(event, False) for event in prime])
    until, steering = past.time + seconds, _free(temperature)
    for _ in range(int(_MOST * seconds)):
        event, then = imagine(model, past, steering, rng.random(NOISE, np.float32))
        if event.time > until:
            break
        played.append(event)
        past = then
    else:
        until = past.time
    held = past.own.count[Voice.SOLO]
    still = [key for key in past.own.down(Voice.SOLO) for _ in range(held[key])]
    return played + [vocabulary.event_of(until, key + vocabulary.KEYS, 0, Voice.SOLO) for key in still]


def _free(temperature: float) -> Steering:
    """Anything may be played, by the solo voice."""
    ones, alone = np.ones(TOKENS, np.float32), np.eye(VOICES, dtype=np.float32)[Voice.SOLO]
    return Steering(0.0, FOREVER_S, alone, ones, 0 * ones, np.full(HEADS, temperature, np.float32), 1.0)


def _track(name: str, events: Sequence[Event], channel: int) -> Track:
    return Track(name, tuple(Timed(Seconds(event.time), encode(event, channel)) for event in events))
