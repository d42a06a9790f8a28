"""Everything a user can turn, declared once: the command line and all other surfaces derive from here.

A set of parameters is a value; changing one gives a new set.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from antiphon.core.grid import GRIDS
from antiphon.core.parameter import Parameter, Value, choice, nearest, short, switch, text
from antiphon.errors import ParameterError
from antiphon.music import scales

__all__ = ["MODES", "REGISTRY", "Parameter", "Parameters", "Value", "assigned", "named"]

MODES: Final = ("reply", "duet", "harmony", "solo", "trade", "listen")
TURNS: Final = ("model", "pause", "pedal", "bar")
"""What says that a phrase is over."""
REPLIES: Final = ("phrase", "free", "beats", "seconds")
"""What says how long an answer is."""
CLOCKS: Final = ("follow", "tempo", "off")
ENTRIES: Final = ("at once", "beat", "bar")
_OWN_LOCKS: Final = ("off", "auto", "chord")
"""Locks that are no scale."""


def _lock(typed: str) -> str:
    """A lock in its proper form. Raises ValueError."""
    return typed.lower() if typed.lower() in _OWN_LOCKS else scales.proper(typed)


REGISTRY: Final[Mapping[str, Parameter]] = {
    p.name: p
    for p in (
        Parameter("seed", 1, 0, 2**31 - 1, "", "the same seed and the same playing give the same answer"),
        choice("mode", MODES, "how it plays with you: in turn, with you, to each note, alone, in bars, or not at all"),
        choice("role", ("accompany", "lead"), "for mode=duet: its part"),
        Parameter("yield_within", 0.0, 0.0, 2.0, "s", "so long its notes may ring on when you take over; 0: none does"),
        Parameter("go_on", 4.0, 0.5, 20.0, "s", "for mode=duet: it plays so long after your last note"),
        Parameter("longest_rest", 4.0, 0.5, 20.0, "s", "in a duet, alone and in its bars it never rests longer"),
        Parameter("company", 2, 1, 4, "", "for mode=harmony: how many notes go with each of yours"),
        Parameter("tempo", 120.0, 20.0, 400.0, "bpm", "beats a minute, where no MIDI clock says and nobody taps"),
        choice("clock", CLOCKS, "of a MIDI clock: follow tempo, start and stop, or the tempo alone, or nothing"),
        switch("send_clock", False, "send a MIDI clock with its own beats; then it follows none"),
        Parameter("bars", 4, 1, 64, "", "for mode=trade: how many bars each has in turn"),
        Parameter("beats", 4, 1, 32, "", "beats in a bar"),
        choice("enter", ENTRIES, "when it begins to play: at once, or on the next beat or bar"),
        Parameter("quantise", 0, 0, 100, "%", "how far its notes are moved to the grid; 100: each is on it"),
        choice("grid", tuple(GRIDS), "for quantise: the lines of the grid; t: triplets"),
        Parameter("swing", 50, 50, 75, "%", "for quantise: how much of two steps the first one has; 50 is even"),
        Parameter("temperature", 1.0, 0.05, 3.0, "", "how daring the notes are: below 1 safer, above 1 wilder"),
        Parameter("time_temperature", 1.0, 0.05, 3.0, "", "how daring the rhythm is"),
        Parameter("velocity_temperature", 1.0, 0.05, 3.0, "", "how daring the dynamics are"),
        Parameter("top_p", 0.98, 0.05, 1.0, "", "keep only the likeliest notes that make up this share"),
        Parameter("memory", 0.0, 0.0, 1.0, "", "how much it takes up what was played before, you or it; 0 is off"),
        choice("turn", TURNS, "your phrase is over by what the model expects, a pause, a pedal, or at the bar line"),
        Parameter("patience", 1.0, 0.05, 10.0, "", "for turn=model: below 1 it answers sooner, above it waits longer"),
        Parameter("pause", 0.7, 0.1, 10.0, "s", "for turn=pause: how long you must be silent before it answers"),
        Parameter("turn_pedal", 67, 0, 119, "", "for turn=pedal: the controller that says so (67: soft pedal)"),
        choice("reply", REPLIES, "an answer is as long as your phrase, or so many beats or seconds, or free"),
        Parameter("reply_beats", 16, 1, 64, "", "for reply=beats: an answer lasts so many beats of the tempo"),
        Parameter("reply_seconds", 8.0, 0.5, 60.0, "s", "for reply=seconds: an answer lasts so long, then rings out"),
        Parameter("reply_shortest", 6.0, 1.0, 25.0, "s", "as long as your phrase, it is at least this"),
        Parameter("reply_longest", 16.0, 1.0, 25.0, "s", "as long as your phrase, or free, it is at most this"),
        Parameter("liveliness", 1.5, 0.0, 8.0, "/s", "notes a second an answer begins with at the least, for 6 s"),
        text("lock", "off", _lock, 'the scale it keeps to: "C major", twelve digits from C on, off, auto or chord'),
        Parameter("lock_strength", 1.0, 0.0, 1.0, "", "1: no note outside the lock, ever; below: fewer of them"),
        Parameter("chord_below", 60, 0, 128, "", "for lock=chord: what you hold below this note is the harmony"),
        Parameter("chord_channel", 0, 0, 16, "", "for lock=chord: so is what you hold on this MIDI channel; 0 is none"),
        switch("chord_latch", True, "for lock=chord: the harmony stays when you let go of it, until the next"),
        Parameter("tonality", 1.0, 0.0, 1.0, "", "without a lock: how far it keeps to your key, if you do; 0: not"),
        Parameter("consonance", 0.4, 0.0, 0.95, "", "duet: fewer notes that clash with your newest; 0 as it comes"),
        choice("register", ("any", "above", "below", "around"), "where it plays, from where you have played of late"),
        Parameter("density", 0.0, 0.0, 20.0, "/s", "how many notes a second it plays on the average; 0 is free"),
        Parameter("density_follow", 0.0, 0.0, 4.0, "", "as many notes as you, times this; 0 is off"),
        Parameter("polyphony", 128, 1, 128, "", "how many of its notes may sound at a time"),
        Parameter("velocity_follow", 0.0, 0.0, 1.0, "", "how far it plays as loudly as you did of late"),
        Parameter(
            "velocity_offset",
            0.0,
            -30.0,
            30.0,
            "",
            "louder (above 0) or softer than it would be; a push, not a measure",
        ),
        Parameter("lowest", 21, 0, 127, "", "the lowest note it may play (MIDI number, 60 is middle C)"),
        Parameter("highest", 108, 0, 127, "", "the highest note it may play"),
        Parameter("longest_note", 8.0, 0.1, 20.0, "s", "no note and no pedal is held longer"),
        switch("pedal", True, "whether it may use the sustain pedal"),
        Parameter("channel", 1, 1, 16, "", "the MIDI channel it plays on"),
        Parameter("lead_channel", 0, 0, 16, "", "the channel it plays on where it leads; 0: as channel"),
        Parameter("accompaniment_channel", 0, 0, 16, "", "the channel it plays on where it accompanies; 0: as channel"),
        Parameter(
            "second_channel", 0, 0, 16, "", "your other keyboard's MIDI channel, heard as a voice of its own; 0: none"
        ),
        Parameter("transpose_in", 0, -48, 48, "st", "what you play is heard so many semitones higher"),
        Parameter(
            "transpose_out", 0, -48, 48, "st", "what it plays sounds so many semitones higher, in the octaves there are"
        ),
    )
}


def _defaults() -> dict[str, Value]:
    return {name: parameter.default for name, parameter in REGISTRY.items()}


@dataclass(frozen=True)
class Parameters:
    """A value for every parameter. Read them as attributes: `parameters.pause`."""

    values: Mapping[str, Value] = field(default_factory=_defaults)

    def __getattr__(self, name: str) -> Value:
        if name.startswith("_") or name not in REGISTRY:
            raise AttributeError(name)
        return self.values[name]

    def changed(self, **changes: Value) -> "Parameters":
        """With these values instead. Raises ParameterError for a wrong name or value."""
        checked = {name: named(name).checked(value) for name, value in changes.items()}
        return _consistent(replace(self, values={**self.values, **checked}))

    def set(self, assignments: Iterable[str]) -> "Parameters":
        """With each NAME=VALUE a user typed. Raises ParameterError."""
        return self.changed(**assigned(assignments))


def assigned(assignments: Iterable[str] | None) -> dict[str, Value]:
    """What each NAME=VALUE a user typed assigns. Raises ParameterError."""
    changes = dict[str, Value]()
    for assignment in assignments or ():
        name, equals, typed = assignment.partition("=")
        if not equals:
            raise ParameterError(f"{short(assignment)!r}: give NAME=VALUE, for example temperature=0.9")
        changes[name.strip()] = named(name.strip()).parse(typed.strip())
    return changes


def named(name: str) -> Parameter:
    """The parameter of this name. Raises ParameterError, with the nearest name where one is near."""
    if name in REGISTRY:
        return REGISTRY[name]
    raise ParameterError(f"no parameter named {short(name)!r}; {nearest(name, REGISTRY)}")


def _consistent(parameters: Parameters) -> Parameters:
    for low, high in (("lowest", "highest"), ("reply_shortest", "reply_longest")):
        below, above = parameters.values[low], parameters.values[high]
        if float(below) > float(above):
            raise ParameterError(f"{low}={below} is above {high}={above}; set both")
    _playable(parameters)
    return parameters


def _playable(parameters: Parameters) -> None:
    """Raises ParameterError where lock and range leave no note: one of the two promises would have to be broken."""
    lock, low, high = str(parameters.lock), int(parameters.lowest), int(parameters.highest)
    if lock == "off" or float(parameters.lock_strength) < 1 or high - low >= 11:
        return
    if lock in _OWN_LOCKS:
        raise ParameterError(f"lock={lock} needs an octave: lowest={low} and highest={high} leave less; widen them")
    if not any(note % 12 in scales.classes(lock) for note in range(low, high + 1)):
        raise ParameterError(f"lock={lock} has no note from lowest={low} to highest={high}; widen them")
