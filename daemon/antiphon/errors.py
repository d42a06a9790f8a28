"""What a user can put right, one class for each kind of remedy.

Every message says what is wrong, where, and what to do. Anything that is not an `AntiphonError`
is a fault of ours and is left to crash loudly.
"""


class AntiphonError(Exception):
    """Something the user can put right; its text is fit to be shown to them."""


class MidiFileError(AntiphonError):
    """A .mid file cannot be read or written."""


class ModelError(AntiphonError):
    """A model is missing, damaged, or made for another vocabulary."""


class ParameterError(AntiphonError):
    """A parameter has no such name, or its value is out of range."""


class ConfigError(ParameterError):
    """A configuration cannot be read, or something in it is wrong. One line for each thing, with file and line."""


class ServiceError(AntiphonError):
    """systemd is not there, or would not do what it was asked to."""


class PortError(AntiphonError):
    """A MIDI port or backend is not there."""


class RemoteError(AntiphonError):
    """No Antiphon is running that could be asked, or it refuses what was asked for."""


class TakeError(AntiphonError):
    """A take is not there, is none, or cannot be shown or written as asked."""


class CorpusError(AntiphonError):
    """Training data is missing or holds nothing usable."""


class TrainingError(AntiphonError):
    """A training run cannot start, continue or be exported."""
