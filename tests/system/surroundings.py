"""What a daemon under test finds around it: libraries that are preloaded into it, clocks that are set, namespaces of its own,
and a service manager. Python's standard library only."""
import os
import signal
import socket
import struct
import subprocess
import threading
import time


def preloaded(library, **environment):
    """The environment of a program into which this library is preloaded. A sanitizer wants to be the first: those here
    are only asked, and never allocate."""
    checks = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
    return {"LD_PRELOAD": os.path.abspath(library), "ASAN_OPTIONS": checks, **environment}


def set_clocks(path, wall, boot=0.0):
    """How many seconds CLOCK_REALTIME and CLOCK_BOOTTIME are ahead of the machine's, in every program that reads this file,
    at once (tests/support/wall_clock.cpp)."""
    with open(path, "r+b" if os.path.exists(path) else "w+b") as file:  # never shorter: it is mapped
        file.write(struct.pack("<qq", round(wall * 1e9), round(boot * 1e9)))


def clocked(library, path, wall, boot=0.0):
    """The environment of a program that begins with such clocks; the file sets them further."""
    set_clocks(path, wall, boot)
    return preloaded(library, MAGWATCH_TEST_CLOCK=str(path))


class Namespaces:
    """Namespaces in which the ward's daemons run from now on, held by a process that outlives each of them. `script` is
    what a shell does in them first, `more` are further options of unshare."""

    def __init__(self, ward, kinds, script, *more):
        self.ward = ward
        self.holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", *kinds, *more, "--fork", "--kill-child", "sh", "-c",
             f"{script} && echo $$ && exec sleep infinity"], stdout=subprocess.PIPE, text=True)
        self.inside = self.holder.stdout.readline().strip()  # a process of them
        assert self.inside, f"cannot: {script}"
        ward.prefix = ["nsenter", "--target", self.inside, "--user", *kinds, "--preserve-credentials"]

    def release(self):
        """Ends them, and the daemon that runs there."""
        if self.ward.process and self.ward.process.poll() is None:
            self.ward.process.kill()
            self.ward.process.wait()
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class Manager(threading.Thread):
    """What systemd does with Type=notify and WatchdogSec: kills the process that fed it last too long ago."""

    def __init__(self, folder, watchdog):
        super().__init__(daemon=True)
        self.path, self.watchdog = str(folder / "notify.sock"), watchdog
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.05)
        self.process, self.fed, self.feeds, self.ended = None, None, 0, None
        self.over = False
        self.start()

    def environment(self):
        return {"NOTIFY_SOCKET": self.path, "WATCHDOG_USEC": str(int(self.watchdog * 1e6))}

    def watch(self, process):
        self.fed, self.feeds, self.ended = None, 0, None
        self.process = process

    def run(self):
        while not self.over:
            try:
                said = self.socket.recv(4096).decode()
                if "READY=1" in said or "WATCHDOG=1" in said:
                    self.fed = time.monotonic()
                    self.feeds += "WATCHDOG=1" in said
            except socket.timeout:  # nothing that was said waits to be read
                if self.process and self.fed and time.monotonic() - self.fed > self.watchdog:
                    self.ended = time.monotonic()
                    self.process.send_signal(signal.SIGKILL)
                    self.process = None

    def close(self):
        self.over = True
        self.join()
        self.socket.close()
