#!/usr/bin/python3
"""magwatch predict as a script and a person use it."""
import json
import subprocess
import sys
import unittest

MAGWATCH = sys.argv.pop(1)
OK, USAGE = 0, 2
WOMAN = ["--weight-kg", "55", "--creatinine-mg-dl", "0.8"]
PLAN = "0s:4g/20min,20min:1g/h"


def run(*arguments):
    return subprocess.run([MAGWATCH, "predict", *arguments], capture_output=True, text=True, check=False, timeout=60)


def predict(*arguments, woman=(), plan=PLAN, at="6h"):
    shown = run(*(woman or WOMAN), "--infusion", plan, "--at", at, "--json", *arguments)
    assert shown.returncode == OK, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()], shown.stderr


class Predict(unittest.TestCase):
    def test_one_object_for_each_time_with_the_pinned_names(self):
        points, errors = predict("--model", "salinger", at="20min,1h,2h,24h")
        self.assertEqual(errors, "")
        self.assertEqual([p["time_s"] for p in points], [1200, 3600, 7200, 86400])
        for point, wanted in zip(points, (1.844, 1.817, 1.786, 1.699)):
            self.assertEqual(list(point), ["time_s", "p5_mmol_l", "p25_mmol_l", "p50_mmol_l", "p75_mmol_l", "p95_mmol_l",
                                           "extrapolated"])
            self.assertAlmostEqual(point["p50_mmol_l"], wanted, delta=0.05 * wanted)
            edges = [point[f"p{n}_mmol_l"] for n in (5, 25, 50, 75, 95)]
            self.assertEqual(edges, sorted(set(edges)))
            self.assertIs(point["extrapolated"], False)

    def test_models(self):
        wanted = {"salinger": (55, 1.725), "two-compartment": (70, 1.356), "easterling": (90.54, 1.414)}
        for model, (kg, level) in wanted.items():
            woman = ["--weight-kg", str(kg), "--creatinine-mg-dl", "0.8"]
            points, _ = predict("--model", model, woman=woman)
            self.assertAlmostEqual(points[0]["p50_mmol_l"], level, delta=0.002)
        both = [predict("--model", m)[0][0]["p50_mmol_l"] for m in ("salinger", "two-compartment")]
        self.assertAlmostEqual(predict("--model", "typical")[0][0]["p50_mmol_l"], sum(both) / 2, delta=0.0011)
        self.assertEqual(predict("--model", "typical"), predict())

    def test_levels_in_every_unit_mean_the_same(self):
        first, _ = predict("--level", "4h:2.4305mmol/L", "--level", "3h:2mmol/L")
        second, _ = predict("--level", "4h:5.90733mg/dL,3h:4mEq/L")
        self.assertEqual(first, second)
        self.assertNotEqual(first, predict()[0])

    def test_creatinine_in_both_units(self):
        points, _ = predict(woman=["--weight-kg", "55", "--creatinine-umol-l", "70.72"])
        self.assertEqual(points, predict()[0])

    def test_a_level_near_a_bolus_is_not_used_and_said_so(self):
        points, errors = predict("--level", "30min:6mmol/L")
        self.assertEqual(points, predict()[0])
        self.assertIn("the level of 6.00 mmol/L at 30 min is not fitted: drawn during or less than 30 min after a bolus",
                      errors)
        _, errors = predict("--level", "6h:7mmol/L")
        self.assertIn("far from what was expected", errors)

    def test_states(self):
        points, _ = predict(woman=["--weight-kg", "120", "--creatinine-mg-dl", "2"], at="6h,30h")
        self.assertEqual([p["extrapolated"] for p in points], [True, True])
        self.assertEqual([p["extrapolated_by"] for p in points], [["weight", "creatinine"], ["weight", "creatinine", "time"]])
        points, errors = predict("--rate-unknown-since", "2h", at="1h,6h")
        self.assertEqual([p.get("record_incomplete") for p in points], [None, True])
        self.assertIn("infusion record incomplete: rate unknown since 2 h", errors)
        usual, _ = predict(at="1h,6h")
        self.assertEqual(points[0], usual[0])
        self.assertLess(points[1]["p5_mmol_l"], usual[1]["p5_mmol_l"])

    def test_intramuscular_doses_salts_and_stops(self):
        pritchard = "0s:4g/20min,20min:5g im,20min:5g im,260min:5g im"
        points, _ = predict("--model", "salinger", plan=pritchard, at="4h")
        self.assertIs(points[0]["extrapolated"], False)
        self.assertTrue(1.7 < points[0]["p50_mmol_l"] < 2.3, points)
        self.assertGreater(predict("--salt", "sulfate_anhydrous")[0][0]["p50_mmol_l"], predict()[0][0]["p50_mmol_l"])
        self.assertLess(predict(plan=PLAN + ",2h:stop")[0][0]["p50_mmol_l"], predict()[0][0]["p50_mmol_l"])

    def test_the_same_bytes_every_time(self):
        line = [*WOMAN, "--infusion", PLAN, "--at", "20min,6h", "--level", "5h:2.2mmol/L", "--json"]
        self.assertEqual(len({run(*line).stdout for _ in range(5)}), 1)

    def test_a_table_for_people(self):
        shown = run(*WOMAN, "--infusion", PLAN, "--at", "20min,30h")
        self.assertEqual(shown.returncode, OK)
        lines = shown.stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(lines[0].startswith("TIME\tP5 mmol/L\tP50\tP95\tP5 mg/dL"))
        self.assertIn("extrapolated: time", lines[2])
        self.assertIn("an estimate, not a lab result", shown.stderr)

    def test_help(self):
        shown = run("--help")
        self.assertEqual((shown.returncode, shown.stderr), (OK, ""))
        for word in ("--model", "--weight-kg", "--creatinine-mg-dl", "--infusion", "--at", "--level", "--json", "P95"):
            self.assertIn(word, shown.stdout)

    def test_every_wrong_argument_is_2_and_named(self):
        good = {"--weight-kg": "55", "--creatinine-mg-dl": "0.8", "--infusion": PLAN, "--at": "1h", "--level": "6h:2mmol/L"}
        wrong = [("--weight-kg", v, "weight") for v in ("0", "-55", "nan", "inf", "5500", "x", "")] + \
            [("--creatinine-mg-dl", v, "creatinine") for v in ("0", "-1", "nan", "inf", "71", "x")] + \
            [("--infusion", v, "infusion") for v in ("", "x", "0s:4g/20min,10min:1g/h", "20min:1g/h,0s:4g/20min", "0s:nang/h",
                                                     "0s:-4g/20min", "-1h:4g/20min", "0s:4000g/20min", "0s:4g/0s")] + \
            [("--at", v, "--at") for v in ("", "-1h", "60", "nan", "1h,,2h")] + \
            [("--level", v, "--level") for v in ("6h:2", "6h:200mmol/L", "-6h:2mmol/L", "6h:nanmmol/L", "2mmol/L", "6h:2 g")] + \
            [("--model", v, "model") for v in ("", "da-costa")]
        for option, value, named in wrong:
            line = dict(good, **{option: value})
            shown = run(*[word for pair in line.items() for word in pair], "--json")
            self.assertEqual((shown.returncode, shown.stdout), (USAGE, ""), (option, value, shown.stderr))
            self.assertIn(named, shown.stderr, (option, value))
        for missing in ("--weight-kg", "--creatinine-mg-dl", "--infusion", "--at"):
            shown = run(*[f"{name}={text}" for name, text in good.items() if name != missing])
            self.assertEqual((shown.returncode, shown.stdout), (USAGE, ""), missing)
            self.assertIn(missing.split("-")[2], shown.stderr)
        shown = run(*WOMAN, "--creatinine-umol-l", "70", "--infusion", PLAN, "--at", "1h")
        self.assertEqual(shown.returncode, USAGE)
        self.assertIn("once", shown.stderr)
        shown = run(*WOMAN, "--infusion", PLAN, "--at", "1h", "--rate-unknown-since", "soon")
        self.assertEqual(shown.returncode, USAGE)


if __name__ == "__main__":
    unittest.main()
