"""Tiny networks on one core: several threads would spend their time waiting for each other."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
