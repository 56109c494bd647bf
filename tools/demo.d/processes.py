"""Child processes that never outlive their parent: each in its own process group, ended in reverse order."""
import ctypes
import os
import signal
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    # Even a SIGKILL of the director leaves nothing running.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Child:
    """One program. Its output goes to a log file, or line by line to `on_line`."""

    def __init__(self, name, arguments, log, on_line=None, environment=None):
        self.name, self.arguments, self.log, self.on_line = name, arguments, log, on_line
        self.environment = dict(os.environ, **(environment or {}))
        self.process = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            # A group of its own: Ctrl-C reaches the director alone, which then ends the others in order.
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if self.on_line else log,
                stderr=log, start_new_session=True, preexec_fn=_die_with_parent, env=self.environment, text=True)
        if self.on_line:
            threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process):
        for line in process.stdout:
            self.on_line(line.rstrip("\n"))

    def running(self):
        return self.process.poll() is None

    def last_words(self):
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-15:])
        except OSError:
            return ""

    def kill(self):
        """As a crash would: no warning, no time to tidy up."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, patience=8.0):
        for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                pass
            deadline = time.monotonic() + wait
            while self.running() and time.monotonic() < deadline:
                time.sleep(0.02)
            if not self.running():
                return
