"""The trainer of Antiphon: from folders of MIDI files to a model the daemon plays."""
