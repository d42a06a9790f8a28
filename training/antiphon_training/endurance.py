"""What becomes of a model that plays on and on: notes that never end, silence, and bars that come round for ever.

Where the lines are drawn was measured on 3,159 real pieces (hannds, rolls_new, rolls_supra, giantmidi_sample, lieder,
jsfakes; 117 hours): three rest for 30 s or more, each once, and in none of them any minute repeats itself as much as
what is called a loop here. The nearest are a strophic song, at 0.251, and a page of tremolos, at 0.278; half of the
performances stay above 0.78.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from antiphon_training.excerpts import Notes

ENDLESS_MS: Final = 20_000
"""A note that sounds longer than this is stuck. (Sustained by its key; what the pedal holds has been let go of.)"""
SILENCE_MS: Final = 30_000
"""A run in which no note begins for so long has fallen silent."""
LOOP: Final = 0.25
"""A run loops where in some minute the different passages of eight notes are fewer than this share of all passages of
eight notes: where each is heard four times, on average. A bar of twelve notes that fills a minute has 0.03."""
_GRAM: Final = 8
_CHORD_MS: Final = 30
_MINUTE_MS: Final = 60_000
_STEP_MS: Final = 15_000
_FEWEST: Final = 32
"""Passages in a minute that is thick enough to be called a loop; fewer are on the way to silence."""


def endurance(runs: Sequence[Notes], span_ms: int, longest_ms: int) -> dict[str, Any]:  # JSON
    """What happened in runs of `span_ms`, in whose playing no key could be held longer than `longest_ms`.

    Returns "runs", "hours", "notes", "stuck_per_hour" (notes over ENDLESS_MS), "cut_per_hour" (notes that ended because
    no longer ones were allowed), "longest_note_s", "longest_silence_s", "least_new" (see `least_new`), "silent" and
    "looping" (how many of the runs).
    """
    hours = max(1e-9, len(runs) * span_ms / 3.6e6)
    durations = np.concatenate([np.zeros(0, np.int64), *(run.duration for run in runs)])
    silences = [longest_silence(run, span_ms) for run in runs]
    new = [least_new(run, span_ms) for run in runs]
    return {
        "runs": len(runs),
        "hours": round(hours, 3),
        "notes": len(durations),
        "stuck_per_hour": round(float(np.count_nonzero(durations > ENDLESS_MS)) / hours, 3),
        "cut_per_hour": round(float(np.count_nonzero(durations >= longest_ms)) / hours, 3),
        "longest_note_s": round(int(durations.max(initial=0)) / 1000, 3),
        "longest_silence_s": round(max(silences, default=0) / 1000, 3),
        "least_new": round(min(new, default=1.0), 3),
        "silent": sum(silence >= SILENCE_MS for silence in silences),
        "looping": sum(share < LOOP for share in new),
    }


def longest_silence(run: Notes, span_ms: int) -> int:
    """The longest time (ms) in which no note begins, its beginning and its end included."""
    return int(np.diff(np.concatenate([[0], run.onset, [span_ms]])).max())


def least_new(run: Notes, span_ms: int) -> float:
    """How many different passages of eight notes there are for every passage, 0-1, in the minute that has the fewest.

    Minutes begin every 15 s. Passages are pitches in the order of onset; those of a chord, less than 30 ms from one to
    the next, stand from the bottom up, so that a bar is the same bar however its chords are spread.
    """
    pitch = run.pitch[np.lexsort((run.pitch, np.cumsum(np.diff(run.onset, prepend=0) >= _CHORD_MS)))]
    passages = np.zeros(max(0, len(run.pitch) - _GRAM + 1), np.int64)
    for number in range(_GRAM if len(passages) else 0):
        passages = passages * 128 + pitch[number : number + len(passages)]
    least = 1.0
    for begins in range(0, max(1, span_ms - _MINUTE_MS + 1), _STEP_MS):
        first, last = np.searchsorted(run.onset[: len(passages)], [begins, begins + _MINUTE_MS])
        if last - first >= _FEWEST:
            least = min(least, len(np.unique(passages[first:last])) / int(last - first))
    return least
