"""The pure core: no clock, no thread, no file, no socket, no randomness of its own."""
