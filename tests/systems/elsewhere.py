"""Runs a program of python's as on another system: `elsewhere.py PLATFORM CODE ARGUMENTS...`.

What that system lacks is taken away once the libraries that know the difference are loaded; ours is loaded after that.
"""

import asyncio
import ctypes
import mmap
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

import mido
import numpy
import onnxruntime
import rich.console
import typer.main

LOADED = (asyncio, ctypes, mido, mmap, multiprocessing, numpy, onnxruntime, rich, subprocess, tempfile, typer, zipfile)
LACKS = {
    "darwin": {os: ("memfd_create", "sched_setscheduler", "sched_param", "SCHED_FIFO"), socket: ("SOCK_SEQPACKET",)},
    "win32": {
        os: ("memfd_create", "sched_setscheduler", "sched_param", "SCHED_FIFO", "getuid", "geteuid", "fork"),
        signal: ("SIGCHLD", "SIGHUP", "SIGALRM", "SIGKILL", "pthread_sigmask", "SIG_BLOCK", "SIG_SETMASK"),
        socket: ("AF_UNIX", "SOCK_SEQPACKET", "send_fds", "recv_fds"),
    },
}
MODULES = {"darwin": (), "win32": ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")}


def main(platform: str, code: str, *arguments: str) -> None:
    """Take away, then run."""
    sysconfig.get_config_vars()  # read from a file that is called after the platform, once
    for module in MODULES[platform]:
        sys.modules[module] = None  # type: ignore[assignment]  # python's own way to say: not here
    for loaded, names in LACKS[platform].items():
        for name in names:
            delattr(loaded, name)
    sys.platform = platform
    sys.argv = ["antiphon", *arguments]
    exec(compile(code, "elsewhere", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(*sys.argv[1:])
