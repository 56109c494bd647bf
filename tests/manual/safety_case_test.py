#!/usr/bin/python3
"""docs/SAFETY_CASE.md: each value to sign for stands in the source as the page says, each proof exists. And each threat of
docs/SECURITY.md names hazards that docs/HAZARDS.md has.

  safety_case_test.py ROOT BUILD
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "tools"))
from check_hazards import exists, tests_of  # noqa: E402

ROOT, BUILD = sys.argv[1:3]


def rows(text, heading):
    """The cells of the table below a heading, without its head."""
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def value_findings(text):
    values = rows(text, "Values to sign for")
    if len(values) < 25:
        yield f"only {len(values)} values to sign for"
    for value, _, where, who in values:
        path, *words = re.findall(r"`([^`]+)`", where)
        source = read(path)
        for word in words:
            if word not in source:
                yield f"{value}: '{word}' does not stand in {path}"
        if not words or not who:
            yield f"{value}: no words of the source, or nobody who can change it"


def proof_findings(text):
    tests = tests_of(BUILD)
    hazards = set(re.findall(r"^\| ([A-Z]\d+) \|", read("docs/HAZARDS.md"), re.M))
    for hazard, _, _, proof, remains in rows(text, "Hazards that magwatch itself brings"):
        named = re.findall(r"`([^`]+)`", proof)
        if not named or not remains:
            yield f"{hazard}: no test, or nothing said of what remains"
        for test in named:
            if not exists(test, tests, ROOT):
                yield f"{hazard}: no test {test}"
        for row in re.findall(r"\b[A-Z]\d+\b", proof):
            if row not in hazards:
                yield f"{hazard}: no row {row} in docs/HAZARDS.md"


def threat_findings():
    hazards = set(re.findall(r"^\| ([A-Z]\d+) \|", read("docs/HAZARDS.md"), re.M))
    threats = rows(read("docs/SECURITY.md"), "Threat model")
    if len(threats) < 10:
        yield f"only {len(threats)} threats in docs/SECURITY.md"
    for _, threat, control, _ in threats:
        named = re.findall(r"\b[A-Z]\d+\b", control.split(":")[0])
        for missing in [name for name in named if name not in hazards] or ([] if named else ["any"]):
            yield f"docs/SECURITY.md: {threat}: no row {missing} in docs/HAZARDS.md"


def main():
    text = read("docs/SAFETY_CASE.md")
    findings = [*value_findings(text), *proof_findings(text), *threat_findings()]
    for finding in findings:
        print(f"docs/SAFETY_CASE.md: {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
