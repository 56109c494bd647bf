"""How long the machine kept what was ready to run from running: so much later than on an idle one may be what a test holds to a
promised time. Python's standard library only; Linux."""
import pathlib
import threading
import time

BEAT = 0.01  # s


def stalled_on_disks():
    """Seconds in which something on this machine waited for a disk, since it started; 0 where the kernel does not tell."""
    try:
        some = pathlib.Path("/proc/pressure/io").read_text().splitlines()[0]
    except OSError:
        return 0.0
    return int(some.rsplit("total=", 1)[1]) / 1e6


def waits_of(pid):
    """{thread: seconds for which it was ready and another one ran}, since it began; empty if the process has ended."""
    found = {}
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
    except OSError:
        pass  # a thread, or all of it, has ended
    return found


class Watcher(threading.Thread):
    """Wakes every BEAT and counts by how much it was late: for those who are no thread of the process, such as its peers,
    this program among them."""

    def __init__(self):
        super().__init__(daemon=True)
        self.late = 0.0
        self.due = time.monotonic() + BEAT
        self.start()

    def run(self):
        while True:
            time.sleep(max(0.0, self.due - time.monotonic()))
            now = time.monotonic()
            self.late += max(0.0, now - self.due)
            self.due = now + BEAT

    def seconds(self):
        """A beat that should have been by now counts as far as it is late."""
        return self.late + max(0.0, time.monotonic() - self.due)


class Delay:
    """Of one process, from now on, or from its start: what its own threads waited for a core, one after another at worst, what
    this program did, and what the disks took. On a machine that is idle it stays near 0 whatever the process does, but for
    its own waits for the disk."""
    watcher = None
    lock = threading.Lock()

    def __init__(self, pid, from_its_start=False):
        with Delay.lock:
            Delay.watcher = Delay.watcher or Watcher()
        self.pid = pid
        self.before = {} if from_its_start else waits_of(pid)
        self.waits = dict(self.before)  # of threads that have ended, too
        self.late, self.disk = self.watcher.seconds(), stalled_on_disks()

    def parts(self):
        """Seconds of the process's threads, of this program, and of the disks."""
        self.waits.update(waits_of(self.pid))
        threads = sum(wait - self.before.get(thread, 0.0) for thread, wait in self.waits.items())
        return threads, self.watcher.seconds() - self.late, stalled_on_disks() - self.disk

    def seconds(self):
        return sum(self.parts())
