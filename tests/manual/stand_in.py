#!/usr/bin/python3
"""Stands in for a command of the manual that would change the machine, and refuses what the real one would refuse.

Called under the command's own name, with MANUAL_REPOSITORY and MANUAL_MAGWATCH in the environment. Exit: 0 this is a
command that works, as the boot test and the build prove; 64 it is not, with the reason.
"""
import glob
import json
import os
import pathlib
import re
import subprocess
import sys

NAME, WORDS = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
REPOSITORY = pathlib.Path(os.environ["MANUAL_REPOSITORY"])
BOOT = "".join((REPOSITORY / "tests/boot" / name).read_text() for name in ("boot_test.py", "run"))


def refuse(why):
    print(f"{NAME} {' '.join(WORDS)}: {why}", file=sys.stderr)
    sys.exit(64)


def known(what, words, text):
    for word in words:
        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            refuse(f"{what} {word}")


def apt():
    verb, what = WORDS[0], WORDS[1:]
    if not re.search(rf'"?apt-get"?,? "?{verb}', BOOT):
        refuse(f"the boot test does not {verb}")
    packages = (REPOSITORY / "packaging/MagwatchPackages.cmake").read_text()
    for one in what:
        name = pathlib.Path(one).name.split("_")[0]
        if not re.search(rf"PACKAGE_NAME {re.escape(name)}\)", packages):
            refuse(f"no package of ours is called {name}")
        if verb == "install" and not (one.startswith("./") and glob.glob(one)):
            refuse(f"{one} is no file here")
        if verb != "install" and one != name:
            refuse(f"{one} is no name of a package")


def systemctl():
    options, (verb, *units) = [w for w in WORDS if w.startswith("-")], [w for w in WORDS if not w.startswith("-")]
    if options and (verb, options) not in (("enable", ["--now"]), ("disable", ["--now"])):
        refuse(f"unknown option {options}")
    proof = {"status": "StatusText", "edit": "DROP_INS", "enable": '"is-enabled"', "disable": '"stop"'}
    if proof.get(verb, f'"systemctl", "{verb}"') not in BOOT:
        refuse(f"the boot test does not {verb}")
    for unit in units:
        if unit in ("prometheus", "prometheus-alertmanager"):
            if verb != "reload":
                refuse(f"what for is {unit} to {verb}?")
            continue
        file = REPOSITORY / "systemd" / (unit if "." in unit else f"{unit}.service.in")
        if not file.is_file():
            refuse(f"there is no unit {unit}")
        text = file.read_text()
        if verb == "reload" and "ExecReload=" not in text:
            refuse(f"{unit} cannot reload")


def cmake():
    presets = json.loads((REPOSITORY / "CMakePresets.json").read_text())
    words = list(WORDS)
    kind = "configurePresets"
    if words[0] == "--build":
        words.pop(0)
        kind = "buildPresets"
    if words[0] == "--install":
        if words[1:] != ["build/release", "--prefix", "/usr"]:
            refuse("not as the service is installed")
        return
    name = words[1] if words[0] == "--preset" else words[0].removeprefix("build/")
    rest = words[2:] if words[0] == "--preset" else words[1:]
    if name not in {one["name"] for one in presets[kind] if not one.get("hidden")}:
        refuse(f"there is no preset {name}")
    for word in rest:
        option = re.fullmatch(r"-D(\w+)=ON", word)
        files = "".join(path.read_text() for path in REPOSITORY.glob("tests/*/CMakeLists.txt"))
        if not option or option[1] not in files:
            refuse(f"{word} is not known")


def ctest():
    if WORDS[:2] != ["--test-dir", "build/dev"] or WORDS[2] != "-L" or WORDS[4:] != ["--output-on-failure"]:
        refuse("not as the boot test is started")
    if f"LABELS {WORDS[3]}" not in (REPOSITORY / "tests/boot/CMakeLists.txt").read_text():
        refuse(f"no test has the label {WORDS[3]}")


def npm():
    scripts = json.loads((REPOSITORY / "grafana/package.json").read_text())["scripts"]
    if WORDS != ["ci"] and not (len(WORDS) == 2 and WORDS[0] == "run" and WORDS[1] in scripts):
        refuse("package.json has no such script")


def editor():
    if not pathlib.Path(WORDS[0]).is_file():
        refuse("no such file")


def tool():
    """tools/NAME of the repository: its options are those that its head tells, which its --help prints."""
    text = (REPOSITORY / "tools" / NAME).read_text().split("\nset -e")[0]
    known("there is no option", [word for word in WORDS if word.startswith("-")], text)


def demo():
    told = subprocess.run([os.environ["MANUAL_MAGWATCH"], "demo", "--help"], capture_output=True, text=True, timeout=60,
                          check=True)
    known("there is no option", [word for word in WORDS[1:] if word.startswith("-")], told.stdout)


def exactly(*allowed):
    return lambda: " ".join(WORDS) in allowed or refuse("not as the package does it")


COMMANDS = {"apt": apt, "systemctl": systemctl, "cmake": cmake, "ctest": ctest, "npm": npm, "editor": editor,
            "magwatch-demo": demo, "systemd-sysusers": exactly(""), "systemd-tmpfiles": exactly("--create")}
if __name__ == "__main__":
    COMMANDS.get(NAME, tool)()
