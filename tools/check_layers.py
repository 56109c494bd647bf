#!/usr/bin/python3
"""Includes point left only: a file uses its own layer and those before it on the data path.

  check_layers.py [ROOT]      run by CTest as "layers"; every breach is printed as file:line: why

The layers, left to right, are the folders rules, runtime, adapters, daemon, tools; inside rules they are those of
RULES below. The core (rules/) is pure: of the system it includes the C++ standard library alone, and of that
nothing that reads a clock, starts a thread, opens a file or has an order that differs between machines.
"""
import os
import re
import sys

LAYERS = ["rules", "runtime", "adapters", "daemon", "tools"]
RULES = ["base", "observation", "commissioning", "patient", "pharmacokinetics", "language", "evaluation", "alarm",
         "escalation", "protocol", "ward"]
# Adapters speak protocols and give observations; they know nothing of alarms, journals or wards.
ADAPTERS = ["adapters/", "runtime/", "rules/base/", "rules/observation/"]
PAGERS = ADAPTERS + ["rules/escalation/"]  # a pager is handed a Page

STANDARD = set("""
algorithm any array bit bitset cctype cerrno cfloat charconv chrono cinttypes climits clocale cmath compare complex
concepts coroutine cstdarg cstddef cstdint cstdio cstdlib cstring deque exception forward_list functional
initializer_list iomanip iosfwd iterator limits list locale map memory memory_resource new numbers numeric optional
ostream queue ranges ratio regex set source_location span sstream stack stdexcept streambuf string string_view
system_error tuple type_traits typeindex typeinfo utility valarray variant vector version
""".split())
IMPURE = {
    "thread": "starts threads", "mutex": "is for threads", "shared_mutex": "is for threads",
    "condition_variable": "is for threads", "future": "is for threads", "atomic": "is for threads",
    "semaphore": "is for threads", "latch": "is for threads", "barrier": "is for threads",
    "stop_token": "is for threads", "iostream": "is input and output", "fstream": "is input and output",
    "istream": "is input and output", "filesystem": "is input and output", "random": "is not replayable",
    "ctime": "reads a clock", "csignal": "is the process", "unordered_map": "has no order of its own",
    "unordered_set": "has no order of its own",
}
IMPURE_CODE = [
    (re.compile(r"\b(system|steady|high_resolution|file|utc|tai|gps)_clock\b"), "reads a clock"),
    (re.compile(r"\b(gettimeofday|clock_gettime|timespec_get|localtime|gmtime|mktime)\b"), "reads a clock"),
    (re.compile(r"\bstd::time\b|(?<![\w.>:])time\s*\(\s*(nullptr|NULL|0|&)"), "reads a clock"),
    (re.compile(r"\bstd::unordered_\w+"), "has no order of its own"),
    (re.compile(r"\bstd::(hash|thread|jthread|mutex|async|atomic|random_device|mt19937)\b"), "is not replayable"),
    (re.compile(r"\b(s?rand|getenv|fopen|std::cout|std::cerr|printf)\s*\("), "is input, output or chance"),
]
# Libraries with a C header appear in one .cpp each; emulators and hand-written floors are other programs.
ONE_FILE = ["modbus.h", "sqlite3.h"]
OTHER_PROGRAMS = ("tests/", "tools/bench/", "tools/emulators/", "tools/device_emulators/", "tools/simulator/",
                  "tools/demo/")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
# Comments, strings and characters, in the order in which the language finds them.
BLANKED = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                     r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)


def blank(text, keep_strings=False):
    """The text with comments (and strings) replaced by spaces, line by line the same."""
    def spaces(match):
        if keep_strings and not match.group().startswith("/"):
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())
    return BLANKED.sub(spaces, text)


def sources(root, folders):
    for folder in folders:
        for directory, names, files in os.walk(os.path.join(root, folder)):
            names[:] = sorted(n for n in names if n not in ("node_modules", "build", "__pycache__"))
            for name in sorted(files):
                if name.endswith((".cpp", ".hpp", ".h", ".cc")):
                    yield os.path.relpath(os.path.join(directory, name), root)


def why_not(path, target):
    """Why this file may not include that header of ours, or None."""
    layer, theirs = path.split("/")[0], target.split("/")[0]
    if layer == "tests":
        return None
    if theirs not in LAYERS:
        return "no layer of this house (includes start at the repository root)"
    if layer == "adapters":
        allowed = PAGERS if path.startswith("adapters/pagers/") else ADAPTERS
        if not target.startswith(tuple(allowed)):
            return "adapters use adapters, runtime, rules/base and rules/observation alone"
        return None
    if LAYERS.index(theirs) > LAYERS.index(layer):
        return f"{layer} stands left of {theirs}"
    if layer == "rules" and path.count("/") > 1 and target.count("/") > 1:
        mine, other = path.split("/")[1], target.split("/")[1]
        for name in (mine, other):
            if name not in RULES:
                return f"rules/{name} has no place in the order of layers"
        if RULES.index(other) > RULES.index(mine):
            return f"rules/{mine} stands left of rules/{other}"
    return None


def why_not_system(path, header):
    if not path.startswith("rules/"):
        return None
    if header in IMPURE:
        return f"the core is pure and <{header}> {IMPURE[header]}"
    if header in STANDARD or (path.startswith("rules/language/") and header.startswith("toml++/")):
        return None
    return f"the core includes the C++ standard library alone, not <{header}>"


def check(root):
    findings, users = [], {header: [] for header in ONE_FILE}
    for path in sources(root, LAYERS + ["tests"]):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for number, line in enumerate(blank(text, keep_strings=True).split("\n"), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, target = match.groups()
            ours = quote == '"'
            why = why_not(path, target) if ours else why_not_system(path, target)
            if ours and why is None and not os.path.exists(os.path.join(root, target)):
                if path.startswith("tests/") and os.path.exists(os.path.join(root, os.path.dirname(path), target)):
                    continue
                why = "no such file from the repository root"
            if why:
                findings.append((path, number, f'#include {quote}{target}{">" if not ours else quote}: {why}'))
            base = os.path.basename(target)
            if base in users and not path.startswith(OTHER_PROGRAMS):
                users[base].append((path, number))
        if path.startswith("rules/"):
            for number, line in enumerate(blank(text).split("\n"), 1):
                for pattern, why in IMPURE_CODE:
                    match = pattern.search(line)
                    if match:
                        findings.append((path, number, f"{match.group().strip(' (')} {why}: the core is pure"))
    for header, found in users.items():
        for path, number in found:
            if not path.endswith(".cpp"):
                findings.append((path, number, f"<{header}> is a C header: it belongs in one .cpp"))
        for path, number in found[1:]:
            findings.append((path, number, f"<{header}> is already included by {found[0][0]}: one .cpp alone"))
    return findings


def main(arguments):
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    findings = check(root)
    for path, number, why in findings:
        print(f"{path}:{number}: {why}")
    if findings:
        print(f"{len(findings)} includes or uses point the wrong way")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
