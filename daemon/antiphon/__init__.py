"""Antiphon listens to a musician over MIDI and plays with them."""

__version__ = "0.1.0"
