#!/usr/bin/python3
"""check_goals.py refuses a page without every goal, with a test that does not exist, or without a word on today."""
import os
import unittest

from support import TreeTest

HEAD = "# Goals\n\n| Id | Goal | At every change | Larger | Today |\n|---|---|---|---|---|\n"
PLAN = '[[step]]\ngoals = ["G1", "G2"]\n'


class Goals(TreeTest):
    script = "check_goals.py"

    def setUp(self):
        super().setUp()
        self.write("build/CTestTestfile.cmake", 'add_test(system_kill "/bin/true")\n')
        self.write("tools/prove.d/plan.toml", PLAN)
        self.rows = {f"G{i}": f"| G{i} | no loss | `system_kill` | none yet | partly: small |" for i in range(3, 29)}
        for goal in ("G1", "G2"):
            self.rows[goal] = f"| {goal} | no loss | `system_kill` | `tools/prove --goal {goal}` | reached: 50 |"

    def findings(self):
        self.write("docs/GOALS.md", HEAD + "\n".join(self.rows.values()) + "\n")
        return self.run_script(os.path.join(self.root, "build"))

    def finds(self, why):
        status, lines = self.findings()
        self.assertEqual((status, len(lines)), (1, 1), lines)
        self.assertIn(why, lines[0])

    def test_a_whole_table_is_right(self):
        self.assertEqual(self.findings(), (0, []))

    def test_a_goal_that_is_not_there(self):
        del self.rows["G17"]
        self.finds("G17 is missing")

    def test_a_goal_twice_and_one_that_is_none(self):
        self.rows["again"] = self.rows["G4"]
        self.finds("G4 has a row already")
        self.rows["again"] = self.rows["G4"].replace("G4", "G29")
        self.finds("G29 is no goal")

    def test_a_test_that_does_not_exist(self):
        self.rows["G5"] = self.rows["G5"].replace("system_kill", "system_gone")
        self.finds("G5 names a test that does not exist: system_gone")

    def test_what_is_not_missing_names_a_test(self):
        self.rows["G5"] = "| G5 | quick | by hand | none | reached: 3 s |"
        self.finds("G5 is said to be reached and names no test")
        self.rows["G5"] = "| G5 | quick | nothing | none | missing |"
        self.assertEqual(self.findings(), (0, []))

    def test_today_is_one_of_three_words(self):
        self.rows["G5"] = self.rows["G5"].replace("partly: small", "soon")
        self.finds("says neither reached, partly nor missing")

    def test_a_bar_within_a_cell_makes_no_row(self):
        self.rows["G5"] = self.rows["G5"].replace("no loss", "no | loss")
        self.finds("G5 has 6 cells, not 5")

    def test_the_larger_size_is_what_the_plan_has(self):
        self.rows["G1"] = self.rows["G1"].replace("`tools/prove --goal G1`", "none")
        self.finds("G1 has a step in tools/prove.d/plan.toml")
        self.rows["G1"] = self.rows["G2"].replace("| G2", "| G1").replace("goal G2", "goal G1")
        self.rows["G3"] = self.rows["G3"].replace("none yet", "`tools/prove --goal G3`")
        self.finds("G3 has no step in tools/prove.d/plan.toml")


if __name__ == "__main__":
    unittest.main()
