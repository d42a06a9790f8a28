"""Debian 12 as it comes: a file system made by debootstrap, images that are built on it, and machines that run them.

Needs root. What is fetched goes through the package sources and certificates of this machine, which are lent to it.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).parents[2]
BASE: Final = "docker.io/library/debian:12-slim"
_CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
LENT: Final = {"PIP_CERT": "/usr/local/share/lent-certificates.crt"}
"""For the environment of whatever fetches from python's index there."""
_LEAVES_S: Final = 20.0
_PRIVATE: Final = "mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn"
"""The folder in which systemd-nspawn's machines know each other."""


class Images:
    """Images in a store of their own, of which BASE is there from the start."""

    def __init__(self, folder: Path) -> None:
        self._store = ["--root", str(folder / "store"), "--runroot", str(folder / "run")]
        self._folder = folder
        root = folder / "base"
        call("debootstrap", "--variant=minbase", "bookworm", str(root))
        shutil.copy(_CERTIFICATES, root / LENT["PIP_CERT"].lstrip("/"))
        container = self._buildah("from", "scratch").strip()
        self._buildah("add", "--quiet", container, str(root), "/")
        self._buildah("config", *(f"--env={name}={value}" for name, value in LENT.items()), container)
        self._buildah("commit", "--quiet", "--rm", container, BASE)
        shutil.rmtree(root)

    def build(self, context: Path, name: str) -> None:
        """Build the Dockerfile of a folder."""
        self._buildah(
            "build", "--isolation", "chroot", "--network", "host", "--pull-never", "--tag", name, str(context)
        )

    def config(self, name: str) -> dict[str, Any]:  # JSON
        """How an image is to be run."""
        return dict(json.loads(self._buildah("inspect", "--type", "image", name))["OCIv1"]["config"])

    @contextlib.contextmanager
    def files(self, name: str) -> Iterator[Path]:
        """The files of a new container of an image; whatever is written there is thrown away afterwards."""
        container = self._buildah("from", "--pull-never", name).strip()
        try:
            yield Path(self._buildah("mount", container).strip())
        finally:
            self._buildah("rm", container)

    def close(self) -> None:
        """Throw everything away."""
        self._buildah("rm", "--all")
        self._buildah("rmi", "--all", "--force")

    def _buildah(self, *arguments: str) -> str:
        return call("buildah", *self._store, *arguments)


class Machine:
    """A running container whose first process is the command, with a /dev/shm of its own unless `bind` says otherwise.

    address   what it is called by in a network of its own; without one it has this machine's
    """

    def __init__(
        self,
        files: Path,
        command: Sequence[str],
        user: str = "root",
        env: Mapping[str, str] | None = None,
        bind: Sequence[str] = (),
        address: str | None = None,
        log: Path | None = None,
    ) -> None:
        variables = [f"--setenv={name}={value}" for name, value in (env or {}).items()]
        nspawn = ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--console=pipe"]
        nspawn += ["--kill-signal=SIGTERM", f"--directory={files}", f"--user={user}", *variables]
        nspawn += [f"--bind={folder}" for folder in bind]
        before = _PRIVATE
        if address:
            (files / "etc" / "hosts").write_text(f"127.0.0.1 localhost\n{address} alone\n")
            nspawn += ["--hostname=alone"]
            before += f" && ip link set lo up && ip address add {address}/32 dev lo"
        spaces = ["unshare", "--mount", "--propagation=private", *(["--net"] if address else [])]
        shell = ["sh", "-c", f'{before} && exec "$@"', "sh"]
        self._log = log or files.parent / "machine.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *spaces, *shell, *nspawn, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "SYSTEMD_NSPAWN_LOCK": "0"},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The process id, outside, of what keeps its network."""
        return self._process.pid

    def wait(self, within_s: float) -> str:
        """What it printed, once its command has ended well."""
        status = self._process.wait(within_s)
        assert status == 0, f"{status}\n{self.said}"
        return self.said

    def running(self) -> bool:
        """False once its command has ended."""
        return self._process.poll() is None

    def end(self) -> None:
        """Have it stop, and see that it has."""
        self._process.terminate()
        try:
            self._process.wait(_LEAVES_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def call(*command: str) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout
