"""Antiphon listens to a musician over MIDI and plays with them."""

import sys
import time

__version__ = "0.1.0"

if sys.platform == "win32" and time.get_clock_info("monotonic").resolution > 0.001:
    # Before Python 3.13 it counts in steps of 16 ms there. This one counts in less than 1 us, never goes back, and is
    # the same for all processes (Python's documentation). Here, for others take the function as they are imported.
    time.monotonic = time.perf_counter
