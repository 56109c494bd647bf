#!/usr/bin/python3
"""Every command, every configuration and every output that the manual shows is tried.

  commands_test.py REPOSITORY BIN

A fence says what it is by its language, and by a comment on the line before it, which no reader sees:

  sh     commands: run, in a ward of their own (ward.toml.in). What would change the machine is run by stand_in.py,
         which refuses what the boot test or the build does not do.
           <!-- exit: 1 -->                     one of these exit codes is meant
           <!-- not run: WHY; proof: TEST -->   nothing of it is run; a test of this name proves it
  text   <!-- output -->                        what the commands before it print, to the letter
         <!-- picture -->                       nothing that anybody types
  toml   <!-- load: KIND -->                    read by the real reader: KIND is a key of LOADERS
  ini    a drop-in of systemd's service         read by systemd-analyze
  csv, hl7  <!-- recording: NAME -->               a recording, which the commands find under this name
  cpp    declarations of the header that its first comment names
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import unittest

REPOSITORY, BIN = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
sys.path.insert(0, str(REPOSITORY / "tests/support"))
from ports import free_port  # noqa: E402
HERE = pathlib.Path(__file__).resolve().parent
PEOPLE = ["midwife-1", "charge-1", "doctor-1", "doctor-2", "doctor-3", "anaesthetist", "switchboard", "engineer", "engineer-1"]
PLAIN = (HERE / "ward.toml.in").read_text()
Block = collections.namedtuple("Block", "where language remark text")


def blocks_of(path):
    lines, at, found = path.read_text().splitlines(), 0, []
    while at < len(lines):
        fence = re.fullmatch(r"( *)```(.*)", lines[at])
        if fence:
            end = next(i for i in range(at + 1, len(lines)) if lines[i].strip() == "```")
            remark = re.fullmatch(r" *<!-- (.*) -->", lines[at - 1]) if at else None
            text = "\n".join(line[len(fence[1]):] for line in lines[at + 1:end]) + "\n"
            found.append(Block(f"{path.relative_to(REPOSITORY)}:{at + 1}", fence[2], remark[1] if remark else "", text))
            at = end
        at += 1
    return found


def examples_of(page):
    """The EXAMPLES of a manual page: lines of .Dl are commands, literal displays are configurations."""
    text = page.read_text().partition(".Sh EXAMPLES\n")[2].partition("\n.Sh ")[0].replace("\\-", "-")
    for line in re.findall(r"^\.Dl (.*)$", text, re.M):
        yield Block(f"man/{page.name}", "sh", "", line + "\n")
    for display in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", text, re.M | re.S):
        language = "toml" if re.search(r"^\[", display, re.M) else "sh"
        remark = "load: " + ("pack part" if "rules.5" in page.name else "ward") if language == "toml" else ""
        yield Block(f"man/{page.name}", language, remark, display)


def pages():
    return [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]


Command = collections.namedtuple("Command", "leaf options")


def commands_of(path):
    """{words of a command: whether it has none below it, and its options}, as --help tells."""
    text = subprocess.run([BIN / "magwatch", *path, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    below = re.findall(r"(?m)^  (\S+)", text.partition("Subcommands:\n")[2].partition("\n\n")[0])
    found = {path: Command(not below, set(re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", text)))} if path else {}
    for word in below:
        found.update(commands_of((*path, word)))
    return found


class Machine:
    """A folder that holds what an installed ward's PC holds, a running ward, and a checkout to type commands in."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="mwm-")
        self.root = pathlib.Path(self.scratch.name)
        self.work, self.bin, self.etc = self.root / "work", self.root / "bin", self.root / "etc/magwatch"
        self.socket, self.http, self.started = self.root / "run/magwatch/magwatchd.sock", free_port(), []
        for folder in (self.work / "tools", self.work / "build/release/packages", self.bin, self.etc / "secrets", self.etc / "maps",
                       self.root / "run/magwatch", self.root / "var/lib/magwatch", self.root / "etc/prometheus"):
            folder.mkdir(parents=True)
        try:
            self.install()
            self.checkout()
            self.start()
        except BaseException:
            self.stop()
            raise

    def install(self):
        share = self.root / "usr/share"
        for source, target in (("rules/packs", "magwatch/packs"), ("rules/protocol", "magwatch/protocol"),
                               ("adapters/monitors/modbus/maps", "magwatch/maps"), ("grafana", "magwatch-grafana/grafana")):
            shutil.copytree(REPOSITORY / source, share / target, ignore=shutil.ignore_patterns("node_modules"))
        (share / "magwatch/systemd").mkdir()
        (share / "magwatch-deadman").mkdir()
        shutil.copy(REPOSITORY / "systemd/serial.conf", share / "magwatch/systemd")
        shutil.copy(REPOSITORY / "systemd/deadman.toml", share / "magwatch-deadman")
        shutil.copytree(REPOSITORY / "rules/packs", self.etc / "packs")
        shutil.copy(REPOSITORY / "rules/protocol/example.protocol.toml", self.etc)
        for name in ("monitor", "pump", "ward-monitor"):
            simulated = (share / f"magwatch/maps/sim-{'pump' if name == 'pump' else 'monitor'}.toml").read_text()
            # A site's own map of a device that is no simulated one.
            (self.etc / f"maps/{name}.toml").write_text(re.sub(r"(?m)^simulation = true.*\n", "", simulated))
        for example in ("prometheus/prometheus.example.yml", "prometheus/magwatch.rules.yml", "alertmanager/magwatch.example.yml"):
            name = {"prometheus.example.yml": "prometheus.yml", "magwatch.example.yml": "alertmanager.yml"}
            target = self.root / "etc/prometheus" / name.get(pathlib.Path(example).name, pathlib.Path(example).name)
            target.write_text(self.here((REPOSITORY / "grafana" / example).read_text()))

    def checkout(self):
        for entry in REPOSITORY.iterdir():
            if entry.name not in ("tools", "build", ".git"):
                (self.work / entry.name).symlink_to(entry)
        for entry in (REPOSITORY / "tools").iterdir():
            runs = entry.is_file() and os.access(entry, os.X_OK) and entry.suffix == ""
            (self.work / "tools" / entry.name).symlink_to(HERE / "stand_in.py" if runs else entry)
        for name in ("apt", "systemctl", "cmake", "ctest", "npm", "editor", "systemd-sysusers", "systemd-tmpfiles", "magwatch-demo"):
            (self.bin / name).symlink_to(HERE / "stand_in.py")
        for folder in (self.work, self.work / "build/release/packages"):
            for name in ("magwatch_0.1.0-1_amd64.deb", "magwatch_NEWER_amd64.deb", "magwatch-web_0.1.0-1_all.deb"):
                (folder / name).touch()
        wrapper = self.bin / "magwatch"
        wrapper.write_text(WRAPPER.format(real=BIN / "magwatch", etc=self.etc, state=self.root / "var/lib/magwatch",
                                          port=free_port()))
        curl = self.bin / "curl"  # an answer that refuses is a failure here
        curl.write_text(f'#!/bin/sh\nexec {shutil.which("curl")} --silent --show-error --fail-with-body "$@"\n')
        for script in (wrapper, curl):
            script.chmod(0o755)
        for name in ("magwatchd", "magwatch-deadman"):
            (self.bin / name).symlink_to(BIN / name)
        packs = REPOSITORY / "rules/packs"
        text = (packs / "minimal.toml").read_text()
        for name in ("old", "site"):
            (self.work / f"{name}.toml").write_text(text.replace('name = "minimal"', f'name = "{name}"'))
        later = re.sub(r'(id = "rr-low"\n(?:.*\n)*?for = )"1 min"', r'\1"30 s"', text, count=1)
        assert later != text
        (self.work / "new.toml").write_text(later.replace('name = "minimal"', 'name = "new"'))
        rows = [f"{i},90,{16 if i < 60 else 11 if i < 300 else 18},97" for i in range(600)]
        (self.work / "night.csv").write_text("time_s,hr_bpm,rr_bpm,spo2_pct\n" + "\n".join(rows) + "\n")

    def start(self):
        key = subprocess.run("printf whsec_; head -c 32 /dev/urandom | base64 -w 0", shell=True, capture_output=True, text=True,
                             check=True).stdout
        (self.root / "var/lib/magwatch").chmod(0o700)
        for name in ("webhook", "answer"):
            (self.etc / "secrets" / name).write_text(key)
            (self.etc / "secrets" / name).chmod(0o600)
        receiver = subprocess.Popen([sys.executable, "-B", REPOSITORY / "tools/page_receiver/page_receiver.py", "--port", "0",
                                     "--key-file", self.etc / "secrets/webhook"], stdout=subprocess.PIPE, text=True,
                                    stderr=subprocess.DEVNULL, start_new_session=True)
        self.started.append(receiver)
        self.pages = int(re.search(r"http=(\d+)", receiver.stdout.readline())[1])
        config = self.etc / "magwatch.toml"
        config.write_text(self.ward())
        with open(self.root / "magwatchd.log", "w") as log:
            daemon = subprocess.Popen([BIN / "magwatchd", "--config", config], stdout=log, stderr=log)
        self.started.append(daemon)
        end = time.monotonic() + 60
        while self.run("magwatch status --json").returncode != 0:
            assert daemon.poll() is None and time.monotonic() < end, (self.root / "magwatchd.log").read_text()
            time.sleep(0.1)
        done = self.run("magwatch watch start bed-3 --person midwife-1 && "
                        "magwatch enter infusion bed-3 --g-per-h 1 --person midwife-1")
        assert done.returncode == 0, done.stderr

    def ward(self):
        people = ""
        for name in PEOPLE:
            people += f'[[person]]\nname = "{name}"\n[[person.channels]]\nkind = "webhook"\n'
            people += f'url = "http://127.0.0.1:{self.pages}/page"\nsecret = "file:{self.etc}/secrets/webhook"\n'
        return PLAIN.replace("@PEOPLE@", people).replace("@ROOT@", str(self.root)).replace("@HTTP@", str(self.http))

    def here(self, text):
        for place in ("/etc/magwatch", "/etc/prometheus", "/usr/share/magwatch", "/run/magwatch", "/var/lib/magwatch"):
            text = re.sub(rf"(?<![\w.-]){place}", str(self.root) + place, text)
        return text.replace("RUN/magwatchd.sock", str(self.socket)).replace("127.0.0.1:8300", f"127.0.0.1:{self.http}")

    def run(self, text):
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "MAGWATCH_SOCKET": str(self.socket),
                       "MANUAL_REPOSITORY": str(REPOSITORY), "MANUAL_MAGWATCH": str(BIN / "magwatch"), "LC_ALL": "C.UTF-8"}
        return subprocess.run(["bash", "-euo", "pipefail", "-c", self.here(text)], cwd=self.work, env=environment,
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False)

    def stop(self):
        for process in reversed(self.started):
            process.terminate()
            process.wait(60)
            if process.stdout:
                process.stdout.close()
        self.scratch.cleanup()


WRAPPER = """#!/bin/bash
# magwatch as installed: with this folder's configuration, and with ports that are free.
case "$*" in
  demo*) exec magwatch-demo "$@" ;;
  "config check") exec {real} config check {etc}/magwatch.toml ;;
  "config init") exec {real} config init --help ;; # asks at a terminal; what it asks and writes is tested elsewhere
  "config init"*) exec {real} "$@" --output {etc}/written.toml --force ;;
  doctor*) # finds warnings here, and says so by 1
    shift; {real} doctor --config {etc}/magwatch.toml --state-directory {state} "$@" || [ $? -eq 1 ]; exit ;;
  "rules rate"*) exec {real} "${{@/%000/}}" ;; # thousands of days and courses take minutes
  "replay --serve --config-only"*) ;;
  "replay --serve"*) shift 2; exec {real} replay --serve --modbus-port {port} "$@" ;;
esac
exec {real} "$@"
"""


def top_tables(text):
    """A configuration's text by its top-level tables: [(name, text)]."""
    parts = re.split(r"(?m)^(?=\[)", text)
    return [(re.match(r"\[+([a-z0-9_]+)", part)[1], part) for part in parts if part.startswith("[")]


def load_config(machine, text):
    """What the fragment lacks of a whole ward is taken from the ward."""
    given = tomllib.loads(text)
    paths = {name + "." + below for name, value in given.items() if isinstance(value, dict) for below in value}
    whole = ""
    for name, part in top_tables(machine.ward()):
        head = re.match(r"\[+([a-z0-9_.]+)", part)[1]
        if name not in given or (name in ("pager", "escalation") and head not in paths and head != name):
            whole += part
    file = machine.etc / "fragment.toml"
    file.write_text(whole + text)
    return machine.run(f"{BIN}/magwatch config check {file}")


def load_ward(machine, text):
    """A whole configuration of a ward, with the files that it names: a signed-off pack and an approved protocol."""
    protocol = (REPOSITORY / "tests/fuzz/protocol_file/corpus/approved.toml").read_text()
    (machine.etc / "site.protocol.toml").write_text(protocol)
    for end in (".toml", ".test.toml"):
        shutil.copy(REPOSITORY / f"rules/packs/ggc{end}", machine.etc / f"packs/site{end}")
    file = machine.etc / "fragment.toml"
    file.write_text(text)
    return machine.run(f"{BIN}/magwatch config check {file}")


def load_pack(machine, text):
    name = tomllib.loads(text)["name"]
    file = machine.root / f"loaded/{name}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return machine.run(f"{BIN}/magwatch rules check {file}")


def load_part(machine, text):
    return load_pack(machine, 'name = "part"\ntitle = "Part"\nversion = "1"\nexample = true\nextends = "minimal"\n' + text)


def load_expressions(machine, text):
    rules = ""
    for number, line in enumerate(text.splitlines()):
        rules += (f'[[rule]]\nid = "rule-{number}"\ntitle = "One"\nmessage = "One"\nprompt = "Look."\nsource = "manual"\n'
                  f'priority = "medium"\n{line}\n')
    return load_part(machine, rules)


def load_cases(machine, text):
    folder = machine.root / "cases"
    shutil.copytree(REPOSITORY / "rules/packs", folder, dirs_exist_ok=True)
    (folder / "example.test.toml").write_text(text)
    return machine.run(f"{BIN}/magwatch rules check {folder}/example.toml")


def load_map(machine, text):
    if "[[register]]" not in text:
        text += '[[register]]\nsignal = "hr"\nfunction = 4\naddress = 0\ntype = "u16"\nunit = "/min"\n'
    if not text.startswith("name"):
        text = 'name = "part"\nmodel = "Part"\ncommissioned = false\n' + text
    (machine.etc / "maps/fragment.toml").write_text(text)
    return load_config(machine, '[[modbus]]\nname = "m"\nhost = "192.0.2.7"\nmap = "maps/fragment.toml"\nbed = "bed-1"\n')


LOADERS = {"config": load_config, "ward": load_ward, "pack": load_pack, "pack part": load_part,
           "expressions": load_expressions, "cases": load_cases, "map": load_map}


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.blocks = [block for page in pages() for block in blocks_of(page)]
        cls.blocks += [block for page in sorted((REPOSITORY / "man").glob("*")) for block in examples_of(page)]

    @classmethod
    def tearDownClass(cls):
        cls.machine.stop()

    def test_every_block_says_what_it_is(self):
        self.assertGreater(len(self.blocks), 50)
        remarks = {"sh": r"|exit: \d( \d)*|not run: [^;]{20,}; proof: [\w. ]+", "text": r"output|picture", "ini": "", "cpp": "",
                   "toml": "load: (" + "|".join(LOADERS) + ")", "csv": r"recording: [\w.]+",
                   "hl7": r"recording: [\w.]+"}
        for block in self.blocks:
            self.assertIn(block.language, remarks, block.where)
            self.assertRegex(block.remark, f"^(?:{remarks[block.language]})$", block.where)

    def test_what_is_not_run_is_proven_by_a_test(self):
        tests = "".join(path.read_text() for folder in ("tests", "systemd")
                        for path in (REPOSITORY / folder).rglob("CMakeLists.txt"))
        for block in self.blocks:
            for name in (block.remark.partition("; proof: ")[2]).split():
                check = REPOSITORY / "tests" / "checks" / (name.removeprefix("checks.") + "_test.py")
                known = (re.search(rf"NAME {name}\s", tests) or (name.startswith("checks.") and check.exists())
                         or f"system_test({name.removeprefix('system_')} " in tests)
                self.assertTrue(known, f"{block.where} names a test that does not exist")

    def test_every_command_in_a_sentence_exists(self):
        known = commands_of(())
        spans = [(page, " ".join(span.split())) for page in pages()
                 for span in re.findall(r"`([^`]+)`", re.sub(r"(?ms)^ *```.*?^ *```$", "", page.read_text()))]
        seen = 0
        for page, span in spans:
            words = span.split()
            if words[0] == "magwatch" and len(words) > 1:
                path = tuple(word for word in words[1:] if re.fullmatch(r"[a-z][a-z0-9-]*", word))
                while path and path not in known:
                    path = path[:-1]
                self.assertTrue(path, f"{page.name}: there is no `{span}`")
                if len(words) > len(path) + 1 and not known[path].leaf:
                    self.fail(f"{page.name}: there is no `{span}`")
                wrong = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", span)) - known[path].options
                self.assertEqual(wrong, set(), f"{page.name}: `{span}`")
                seen += 1
            elif words[0] == "systemctl" or re.fullmatch(r"tools/[a-z_]+", words[0]):
                if (REPOSITORY / words[0]).is_dir():
                    continue
                done = self.machine.run(span)
                self.assertEqual(done.returncode, 0, f"{page.name}: `{span}`: {done.stderr}")
                seen += 1
        self.assertGreater(seen, 60)

    def test_every_command_runs_and_prints_what_is_shown(self):
        printed = ""
        for block in self.blocks:
            with self.subTest(block.where):
                if block.language in ("csv", "hl7"):
                    (self.machine.work / block.remark.removeprefix("recording: ")).write_text(block.text)
                elif block.language == "sh" and not block.remark.startswith("not run"):
                    codes = [int(code) for code in block.remark.removeprefix("exit: ").split()] or [0]
                    done = self.machine.run(block.text)
                    self.assertIn(done.returncode, codes, f"{block.text}{done.stdout[-1500:]}{done.stderr[-1500:]}")
                    printed = done.stdout
                elif block.remark == "output":
                    self.assertEqual(block.text, printed)
                elif block.remark == "picture":
                    self.assertNotRegex(block.text, r"(?m)^(magwatch|tools/|\$ )")

    def test_every_configuration_is_taken_by_its_reader(self):
        for block in self.blocks:
            if block.language == "toml":
                with self.subTest(block.where):
                    done = LOADERS[block.remark.removeprefix("load: ")](self.machine, block.text)
                    self.assertEqual(done.returncode, 0, f"{block.text}{done.stdout[-1500:]}{done.stderr[-1500:]}")

    def test_every_drop_in_is_understood_by_systemd(self):
        for number, block in enumerate(block for block in self.blocks if block.language == "ini"):
            unit = self.machine.root / f"drop-in-{number}.service"
            unit.write_text(block.text + "ExecStart=/bin/true\n")
            done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60, check=False)
            self.assertTrue(block.text.startswith("[Service]\n"), block.where)
            self.assertNotIn(unit.name, done.stderr, f"{block.where}: {done.stderr}")

    def test_every_declaration_stands_in_its_header(self):
        for block in self.blocks:
            if block.language == "cpp":
                header = re.search(r"// (\S+\.hpp)", block.text)[1]
                text = (REPOSITORY / header).read_text()
                for name in re.findall(r"(?:Ward::|static \S+ Ward::)(\w+)\(", block.text):
                    self.assertRegex(text, rf"\b{name}\(", f"{block.where}: {header} has no {name}")

    def test_it_finds_a_command_that_is_wrong(self):
        wrong = self.machine.root / "wrong.service"
        wrong.write_text("[Service]\nLoadCredentials=a:/b\nExecStart=/bin/true\n")
        done = subprocess.run(["systemd-analyze", "verify", wrong], capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("wrong.service", done.stderr)
        for text in ("magwatch statsu", "magwatch beds --nosuch", "apt install ./magwatch_0.1.0-1_amd64.rpm", "apt purge magwatch-board",
                     "systemctl mask magwatchd", "cmake --preset nosuch", "tools/demo --nosuch", "npm run nosuch",
                     "magwatch demo --nosuch", "ctest --test-dir build/dev -L nosuch --output-on-failure"):
            self.assertNotEqual(self.machine.run(text).returncode, 0, text)
        request = next(block.text for block in self.blocks if block.text.startswith("curl "))
        self.assertNotEqual(self.machine.run(request.replace("knee", "nose")).returncode, 0)
        for kind, text in (("config", '[escalation.high]\nrungs = [["nobody"]]\n'), ("pack part", '[[rule]]\nid = "x"\n'),
                           ("map", '[[register]]\nsignal = "nosuch"\n'), ("expressions", 'when = "hr < 3 mmHg"\n')):
            self.assertNotEqual(LOADERS[kind](self.machine, text).returncode, 0, text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
