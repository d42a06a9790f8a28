"""The options of `antiphon-train`, each declared once: name, type, range, help, and the group it is listed in."""

from pathlib import Path
from typing import Annotated, Final

import typer

_LENGTH: Final = "How long"
_NETWORK: Final = "The network"
_LEARNING: Final = "How it learns"
_VARIED: Final = "What is heard"

Data = Annotated[list[Path], typer.Argument(metavar="DATA...", help="folders, .mid files, .tar.* or .zip archives")]
MaybeData = Annotated[
    list[Path] | None, typer.Argument(metavar="DATA...", help="as for prepare, or one prepared corpus")
]
Judged = Annotated[list[Path], typer.Argument(metavar="DATA...", help="as for prepare, or prepared corpora")]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="the files to write")]
RunFolder = Annotated[Path, typer.Option("--run", metavar="DIR", help="the folder of the training run")]
Split = Annotated[str | None, typer.Option("--split", metavar="NAME", help="only train, valid or test")]
Source = Annotated[str, typer.Argument(metavar="MODEL_OR_RUN", help="a run's folder, a .onnx, or a model's name")]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, max=256, help="processes that read files (default one a core)")
]
Resume = Annotated[
    bool, typer.Option("--resume", rich_help_panel=_LENGTH, help="go on from where the run was last kept")
]
Minutes = Annotated[
    float | None, typer.Option(min=0.001, rich_help_panel=_LENGTH, help="how long to train (default 60)")
]
Epochs = Annotated[
    float | None, typer.Option(min=0.001, rich_help_panel=_LENGTH, help="or how often to hear all there is")
]
Patience = Annotated[
    int | None,
    typer.Option(
        min=0,
        rich_help_panel=_LENGTH,
        help="stop after so many judgements without a better one (default 5; 0 goes on to the end)",
    ),
]
Width = Annotated[
    int | None, typer.Option(min=8, max=4096, rich_help_panel=_NETWORK, help="cells in a layer (default 512)")
]
Layers = Annotated[int | None, typer.Option(min=1, max=8, rich_help_panel=_NETWORK, help="how many layers (default 2)")]
BeginWith = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="MODEL_OR_RUN",
        rich_help_panel=_NETWORK,
        help="train on from this network, which --width may widen",
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        min=1e-6,
        max=0.1,
        rich_help_panel=_LEARNING,
        help="the highest learning rate (default 2e-3; 5e-4 with --from)",
    ),
]
Streams = Annotated[
    int | None,
    typer.Option(min=1, max=65536, rich_help_panel=_LEARNING, help="pieces heard side by side (default 64)"),
]
Window = Annotated[
    int | None,
    typer.Option(min=4, max=8192, rich_help_panel=_LEARNING, help="events from one step to the next (default 160)"),
]
Dropout = Annotated[
    float | None,
    typer.Option(min=0, max=0.9, rich_help_panel=_LEARNING, help="share of values left out (default 0.1)"),
]
WeightDrop = Annotated[
    float | None,
    typer.Option(min=0, max=0.9, rich_help_panel=_LEARNING, help="share of recurrent weights left out (default 0)"),
]
Seed = Annotated[
    int | None, typer.Option(min=0, rich_help_panel=_LEARNING, help="another number, another run (default 1)")
]
Share = Annotated[
    list[str] | None,
    typer.Option(
        "--share",
        metavar="NAME=FRACTION",
        rich_help_panel=_VARIED,
        help="how much of what is heard is from DATA NAME; repeatable",
    ),
]
Exact = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        rich_help_panel=_VARIED,
        help="how often a score keeps to its grid, instead of being played as by hands (default 0.5)",
    ),
]
Misheard = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        rich_help_panel=_VARIED,
        help="noise on times and velocities as they are heard, 0.1 is 10 % (default 0)",
    ),
]
Unchanged = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        rich_help_panel=_VARIED,
        help="how often a piece keeps its key, tempo and dynamics, instead of being varied (default 0)",
    ),
]
OneKey = Annotated[
    bool,
    typer.Option("--one-key", rich_help_panel=_VARIED, help="learn everything in C major or A minor, for small data"),
]
LearnedFrom = Annotated[
    list[Path] | None,
    typer.Option(
        "--learned-from",
        metavar="DATA",
        help="whose train split the n-grams count and replayed notes are looked for in (default: DATA's); repeatable",
    ),
]
Primes = Annotated[int, typer.Option(min=3, help="--samples: stretches of 30 s that it continues for 30 s")]
Runs = Annotated[int, typer.Option(min=0, help="--samples: how often it plays alone, from nothing")]
Alone = Annotated[float, typer.Option("--minutes", min=0.1, max=600, help="--samples: how long it plays alone")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="--samples: a parameter of its playing; repeatable"),
]
