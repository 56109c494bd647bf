#!/usr/bin/python3
"""Every goal stands in docs/GOALS.md, with tests that exist and a word on what is reached.

  check_goals.py ROOT BUILD     run by CTest as "goals"; every mistake is printed as file:line: why

A row is `| G1 | goal | tests in backticks | larger size | today |`, for each of G1 to G28 once. Tests are those that
check_hazards.py knows. "Larger" is `tools/prove --goal G1` where tools/prove.d/plan.toml has a step of the goal, else
it begins with "none". "Today" begins with "reached", "partly" or "missing"; what is not missing names a test.
"""
import os
import re
import sys
import tomllib

from check_hazards import exists, tests_of

GOALS = [f"G{number}" for number in range(1, 29)]
ROW = re.compile(r"^\|\s*(G\d+)\s*\|")
WORDS = ("reached", "partly", "missing")
PAGE = os.path.join("docs", "GOALS.md")


def rows_of(root):
    with open(os.path.join(root, PAGE), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if ROW.match(line):
                yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def planned(root):
    with open(os.path.join(root, "tools", "prove.d", "plan.toml"), "rb") as file:
        return {goal for step in tomllib.load(file)["step"] for goal in step["goals"]}


def wrong_in(cells, tests, root, steps):
    goal, _, proof, larger, today = cells
    names = re.findall(r"`([^`]+)`", proof)
    for name in names:
        if not exists(name, tests, root):
            yield f"{goal} names a test that does not exist: {name}"
    word = re.match(r"\w*", today)[0]
    if word not in WORDS:
        yield f"{goal}: '{today[:20]}' says neither reached, partly nor missing"
    elif word != "missing" and not names:
        yield f"{goal} is said to be {word} and names no test"
    command = f"`tools/prove --goal {goal}`"
    if goal in steps and not larger.startswith(command):
        yield f"{goal} has a step in tools/prove.d/plan.toml: its larger size is {command}"
    if goal not in steps and not larger.startswith("none"):
        yield f"{goal} has no step in tools/prove.d/plan.toml: its larger size is 'none'"


def check(root, tests):
    findings, seen, steps = [], {}, planned(root)
    for number, cells in rows_of(root):
        goal = cells[0]
        if goal not in GOALS:
            findings.append((PAGE, number, f"{goal} is no goal"))
        elif goal in seen:
            findings.append((PAGE, number, f"{goal} has a row already, in line {seen[goal]}"))
        elif len(cells) != 5:
            findings.append((PAGE, number, f"{goal} has {len(cells)} cells, not 5"))
        else:
            findings += [(PAGE, number, why) for why in wrong_in(cells, tests, root, steps)]
        seen.setdefault(goal, number)
    findings += [(PAGE, 1, f"{goal} is missing") for goal in GOALS if goal not in seen]
    strange = sorted(steps - set(GOALS))
    return findings + [(PAGE, 1, f"the plan has a step of {goal}, which is no goal") for goal in strange]


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
