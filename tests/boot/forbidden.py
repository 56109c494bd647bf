#!/usr/bin/python3
"""Run inside the service's sandbox in place of the daemon: tries what the daemon must never be able to do.

Prints one line an act, "refused NAME: why" or "ALLOWED NAME", and "may NAME" for what it needs; ends with 0.
"""
import ctypes
import errno
import mmap
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]


def call(name, *arguments):
    """A function of libc; a number below 0 (or MAP_FAILED) is raised as its error."""
    result = getattr(libc, name)(*arguments)
    if result is not None and (result == -1 or result == 2 ** 64 - 1):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def syscall(number, *arguments):
    call("syscall", ctypes.c_long(number), *arguments)


def run_a_program(path):
    child = os.fork()
    if child == 0:
        try:
            os.execv(path, [path])
        except OSError as error:
            os._exit(error.errno)
    _, status = os.waitpid(child, 0)
    if os.WEXITSTATUS(status) in (errno.EACCES, errno.EPERM):
        raise OSError(os.WEXITSTATUS(status), "cannot be run")


def write(path):
    with open(path, "w") as file:
        file.write("x")


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def execute_what_was_written():
    path = os.path.join(os.environ["STATE_DIRECTORY"], "program")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n")
    os.chmod(path, 0o700)
    try:
        run_a_program(path)
    finally:
        os.unlink(path)


FORBIDDEN = {
    "run a shell": lambda: run_a_program("/bin/sh"),
    "run what it wrote itself": execute_what_was_written,
    "trace a process": lambda: call("ptrace", 16, 1, 0, 0),
    "mount": lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "load a kernel module": lambda: syscall(175, b"", 0, b""),
    "restart the machine": lambda: syscall(169, 0, 0, 0, None),
    "set the clock": lambda: call("settimeofday", ctypes.create_string_buffer(16), None),
    "become root": lambda: os.setuid(0),
    "a namespace of its own": lambda: call("unshare", 0x10000000),
    "writable memory that can be executed": lambda: call("mmap", None, 4096, 7, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS,
                                                        -1, 0),
    "a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
    "write to /etc": lambda: write("/etc/magwatch/magwatch.toml"),
    "write to /usr": lambda: write("/usr/bin/forbidden"),
    "write a kernel setting": lambda: write("/proc/sys/kernel/hostname"),
    "read the secrets themselves": lambda: read("/etc/magwatch/secrets/webhook"),
    "read passwords": lambda: read("/etc/shadow"),
    "read root's home": lambda: os.listdir("/root"),
    "read the kernel's log": lambda: read("/dev/kmsg"),
    "see a disk": lambda: read("/dev/sda" if os.path.exists("/dev/sda") else "/dev/mem"),
    "see other users' processes": lambda: read("/proc/1/status"),
    "a set-user-id file": lambda: os.chmod(os.path.join(os.environ["STATE_DIRECTORY"], "suid"), 0o4755),
}
NEEDED = {
    "write its state": lambda: write(os.path.join(os.environ["STATE_DIRECTORY"], "suid")),
    "read its configuration": lambda: read("/etc/magwatch/magwatch.toml"),
    "read its credentials": lambda: read(os.path.join(os.environ["CREDENTIALS_DIRECTORY"], "webhook")),
    "ask whether the clock is kept": lambda: syscall(159, ctypes.create_string_buffer(256)),
    "know the boot": lambda: read("/proc/sys/kernel/random/boot_id"),
    "open a connection": lambda: socket.create_connection(("127.0.0.1", 8300), 5).close(),
}

for name, act in NEEDED.items():
    try:
        act()
        print("may", name, flush=True)
    except OSError as error:
        print(f"CANNOT {name}: {error.strerror}", flush=True)
for name, act in FORBIDDEN.items():
    try:
        act()
        print("ALLOWED", name, flush=True)
    except OSError as error:
        print(f"refused {name}: {error.strerror}", flush=True)
os.unlink(os.path.join(os.environ["STATE_DIRECTORY"], "suid"))
