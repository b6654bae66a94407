"""What the kernel takes from a process before that reads a stranger's file. Linux only.

A decoder that a file has taken over can then do hardly more than compute. Each layer is asked for
by itself, and one that a kernel lacks is left out: ``tasks/confinement.py`` finds out what holds.

* Resource limits and capabilities: less of the machine, and no right that root has over others.
* Landlock: which files are read and written, and no TCP, no signals and no sockets outside.
* seccomp: the few system calls that decoding needs. All others "do not exist", as on an older
  kernel, so that libraries that try one go on without. Landlock does not guard a file's mode,
  owner and times, sockets other than TCP, nor processes: here they are out of reach.

There is no library for either that is released and kept; this is all that they would do for us.
Sources: https://docs.kernel.org/userspace-api/landlock.html and …/seccomp_filter.html; the numbers
are those of asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT: Final = Path(__file__).parents[3]
"""The folder from which ``bot`` is imported. Settings and data may lie in it: it stays shut."""

CALLS: Final = {
    # Files that are open.
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
    "pread64": (17, 67), "pwrite64": (18, 68), "preadv": (295, 69), "pwritev": (296, 70),
    "lseek": (8, 62), "close": (3, 57), "close_range": (436, 436), "fsync": (74, 82),
    "fdatasync": (75, 83), "ftruncate": (77, 46), "fallocate": (285, 47),
    "fadvise64": (221, 223), "flock": (73, 32), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "getdents64": (217, 61),
    # Files by name, where Landlock allows it.
    "open": (2, None), "openat": (257, 56), "access": (21, None), "faccessat": (269, 48),
    "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    "unlink": (87, None), "unlinkat": (263, 35), "stat": (4, None), "lstat": (6, None),
    "fstat": (5, 80), "newfstatat": (262, 79), "statx": (332, 291), "statfs": (137, 43),
    "fstatfs": (138, 44), "getcwd": (79, 17), "umask": (95, 166),
    # Memory.
    "brk": (12, 214), "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216),
    "mprotect": (10, 226), "madvise": (28, 233), "membarrier": (324, 283),
    # Threads.
    "exit": (60, 93), "exit_group": (231, 94), "futex": (202, 98), "set_robust_list": (273, 99),
    "set_tid_address": (218, 96), "rseq": (334, 293), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120), "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126), "getcpu": (309, 168), "restart_syscall": (219, 128),
    # Signals: how it takes them, not how it sends them.
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137), "sigaltstack": (131, 132),
    # Waiting, and the time.
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "gettimeofday": (96, 169), "time": (201, None),
    "times": (100, 153),
    # About itself.
    "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173), "getpgrp": (111, None),
    "getpgid": (121, 155), "getsid": (124, 156), "getuid": (102, 174), "geteuid": (107, 175),
    "getgid": (104, 176), "getegid": (108, 177), "getrusage": (98, 165), "getrlimit": (97, 163),
    "sysinfo": (99, 179), "uname": (63, 160), "getrandom": (318, 278), "getpriority": (140, 141),
}  # fmt: skip
"""The system calls that stay, each with its number on x86_64 and on aarch64."""

CALLS_BY_ARGUMENT: Final = {
    "clone": (56, 220), "tgkill": (234, 131), "prlimit64": (302, 261), "prctl": (157, 167),
    "ioctl": (16, 29), "fcntl": (72, 25),
}  # fmt: skip
"""Those that stay for some arguments only (see ``_rules``)."""

_CAPSET: Final = (126, 91)
_SECCOMP: Final = (317, 277)
_LANDLOCK: Final = (444, 445, 446)  # create_ruleset, add_rule, restrict_self, everywhere
_MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH_…

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NAME: Final = 15
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_VMA: Final = 0x53564D41  # libc names its memory, for those who look at it
_SIGKILL: Final = 9
_CAP_DAC_OVERRIDE: Final = 1 << 1
_CAPABILITIES_V3: Final = 0x20080522

_CLONE_THREAD: Final = 0x10000
_IOCTLS: Final = (0x5401, 0x5450, 0x5451)  # TCGETS ("is it a terminal?"), FIONCLEX, FIOCLEX
_OWNER_FCNTLS: Final = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to any process

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8  # Landlock's rights to files
_REMOVE_FILE, _MAKE_REG, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_RIGHTS_BY_VERSION: Final = {1: 13, 2: 14, 3: 15, 5: 16}  # so many of them are known since then

_LIBRARY_FOLDERS: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")


def set_limits(limits: Mapping[str, int]) -> None:
    """Give up for good what goes beyond the limits, by their names in ``resource``.

    Where the system has no such limits, the parent's clock still ends this process.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, value in limits.items():
        with suppress(AttributeError, ValueError, OSError):  # macOS knows, but refuses, some
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))


def offer_to_the_oom_killer() -> None:
    """Have the kernel end this process, and not the bot, where memory runs out."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def confine(*, reads: Iterable[str], writes: str | None, parent: int) -> None:
    """Give up every right that the work does not need, as far as this kernel knows how.

    Call it once everything is imported and before any thread is started: a thread keeps what its
    process gives up later.

    Args:
        reads: The files that are read, beside Python's own and the libraries.
        writes: The folder in which files are made and removed; ``None`` for none at all.
        parent: The process with whose end this one ends.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked to be told
        os._exit(1)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _restrict_files(libc, reads, writes)
    column, audit_arch = _MACHINES.get(os.uname().machine, (None, 0))
    if column is None or sys.byteorder != "little" or struct.calcsize("P") != 8:
        return  # a machine whose numbers we do not know
    if os.geteuid() == 0:
        _drop_capabilities(libc, _CAPSET[column])
    _filter_calls(libc, _SECCOMP[column], seccomp_program(column, audit_arch, os.getpid()))


def _drop_capabilities(libc: ctypes.CDLL, number: int) -> None:
    """Leave root nothing but going past the modes of files, which Landlock still guards.

    Without that one it could not reach a folder that belongs to somebody else.
    """
    header = struct.pack("<Ii", _CAPABILITIES_V3, 0)
    kept = struct.pack("<6I", _CAP_DAC_OVERRIDE, _CAP_DAC_OVERRIDE, 0, 0, 0, 0)
    libc.syscall(number, header, kept)


# Landlock


def landlock_version(libc: ctypes.CDLL) -> int:
    """Return which version of Landlock's interface the kernel has; below 1 it has none."""
    return int(libc.syscall(_LANDLOCK[0], None, ctypes.c_size_t(0), 1))


def _restrict_files(libc: ctypes.CDLL, reads: Iterable[str], writes: str | None) -> None:
    version = landlock_version(libc)
    if version < 1:
        return
    rights = (1 << max(n for since, n in _RIGHTS_BY_VERSION.items() if since <= version)) - 1
    attributes = struct.pack("<Q", rights)
    if version >= 4:
        attributes += struct.pack("<Q", 3)  # binding and connecting TCP
    if version >= 6:
        attributes += struct.pack("<Q", 3)  # abstract Unix sockets and signals
    ruleset = libc.syscall(_LANDLOCK[0], attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return
    try:
        for path in [*library_folders(), *reads]:
            _allow(libc, ruleset, path, _READ_FILE | _READ_DIR)
        if writes is not None:
            more = _WRITE_FILE | _REMOVE_FILE | _MAKE_REG | _TRUNCATE
            _allow(libc, ruleset, writes, (_READ_FILE | _READ_DIR | more) & rights)
        libc.syscall(_LANDLOCK[2], ruleset, 0)
    finally:
        os.close(ruleset)


def library_folders() -> list[str]:
    """Return where Python's modules and shared libraries lie, and nothing that holds data."""
    modules = {Path(place) for place in sys.path if place and Path(place).is_absolute()}
    shared = {Path(sys.base_prefix, "lib"), *map(Path, _LIBRARY_FOLDERS)}
    return [str(place) for place in (modules - {ROOT}) | shared | {ROOT / "bot"}]


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # what is not there cannot be read; the work will say so
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{place}"):  # noqa: PTH112 - a link that is no path
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        # kernel: struct landlock_path_beneath_attr, packed
        libc.syscall(_LANDLOCK[1], ruleset, 1, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


# seccomp: a program of 8-byte instructions that the kernel runs at each system call


_LOAD, _EQUALS, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: Final = 0x7FFF0000
_NO_SUCH_CALL: Final = 0x00050000 | errno.ENOSYS
_NUMBER, _ARCHITECTURE = 0, 4  # where they lie in struct seccomp_data
_X32: Final = 0x40000000  # another set of numbers on the same machine


def _instruction(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("<HBBI", code, yes, no, value)


def _argument(index: int) -> bytes:
    return _instruction(_LOAD, 16 + 8 * index)  # its lower half: all that the kernel looks at


def _one_of(values: Sequence[int], then: int, otherwise: int) -> bytes:
    tests = [
        _instruction(_EQUALS, value, yes=len(values) - number)
        for number, value in enumerate(values)
    ]
    return b"".join((*tests, _instruction(_RETURN, otherwise), _instruction(_RETURN, then)))


def _rules(process: int) -> dict[str, bytes]:
    """Return for each call of ``CALLS_BY_ARGUMENT`` what decides about it."""
    return {
        # New threads, no new processes.
        "clone": _argument(0) + _instruction(_HAS_BITS, _CLONE_THREAD, no=1)
        + _instruction(_RETURN, _ALLOW) + _instruction(_RETURN, _NO_SUCH_CALL),
        # abort() sends a signal to itself.
        "tgkill": _argument(0) + _one_of([process], _ALLOW, _NO_SUCH_CALL),
        "prlimit64": _argument(0) + _one_of([0, process], _ALLOW, _NO_SUCH_CALL),
        "prctl": _argument(0) + _one_of([_PR_SET_NAME, _PR_SET_VMA], _ALLOW, _NO_SUCH_CALL),
        "ioctl": _argument(1) + _one_of(_IOCTLS, _ALLOW, _NO_SUCH_CALL),
        "fcntl": _argument(1) + _one_of(_OWNER_FCNTLS, _NO_SUCH_CALL, _ALLOW),
    }  # fmt: skip


def seccomp_program(column: int, audit_arch: int, process: int) -> bytes:
    """Return the filter for one machine.

    Args:
        column: Which of the numbers in ``CALLS`` are its own.
        audit_arch: As the kernel names the machine.
        process: The only one that may be signalled or limited: the process itself.
    """
    refuse = _instruction(_RETURN, _NO_SUCH_CALL)
    parts = [
        _instruction(_LOAD, _ARCHITECTURE), _instruction(_EQUALS, audit_arch, yes=1), refuse,
        _instruction(_LOAD, _NUMBER), _instruction(_AT_LEAST, _X32, no=1), refuse,
    ]  # fmt: skip
    rules = {name: _instruction(_RETURN, _ALLOW) for name in CALLS} | _rules(process)
    for name, rule in rules.items():
        number = (CALLS | CALLS_BY_ARGUMENT)[name][column]
        if number is not None:
            parts += [_instruction(_EQUALS, number, no=len(rule) // 8), rule]
    return b"".join((*parts, refuse))


def _filter_calls(libc: ctypes.CDLL, number: int, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc.syscall(number, 1, 1, header)  # SECCOMP_SET_MODE_FILTER, for all threads at once
