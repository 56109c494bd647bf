#!/usr/bin/python3
"""The manual pages are clean, and agree with the programs: every command, option and key, and none besides.

  manuals_test.py REPOSITORY BIN FOLDER_OF_PAGES
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

REPOSITORY, BIN, PAGES = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
HERE = pathlib.Path(__file__).resolve().parent
# Whose keys are the site's own words.
FREE = {"hl7.source.beds", "pager.sms.fields", "pager.sms.headers", "pager.sms.callback.words", "rules.limits",
        "freshness"}
LADDERS = ("escalation.medium", "escalation.technical", "escalation.policy")  # as escalation.high is told


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False)


def plain(roff):
    return roff.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


def keys_of(page, heading):
    """{table: keys} of a page of section 5; `heading` gives the tables that a subsection tells of."""
    tables, now = {}, []
    for line in plain((PAGES / page).read_text()).splitlines():
        if line.startswith((".Ss ", ".Sh ")):
            now = heading(line[4:]) if line.startswith(".Ss ") else []
            for table in now:
                tables.setdefault(table, set())
        item = re.match(r"\.It Cm (\S+)", line)
        if item:
            for table in now:
                tables[table].add(item.group(1))
    return tables


def config_tables(text):
    found = re.findall(r"\[+([a-z0-9_.]+)\]+", text)
    below = re.search(r"\] (\w+)$", text)
    return [table + ("." + below.group(1) if below else "") for table in found]


def options_of_page(page):
    text = plain((PAGES / page).read_text())
    return set(re.findall(r"^\.It Fl -([\w-]+)", text, re.M))


def options_of_help(program):
    text = run(program, "--help").stdout
    return set(re.findall(r"^  (?:-\w,)?--([\w-]+)", text, re.M))


class Manuals(unittest.TestCase):
    def test_they_are_clean(self):
        pages = sorted(PAGES.glob("*.[158]"))
        self.assertEqual([page.name for page in pages], ["magwatch-deadman.8", "magwatch-rules.5", "magwatch.1",
                                                         "magwatch.toml.5", "magwatchd.8"])
        for page in pages:
            self.assertEqual(run("mandoc", "-Tlint", "-W", "warning", page).stdout.replace(str(PAGES), ""), "")
            shown = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=False,
                                   env={**os.environ, "MANPAGER": "cat", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page)
            self.assertNotRegex(shown.stdout, r"@[A-Z_]+@", page)

    def test_they_point_to_pages_that_exist(self):
        own = {page.name for page in PAGES.glob("*.[158]")}
        others = {"systemd.1", "systemctl.1", "journalctl.1"}
        for page in PAGES.glob("*.[158]"):
            for name, section in re.findall(r"^\.Xr (\S+) (\d)", plain(page.read_text()), re.M):
                self.assertIn(f"{name}.{section}", own | others, page.name)

    def test_every_command_and_option_stands_in_magwatch_1_and_none_besides(self):
        told, now = {}, None
        for line in plain((PAGES / "magwatch.1").read_text()).splitlines():
            if line.startswith((".Ss ", ".Sh ")):
                now = line[len(".Ss magwatch "):] if line.startswith(".Ss magwatch ") else None
                told.setdefault(now, set())
            item = re.match(r"\.It Fl -([\w-]+)", line)
            if item and now:
                told[now].add(item.group(1))
        told.pop(None)
        everywhere = options_of_page("magwatch.1") & {"json", "socket", "help"}
        self.assertEqual(len(everywhere), 3)
        real = {}
        self.walk((), real)
        self.assertEqual(sorted(told), sorted(real))
        for command, options in real.items():
            self.assertEqual(told[command], options - everywhere, command)

    def walk(self, path, real):
        text = run(BIN / "magwatch", *path, "--help").stdout
        commands, part, options = [], "", set()
        for line in text.splitlines():
            part = line if re.fullmatch(r"\w+:", line) else part
            if part == "Subcommands:" and re.match(r"  \S", line):
                commands.append(line.split()[0])
            option = re.match(r"  (?:-\w,)?--([\w-]+)", line)
            if part == "Options:" and option:
                options.add(option.group(1))
        if not commands:
            real[" ".join(path)] = options
        for command in commands:
            self.walk((*path, command), real)

    def test_the_daemons_pages_tell_of_their_options(self):
        for program, page in (("magwatchd", "magwatchd.8"), ("magwatch-deadman", "magwatch-deadman.8")):
            self.assertEqual(options_of_page(page), options_of_help(BIN / program))

    def test_every_key_of_the_configuration_stands_in_its_page_and_none_besides(self):
        done = run(BIN / "magwatch", "config", "keys", HERE / "every_table.toml")
        understood = {table: set(keys) for table, keys in json.loads(done.stdout).items() if table not in FREE}
        told = keys_of("magwatch.toml.5", config_tables)
        self.assertEqual({table.split(".")[0] for table in told}, understood.pop(""))
        understood["escalation"] -= {"high", "medium", "technical", "policy"}  # they have headings
        for table, keys in understood.items():
            for ladder in LADDERS:
                table = table.replace(ladder + ".rungs", "escalation.high.rungs")
            self.assertEqual(told.get(table, set()), keys, f"[{table}]")
        self.assertEqual([table for table in told if table not in understood and table not in FREE], [])

    def test_the_example_of_the_configuration_is_one(self):
        text = (PAGES / "magwatch.toml.5").read_text()
        example = text.split(".Bd -literal -offset indent\n")[1].split("\n.Ed")[0]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "magwatch.toml"
            path.write_text(example)
            errors = json.loads(run(BIN / "magwatch", "config", "check", "--json", path).stdout)["errors"]
        # The files that it names are the site's to write.
        self.assertEqual([error["message"] for error in errors if "No such file" not in error["message"]], [])

    def test_what_the_shipped_configuration_shows_behind_a_sign_stands_under_its_own_table(self):
        done = run(BIN / "magwatch", "config", "keys", HERE / "every_table.toml")
        understood, table, seen = json.loads(done.stdout), "", 0
        for line in (REPOSITORY / "systemd/magwatch.toml").read_text().splitlines():
            heading = re.match(r"(?:# )?\[+([a-z0-9_.]+)\]", line)
            key = re.match(r"# ([a-z0-9_]+) += ", line)
            if heading:
                table = heading.group(1)
            elif key:
                seen += 1
                self.assertIn(key.group(1), understood[table], f"[{table}]")
        self.assertGreater(seen, 50)

    def test_every_key_of_a_rule_pack_stands_in_its_page_and_none_besides(self):
        told = keys_of("magwatch-rules.5", lambda text: [text] if re.fullmatch(r"[a-zA-Z.]+", text) else [])
        source = "".join((REPOSITORY / "rules/language" / name).read_text()
                         for name in ("pack.cpp", "inheritance.cpp", "session_table.cpp", "rule_case.cpp"))
        asked = set(re.findall(r'(?:reader|top|inner)\.(?:find|string|strings|boolean|integer|duration|tables)'
                               r'\("(\w+)"', source))
        asked |= set(re.findall(r'\b(?:prose|text|grams|length|rate|choose)\((?:\w+, )*"(\w+)"', source))
        self.assertGreater(len(asked), 50)
        asked -= {"from"}  # of printed packs: whence a part came
        asked -= {"pack"}  # of a file of cases: whose they are
        self.assertEqual(asked - set().union(*told.values()), set())
        lines = [f'{key} = "x"' for key in told["pack"] if key not in ("limits", "rule", "check", "inhibit", "question",
                                                                       "component", "indication", "case", "extends")]
        lines += ["[limits]", "x = { %s }" % ", ".join(f'{key} = "x"' for key in sorted(told["limits.NAME"]))]
        for table in ("rule", "check", "inhibit", "question", "component", "indication"):
            keys = sorted(told[table] - {"reason", "unset"})  # known where a part is disabled, or inherited
            lines += [f"[[{table}]]"] + [f'{key} = "x"' for key in keys]
        self.assertEqual(told["check.phases"], {"every", "for"})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.toml"
            path.write_text("\n".join(lines) + "\n")
            done = run(BIN / "magwatch", "rules", "check", path)
        self.assertIn("x.toml", done.stderr)
        self.assertNotIn("unknown key", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
