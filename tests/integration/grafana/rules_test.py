#!/usr/bin/python3
"""Alert rules: valid, tested one by one, each with its runbook; examples that their own programs accept.

  rules_test.py REPOSITORY FOLDER_OF_PROGRAMS
"""
import os
import re
import shutil
import sys
import tempfile

from boards import Grafana, check, run

grafana = Grafana(sys.argv[1])
PROGRAMS = sys.argv[2]
ALWAYS = "MagwatchWatchdog"
SEVERITIES = {"critical", "warning", "info"}


def rule_problems(rule):
    name = rule["alert"]
    said = rule.get("annotations", {})
    if not said.get("summary") or not said.get("description"):
        yield name + ": no summary or no description"
    if name != ALWAYS and rule["labels"].get("severity") not in SEVERITIES:
        yield name + ": no severity"
    if re.search(r"\$value|\$labels\.(?!instance|bed|device|driver|source|channel|check|code|result|host)", str(said)):
        yield name + ": its words may hold more than names of the configuration"
    page = re.search(r"/runbooks/(\w+)\.html$", said.get("runbook_url", ""))
    if not page or page.group(1) != name:
        yield name + ": its runbook_url does not name it: %s" % said.get("runbook_url")
        return
    path = os.path.join(grafana.repository, "docs", "runbooks", name + ".md")
    if not os.path.exists(path):
        yield name + ": docs/runbooks/%s.md is missing" % name
        return
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for heading in ("# " + name, "## What it means", "## What to do", "## When it ends"):
        if heading + "\n" not in text:
            yield "docs/runbooks/%s.md: no '%s'" % (name, heading)


def untested(rules, tests):
    """A rule counts as tested if something looks at it when it fires, and before or instead when it does not."""
    looked = {}
    for test in tests:
        for look in test["alert_rule_test"]:
            looked.setdefault(look["alertname"], []).append(bool(look["exp_alerts"]))
    for rule in rules:
        found = looked.pop(rule["alert"], [])
        if True not in found:
            yield rule["alert"] + ": no test in which it fires"
        if False not in found and rule["alert"] != ALWAYS:
            yield rule["alert"] + ": no test in which it does not fire"
    for name in looked:
        yield name + ": tested, and there is no such rule"


def tests_that_do_not_hold_the_time(rules, folder):
    """Without its `for`, a rule fires too early: a test of it must see that."""
    for name in ("magwatch.rules.yml", "magwatch.rules.test.yml"):
        shutil.copy(grafana.path("prometheus", name), folder)
    path = os.path.join(folder, "magwatch.rules.yml")
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"(?m)^( +for:) .*$", r"\1 0s", file.read())
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    failed = run("promtool", "test", "rules", os.path.join(folder, "magwatch.rules.test.yml")).stdout
    seen = set(re.findall(r"alertname: (\w+)", failed))
    for rule in rules:
        if rule["for"] != "0s" and rule["alert"] not in seen:
            yield rule["alert"] + ": no test fails when it fires at once instead of after " + rule["for"]


def orphaned_runbooks(rules):
    names = {rule["alert"] + ".md" for rule in rules} | {"README.md"}
    for name in sorted(os.listdir(os.path.join(grafana.repository, "docs", "runbooks"))):
        if name not in names:
            yield "docs/runbooks/%s: there is no such alert" % name


def unknown_commands():
    """Somebody types these at three in the morning: each must exist."""
    folder, commands = os.path.join(grafana.repository, "docs", "runbooks"), {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            for words, options in re.findall(r"`magwatch((?: [a-z][a-z-]*)+)((?: [^`]*)?)`", file.read()):
                commands.setdefault((words, tuple(re.findall(r"--[a-z]+", options))), name)
    assert len(commands) > 10, commands
    for (words, options), name in commands.items():
        # Words of an answer or a value follow the command's own.
        told = run(os.path.join(PROGRAMS, "magwatch"), *words.split(), "--help")
        if told.returncode != 0 or any(option not in told.stdout for option in options):
            yield "docs/runbooks/%s: there is no `magwatch%s %s`" % (name, words, " ".join(options))


def every_route(route):
    yield route
    for inner in route.get("routes", []):
        yield from every_route(inner)


def alertmanager_problems():
    path = grafana.path("alertmanager", "magwatch.example.yml")
    checked = run("amtool", "check-config", path)
    if checked.returncode != 0:
        yield checked.stdout
    for other in ("alertmanager-route.yml",):
        checked = run("amtool", "check-config", grafana.path(other))
        if checked.returncode != 0:
            yield checked.stdout
    config = grafana.yaml("alertmanager", "magwatch.example.yml")
    for route in every_route(config["route"]):
        if route.get("group_wait") != "0s":
            yield "a route holds its first notification back: %s" % route
        if "group_by" in route and route["group_by"] != ["..."] and "bed" not in route["group_by"]:
            yield "a route does not group by bed: %s" % route
    if config.get("inhibit_rules") or config.get("mute_time_intervals"):
        yield "the example mutes alerts"
    for labels, receiver in ((("alertname=MagwatchDeviceSilent", "severity=warning", "bed=bed-3"), "engineers"),
                             (("alertname=MagwatchBedCallUnanswered", "severity=critical", "bed=bed-3"),
                              "engineers-now"),
                             (("alertname=MagwatchDown", "severity=critical"), "engineers-now"),
                             (("alertname=MagwatchAcknowledgeSlow", "severity=info"), "engineers"),
                             (("alertname=" + ALWAYS, "severity=none"), "dead-man"),
                             (("alertname=magwatch", "bed=bed-3"), "ward")):
        routed = run("amtool", "config", "routes", "test", "--config.file=" + path, *labels).stdout.split("\n")
        if receiver not in routed:
            yield "%s goes to %s" % (labels[0], routed)


def provisioning_problems():
    source = grafana.yaml("provisioning", "datasources", "magwatch.yml")["datasources"][0]
    if source["type"] != "prometheus" or not source["url"]:
        yield "the data source is no Prometheus: %s" % source
    # $__rate_interval is four times this: with a longer one than the scrape's, rates have no two samples.
    interval = grafana.yaml("prometheus", "prometheus.example.yml")["global"]["scrape_interval"]
    if source["jsonData"]["timeInterval"] != interval:
        yield "Grafana believes in a scrape every %s, the example scrapes every %s" % (
            source["jsonData"]["timeInterval"], interval)
    provider = grafana.yaml("provisioning", "dashboards", "magwatch.yml")["providers"][0]
    if provider["type"] != "file" or not provider["options"]["path"].endswith("/dashboards"):
        yield "the boards are not provided from files: %s" % provider


def main():
    rules = grafana.rules()
    problems = []
    for rule in rules:
        problems += rule_problems(rule)
    problems += orphaned_runbooks(rules)
    problems += unknown_commands()
    problems += untested(rules, grafana.yaml("prometheus", "magwatch.rules.test.yml")["tests"])
    for command in (("promtool", "check", "rules", grafana.rules_file),
                    ("promtool", "check", "config", grafana.path("prometheus", "prometheus.example.yml")),
                    ("promtool", "test", "rules", grafana.path("prometheus", "magwatch.rules.test.yml"))):
        done = run(*command)
        if done.returncode != 0:
            problems.append(done.stdout)
    with tempfile.TemporaryDirectory() as folder:
        problems += tests_that_do_not_hold_the_time(rules, folder)
    problems += alertmanager_problems()
    problems += provisioning_problems()
    check(problems)


main()
