#!/usr/bin/python3
"""Every control in docs/HAZARDS.md names tests that exist.

  check_hazards.py ROOT BUILD           run by CTest as "hazards"; every mistake is printed as file:line: why
  check_hazards.py ROOT --ran RESULTS   after a whole suite: the tests of every row of severity 5 have run in the
                                        preset dev, and the fuzz targets; RESULTS as tools/test keeps them

A row of the table begins with `| <id> |` (a letter and a number) and ends with a cell that names one or more tests
in backticks: a CTest of BUILD as `ctest -N` lists it, a GoogleTest suite (`Suite.*`), or a fuzz target (`fuzz_x`).
"""
import json
import os
import re
import subprocess
import sys

ROW = re.compile(r"^\|\s*([A-Z]\d+)\s*\|")
NOT_RUN = re.compile(r" \(\w+\)$")  # what test_results.py puts behind the name


def tests_of(build):
    done = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True,
                          check=True)
    return {test["name"] for test in json.loads(done.stdout)["tests"]}


def exists(name, tests, root):
    if name.startswith("fuzz_"):
        return os.path.isdir(os.path.join(root, "tests", "fuzz", name[len("fuzz_"):]))
    return is_in(name, tests)


def ran(results):
    """The names of what ran: "pass|fail SECONDS dev: NAME", "... fuzz_NAME". What was skipped has not run."""
    names = set()
    with open(results, encoding="utf-8") as file:
        for line in file:
            _, _, name = line.rstrip("\n").split(" ", 2)
            if name.startswith("fuzz_"):
                names.add(name)
            elif name.startswith("dev: ") and not NOT_RUN.search(name):
                names.add(name[len("dev: "):])
    return names


def is_in(name, tests):
    return any(test.startswith(name[:-1]) for test in tests) if name.endswith(".*") else name in tests


def check(root, there, what="does not exist", only_severity=None):
    """`there`: says of a test's name whether it is what it should be."""
    path = os.path.join("docs", "HAZARDS.md")
    findings, seen = [], {}
    with open(os.path.join(root, path), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            row = ROW.match(line)
            if not row:
                continue
            hazard = row.group(1)
            if hazard in seen:
                findings.append((path, number, f"{hazard} has a row already, in line {seen[hazard]}"))
            seen[hazard] = number
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            severity = re.search(r"\((\d)\)$", cells[1]) if len(cells) > 1 else None
            if not severity:
                findings.append((path, number, f"{hazard} says no severity: its second cell ends with one, as \"(5)\""))
            elif only_severity and int(severity.group(1)) < only_severity:
                continue
            names = re.findall(r"`([^`]+)`", cells[-1])
            if not names:
                findings.append((path, number, f"{hazard} names no test: a control without a proof is none"))
            for name in names:
                if not there(name):
                    findings.append((path, number, f"{hazard} names a test that {what}: {name}"))
    if not seen:
        findings.append((path, 1, "no hazard found"))
    return findings


def main(arguments):
    if len(arguments) == 3 and arguments[1] == "--ran":
        names = ran(arguments[2])
        findings = check(arguments[0], lambda name: is_in(name, names), "did not run", 5)
    elif len(arguments) == 2:
        tests = tests_of(arguments[1])
        findings = check(arguments[0], lambda name: exists(name, tests, arguments[0]))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for path, number, why in findings:
        print(f"{path}:{number}: {why}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
