"""A case must fail when its promise is broken: without its rule, a second too late, with other words.

Usage: cases_test.py MAGWATCH
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
import xml.etree.ElementTree as ElementTree

MAGWATCH = pathlib.Path(sys.argv[1]).resolve()
HERE = pathlib.Path(__file__).resolve().parent
PACKS = HERE.parent.parent / "rules" / "packs"


def run(*arguments):
    return subprocess.run([MAGWATCH, "rules", *map(str, arguments)], capture_output=True, text=True, check=False)


def judged(done):
    """What was judged, and the summary."""
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return rows[:-1], rows[-1]


def without(effective, kind, wanted):
    """The pack without one rule or check."""
    kept, cut = [], 0
    for part in re.split(r"(?m)^(?=\[)", effective):
        head = part.startswith(f"[[{kind}]]") and re.search(r'(?m)^id = "([^"]*)"', part)
        if head and head.group(1) == wanted:
            cut += 1
        elif part.startswith("[[inhibit]]") and f'"{wanted}"' in part:
            # An inhibition of this rule alone has nothing to hold back now.
            rest = re.sub(rf'"{wanted}"(, )?', "", part)
            if not re.search(r"(?m)^rules = \[\]", rest):
                kept.append(rest)
        else:
            kept.append(part)
    assert cut == 1, (kind, wanted, cut)
    text = "".join(kept)
    # A limit that only this rule used would be a mistake now.
    names = re.findall(r"(?m)^(\w+) = \{", text)
    in_use = "".join(part for part in re.split(r"(?m)^(?=\[)", text) if not re.search(r"(?m)^disabled = true", part))
    for name in names:
        if not re.search(rf"(?m)^(when|clear|needs) = .*\b{name}\b", in_use):
            text = re.sub(rf"(?m)^{name} = \{{.*\n", "", text)
    return text


class Cases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def case(self, text, name="case.toml"):
        path = self.folder / name
        path.write_text(text)
        return path

    def test_without_its_rule_every_case_fails(self):
        effective = {}
        tried = 0
        for path in sorted(HERE.glob("*.toml")):
            case = tomllib.loads(path.read_text())
            pack = case["pack"]
            if pack not in effective:
                shown = run("show", "--effective", PACKS / f"{pack}.toml")
                self.assertEqual(shown.returncode, 0, shown.stderr)
                effective[pack] = shown.stdout
            needed = {one["alarm"][0] for one in case.get("expect", []) if len(one["alarm"]) == 1}
            for alarm in sorted(needed):
                if alarm.startswith(("technical.", "session.", "screening.", "bag.")):
                    continue  # built in: no pack can lack it
                kind, wanted = ("check", alarm[6:]) if alarm.startswith("check.") else ("rule", alarm)
                (self.folder / f"{pack}.toml").write_text(without(effective[pack], kind, wanted))
                good = run("check", self.folder / f"{pack}.toml")
                self.assertEqual(good.returncode, 0, good.stderr)
                done = run("cases", path, "--pack", self.folder / f"{pack}.toml", "--json")
                self.assertEqual(done.returncode, 1, f"{path.name} without {alarm}: {done.stdout}{done.stderr}")
                rows, _ = judged(done)
                failed = {row["alarm"] for row in rows if not row["passed"]}
                self.assertIn(alarm, failed, path.name)
                tried += 1
        self.assertGreater(tried, 20)

    def failing(self, old, new, name="scenario_a_load_left_running.toml"):
        text = (HERE / name).read_text()
        self.assertIn(old, text)
        done = run("cases", self.case(text.replace(old, new, 1)), "--pack", PACKS / "ggc.toml", "--json")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return [row["problem"] for row in judged(done)[0] if not row["passed"]]

    def test_a_second_too_late_or_too_early_fails(self):
        self.assertEqual(set(self.failing('by = "20 min 10 s"', 'by = "20 min 4 s"')), {"came at 1205 s, after 1204 s"})
        self.assertIn("came at 1205 s, before 1206 s",
                      self.failing('by = "20 min 10 s"', 'not_before = "20 min 6 s"\nby = "20 min 10 s"'))

    def test_other_words_fail(self):
        self.assertIn("rr-critical does not say 'take a walk'", self.failing('says = "bag and mask"', 'says = "take a walk"'))

    def test_an_alarm_that_must_not_come_fails(self):
        self.assertIn("session.rate-alarm came at 1205 s", self.failing('before = "20 min"', 'before = "21 min"'))

    def test_a_page_that_nobody_gets_fails(self):
        problems = self.failing('page_by = "1 h 18 min 1 s"', 'page_by = "1 h 15 min 2 s"',
                                "scenario_c_twin_arm_not_charted.toml")
        self.assertIn("paged at 4680 s, after 4502 s", problems)

    def test_mistakes_have_their_place(self):
        text = (HERE / "scenario_a_load_left_running.toml").read_text()
        for old, new, said in [('"30 min reflex_knee 1"', '"30 min reflex_nose 1"', "an entry is a time and what is charted"),
                               ('"30 min reflex_knee 1"', '"30 min mg 3"', "an entry is a time and what is charted"),
                               ('"0 s 12 g/h"', '"0 s 12 mL/h"', "a point is a time later"),
                               ('weight = "70 kg"', 'weight = "70"', "a fact is"),
                               ('until = "70 min"', 'until = "70"', "a time is written like"),
                               ('until = "70 min"', 'until = "169 h"', "at most 168 h"),
                               ('period = "1 s"', 'period = "100 ms"', "at least 1 s"),
                               ('rr = [', 'mood = [', "no continuous signal of a monitor"),
                               ('everywhere = true', 'everywere = true', "unknown key"),
                               ('by = "45 min"', 'by = "75 min"', "the times must be in order")]:
            with self.subTest(new=new):
                path = self.case(text.replace(old, new, 1))
                done = run("cases", path, "--pack", PACKS / "ggc.toml")
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, re.escape(str(path)) + r":\d+:\d+: ")
                self.assertIn(said, done.stderr)

    def test_a_way_of_which_nothing_is_expected_is_a_mistake(self):
        text = (HERE / "scenario_h_level_in_another_unit.toml").read_text()
        text = text[:text.index("[[never]]")].replace('by = "3 h"', 'way = ["whole"]\nby = "3 h"')
        done = run("cases", self.case(text), "--pack", PACKS / "us-nursing.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing is expected of the run 'without_dose'", done.stderr)
        self.assertIn("nothing is expected of the run 'without_vitals'", done.stderr)

    def test_a_case_that_no_pack_judges_is_no_pass(self):
        text = (HERE / "scenario_c_epidural.toml").read_text().replace("everywhere = true\n", "")
        done = run("cases", self.case(text), "--pack", PACKS / "msf.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing of it is judged under these packs; it is written for 'ggc'", done.stderr)

    def test_nothing_at_all_is_no_pass(self):
        done = run("cases", self.folder, "--pack", PACKS / "ggc.toml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no cases there", done.stderr)
        self.assertEqual(run("cases", HERE).returncode, 2, "without a pack")

    def test_junit_and_json_tell_the_same(self):
        report = self.folder / "report.xml"
        text = (HERE / "scenario_h_level_in_another_unit.toml").read_text().replace("unconfirmed\"", "con<firmed\"")
        done = run("cases", self.case(text), "--pack", PACKS / "us-nursing.toml", "--json", "--junit", report)
        rows, summary = judged(done)
        suite = ElementTree.parse(report).getroot().find("testsuite")
        self.assertEqual(len(suite.findall("testcase")), len(rows))
        self.assertEqual(summary["judged"], len(rows))
        self.assertEqual(int(suite.get("tests")), len(rows))
        self.assertEqual(int(suite.get("failures")), 3)
        self.assertEqual(summary["failed"], 3)
        messages = {failure.get("message") for failure in suite.iter("failure")}
        self.assertEqual(messages, {"level-unlikely does not say 'con<firmed'"})

    def test_diff_shows_what_another_pack_does_in_them(self):
        done = run("diff", PACKS / "ggc.toml", PACKS / "kemh.toml", "--cases", HERE / "scenario_d_opioid.toml", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["cases"], 1)
        changed = told["changed_cases"][0]
        self.assertEqual(changed["case"], "(d) Slow breathing after an opioid, reflexes kept")
        self.assertTrue(any(one.startswith("rr-low raised") for one in changed["only_a"]), changed)
        self.assertTrue(any(one.startswith("rr-low raised") for one in changed["only_b"]), changed)
        same = run("diff", PACKS / "ggc.toml", PACKS / "ggc.toml", "--cases", HERE, "--json")
        self.assertEqual(json.loads(same.stdout)["changed_cases"], [])
        self.assertGreater(json.loads(same.stdout)["cases"], 20)

    def test_the_timeline_shows_every_alarm_of_every_run(self):
        path = HERE / "scenario_h_level_in_another_unit.toml"
        done = run("cases", path, "--pack", PACKS / "us-nursing.toml", "--timeline")
        self.assertEqual(done.returncode, 0, done.stdout)
        for way in ("whole", "without_dose", "without_vitals"):
            self.assertIn(f"scenario_h_level_in_another_unit, {way}, under us-nursing", done.stdout)
        self.assertEqual(len(re.findall(r"(?m)^10800\s.*\slevel-unlikely\s+LEVEL 6\+ unconfirmed", done.stdout)), 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
