"""The command `antiphon-train`. Exit status 0 is done, 1 failed, 2 bad arguments.

Torch is imported where a command needs it: `--help`, `prepare` and judging a .onnx do without.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from antiphon.core.parameters import Parameters
from antiphon.errors import AntiphonError, ParameterError
from antiphon.extras import install
from antiphon_training import commands, options, running, shown, sources, turning
from antiphon_training.beginning import Beginning, Length
from antiphon_training.samples import Sampling

_EXTRA: Final = ("matplotlib", "onnx", "safetensors", "tensorboard", "torch")
_FIT: Final = """Examples:

`antiphon-train fit ~/midi --run runs/mine --minutes 60`

`antiphon-train fit --run runs/mine --resume --minutes 90`

`antiphon-train fit ~/midi --run runs/mine --from default --minutes 20` (trains the shipped model on)

`torchrun --standalone --nproc-per-node 2 -m -- antiphon_training.cli fit corpus --run runs/both` (two GPUs)

`tensorboard --logdir runs` (look on while it learns)
"""

app = typer.Typer(
    help="Train Antiphon on your own MIDI files: prepare, fit, judge, export.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # they are TextIOWrappers
    try:
        app()
    except AntiphonError as error:
        print(f"antiphon-train: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, ParameterError) else 1)
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in _EXTRA:
            raise
        print(f"antiphon-train: {missing} is not installed; {install('train')}", file=sys.stderr)
        sys.exit(1)


@app.command(epilog="Example: `antiphon-train prepare ~/midi concerts.zip --output corpus`")
def prepare(data: options.Data, output: options.Output, workers: options.Workers = None) -> None:
    """Read MIDI files into one corpus: FILE.npy holds the events, FILE.json says what is where and what was left out.

    The split of a piece is that of a manifest.csv or of a folder named train, valid or test; others are dealt.
    """
    shown.corpus(commands.prepare(data, output, workers), output)


@app.command(epilog=_FIT)
def fit(
    run: options.RunFolder,
    data: options.MaybeData = None,
    minutes: options.Minutes = None,
    epochs: options.Epochs = None,
    patience: options.Patience = None,
    resume: options.Resume = False,
    width: options.Width = None,
    layers: options.Layers = None,
    begin_with: options.BeginWith = None,
    rate: options.Rate = None,
    streams: options.Streams = None,
    window: options.Window = None,
    dropout: options.Dropout = None,
    weight_drop: options.WeightDrop = None,
    seed: options.Seed = None,
    share: options.Share = None,
    exact: options.Exact = None,
    misheard: options.Misheard = None,
    unchanged: options.Unchanged = None,
    one_key: options.OneKey = False,
    workers: options.Workers = None,
) -> None:
    """Train a network; the best one so far is always in DIR/best.safetensors, the course of it in DIR/log.jsonl."""
    if minutes is not None and epochs is not None:
        raise ParameterError("give --minutes or --epochs, not both")
    if not data and not resume:
        raise ParameterError("name the DATA to learn from: folders, .mid files, archives, or a prepared corpus")
    turned = {
        **{"seed": seed, "width": width, "layers": layers, "dropout": dropout, "rate": rate, "streams": streams},
        **{"window": window, "weight_drop": weight_drop, "exact": exact, "misheard": misheard, "unchanged": unchanged},
        "one_key": one_key or None,
    }
    begun = Beginning(tuple(data or ()), begin_with, tuple(_numbers("--share", share).items()), turned)
    running.fit(run, begun, Length(minutes, epochs, patience), resume, workers)


@app.command(epilog="Example: `antiphon-train judge default concerts.zip --no-pedal --split test --baselines`")
def judge(
    model: options.Source,
    data: options.Judged,
    no_pedal: Annotated[
        bool, typer.Option("--no-pedal", help="leave the pedal out of the music and the model")
    ] = False,
    split: options.Split = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    baselines: Annotated[bool, typer.Option("--baselines", help="put beside it what n-grams score")] = False,
    samples: Annotated[bool, typer.Option("--samples", help="let it play, and judge what it plays")] = False,
    memory: Annotated[
        float, typer.Option(min=0, max=1, help="with as much memory of the piece as the parameter `memory` gives")
    ] = 0.0,
    after: Annotated[int, typer.Option(min=0, help="leave the first so many events of each piece out")] = 0,
    learned_from: options.LearnedFrom = None,
    primes: options.Primes = 64,
    runs: options.Runs = 20,
    minutes: options.Alone = 10.0,
    settings: options.Settings = None,
) -> None:
    """Say how well a model expects what was really played, in nats per event (lower is better).

    Every .mid file counts, whatever its split, unless --split says otherwise. --baselines puts beside it what counting
    alone expects. --samples says how like the real thing its continuations are, how much of what it learned from it
    repeats, and whether it gets stuck, loops or falls silent when it plays on and on.
    """
    if baselines and not no_pedal:
        raise ParameterError("--baselines: the n-grams know no pedal; add --no-pedal")
    parameters = Parameters().set(settings or ())
    sampling = Sampling(primes, runs, minutes, parameters.changed(pedal=False) if no_pedal else parameters)
    beside = commands.Beside(baselines, sampling if samples else None, tuple(learned_from or ()))
    report = commands.judge(model, data, _split(split), commands.Hearing(not no_pedal, memory, after), beside)
    print(json.dumps(report, indent=2, ensure_ascii=False) if as_json else shown.scores(report))


@app.command(epilog="Example: `antiphon-train turns default concerts.zip --split test --picture turns.png`")
def turns(
    model: options.Source,
    data: options.Judged,
    split: options.Split = None,
    most: Annotated[int | None, typer.Option(min=1, metavar="N", help="so many pieces of each DATA, drawn")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of what is drawn: pieces, cuts, intervals")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.png", help="draw the curves")] = None,
) -> None:
    """Say how well a model hears that a player has finished: how often it would interrupt them, against a fixed pause.

    Every piece is cut at 20 of the moments at which all keys are up; there the turn is to be taken soon. In the piece
    as it was played, every turn taken is an interruption.
    """
    report = commands.turns(model, data, _split(split), most, seed, picture)
    print(json.dumps(report, indent=2) if as_json else "\n".join(turning.table(report)))


@app.command(epilog="Example: `antiphon-train learn ~/midi --output mine.onnx --picture mine.png`")
def learn(
    data: options.Data,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NAME.onnx", help="where the model goes")],
    begin_with: Annotated[str, typer.Option("--from", metavar="MODEL", help="the model that learns")] = "default",
    minutes: Annotated[float, typer.Option(min=0.01, max=600, help="how long to learn at the most")] = 6.0,
    performances: Annotated[
        int, typer.Option(min=3, max=1000, help="how often the model plays alone, to remember how")
    ] = 16,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="and for how long each time")] = 40.0,
    picture: Annotated[Path | None, typer.Option(metavar="FILE.png", help="draw what it was worth")] = None,
    steps: Annotated[int, typer.Option(min=100, help="events over which to compare it with torch")] = 1_000,
    as_json: Annotated[bool, typer.Option("--json", help="lines for programs: how far it is, then the report")] = False,
) -> None:
    """Learn from one player in minutes: from a shipped model to one that expects them better and forgot nothing.

    `antiphon learn` does this with your takes, and installs the model. Nothing is written where it got worse.
    """
    if output.suffix != ".onnx":
        raise ParameterError(f"--output {output}: the name of a model ends in .onnx")
    from antiphon_training import teaching

    effort = {"minutes": minutes, "performances": performances, "seconds": seconds}
    report = teaching.teach(data, begin_with, output, picture, effort, _line if as_json else None, steps)
    print(json.dumps({"report": report}) if as_json else "\n".join(teaching.words(report)))


def _line(what: str, done: float) -> None:
    print(json.dumps({"what": what, "done": round(done, 4)}), flush=True)


@app.command(epilog="Example: `antiphon-train export --run runs/mine --output mine.onnx --licence 'CC BY 4.0'`")
def export(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="NAME.onnx", help="where the model goes")],
    run: Annotated[Path | None, typer.Option("--run", metavar="DIR", help="the run to export")] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME_OR_PATH", help="or the model to export again")
    ] = None,
    int8: Annotated[bool, typer.Option("--int8", help="smaller and faster, if it plays the same")] = False,
    data: Annotated[list[str] | None, typer.Option(metavar="NAME", help="what it learned from; repeatable")] = None,
    licence: Annotated[str | None, typer.Option(metavar="TEXT", help="under which licence it may be used")] = None,
    score: Annotated[list[str] | None, typer.Option(metavar="NAME=NATS", help="a known score; repeatable")] = None,
    judged: Annotated[
        list[Path] | None, typer.Option("--judge", metavar="DATA", help="score it on this, without pedal; repeatable")
    ] = None,
    split: Annotated[str | None, typer.Option(metavar="NAME", help="the split that --judge takes")] = "test",
    steps: Annotated[int, typer.Option(min=100, help="events over which to compare it with torch")] = 10_000,
) -> None:
    """Write NAME.onnx, NAME.json and NAME.safetensors, once the exported graph plays what torch plays."""
    if (run is None) == (model is None):
        raise ParameterError("give --run or --model, one of them")
    if output.suffix != ".onnx":
        raise ParameterError(f"--output {output}: the name of a model ends in .onnx")
    told: dict[str, Any] = {"data": data, "licence": licence, "scores": _numbers("--score", score)}  # JSON
    check = commands.Check(int8, steps, tuple(judged or ()), _split(split))
    source = commands.of_run(run) if run else commands.of_model(model or "")
    commands.export(source, output, told, check)


def _split(name: str | None) -> str | None:
    if name is not None and name not in sources.SPLITS:
        raise ParameterError(f"--split {name}: there are {', '.join(sources.SPLITS)}")
    return name


def _numbers(option: str, given: list[str] | None) -> dict[str, float]:
    """NAME=NUMBER, repeated, as a dictionary."""
    found = dict[str, float]()
    for text in given or ():
        name, _, number = text.rpartition("=")
        try:
            found[name] = float(number)
        except ValueError:
            name = ""
        if not name:
            raise ParameterError(f"{option} {text}: write NAME=NUMBER")
    return found


if __name__ == "__main__":
    main()
