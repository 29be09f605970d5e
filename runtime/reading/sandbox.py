"""Keeps the child, even if a hostile file takes it over, from opening other files, using the network, and starting or
affecting other processes.

By Landlock (Linux 5.13) and seccomp (Linux 3.5) if the kernel has them, without privileges. Elsewhere the child only
has its resource limits: see docs/ingest.md.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
SECCOMP = {"x86_64": 317, "aarch64": 277}
SET_MODE_FILTER, ALL_THREADS = 1, 1

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, the same on every architecture."""

RULESET_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
ACCESS_BITS = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many kinds of access each version of Landlock handles; 16 from the fifth on."""

FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts")
"""The machine's fonts, which replace those that a file does not embed."""

MAY_READ = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", *FONTS)
"""Shared libraries and fonts, in addition to Python and its packages."""

DENIED = {
    "x86_64": (
        *(41, 42, 43, 44, 46, 49, 50, 53, 288, 307),  # socket to sendmmsg
        *(56, 57, 58, 59, 322, 435),  # clone, fork, vfork, execve, execveat, clone3
        *(62, 101, 200, 234, 310, 311, 424, 434, 438),  # kill, ptrace, tkill, tgkill, process_vm_*, pidfd_*
        *(165, 248, 249, 250, 272, 298, 308, 321, 323, 425),  # mount, keys, unshare, perf, setns, bpf, io_uring
    ),
    "aarch64": (
        *(198, 199, 200, 201, 202, 203, 206, 211, 242, 269),
        *(220, 221, 281, 435),
        *(117, 129, 130, 131, 270, 271, 424, 434, 438),
        *(40, 97, 217, 218, 219, 241, 268, 280, 282, 425),
    ),
}
"""Numbers of system calls that fail with EPERM."""

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, JUMP_EQUAL, JUMP_GREATER, RETURN = 0x20, 0x15, 0x25, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
MAX_NUMBERS = 0x3FFFFFFF
"""Higher numbers are those of x32, x86_64's other ABI."""


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("fd", ctypes.c_int32))


def confine_files(document: int) -> bool:
    """Restrict this thread, and those that it starts, to the files of Python and its packages and to `document`, an
    open file that may be reopened; False if this system can't."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, RULESET_VERSION)
    if version < 1:
        return False
    handled = ctypes.c_uint64((1 << ACCESS_BITS.get(version, 16)) - 1)
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(handled), ctypes.sizeof(handled), 0)
    if ruleset < 0:
        return False
    try:
        _allow(libc, ruleset, document, READ_FILE)
        for path in own_paths():
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            _allow(libc, ruleset, opened, READ_FILE | READ_DIR if path.is_dir() else READ_FILE)
            os.close(opened)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def confine_calls() -> bool:
    """Keep all threads of this process from using the network, from starting threads and processes, and from affecting
    other processes; False if this system can't."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in DENIED:
        return False
    denied = DENIED[machine]
    refuse = len(denied) + 1  # jump distance from the comparison before the first call to the refusal
    lines = [(LOAD, 0, 0, 4), (JUMP_EQUAL, 0, refuse + 2, AUDIT_ARCH[machine]), (LOAD, 0, 0, 0)]
    lines.append((JUMP_GREATER, refuse, 0, MAX_NUMBERS))
    lines += [(JUMP_EQUAL, refuse - 1 - number, 0, call) for number, call in enumerate(denied)]
    lines += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = libc.syscall(SECCOMP[machine], SET_MODE_FILTER, ALL_THREADS, ctypes.byref(program))
    return bool(done == 0)


def hide_memory() -> None:
    """Keep other processes of this user from reading this one's memory and environment; for the parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _allow(libc: ctypes.CDLL, ruleset: int, fd: int, access: int) -> None:
    rule = _Beneath(access, fd)
    libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)


@cache
def own_paths() -> Sequence[Path]:
    """What Python and its packages consist of."""
    runtime = Path(__file__).resolve().parents[1]
    named = [sys.base_prefix, sys.prefix, *MAY_READ, *sys.path]
    # Other files in this package's parent folder are none of the child's business.
    paths = {Path(name).resolve() for name in named if name} - {runtime.parent, Path("/"), Path("/usr")}
    paths |= {Path(sys.base_prefix).resolve() / "lib", runtime}
    return [path for path in sorted(paths) if path.exists()]
