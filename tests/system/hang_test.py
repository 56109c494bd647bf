#!/usr/bin/python3
"""One loop of a running magwatchd stands still, every one in its turn: the watchdog ends the process, or the ward is told.

  hang_test.py MAGWATCHD [--watchdog S] [--only NAME]

This test plays the service manager: a notify socket, a watchdog, an end for who does not feed it. A single thread is
stopped by ptrace, so that the daemon is the one that is shipped. Which thread has which outcome stands in LOOPS; a
thread that does not stand there is a mistake: whoever adds a loop says what becomes of the ward when it hangs.
"""
import argparse
import concurrent.futures
import ctypes
import os
import pathlib
import signal
import time

from receivers import SmsGateway
from surroundings import Manager
from ward_process import Ward, free_port, wait_for

# "ended": nobody could be paged or could answer without it. Else the fault that the ward is told; None: nobody needs it.
LOOPS = {"magwatchd": "ended", "pagers": "ended", "magwatch-http": "ended", "magwatch-call": "ended",
         "journal": "journal_slow", "history": "history", "audit": "audit", "work": "backup", "log": None,
         "pins": None}  # whoever unlocks a station waits; after a minute of it that ends it, too
SEIZE, INTERRUPT, WALL = 0x4206, 0x4207, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request, thread):
    if LIBC.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


class HangingWard(Ward):
    def __init__(self, binary, watchdog):
        super().__init__(binary)
        self.gateway = SmsGateway()
        callbacks = free_port()
        self.gateway.configure(self, callbacks, f"http://127.0.0.1:{callbacks}")
        self.manager = Manager(self.directory, watchdog)
        self.stopped = None

    def begin(self):
        self.start(**self.manager.environment())
        self.manager.watch(self.process)
        self.ready()

    def threads(self):
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        # The main thread last: a sanitizer's own has its name.
        ids = sorted((int(task.name) for task in tasks.iterdir()), key=lambda thread: thread == self.process.pid)
        return {(tasks / str(thread) / "comm").read_text().strip(): thread for thread in ids}

    def stop_thread(self, name):
        thread = self.threads()[name]
        ptrace(SEIZE, thread)
        ptrace(INTERRUPT, thread)
        os.waitpid(thread, WALL)
        self.stopped = thread

    def gone(self):
        """After a kill: a thread that is traced lets its process go when it was waited for."""
        if self.stopped not in (None, self.process.pid):
            os.waitpid(self.stopped, WALL)
        self.stopped = None
        self.process.wait(60)

    def kill_stopped(self):
        """One whose thread hangs cannot end by itself."""
        self.manager.process = None
        if self.stopped and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.gone()

    def faults(self):
        status, body = self.get("/api/v1/status")
        return body.decode() if status == 200 else ""

    def paged(self):
        return len([m for m in self.gateway.heard if "MAG HIGH" in m["Body"]])

    def close(self):
        self.kill_stopped()
        self.manager.close()
        self.gateway.close()
        super().close()


def healthy(ward):
    """It is fed for longer than the watchdog waits, and nothing is told."""
    began, before = time.monotonic(), ward.manager.feeds
    wait_for("feeding", lambda: time.monotonic() - began > 1.2 * ward.manager.watchdog and
             ward.manager.feeds - before >= 3, 60)
    assert ward.manager.ended is None


def ended(ward, name):
    """The process is ended in time, and what goes on from its journal pages again."""
    began = time.monotonic()
    ward.stop_thread(name)
    wait_for(f"the end of a daemon whose {name} hangs", lambda: ward.manager.ended, 10 * ward.manager.watchdog)
    took = (ward.manager.ended - began) / ward.manager.watchdog
    ward.gone()
    before = ward.paged()
    ward.begin()
    wait_for("the open call pages again", lambda: ward.paged() > before, 60)
    healthy(ward)
    return took


def told(ward, name, fault):
    """The ward is told, pages go on leaving, and the process is left alone."""
    ward.stop_thread(name)
    if fault:
        wait_for(f"{fault}, when {name} hangs", lambda: f'"{fault}"' in ward.faults(), 120)
    before = ward.paged()
    status, answer = ward.chart(kind="rr", value=9, unit="/min", key="hang")
    # Behind a disk that hangs nobody is told "stored", and the alarm goes out all the same.
    assert status in (200, 201) or name == "journal", (name, status, answer)
    wait_for(f"a page while {name} hangs", lambda: ward.paged() > before, 60)
    healthy(ward)


def hang(arguments, name):
    with HangingWard(arguments.magwatchd, arguments.watchdog) as ward:
        ward.doing = name
        ward.begin()
        ward.watch()
        ward.ring()
        wait_for("the first page", ward.paged, 60)
        unknown = set(ward.threads()) - set(LOOPS)
        assert not unknown, f"loops without a contract: {unknown}"
        healthy(ward)
        if LOOPS[name] == "ended":
            return f"{name} ended after {ended(ward, name):.2f} intervals"
        told(ward, name, LOOPS[name])
        return f"{name} told as {LOOPS[name]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("--watchdog", type=float, default=4, help="s; 10 on a ward")
    parser.add_argument("--only", choices=LOOPS)
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(LOOPS)
    # A thread that is traced belongs to the thread that stopped it: one for each ward.
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        for line in [one.result() for one in [pool.submit(hang, arguments, name) for name in names]]:
            print(line)


if __name__ == "__main__":
    main()
