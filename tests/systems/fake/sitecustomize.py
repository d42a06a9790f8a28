"""Has a process that one elsewhere has started be there, too."""

import importlib
import os
import sys
from pathlib import Path

if platform := os.environ.get("ELSEWHERE"):
    sys.path.insert(0, str(Path(__file__).parents[1]))
    elsewhere = importlib.import_module("elsewhere")
    sys.path.pop(0)
    elsewhere.become(platform)
