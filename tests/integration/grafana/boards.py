"""What grafana/ holds, for its tests."""
import glob
import json
import os
import re
import subprocess

import yaml


class Grafana:
    def __init__(self, repository):
        self.repository = repository
        self.folder = os.path.join(repository, "grafana")
        self.rules_file = self.path("prometheus", "magwatch.rules.yml")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def boards(self):
        """File name -> board."""
        found = {}
        for path in sorted(glob.glob(self.path("dashboards", "*.json"))):
            with open(path, encoding="utf-8") as file:
                found[os.path.basename(path)] = json.load(file)
        return found

    def yaml(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return yaml.safe_load(file)

    def rules(self):
        return [rule for group in self.yaml("prometheus", "magwatch.rules.yml")["groups"] for rule in group["rules"]]

    def expressions(self):
        """(where, expression) of every target of every panel."""
        for name, board in self.boards().items():
            for panel in board["panels"]:
                for target in panel.get("targets", []):
                    yield "%s, %s" % (name, panel["title"]), target["expr"]


def filled(expression):
    """With everything chosen, and an interval for that of the graph."""
    for variable, value in (("$__rate_interval", "1m"), ("$job", ".+"), ("$instance", ".+"), ("$bed", ".+")):
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


COMPARISON = re.compile(r"\s*(==|!=|<=|>=|<|>)\s*(bool\s+)?-?[0-9.]+(e-?[0-9]+)?")


def without_comparisons(expression):
    """What it compares, and what it looks for the absence of: that must be there in a ward that works."""
    parts = re.split(r'("[^"]*"|\{[^}]*\})', expression)
    stripped = "".join(part if index % 2 else COMPARISON.sub("", part) for index, part in enumerate(parts))
    return re.sub(r"\babsent\(", "(", stripped)


def run(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def check(problems):
    for problem in problems:
        print(problem)
    raise SystemExit(1 if problems else 0)
