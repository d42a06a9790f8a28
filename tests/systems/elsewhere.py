"""Runs a program of python's as on another system: `elsewhere.py PLATFORM CODE ARGUMENTS...`.

What that system lacks is taken away once the libraries that know the difference are loaded, and what it alone has is
stood in for; ours is loaded after that. Processes that it starts are elsewhere, too (fake/sitecustomize.py).
"""

import asyncio
import ctypes
import importlib
import json
import mmap
import multiprocessing.connection
import os
import select
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

VARIABLE = "ELSEWHERE"
LIBRARIES = {
    "antiphon.stage": (),
    "antiphon.mind": ("numpy", "onnxruntime"),
    "antiphon.page": ("click",),
    "antiphon.scribe": ("numpy", "mido"),
}
"""What knows the difference, for the processes that a guard starts."""
EVERY = ("click", "mido", "numpy", "onnxruntime", "rich.console", "typer.main")
LOADED = (asyncio, ctypes, mmap, multiprocessing, subprocess, tempfile, zipfile)
SCHEDULING = ("sched_setscheduler", "sched_param", "SCHED_FIFO", "SCHED_OTHER")
MASKS = ("pthread_sigmask", "SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK")
USERS = ("getuid", "geteuid", "getgid", "setpriority", "nice")
FILES = ("memfd_create", "fdatasync", "pread", "pwrite", "O_CLOEXEC", "O_NOCTTY", "mkfifo")
LACKS = {
    "darwin": {os: ("memfd_create", "fdatasync", *SCHEDULING), socket: ("SOCK_SEQPACKET",)},
    "win32": {
        os: ("fork", *SCHEDULING, *USERS, *FILES),
        select: ("poll", "epoll"),
        signal: ("SIGCHLD", "SIGHUP", "SIGALRM", "SIGKILL", *MASKS),
        socket: ("AF_UNIX", "SOCK_SEQPACKET", "send_fds", "recv_fds"),
    },
}
MODULES = {"darwin": (), "win32": ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")}


def become(platform: str) -> None:
    """Be there from now on."""
    module = sys.orig_argv[sys.orig_argv.index("-m") + 1] if "-m" in sys.orig_argv else ""
    for library in LIBRARIES.get(module, EVERY):
        importlib.import_module(library)
    sysconfig.get_config_vars()  # read from a file that is called after the platform, once
    for module in MODULES[platform]:
        sys.modules[module] = None  # type: ignore[assignment]  # python's own way to say: not here
    for loaded, names in LACKS[platform].items():
        for name in names:
            delattr(loaded, name)
    if platform == "win32":
        _have_what_windows_has()
    sys.platform = platform


def _have_what_windows_has() -> None:
    """Each does what its documentation says of it, as far as we use it."""
    path = (Path(json.loads(os.environ["FAKE_RTMIDI"])["told"]).parent, mmap.mmap)

    def mapped(number: int, length: int, tagname: str | None = None) -> mmap.mmap:
        folder, real = path
        if tagname is None:
            return real(number, length)
        with (folder / tagname).open("a+b") as file:
            file.truncate(length)
            return real(file.fileno(), length)

    def opened(_: int, __: bool, number: int) -> int:
        return number if Path(f"/proc/{number}").exists() else 0

    def current() -> int:
        return -2

    def asked(_: ctypes.c_void_p, level: int) -> int:
        with (path[0] / "priorities").open("a") as file:
            print(level, file=file)
        return 1

    system = SimpleNamespace(
        OpenProcess=opened,
        WaitForSingleObject=lambda *_: 258,
        CloseHandle=lambda _: 1,
        GetCurrentThread=current,
        GetCurrentProcess=current,
        SetThreadPriority=asked,
        SetPriorityClass=asked,
    )
    libraries = {"kernel32": system, "winmm": SimpleNamespace(timeBeginPeriod=lambda _: 0)}
    given: dict[Any, dict[str, Any]] = {  # modules and classes, and what becomes theirs
        ctypes: {"WinDLL": libraries.__getitem__},
        mmap: {"mmap": mapped},
        os: {"O_BINARY": 0, "O_NOINHERIT": 0},
        signal: {"SIGBREAK": signal.SIGTTIN},
        subprocess.Popen: {"kill": lambda process: os.kill(process.pid, 9)},
        socket: {"SO_EXCLUSIVEADDRUSE": socket.SO_KEEPALIVE, "socketpair": partial(socket.socketpair, 1)},
    }
    for holder, things in given.items():
        for name, thing in things.items():
            setattr(holder, name, thing)
    msvcrt = ModuleType("msvcrt")
    vars(msvcrt).update(LK_NBLCK=2, locking=lambda number, how, count: None, getwch=None, putwch=None)
    sys.modules["msvcrt"] = msvcrt


def main(platform: str, code: str, *arguments: str) -> None:
    """Take away, then run."""
    become(platform)
    os.environ[VARIABLE] = platform
    sys.argv = ["antiphon", *arguments]
    exec(compile(code, "elsewhere", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main(*sys.argv[1:])
