#!/usr/bin/python3
"""tools/demo end to end. Usage: demo_test.py REPOSITORY FOLDER_OF_PROGRAMS

The story with real pages, its journal replayed; a ward without the toxic bed; a visitor's keys, kill -9 of the
daemon among them; and that nothing is left running, however the demo ends.
"""
import collections
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time

REPOSITORY, PROGRAMS = sys.argv[1], sys.argv[2]
DEMO = os.path.join(REPOSITORY, "tools", "demo")


def left_running(folder):
    """Command lines of processes that name this run's folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if int(pid) != os.getpid() and any(folder in word for word in words):
            found.append(" ".join(words))
    return found


def faults(folder):
    """What the sanitizers of a build with them said in the logs of this run."""
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".log"):
            with open(os.path.join(folder, name), errors="replace") as file:
                found += ["%s: %s" % (name, line) for line in file if "runtime error:" in line or "Sanitizer" in line]
    return found


def wait_until(what, condition, limit):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("never happened within %d s: %s" % (limit, what))


def command(*more):
    return [DEMO, "--bin", PROGRAMS, "--ports", "auto"] + list(more)


def pages_of(folder):
    with open(os.path.join(folder, "pages.jsonl")) as file:
        return [json.loads(line)["page"] for line in file]


def replayed_pages(journal):
    """What a replay of the journal makes: transitions and pages, with a summary at the end."""
    run = subprocess.run([os.path.join(PROGRAMS, "magwatch"), "replay", journal, "--json"], capture_output=True,
                         text=True)
    assert run.returncode == 0, run.stderr + run.stdout[-2000:]
    return [json.loads(line) for line in run.stdout.splitlines() if line]


def test_story(top):
    folder = os.path.join(top, "story")
    run = subprocess.run(command("--once", "--speed", "10", "--keep", folder), capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=400)
    print(run.stdout, run.stderr)
    assert run.returncode == 0, "the story was not seen whole"
    assert not left_running(folder), left_running(folder)
    for line in run.stdout.splitlines():
        assert line.startswith("SIMULATION") or line.startswith(" " * 10), line

    pages = pages_of(folder)
    assert all(p["simulation"] for p in pages)
    bodies = [p for p in pages if p["kind"] == "physiological"]
    for p in bodies:
        # Of the others only those whose monitor failed: somebody is sent to look at their breathing.
        assert p["bed"] == "bed-3" or p["bed"] in ("bed-1", "bed-2") and "BREATHING" in p["text"].upper(), p
    bodies = [p for p in bodies if p["bed"] == "bed-3"]
    first = bodies[0]
    assert first["grade"] == 1 and "INFUSION TOO FAST" in first["text"], first
    reflex = next(i for i, p in enumerate(bodies) if "no reflexes" in p["text"].lower())
    gluconate = next(i for i, p in enumerate(bodies) if p["grade"] == 2)
    assert 0 < reflex < gluconate, "dose, then reflex, then breathing"
    assert "calcium gluconate" in bodies[gluconate]["text"] and "STOP magnesium" in bodies[gluconate]["text"]
    assert {"bed-1", "bed-2"} <= {p["bed"] for p in pages if p["kind"] == "technical"}

    # The same inputs make the same pages again: the journal is the ward's black box.
    again = replayed_pages(os.path.join(folder, "state", "journal.db"))
    replayed = [e for e in again if e.get("event") == "page"]
    count = collections.Counter((p["bed"], p["kind"]) for p in replayed)
    sent = collections.Counter((p["bed"], p["kind"]) for p in pages)
    assert count == sent, (count, sent)
    assert again[-1]["summary"] and again[-1]["pages"] == len(replayed)
    assert again[-1]["same_pages"] and again[-1]["recorded_pages"] == len(replayed), again[-1]


def test_without_the_toxic_bed(top):
    folder = os.path.join(top, "calm")
    run = subprocess.run(command("--calm", "--once", "--speed", "3", "--keep", folder), capture_output=True,
                         text=True, stdin=subprocess.DEVNULL, timeout=200)
    print(run.stdout, run.stderr)
    assert run.returncode == 0
    # A slow disk of the machine that tests may page, and rightly.
    paged = [p for p in pages_of(folder) if p["bed"]]
    assert not paged, ("six quiet beds page nobody", paged)
    assert not left_running(folder)


class Visitor:
    """Somebody at a terminal."""

    def __init__(self, *arguments):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execv(DEMO, command(*arguments))
        self.text = ""

    def read(self):
        while select.select([self.terminal], [], [], 0.05)[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return
            if not data:
                return
            self.text += data.decode(errors="replace")

    def sees(self, words, limit=120, after=0):
        def there():
            self.read()
            return words in self.text[after:]
        try:
            wait_until("the terminal says '%s'" % words, there, limit)
        except AssertionError:
            print(self.text)
            raise
        return len(self.text)

    def press(self, key):
        os.write(self.terminal, key.encode())

    def ended(self, limit=30):
        def over():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return (status,) if pid else None
        return os.waitstatus_to_exitcode(wait_until("the demo ends", over, limit)[0])


def test_keys(top):
    folder = os.path.join(top, "keys")
    visitor = Visitor("--speed", "10", "--keep", folder)
    try:
        visitor.sees("INFUSION TOO FAST")
        here = len(visitor.text)
        visitor.press("k")
        visitor.sees("magwatchd is gone", after=here)
        visitor.sees("magwatchd runs again", 60, after=here)
        visitor.sees("PAGE to", 60, after=here)
        here = len(visitor.text)
        visitor.press("u")
        visitor.sees("network cable is out", 20, after=here)
        visitor.press("a")
        visitor.sees("You answered", 20, after=here)
        visitor.press("\x03")  # Ctrl-C
        assert visitor.ended() == 0, visitor.text
    except BaseException:
        print(visitor.text)
        raise
    finally:
        try:
            os.kill(visitor.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_until("nothing is left running", lambda: not left_running(folder), 20)


def test_killed(top):
    """Even a demo that cannot tidy up takes everything with it."""
    folder = os.path.join(top, "killed")
    visitor = Visitor("--speed", "10", "--keep", folder)
    visitor.sees("magwatchd is ready")
    assert len(left_running(folder)) >= 3
    os.kill(visitor.pid, signal.SIGKILL)
    os.waitpid(visitor.pid, 0)
    wait_until("nothing is left running", lambda: not left_running(folder), 20)


def test_a_reader_who_leaves(top):
    """As with "magwatch demo | head": it ends, in peace, and says nothing that nobody can read."""
    for more, expected in (((), 0), (("--once",), 1)):
        folder = os.path.join(top, "left" + "".join(more))
        demo = subprocess.Popen(command("--speed", "10", "--keep", folder, *more), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert demo.stdout.readline().startswith("SIMULATION"), "it said nothing"
        demo.stdout.close()
        errors = demo.communicate(timeout=120)[1]
        assert (demo.returncode, errors) == (expected, ""), (demo.returncode, errors)
        wait_until("nothing is left running", lambda: not left_running(folder), 20)


def test_mistakes(top):
    run = subprocess.run([DEMO, "--fast"], capture_output=True, text=True)
    assert run.returncode == 2 and "--fast" in run.stderr, run
    run = subprocess.run([DEMO, "--bin", top, "--once"], capture_output=True, text=True)
    assert run.returncode == 1 and "missing" in run.stderr, run


def main():
    with tempfile.TemporaryDirectory(prefix="magwatch-demo-test-") as top:
        for test in (test_mistakes, test_a_reader_who_leaves, test_story, test_without_the_toxic_bed, test_keys, test_killed):
            began = time.monotonic()
            test(top)
            for folder in os.listdir(top):
                assert not faults(os.path.join(top, folder)), faults(os.path.join(top, folder))
            print("%s: ok, %.0f s" % (test.__name__, time.monotonic() - began), flush=True)


main()
