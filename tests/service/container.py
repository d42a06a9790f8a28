"""A machine with a real systemd, in a container: this machine's own files under a layer that is thrown away afterwards.

What the layer keeps survives the container's reboot. Nothing outside is changed: the mounts are private to it.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, Self

from tests.live.jack_server import wait_until

REPOSITORY: Final = Path(__file__).resolve().parents[2]
USER: Final = "tester"
_BOOTS_S: Final = 60.0
_SCRIPT: Final = """
set -eu
cd "$1"
mkdir -p space root /run/systemd/nspawn
mount -t tmpfs -o size=256m tmpfs space
mkdir space/upper space/work
mount -t overlay -o lowerdir=/,upperdir="$1/space/upper",workdir="$1/space/work" overlay root
rm -rf root/etc/systemd/system root/etc/systemd/user root/etc/machine-id root/var/log/journal
mkdir -p root/etc/systemd/system/multi-user.target.wants root/etc/systemd/user root/var/log/journal
: > root/etc/machine-id
cat > root/etc/systemd/system/jack.service <<'UNIT'
[Service]
User=tester
ExecStart=/usr/bin/jackd --no-realtime --no-mlock -S -n default -d dummy -r 48000 -p 256
UNIT
ln -s ../jack.service root/etc/systemd/system/multi-user.target.wants/
chroot root useradd --create-home tester
repository="$2"
mkdir -p root/etc/systemd/system/antiphon@.service.d
cat > root/etc/systemd/system/antiphon@.service.d/checkout.conf <<UNIT
[Service]
BindReadOnlyPaths=$repository
UNIT
mkdir -p root/etc/tmpfiles.d
ln -s /dev/null root/etc/tmpfiles.d/tmp.conf  # which would empty /tmp, where a checkout may lie
shift 2
for folder; do chmod a+rx "root$folder"; done
mount -t tmpfs tmpfs /run/systemd/nspawn
export SYSTEMD_NSPAWN_TMPFS_TMP=0
trap 'kill -TERM $machine' TERM
status=133  # that of a machine which wants to be started again
while [ $status = 133 ]; do
    systemd-nspawn --register=no --keep-unit --quiet --boot --directory=root --machine=antiphon-test \\
        --private-network --capability=CAP_SYS_NICE,CAP_IPC_LOCK --console=passive &
    machine=$!
    status=0
    wait $machine || status=$?
    [ $status != 143 ] || wait $machine || true
done
"""


class Container:
    """A running container. Inside, `tester` is a user whom nobody has logged in, and runs a JACK server.

    Root may grant real-time priority and locked memory inside, by capabilities; whether it may raise limits is up to
    the machine outside.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "boot.log"

    def __enter__(self) -> Self:
        seen = [Path(sys.executable), Path(sys.executable).resolve(), Path(sys.base_prefix) / "bin", REPOSITORY / "x"]
        folders = sorted({str(parent) for path in seen for parent in path.parents} - {"/"})
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "setpriv",
                    "--pdeathsig",
                    "TERM",
                    "unshare",
                    "--mount",
                    "--propagation=private",
                    "sh",
                    "-c",
                    _SCRIPT,
                    "sh",
                    str(self._folder),
                    str(REPOSITORY),
                    *folders,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for_boot(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()  # which systemd-nspawn takes for the power button
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def reboot(self) -> None:
        """Restart the machine in good order."""
        before = self._leader()
        self.root("systemctl", "reboot")
        self._wait_for_boot(before)

    def root(self, *command: str) -> str:
        """What a command prints that root runs inside; it has to succeed."""
        done = self._run(command)
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def user(self, *command: str) -> str:
        """The same, as `tester`."""
        return self.root("runuser", "-u", USER, "--", "env", *self._environment(), *command)

    def attempt(self, *command: str) -> tuple[int, str, str]:
        """Status and words of a command that `tester` runs."""
        done = self._run(("runuser", "-u", USER, "--", "env", *self._environment(), *command))
        return done.returncode, done.stdout, done.stderr

    def antiphon(self, *arguments: str) -> str:
        """What `antiphon ARGUMENTS...` prints for `tester`."""
        return self.user(sys.executable, "-m", "antiphon.cli.main", *arguments)

    def write(self, path: str, text: str) -> None:
        """Write a file inside, readable for all."""
        self.root("sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1" && chmod 644 "$1"', "sh", path, text)

    def _environment(self) -> list[str]:
        number = self.root("id", "-u", USER).strip()
        return [f"XDG_RUNTIME_DIR=/run/user/{number}", f"HOME=/home/{USER}", f"PYTHONPATH={search_path()}"]

    def _run(self, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd=/")
        entering = ["nsenter", "--target", str(self._leader()), *spaces, "env", "-u", "XDG_CONFIG_HOME"]
        return subprocess.run(
            [*entering, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False
        )

    def _leader(self) -> int:
        """The process id, outside, of the systemd inside; 0 while there is none."""
        number = self._process.pid
        for _ in ("systemd-nspawn", "systemd"):
            try:
                found = Path(f"/proc/{number}/task/{number}/children").read_text().split()
            except OSError:
                return 0
            if not found:
                return 0
            number = int(found[0])
        return number

    def _wait_for_boot(self, before: int) -> None:
        def up() -> bool:
            assert self._process.poll() is None, self._log.read_text(errors="replace")
            if self._leader() in (0, before):
                return False
            return self._run(("systemctl", "is-system-running")).stdout.strip() in ("running", "degraded")

        wait_until(up, _BOOTS_S, lambda: self._log.read_text(errors="replace"), look_s=0.2)


def search_path() -> str:
    """Where python finds this checkout inside."""
    return os.pathsep.join(str(REPOSITORY / part) for part in ("daemon", "training", ""))
