"""The stage: every MIDI port, the clock, the queue of due notes, and the ledger of notes that still owe a release."""
