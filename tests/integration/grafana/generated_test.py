#!/usr/bin/python3
"""The sources of grafana/ are typed against @grafana/schema and linted, and make the committed files, byte for byte.

  generated_test.py REPOSITORY
"""
import filecmp
import os
import shutil
import sys
import tempfile

from boards import Grafana, check, run

grafana = Grafana(sys.argv[1])
GENERATED = ("dashboards", "prometheus/magwatch.rules.yml", "prometheus/magwatch.rules.test.yml")


def generated_files(folder):
    found = set()
    for name in GENERATED:
        path = os.path.join(folder, name)
        names = os.listdir(path) if os.path.isdir(path) else [""]
        found |= {os.path.join(name, inner) if inner else name for inner in names}
    return found


def main():
    if not os.path.isdir(grafana.path("node_modules", ".bin")):
        check(["grafana/node_modules is missing: run tools/setup"])
    # Beside its packages, where Node looks for them.
    os.makedirs(grafana.path("build"), exist_ok=True)
    scratch = tempfile.mkdtemp(dir=grafana.path("build"))
    try:
        check(list(problems(scratch)))
    finally:
        shutil.rmtree(scratch)


def problems(scratch):
    tools = grafana.path("node_modules", ".bin")
    typed = run(os.path.join(tools, "tsc"), "--outDir", scratch, cwd=grafana.folder)
    if typed.returncode != 0:
        yield "the types do not hold:\n" + typed.stdout
        return
    linted = run(os.path.join(tools, "eslint"), "--max-warnings", "0", "src", cwd=grafana.folder)
    if linted.returncode != 0:
        yield "the linter complains:\n" + linted.stdout
    out = os.path.join(scratch, "out")
    made = run("node", os.path.join(scratch, "main.js"), out, cwd=grafana.folder)
    if made.returncode != 0:
        yield "the generator fails:\n" + made.stdout
        return
    if generated_files(out) != generated_files(grafana.folder):
        yield "other files than the committed: %s" % sorted(generated_files(out) ^ generated_files(grafana.folder))
    for name in sorted(generated_files(out) & generated_files(grafana.folder)):
        if not filecmp.cmp(os.path.join(out, name), grafana.path(name), shallow=False):
            yield "grafana/%s is not what its sources make: npm run generate in grafana/, and commit" % name


main()
