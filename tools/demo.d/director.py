#!/usr/bin/python3
"""The director of the demo: starts a ward, plays its staff, and tells what really happens.

Everything printed is read back from magwatchd's API, the page receiver or the simulator; nothing is told
because it was hoped for. Started by tools/demo in a checkout and by `magwatch demo` where magwatch is installed.
"""
import argparse
import json
import os
import secrets
import base64
import select
import shutil
import signal
import socket
import sys
import tempfile
import termios
import threading
import time
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True  # an installed demo leaves nothing behind

from processes import Child  # noqa: E402
from story import Story  # noqa: E402
from ward_client import Daemon, Refused, Simulator  # noqa: E402

SHARE = os.path.dirname(HERE)
INSTALLED = os.path.isdir(os.path.join(SHARE, "packs"))  # in share/magwatch/demo; else tools/demo.d of a checkout
NAME = "magwatch demo" if INSTALLED else "tools/demo"
BEDS = ["bed-%d" % n for n in range(1, 7)]
PORTS = {"HTTP_PORT": 0, "MLLP_PORT": 1, "PAGE_PORT": 2, "MODBUS_PORT_0": 3, "MODBUS_PORT_1": 4, "MODBUS_PORT_2": 5,
         "MODBUS_PORT_3": 6, "MODBUS_PORT_4": 7}
TURN_S = 0.1
INSTALLED_BOARD = "/usr/share/magwatch/web"
DEMO_PIN = "246810"  # of daemon/app/app.cpp


def places():
    """Where the shipped files that the demo runs with are."""
    if INSTALLED:
        return {"PACKS": os.path.join(SHARE, "packs"), "PROTOCOLS": os.path.join(SHARE, "protocol"),
                "MAPS": os.path.join(SHARE, "maps"), "RECEIVER": os.path.join(HERE, "page_receiver.py")}
    root = os.path.dirname(SHARE)
    return {"PACKS": os.path.join(root, "rules", "packs"), "PROTOCOLS": os.path.join(root, "rules", "protocol"),
            "MAPS": os.path.join(root, "adapters", "monitors", "modbus", "maps"),
            "RECEIVER": os.path.join(root, "tools", "page_receiver", "page_receiver.py")}


def free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def choose_ports(wanted):
    first, count = 18300, len(PORTS)
    if wanted == "auto":
        for base in range(20000 + os.getpid() % 8000, 60000, 11):
            if all(free(base + i) for i in range(count)):
                return base
        raise SystemExit(NAME + ": no free ports")
    base = int(wanted) if wanted else first
    taken = [base + i for i in range(count) if not free(base + i)]
    if taken:
        raise SystemExit("%s: port %d is taken; choose others with --ports BASE or --ports auto" % (NAME, taken[0]))
    return base


class Terminal:
    """Lines for people, and single keys where there is a keyboard."""

    COLOURS = {"story": "", "page": "\033[1;31m", "staff": "\033[36m", "fault": "\033[33m", "good": "\033[32m",
               "dim": "\033[2m"}

    def __init__(self):
        self.began = time.monotonic()
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        # A demo in the background may not touch the terminal.
        self.keyboard = sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        self.lock = threading.Lock()  # pages and the simulator's words come from threads of their own
        self.gone = False             # whoever read has left: "magwatch demo | head"
        self.saved = termios.tcgetattr(sys.stdin) if self.keyboard else None
        if self.keyboard:
            tty.setcbreak(sys.stdin)

    def say(self, text, kind="story"):
        s = int(time.monotonic() - self.began)
        stamp = "SIMULATION %02d:%02d  " % (s // 60, s % 60)
        colour = self.COLOURS[kind] if self.colour else ""
        lines = ""
        for line in str(text).splitlines() or [""]:
            lines += stamp + colour + line + ("\033[0m" if colour else "") + "\n"
            stamp = " " * len(stamp)
        with self.lock:
            if self.gone:
                return
            try:
                sys.stdout.write(lines)
                sys.stdout.flush()
            except BrokenPipeError:
                self.gone = True
                # What Python still holds back must find somebody who takes it when it ends.
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, sys.stdout.fileno())
                os.close(nowhere)

    def key(self, wait_s):
        if not self.keyboard:
            time.sleep(wait_s)
            return ""
        if not select.select([sys.stdin], [], [], wait_s)[0]:
            return ""
        typed = os.read(sys.stdin.fileno(), 1).decode(errors="replace")
        self.keyboard = typed != ""  # the terminal may be gone
        return typed

    def restore(self):
        if self.saved is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.saved)


class Director:
    def __init__(self, options):
        self.options = options
        self.terminal = Terminal()
        self.run = None
        self.children = []
        self.daemon_child = None
        self.pages = []        # as the receiver got them
        self.receiver_ready = False
        self.expected_kill = False
        self.restarts = 0
        self.stopping = False

    # --- starting and ending ---

    def prepare(self):
        base = choose_ports(self.options.ports)
        self.ports = {name: base + offset for name, offset in PORTS.items()}
        if self.options.keep:
            os.makedirs(self.options.keep, mode=0o700)
            self.run = os.path.abspath(self.options.keep)
        else:
            self.run = tempfile.mkdtemp(prefix="magwatch-demo-")
        os.makedirs(os.path.join(self.run, "state"), mode=0o700)
        self.secret("webhook-secret", "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        self.secret("answer-secret", "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        with open(os.path.join(HERE, "magwatch.toml.in")) as file:
            text = file.read()
        self.board = self.board_folder()
        for name, value in dict(self.ports, RUN=self.run, BOARD=self.board, **places()).items():
            text = text.replace("@%s@" % name, str(value))
        self.config = os.path.join(self.run, "magwatch.toml")
        with open(self.config, "w") as file:
            file.write(text)
        self.daemon = Daemon(self.ports["HTTP_PORT"], self.revive)
        self.simulator = Simulator(os.path.join(self.run, "simulator.sock"))

    def secret(self, name, text):
        path = os.path.join(self.run, name)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text + "\n")

    def program(self, name):
        for folder in self.options.bin.split(":"):
            if os.access(os.path.join(folder, name), os.X_OK):
                return os.path.join(folder, name)
        raise SystemExit("%s: %s is missing in %s" % (NAME, name, self.options.bin))

    def board_folder(self):
        """The ward board of this build, or the installed one; a daemon without it says so on its first page."""
        built = [os.path.join(os.path.dirname(folder), "web") for folder in self.options.bin.split(":")]
        return next((folder for folder in built if os.path.exists(os.path.join(folder, "index.html"))), INSTALLED_BOARD)

    def log(self, name):
        return os.path.join(self.run, name + ".log")

    def start(self):
        say = self.terminal.say
        say("Six beds, nobody real. magwatchd is a second alarm system; here it watches simulated women.")
        receiver = [sys.executable, places()["RECEIVER"], "--port",
                    str(self.ports["PAGE_PORT"]), "--key-file", os.path.join(self.run, "webhook-secret"), "--log",
                    os.path.join(self.run, "pages.jsonl"), "--simulation", "--json"]
        self.children.append(Child("page receiver", receiver, self.log("page_receiver"), self.page_came))
        self.wait_for("the page receiver", lambda: self.receiver_ready, self.children[0], 30)
        simulator = [self.program("magwatch-simulator"), "--scenario", os.path.join(HERE, "scenario.toml"), "--speed",
                     str(self.options.speed), "--modbus-base-port", str(self.ports["MODBUS_PORT_0"]), "--mllp",
                     "127.0.0.1:%d" % self.ports["MLLP_PORT"], "--control", self.simulator.path, "--json"]
        if self.options.seed is not None:
            simulator += ["--seed", str(self.options.seed)]
        self.children.append(Child("simulator", simulator, self.log("simulator"), self.simulator_said))
        self.daemon_child = Child("magwatchd", [self.program("magwatchd"), "--config", self.config],
                                  self.log("magwatchd"))
        self.children.append(self.daemon_child)
        self.wait_for("the simulator", lambda: os.path.exists(self.simulator.path), self.children[1], 30)
        self.wait_for("magwatchd", self.daemon.ready, self.daemon_child, 30)
        http = self.daemon.base
        say("magwatchd is ready. Open in a browser, or with curl:")
        if os.path.exists(os.path.join(self.board, "index.html")):
            say("  ward board  %s/   (everybody's PIN here: %s)" % (http, DEMO_PIN))
        say("  pages as they arrive  http://127.0.0.1:%d/" % self.ports["PAGE_PORT"])
        say("  health %s/healthz   metrics %s/metrics" % (http, http))
        say("  API    %s/api/v1/status  (also beds, alarms, calls, pages)" % http)
        say("  files  %s" % self.run)
        if self.terminal.keyboard:
            say("Keys: u unplug a monitor   f freeze one   k kill -9 the daemon   a answer coming   h I am here"
                "   q quit", "dim")

    def wait_for(self, name, is_there, child, seconds):
        deadline = time.monotonic() + seconds
        while not is_there():
            if not child.running() or time.monotonic() > deadline:
                raise SystemExit("%s: %s did not get ready:\n%s" % (NAME, name, child.last_words()))
            time.sleep(0.05)

    def stop(self):
        for child in reversed(self.children):
            child.stop()
        self.terminal.restore()
        if self.run and not self.options.keep:
            shutil.rmtree(self.run, ignore_errors=True)

    # --- what comes in ---

    def page_came(self, line):
        if line.startswith("READY "):
            self.receiver_ready = True
        try:
            page = json.loads(line)
        except ValueError:
            return
        if isinstance(page, dict) and page.get("type") == "magwatch.page":
            if page.get("sends", 1) > 1:
                self.terminal.say("page #%s was sent a second time; shown once" % page.get("number"), "dim")
                return
            page["came_s"] = time.monotonic()
            page["to"] = page["key"].split("/")[3] if page["key"].count("/") >= 4 else "?"
            self.pages.append(page)
            self.terminal.say("PAGE to %s: %s" % (page["to"], page["text"]), "page")

    def simulator_said(self, line):
        try:
            told = json.loads(line)
        except ValueError:
            return
        if "text" in told:
            self.terminal.say("%s: %s" % (told["bed"], told["text"]) if told.get("bed") else told["text"], "dim")

    # --- keys ---

    def newest_call(self):
        calls = [c for c in self.daemon.get("calls")["calls"] if c["bed"]]
        return max(calls, key=lambda c: c["number"], default=None)

    def press(self, key):
        say = self.terminal.say
        if key == "q":
            self.stopping = True
        elif key == "k":
            self.kill_daemon()
        elif key in "uf" and key:
            self.toggle(*(("bed-1", "unplugged", "unplug", "replug") if key == "u" else
                          ("bed-2", "frozen", "freeze", "thaw")))
        elif key in "ah" and key:
            call = self.newest_call()
            if call is None:
                say("nobody is being called", "dim")
                return
            answer = "coming" if key == "a" else "here"
            self.daemon.post("calls/%s/answer" % call["id"], person="midwife", answer=answer)
            say("You answered call #%d, %s: %s" % (call["number"], call["bed"],
                                                  "coming" if key == "a" else "I am here"), "staff")

    def toggle(self, bed, state, on, off):
        verb = off if self.simulator.truth()[bed][state] else on
        self.terminal.say(self.simulator("%s %s" % (verb, bed))["text"], "fault")

    def kill_daemon(self):
        self.terminal.say("kill -9: magwatchd is gone, without a warning", "fault")
        self.expected_kill = True
        self.daemon_child.kill()

    def revive(self):
        """systemd would do this on a ward: the daemon is started again, whatever ended it."""
        if self.daemon_child.running():
            return
        if not self.expected_kill and self.options.once:
            raise SystemExit(NAME + ": magwatchd ended by itself:\n" + self.daemon_child.last_words())
        if not self.expected_kill:
            self.terminal.say("magwatchd ended by itself:\n" + self.daemon_child.last_words(), "fault")
        self.expected_kill = False
        self.restarts += 1
        if self.restarts > 50:
            raise SystemExit(NAME + ": magwatchd does not stay up")
        began = time.monotonic()
        self.daemon_child.start()
        self.wait_for("magwatchd", self.daemon.ready, self.daemon_child, 30)
        self.terminal.say("magwatchd runs again, ready after %.1f s: open calls are paged again"
                          % (time.monotonic() - began), "good")

    # --- the loop ---

    def play(self):
        self.prepare()
        self.start()
        story = Story(self)
        steps = story.calm() if self.options.calm else story.play()
        while not self.stopping:
            if self.terminal.gone:
                return 1 if self.options.once else 0  # nobody saw the story's end
            self.revive()
            try:
                next(steps)
            except StopIteration:
                complete = story.summary()
                if self.options.once:
                    return 0 if complete else 1
                steps = story.afterwards()
            try:
                self.press(self.terminal.key(TURN_S))
            except Refused as error:
                self.terminal.say("that did not work: %s" % error, "fault")
        return 0


def main():
    parser = argparse.ArgumentParser(prog=NAME)
    parser.add_argument("--bin", required=True, help="folders of the programs, joined by :")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--ports")
    parser.add_argument("--keep")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--calm", action="store_true")
    options = parser.parse_args()
    if not 0.1 <= options.speed <= 100:
        parser.error("--speed goes from 0.1 to 100")
    if options.ports not in (None, "auto") and not options.ports.isdigit():
        parser.error("--ports needs a number or auto")

    def end(*_):
        raise KeyboardInterrupt

    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, end)
    director = Director(options)
    try:
        result = director.play()
    except Refused as error:
        director.terminal.say("%s cannot go on: %s" % (NAME, error), "fault")
        result = 1
    except KeyboardInterrupt:
        result = 130 if options.once else 0
        director.terminal.say("ending everything", "dim")
    finally:
        # Nothing may interrupt the tidying up.
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, signal.SIG_IGN)
        director.stop()
    sys.exit(result)


main()
