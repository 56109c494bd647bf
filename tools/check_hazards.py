#!/usr/bin/python3
"""Every control in docs/HAZARDS.md names tests that exist.

  check_hazards.py ROOT BUILD     run by CTest as "hazards"; every mistake is printed as file:line: why

A row of the table begins with `| <id> |` (a letter and a number) and ends with a cell that names one or more tests
in backticks: a CTest of BUILD as `ctest -N` lists it, a GoogleTest suite (`Suite.*`), or a fuzz target (`fuzz_x`).
"""
import json
import os
import re
import subprocess
import sys

ROW = re.compile(r"^\|\s*([A-Z]\d+)\s*\|")


def tests_of(build):
    done = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True,
                          check=True)
    return {test["name"] for test in json.loads(done.stdout)["tests"]}


def exists(name, tests, root):
    if name.startswith("fuzz_"):
        return os.path.isdir(os.path.join(root, "tests", "fuzz", name[len("fuzz_"):]))
    if name.endswith(".*"):
        return any(test.startswith(name[:-1]) for test in tests)
    return name in tests


def check(root, tests):
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
            names = re.findall(r"`([^`]+)`", cells[-1])
            if not names:
                findings.append((path, number, f"{hazard} names no test: a control without a proof is none"))
            for name in names:
                if not exists(name, tests, root):
                    findings.append((path, number, f"{hazard} names a test that does not exist: {name}"))
    if not seen:
        findings.append((path, 1, "no hazard found"))
    return findings


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    findings = check(arguments[0], tests_of(arguments[1]))
    for path, number, why in findings:
        print(f"{path}:{number}: {why}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
