#!/usr/bin/python3
"""Every board follows the rules of Grafana's own dashboard linter, and its links lead to runbooks that exist.

  boards_test.py REPOSITORY
"""
import json
import os
import re
import sys
import tempfile

from boards import Grafana, check, filled, run

grafana = Grafana(sys.argv[1])
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
TITLES = ["magwatch 1: Ward safety", "magwatch 2: Devices and polling", "magwatch 3: Alarms and paging quality",
          "magwatch 4: Replay (SIMULATION)", "magwatch 5: Beds"]


def board_problems(name, board):
    if board.get("id") is not None or board.get("editable") is not False:
        yield "%s: a board from a file has no id and is not edited" % name
    if name != board["uid"] + ".json":
        yield "%s: its uid is %s" % (name, board["uid"])
    variables = [variable["name"] for variable in board["templating"]["list"]]
    if variables[:3] != ["datasource", "job", "instance"]:
        yield "%s: its variables are %s" % (name, variables)
    for key in ("id", "title"):
        values = [panel[key] for panel in board["panels"]]
        if len(set(values)) != len(values):
            yield "%s: two panels have the same %s" % (name, key)
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])):
            if cell in taken or cell[0] >= 24:
                yield "%s: '%s' does not stand where there is room" % (name, panel["title"])
                break
            taken[cell] = panel["title"]


def panel_problems(name, panel):
    where = "%s, %s" % (name, panel["title"])
    if not panel.get("title") or not panel.get("description"):
        yield where + ": no title or no description"
    links = [link["url"] for link in panel.get("links", [])]
    pages = [re.search(r"/runbooks/(\w+)\.html$", link) for link in links]
    if not pages or not all(page and os.path.exists(os.path.join(grafana.repository, "docs", "runbooks",
                                                                 page.group(1) + ".md")) for page in pages):
        yield where + ": no link to a runbook that exists: %s" % links
    if panel["type"] == "text":
        return
    if panel.get("datasource") != SOURCE or any(target["datasource"] != SOURCE for target in panel["targets"]):
        yield where + ": its data source is not the board's variable"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield where + ": no unit"
    if len({target["refId"] for target in panel["targets"]}) != len(panel["targets"]):
        yield where + ": two queries of one name"
    for target in panel["targets"]:
        expression = target["expr"]
        for selector in re.findall(r"\b(?:magwatch_\w+|process_\w+|up)\b(\{[^}]*\})?", expression):
            if 'job=~"$job"' not in selector or 'instance=~"$instance"' not in selector:
                yield where + ": a selector without job and instance: " + expression
        if re.search(r"\brate\([^[]*\[(?!\$__rate_interval|5m|1h)", expression):
            yield where + ": a rate over neither $__rate_interval nor the time of its alert: " + expression


def language_problems():
    """Each expression as a recording rule, which promtool checks with its types."""
    rules = [{"record": "board:expression%d" % number, "expr": filled(expression), "labels": {"board": where}}
             for number, (where, expression) in enumerate(grafana.expressions())]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "boards", "rules": rules}]}, file)
        file.flush()
        checked = run("promtool", "check", "rules", file.name)
    if checked.returncode != 0 or "%d rules found" % len(rules) not in checked.stdout:
        yield checked.stdout


def main():
    boards = grafana.boards()
    problems = []
    if [board["title"] for board in sorted(boards.values(), key=lambda b: b["title"])] != TITLES:
        problems.append("not the five boards: %s" % sorted(boards))
    for name, board in boards.items():
        problems += board_problems(name, board)
        for panel in board["panels"]:
            problems += panel_problems(name, panel)
    # Two beds in one graph would be two patients mixed up.
    for variable in boards["magwatch-beds.json"]["templating"]["list"]:
        if variable.get("multi") or variable.get("includeAll"):
            problems.append("board 5 lets more than one %s be chosen" % variable["name"])
    # Board 4 draws nothing where patients are.
    for panel in boards["magwatch-replay.json"]["panels"]:
        for target in panel.get("targets", []):
            if "magwatch_clinical_simulation" not in target["expr"]:
                problems.append("board 4, %s: also drawn where patients are" % panel["title"])
    problems += language_problems()
    check(problems)


main()
