"""What somebody tries who has taken over a process that reads clips.

``test_sandbox.py`` puts this module among the tasks of a copy of the bot, whose pool then runs it
like any other. Each attack raises when it is refused; all that it needs lies in ``Prey``.
"""

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

ATTACKS = {}
HARMLESS = []
"""These may be let through, to see that they are attacks at all."""
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
NUMBERS = {  # x86_64, aarch64
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "clone": (56, 220),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "io_uring_setup": (425, 425), "bpf": (321, 280),
    "mount": (165, 40), "unshare": (272, 97), "memfd_create": (319, 279), "keyctl": (250, 219),
    "userfaultfd": (323, 282), "perf_event_open": (298, 241), "shmget": (29, 194),
    "clone3": (435, 435), "prctl": (157, 167), "setns": (308, 268),
    "execveat": (322, 281), "pidfd_getfd": (438, 438), "kcmp": (312, 272),
}  # fmt: skip


@dataclass
class Prey:
    """What is worth having: the bot's process, its files, and somebody to talk to."""

    bot: int
    home: str  # with .env, and data/restyle.db
    source: str
    target: str
    port: int


def attack(*, harmless=False):
    def keep(function):
        ATTACKS[function.__name__] = function
        if harmless:
            HARMLESS.append(function.__name__)
        return function

    return keep


def call(name, *arguments):
    """Make a system call with no library between."""
    number = NUMBERS[name][os.uname().machine == "aarch64"]
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def run(arguments):
    """Try those attacks that are named, and tell what became of each."""
    prey = Prey(**arguments["prey"])
    outcomes = {}
    for name in arguments["names"]:
        try:
            ATTACKS[name](prey)
        except OSError as exc:
            outcomes[name] = f"refused: {exc.strerror}"
        except (MemoryError, ValueError) as exc:
            outcomes[name] = f"refused: {type(exc).__name__}"
        else:
            outcomes[name] = "done"
    return outcomes


# The bot's secrets


@attack(harmless=True)
def read_the_bots_environment(prey):
    read(f"/proc/{prey.bot}/environ")


@attack(harmless=True)
def read_the_bots_memory(prey):
    read(f"/proc/{prey.bot}/maps")


@attack(harmless=True)
def list_the_bots_open_files(prey):
    os.listdir(f"/proc/{prey.bot}/fd")


@attack(harmless=True)
def read_the_settings(prey):
    read(f"{prey.home}/.env")


@attack(harmless=True)
def read_the_database(prey):
    read(f"{prey.home}/data/restyle.db")


@attack(harmless=True)
def read_another_clip(prey):
    read(f"{prey.home}/data/scratch/other/source.mp4")


@attack(harmless=True)
def read_the_systems_users(_):
    read("/etc/passwd")


@attack(harmless=True)
def look_around(_):
    os.listdir("/")


@attack()
def attach_to_the_bot(prey):
    call("ptrace", 16, prey.bot, None, None)


@attack()
def seize_the_bot(prey):
    call("ptrace", 0x4206, prey.bot, None, None)


@attack()
def copy_the_bots_memory(prey):
    room = ctypes.create_string_buffer(8)
    here = struct.pack("PN", ctypes.addressof(room), 8)
    call("process_vm_readv", prey.bot, here, 1, struct.pack("PN", 0x400000, 8), 1, 0)


@attack(harmless=True)
def compare_with_the_bot(prey):
    call("kcmp", os.getpid(), prey.bot, 0, 0, 0)


# Its life


@attack(harmless=True)
def ask_whether_the_bot_can_be_signalled(prey):
    os.kill(prey.bot, 0)


@attack()
def stop_the_bot(prey):
    os.kill(prey.bot, signal.SIGSTOP)


@attack()
def kill_the_bot(prey):
    os.kill(prey.bot, signal.SIGKILL)


@attack()
def kill_everything(_):
    os.kill(-1, signal.SIGKILL)


@attack()
def kill_the_bots_thread(prey):
    call("tgkill", prey.bot, prey.bot, int(signal.SIGKILL))


@attack()
def queue_a_signal(prey):
    call("rt_sigqueueinfo", prey.bot, int(signal.SIGKILL), bytes(128))


@attack(harmless=True)
def get_hold_of_the_bot(prey):
    os.close(call("pidfd_open", prey.bot, 0))


@attack(harmless=True)
def have_the_kernel_send_signals(prey):
    """Input on a pipe of one's own may signal whoever is named as its owner."""
    fcntl.fcntl(0, fcntl.F_SETOWN, prey.bot)
    fcntl.fcntl(0, fcntl.F_SETOWN, 0)


@attack(harmless=True)
def choose_which_signal_that_is(_):
    fcntl.fcntl(0, 10, 0)  # F_SETSIG


@attack(harmless=True)
def slow_the_bot_down(prey):
    os.setpriority(os.PRIO_PROCESS, prey.bot, os.getpriority(os.PRIO_PROCESS, prey.bot))


@attack(harmless=True)
def keep_the_bot_on_one_core(prey):
    os.sched_setaffinity(prey.bot, os.sched_getaffinity(prey.bot))


@attack(harmless=True)
def limit_the_bot(prey):
    resource.prlimit(prey.bot, resource.RLIMIT_CORE, (0, 0))


# Its files


@attack()
def delete_the_database(prey):
    os.unlink(f"{prey.home}/data/restyle.db")


@attack()
def overwrite_the_database(prey):
    with open(f"{prey.home}/data/restyle.db", "r+b") as file:
        file.write(b"x")


@attack()
def empty_the_database(prey):
    os.truncate(f"{prey.home}/data/restyle.db", 0)


@attack()
def move_the_database(prey):
    os.rename(f"{prey.home}/data/restyle.db", f"{prey.home}/data/gone.db")


@attack()
def lock_the_database_away(prey):
    os.chmod(f"{prey.home}/data/restyle.db", 0)


@attack(harmless=True)
def give_the_database_away(prey):
    os.chown(f"{prey.home}/data/restyle.db", os.getuid(), os.getgid())


@attack()
def date_the_database_back(prey):
    os.utime(f"{prey.home}/data/restyle.db", (0, 0))


@attack()
def mark_the_database(prey):
    os.setxattr(f"{prey.home}/data/restyle.db", "user.x", b"x")


@attack()
def change_the_program(prey):
    with open(f"{prey.home}/bot/__init__.py", "a", encoding="utf-8") as file:
        file.write("\n")


@attack()
def leave_a_file_in_the_bots_folder(prey):
    with open(f"{prey.home}/sitecustomize.py", "w", encoding="utf-8") as file:
        file.write("")


@attack()
def leave_a_folder(prey):
    os.mkdir(f"{os.path.dirname(prey.target)}/folder")


@attack()
def leave_a_link(prey):
    os.symlink("/etc/passwd", f"{os.path.dirname(prey.target)}/link")


@attack()
def leave_a_pipe(prey):
    os.mkfifo(f"{os.path.dirname(prey.target)}/pipe")


@attack()
def leave_shared_memory(_):
    call("shmget", 0, 4096, 0o1600)


# The world outside


@attack(harmless=True)
def connect(prey):
    socket.create_connection(("127.0.0.1", prey.port), timeout=5).close()


@attack(harmless=True)
def listen(_):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()


@attack(harmless=True)
def send_a_datagram(prey):
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("127.0.0.1", prey.port))


@attack(harmless=True)
def open_a_unix_socket(_):
    socket.socket(socket.AF_UNIX).close()


@attack(harmless=True)
def open_a_netlink_socket(_):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


@attack(harmless=True)
def open_two_sockets(_):
    for one in socket.socketpair():
        one.close()


@attack()
def go_through_io_uring(_):
    os.close(call("io_uring_setup", 1, bytes(120)))


# Other processes


def _collect(child):
    if child == 0:
        os._exit(0)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)


@attack(harmless=True)
def fork(_):
    _collect(os.fork())


@attack(harmless=True)
def fork_with_no_library_between(_):
    _collect(call("clone", int(signal.SIGCHLD), None, None, None, None))


@attack(harmless=True)
def fork_the_new_way(_):
    _collect(call("clone3", struct.pack("<8Q", 0, 0, 0, 0, int(signal.SIGCHLD), 0, 0, 0), 64))


@attack(harmless=True)
def start_a_program(_):
    import subprocess

    subprocess.run(["/bin/true"], check=True)


@attack()
def become_another_program(_):
    os.execv("/bin/true", ["true"])


@attack()
def become_a_program_by_its_descriptor(_):
    file = os.open("/usr/bin/env" if os.path.exists("/usr/bin/env") else "/bin/sh", os.O_PATH)
    call("execveat", file, b"", None, None, 0x1000)


@attack(harmless=True)
def make_a_file_without_a_name(_):
    os.close(call("memfd_create", b"x", 0))


@attack()
def leave_the_session(_):
    os.setsid()


@attack()
def leave_the_group(_):
    os.setpgid(0, 0)


# More rights


@attack()
def mount(prey):
    call("mount", b"none", os.path.dirname(prey.target).encode(), b"tmpfs", 0, None)


@attack()
def make_a_namespace(_):
    call("unshare", 0x10000000)


@attack()
def load_a_program_into_the_kernel(_):
    call("bpf", 0, bytes(128), 128)


@attack()
def handle_page_faults(_):
    os.close(call("userfaultfd", 1))


@attack()
def watch_the_machine(_):
    os.close(call("perf_event_open", bytes(128), 0, -1, -1, 0))


@attack()
def use_the_kernels_keys(_):
    call("keyctl", 0, -3, 1)


@attack()
def become_root(_):
    os.setresuid(0, 0, 0)
    os.setgroups([])


@attack()
def outlive_the_bot(_):
    call("prctl", 1, 0, 0, 0, 0)


@attack()
def raise_a_limit(_):
    resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@attack()
def take_all_memory(_):
    mmap.mmap(-1, 64 * 1024**3)


@attack()
def fill_the_disk(prey):
    with open(prey.target, "wb") as file:
        file.truncate(1024**3)


@attack()
def open_files_without_end(prey):
    files = []
    try:
        for _ in range(1000):
            files.append(os.open(prey.source, os.O_RDONLY))
    finally:
        for file in files:
            os.close(file)


# What honest work needs: these are no attacks, and must go well.


@attack(harmless=True)
def work_as_a_decoder_does(prey):
    assert read(prey.source) == b"a clip"
    with open(prey.target, "wb") as file:
        file.write(b"a result")
    with open(f"{prey.target}.second", "wb") as file:
        file.truncate(100)
    os.unlink(f"{prey.target}.second")
    seen = []
    threads = [threading.Thread(target=seen.append, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4
    import colorsys  # a module that nothing has loaded before

    assert colorsys.__file__


@attack()
def sleep(_):
    time.sleep(600)


@attack()
def leave_a_grandchild_and_sleep(prey):
    if os.fork() == 0:
        time.sleep(600)
    with open(prey.target, "w", encoding="utf-8") as file:
        file.write("it has started")
    time.sleep(600)
