#!/usr/bin/python3
"""tools/prove: its arguments, its slices of time, its figures and verdicts, and what is left when it is broken off.

A plan of its own with programs that last no time stands for the real ones."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROVE = ROOT / "tools/prove"
PLAN = '''
[[step]]
goals = ["G1", "G5"]
name = "kills"
command = ["/bin/sh", "-c", "echo seed {seed}: 1,000 kills, ready after 2.5 s"]
figures = [
  { what = "kills", pattern = '([\\d,]+) kills', wanted = 2500 },
  { goal = "G5", what = "slowest start, s", pattern = 'after ([\\d.]+) s', combine = "max", most = 3 },
]
once = true
[[step]]
goals = ["G9"]
name = "weeks of {each}"
each = ["rest", "fever"]
command = ["/bin/sh", "-c", "echo {each}: 0 broken"]
figures = [{ what = "broken runs of {each}", pattern = '(\\d+) broken', most = 0 }]
once = true
'''
SLOW = '''
[[step]]
goals = ["G2"]
name = "long"
command = ["/bin/sh", "-c", "echo begun; exec sleep 600"]
figures = [{ what = "rounds" }]
'''


class Prove(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def command(self, *words, plan=PLAN):
        (self.folder / "plan.toml").write_text(plan)
        return [str(PROVE), "--plan", str(self.folder / "plan.toml"), "--out", str(self.out), *words]

    def prove(self, *words, plan=PLAN):
        return subprocess.run(self.command(*words, plan=plan), capture_output=True, text=True, check=False, timeout=120)

    def result(self, *words, plan=PLAN):
        done = self.prove("--hours", "0.01", "--json", "--no-build", *words, plan=plan)
        return done.returncode, json.loads(done.stdout), done

    def verdicts(self, result):
        return {row["what"]: row["verdict"] for row in result["figures"]}

    # --- arguments ---

    def test_help_says_what_it_does_and_what_its_exit_codes_mean(self):
        done = subprocess.run([PROVE, "--help"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        for word in ("--hours", "--goal", "--out", "--json", "Exit code 0"):
            self.assertIn(word, done.stdout)

    def test_wrong_arguments_are_2_and_leave_nothing(self):
        for words, why in (([], "--hours N is missing"), (["--hours", "0"], "above 0"), (["--hours", "-1"], "above 0"),
                           (["--hours", "nan"], "above 0"), (["--hours", "soon"], "invalid"),
                           (["--hours", "1", "--goal", "G29"], "no goal 'G29'"),
                           (["--hours", "1", "--goal", "G8"], "nothing measures G8"),
                           (["--hours", "1", "--sooner"], "unrecognized")):
            done = self.prove(*words)
            self.assertEqual(done.returncode, 2, (words, done))
            self.assertIn(why, done.stderr)
            self.assertFalse(self.out.exists())

    def test_a_plan_that_is_wrong_is_2_and_says_why(self):
        for plan, why in (("step = 1", "plan.toml"), (PLAN.replace("once = true", "onec = true"), "onec"),
                          (PLAN.replace("(\\d+) broken", "\\d+ broken"), "needs one group"),
                          (PLAN.replace('goals = ["G9"]', 'goals = ["G9", "G3"]'), "a figure for each of its goals"),
                          (PLAN.replace('name = "kills"\n', ""), "name")):
            done = self.prove("--hours", "1", plan=plan)
            self.assertEqual(done.returncode, 2, (plan, done))
            self.assertIn(why, done.stderr)

    def test_the_list_names_every_step(self):
        done = self.prove("--list")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(done.stdout.splitlines()), 3, done.stdout)
        self.assertIn("G9       weeks of fever: /bin/sh -c echo fever: 0 broken", done.stdout)

    def test_the_real_plan_is_read_and_its_programs_are_there(self):
        done = subprocess.run([PROVE, "--list"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        for path in re.findall(r"(?:tests|tools|rules)/[\w./]+", done.stdout):
            self.assertTrue((ROOT / path).exists(), path)
        targets = {path.name for path in (ROOT / "tests/fuzz").iterdir() if path.is_dir()}
        self.assertEqual(set(re.findall(r"prove.d/fuzz \{bin\} (\w+)", done.stdout)), targets)

    # --- runs ---

    def test_a_run_names_each_figure_and_holds(self):
        status, result, done = self.result()
        self.assertEqual(status, 0, done)
        self.assertEqual(self.verdicts(result), {"kills": "held, 40 % of the size", "slowest start, s": "reached",
                                                 "broken runs of rest": "reached", "broken runs of fever": "reached"})
        page = pathlib.Path(result["report"]).read_text()
        self.assertIn("| G1 | kills | 1,000 | 1,000 | 2,500 wanted | held, 40 % of the size |", page)
        self.assertIn("| G5 | slowest start, s | 2.50 | 2.50 | at most 3 | reached |", page)
        self.assertIn("| G8 | nothing measures it | | | | missing |", page)

    def test_goals_are_chosen(self):
        _, result, _ = self.result("--goal", "G5")
        self.assertEqual([step["name"] for step in result["steps"]], ["kills"])
        _, result, _ = self.result("--goal", "G9", "--goal", "G1")
        self.assertEqual(len(result["steps"]), 3)

    def test_what_is_missed_is_called_missed(self):
        for plan, what in ((PLAN.replace("after 2.5 s", "after 3.5 s"), "slowest start, s"),
                           (PLAN.replace("rest\", \"fever", "rest").replace("0 broken", "1 broken"), "broken runs of rest"),
                           (PLAN.replace("2.5 s\"]", "2.5 s; exit 3\"]"), "kills")):
            status, result, _ = self.result(plan=plan)
            self.assertEqual(status, 1)
            self.assertEqual(self.verdicts(result)[what], "missed")
            self.assertIn("| missed |", pathlib.Path(result["report"]).read_text())

    def test_a_program_that_is_not_there_prints_nothing_or_lasts_too_long_has_failed(self):
        for plan, why in ((PLAN.replace("/bin/sh", "/bin/gone", 1), "cannot be started"),
                          (SLOW + "limit = 0.2\nonce = true\n", "longer than")):
            status, result, _ = self.result(plan=plan)
            self.assertEqual(status, 1)
            self.assertIn(why, result["steps"][0]["failed"][0])
        self.out = self.folder / "other"  # what was missed stays missed in its folder
        status, result, _ = self.result(plan=PLAN.replace("1,000 kills", "some kills"))
        self.assertEqual((status, self.verdicts(result)["kills"]), (1, "no figure"))

    def test_rounds_fill_the_slice_with_other_seeds_and_their_figures_add_up(self):
        plan = PLAN.replace("once = true", "").split("[[step]]")[1]
        done = self.prove("--hours", "0.0002", "--json", "--no-build", "--seed", "7", plan="[[step]]" + plan)
        step = json.loads(done.stdout)["steps"][0]
        self.assertGreater(step["rounds"], 1)
        self.assertEqual(step["figures"][0]["value"], 1000 * step["rounds"])
        self.assertEqual(step["figures"][1]["value"], 2.5)
        logs = sorted(self.out.glob("*/kills-*.log"))
        self.assertEqual(len(logs), step["rounds"])
        self.assertEqual(len({log.read_text() for log in logs}), len(logs), "a seed came twice")

    def test_a_step_that_needs_more_time_is_not_run_and_said_to_be_so(self):
        status, result, _ = self.result(plan=PLAN.replace("once = true", "once = true\nneeds = 7200", 1))
        self.assertEqual(status, 1)
        self.assertEqual(self.verdicts(result)["kills"], "not run: it needs 2.0 h")
        self.assertEqual(self.verdicts(result)["broken runs of rest"], "reached")

    def test_runs_of_one_commit_add_up_and_a_miss_stays(self):
        commit = "c" * 40
        fake = self.folder / "bin"
        fake.mkdir()
        (fake / "git").write_text(f'#!/bin/sh\n[ "$1" = rev-parse ] && echo {commit}\nexit 0\n')
        (fake / "git").chmod(0o755)
        old, os.environ["PATH"] = os.environ["PATH"], f"{fake}:{os.environ['PATH']}"
        self.addCleanup(os.environ.__setitem__, "PATH", old)
        self.result(plan=PLAN.replace("after 2.5 s", "after 3.5 s"))
        self.result()
        status, result, _ = self.result()
        rows = {row["what"]: row for row in result["figures"]}
        self.assertEqual((rows["kills"]["figure"], rows["kills"]["all_runs"]), (1000, 3000))
        self.assertEqual(rows["slowest start, s"]["verdict"], "missed in an earlier run")
        self.assertEqual(status, 1)

    def test_piped_it_prints_lines_and_with_json_one_object_alone(self):
        done = self.prove("--hours", "0.01", "--no-build")
        self.assertNotIn("\r", done.stdout)
        self.assertIn("G1/G5 kills: round 1, 1,000 kills", done.stdout)
        self.assertTrue(done.stdout.splitlines()[-1].endswith(".md"))
        _, _, done = self.result()
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("round 1", done.stderr)

    def test_broken_off_it_ends_what_runs_and_writes_what_it_has(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            running = subprocess.Popen(self.command("--hours", "1", "--json", "--no-build", plan=PLAN + SLOW),
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            log = self.folder / "out"
            until = time.monotonic() + 60
            while not [path for path in log.glob("*/long-1.log") if "begun" in path.read_text()]:
                self.assertIsNone(running.poll())
                self.assertLess(time.monotonic(), until)
                time.sleep(0.01)
            running.send_signal(number)
            output, _ = running.communicate(timeout=60)
            self.assertEqual(running.returncode, 130)
            result = json.loads(output)
            self.assertTrue(result["interrupted"])
            self.assertEqual(result["figures"][0]["figure"], 1000)
            self.assertEqual(self.verdicts(result)["rounds"], "interrupted")
            self.assertIn("interrupted: yes", pathlib.Path(result["report"]).read_text())
            for path in log.glob("*/long-1.log"):
                path.unlink()


if __name__ == "__main__":
    unittest.main()
