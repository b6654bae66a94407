"""A process that a clip has taken over has nothing to gain: each attack, tried from inside."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import prometheus_client
import pytest

from bot.media.confinement import PROMISES
from bot.media.worker.sandbox import CALLS, CALLS_BY_ARGUMENT, landlock_version
from tests.media import attacks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's means")

ROOT = Path(__file__).parents[2]
NOBODY = 65534
USERS = (0, NOBODY) if os.geteuid() == 0 else (os.geteuid(),)
HONEST = {"work_as_a_decoder_does"}
ENDLESS = {"sleep", "leave_a_grandchild_and_sleep"}
TOKEN = "the-bots-token"

BOT = """
import asyncio, json, os, sys
from pathlib import Path
from bot.errors import MediaError
from bot.media.confinement import holds
from bot.media.process_pool import ProcessPool, WorkLimits
from bot.system.inspection import forbid_inspection

assert forbid_inspection()
names, prey, seconds = json.load(sys.stdin)
prey["bot"] = os.getpid()
limits = WorkLimits(wall_seconds=seconds, cpu_seconds=30, memory_bytes=2 * 1024**3, file_bytes=1000)
arguments = {
    "names": names, "prey": prey,
    "source": Path(prey["source"]), "target": Path(prey["target"]),
}

async def main():
    pool = ProcessPool()
    if not names:
        return await holds(pool)
    try:
        return await pool.run("attack", arguments, limits=limits)
    except MediaError as exc:
        return {"error": str(exc)}

print(json.dumps(asyncio.run(main())))
"""


def python_for(user):
    """Return a Python that this user can start; the tests' own may lie in root's home."""
    as_user = change_to(user)
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        words = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(words, check=False, cwd="/", **as_user).returncode == 0:  # noqa: S603
                return python
        except OSError:
            continue
    return pytest.skip(f"no Python that user {user} can start")


def change_to(user):
    if user == os.geteuid():
        return {}
    return {"user": user, "group": user, "extra_groups": []}


class Home:
    """A folder with a copy of the bot, as its user has it, and somebody to connect to."""

    def __init__(self, path, user):
        self.path, self.user, self.python = path, user, python_for(user)
        shutil.copytree(ROOT / "bot", path / "bot", ignore=shutil.ignore_patterns("__pycache__"))
        # The system's Python, which any user can start, has no libraries.
        metrics = Path(prometheus_client.__file__).parent
        shutil.copytree(metrics, path / metrics.name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(attacks.__file__, path / "bot/media/worker/tasks/attack.py")
        for name, content in {
            ".env": f"DISCORD_TOKEN={TOKEN}",
            "data/restyle.db": "rows",
            "data/scratch/job/source.mp4": "a clip",
            "data/scratch/other/source.mp4": "another clip",
        }.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(content)
        for place in (path, *path.rglob("*")):
            os.chown(place, user, user if os.geteuid() == 0 else -1)
        self.server = socket.create_server(("127.0.0.1", 0))

    def take_off(self, *locks):
        """Make of it a bot on a kernel that knows less."""
        with (self.path / "bot/media/worker/sandbox.py").open("a") as file:
            for lock in locks:
                file.write(f"\n\ndef {lock}(*_, **__):\n    pass\n")

    def start(self, names, *, seconds=60):
        job = self.path / "data/scratch/job"
        prey = {
            "home": str(self.path),
            "source": str(job / "source.mp4"),
            "target": str(job / "target.mp4"),
            "port": self.server.getsockname()[1],
        }
        bot = subprocess.Popen(  # noqa: S603 - ours
            [self.python, "-c", BOT],
            cwd=self.path,
            env=os.environ | {"DISCORD_TOKEN": TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **change_to(self.user),
        )
        bot.stdin.write(json.dumps([names, prey, seconds]))
        bot.stdin.close()
        return bot

    def run(self, names, *, seconds=60):
        with self.start(names, seconds=seconds) as bot:
            answer = bot.stdout.read()
        assert bot.returncode == 0
        return json.loads(answer)

    def processes(self, bot):
        """Return those that run in this folder beside the bot, by their ids."""
        found = set()
        for place in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if place.readlink() == self.path:
                    found.add(int(place.parent.name))
            except OSError:
                continue
        return found - {bot.pid}  # of that one, others of its user do not even see the folder


@pytest.fixture(scope="session", params=USERS)
def user(request):
    return request.param


@pytest.fixture(scope="session")
def make_home(user):
    homes = []

    def make():
        path = Path(tempfile.mkdtemp(prefix="restyle-test-"))  # pytest's own are shut for others
        homes.append(Home(path, user))
        return homes[-1]

    yield make
    for home in homes:
        home.server.close()
        shutil.rmtree(home.path)


@pytest.fixture(scope="session")
def home(make_home):
    return make_home()


@pytest.fixture(scope="session")
def open_home(make_home):
    home = make_home()
    home.take_off("confine")
    return home


@pytest.fixture(scope="session")
def held(home):
    """Return which promises hold on this kernel, for this user."""
    return home.run([])


@pytest.fixture(scope="session")
def outcomes(home, held):
    """Try all attacks in one process."""
    if not all(held.values()):
        pytest.skip(f"this kernel does not hold all: {held}")
    found = home.run([name for name in attacks.ATTACKS if name not in ENDLESS])
    assert "error" not in found, found
    return found


@pytest.mark.parametrize("name", sorted(attacks.ATTACKS.keys() - ENDLESS - HONEST))
def test_a_process_that_was_taken_over_cannot(outcomes, name):
    assert outcomes[name].startswith("refused: ")


def test_honest_work_is_let_through(outcomes, home):
    assert outcomes["work_as_a_decoder_does"] == "done"
    assert (home.path / "data/restyle.db").read_text() == "rows"
    assert not (home.path / "sitecustomize.py").exists()


def test_without_the_locks_the_attacks_succeed(open_home, user):
    """Else the tests above would show nothing."""
    found = open_home.run(attacks.HARMLESS)
    refused = {name for name, outcome in found.items() if outcome != "done"}
    # That the bot cannot be inspected holds even so, but for root, who may do all.
    unseen = {
        "read_the_bots_environment",
        "read_the_bots_memory",
        "list_the_bots_open_files",
        "compare_with_the_bot",
    }
    assert refused <= (set() if user == 0 else unseen | {"slow_the_bot_down", "limit_the_bot"})
    assert user == 0 or refused >= {"read_the_bots_environment", "read_the_bots_memory"}


LANDLOCKS = {
    1: {
        "read_the_settings", "read_the_database", "read_another_clip", "read_the_systems_users",
        "look_around", "delete_the_database", "overwrite_the_database", "move_the_database",
        "change_the_program", "leave_a_file_in_the_bots_folder", "leave_a_folder", "leave_a_link",
        "leave_a_pipe", "read_the_bots_environment", "read_the_bots_memory", "attach_to_the_bot",
        "list_the_bots_open_files",
    },
    3: {"empty_the_database"},
    4: {"connect", "listen"},
    6: {"ask_whether_the_bot_can_be_signalled", "kill_the_bot"},
}  # fmt: skip
SECCOMPS = {
    "connect", "listen", "send_a_datagram", "open_a_unix_socket", "open_a_netlink_socket",
    "open_two_sockets", "go_through_io_uring", "fork", "fork_with_no_library_between",
    "fork_the_new_way", "start_a_program", "become_another_program", "kill_the_bot",
    "kill_everything", "kill_the_bots_thread", "queue_a_signal", "attach_to_the_bot",
    "copy_the_bots_memory", "have_the_kernel_send_signals", "choose_which_signal_that_is",
    "lock_the_database_away", "give_the_database_away", "date_the_database_back",
    "mark_the_database", "limit_the_bot", "slow_the_bot_down", "keep_the_bot_on_one_core",
    "outlive_the_bot", "leave_the_group", "mount", "make_a_namespace",
}  # fmt: skip


def test_landlock_alone_guards_files_tcp_and_signals(make_home, held):
    version = landlock_version(attacks.LIBC)
    if version < 1:
        pytest.skip("no Landlock")
    guarded = {name for since, names in LANDLOCKS.items() if since <= version for name in names}
    home = make_home()
    home.take_off("_filter_calls")
    found = home.run(sorted(guarded))
    assert {name for name, outcome in found.items() if outcome == "done"} == set()


def test_seccomp_alone_guards_processes_sockets_and_what_belongs_to_files(make_home, held):
    if not held["processes"]:
        pytest.skip("no seccomp")
    home = make_home()
    home.take_off("_restrict_files")
    found = home.run(sorted(SECCOMPS))
    assert {name for name, outcome in found.items() if outcome == "done"} == set()


def test_what_does_not_hold_is_found_out(open_home, user, held):
    assert held.keys() == PROMISES.keys()
    found = open_home.run([])
    assert found == {
        name: name == "limits" or (name == "inspection" and user != 0) for name in PROMISES
    }


def until(condition):
    """Wait for something that another process does."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise TimeoutError


def test_a_grandchild_ends_with_the_time_of_its_parent(open_home):
    target = open_home.path / "data/scratch/job/target.mp4"
    with open_home.start(["leave_a_grandchild_and_sleep"], seconds=4) as bot:
        until(lambda: len(open_home.processes(bot)) == 2 or bot.poll() is not None)
        assert "error" in json.loads(bot.stdout.read())
    assert not target.exists()
    until(lambda: not open_home.processes(bot))


def test_a_process_is_marked_for_the_kernel_and_ends_with_the_bot(home):
    with home.start(["sleep"]) as bot:
        try:
            until(lambda: home.processes(bot))
            (child,) = home.processes(bot)
            place = Path(f"/proc/{child}")
            until(lambda: "\nSeccomp:\t2" in (place / "status").read_text())
            status = (place / "status").read_text()
            assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
            assert (place / "oom_score_adj").read_text() == "1000\n"
            assert os.getsid(child) == os.getpgid(child) == child
            capabilities = re.search(r"^CapEff:\t(\w+)$", status, re.MULTILINE)[1]
            assert int(capabilities, 16) & ~2 == 0  # past the modes of files, where Landlock guards
            limits = {
                line[:26].strip(): line[26:].split()[1]
                for line in (place / "limits").read_text().splitlines()[1:]
            }
            assert limits["Max core file size"] == "0"
            assert limits["Max processes"] == "8192"
        finally:
            bot.send_signal(signal.SIGKILL)
    until(lambda: not home.processes(bot))


@pytest.mark.parametrize(
    ("header", "column", "form"),
    [
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0, r"__NR_(\w+) (\d+)"),
        ("/usr/include/asm-generic/unistd.h", 1, r"__NR(?:3264)?_(\w+) (\d+)"),
    ],
)
def test_the_numbers_of_the_calls_are_the_kernels(header, column, form):
    if not Path(header).exists():
        pytest.skip(f"no {header}")
    kernel = {name: int(number) for name, number in re.findall(form, Path(header).read_text())}
    kernel.setdefault("newfstatat", kernel.get("fstatat"))
    ours = {name: numbers[column] for name, numbers in (CALLS | CALLS_BY_ARGUMENT).items()}
    assert {name: kernel.get(name) for name in ours} == ours
