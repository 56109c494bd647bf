#!/usr/bin/python3
"""tools/coverage: what counts as a line and a branch, what it sums, and which bars fail."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import load

SOURCE = """#define MAGWATCH_ASSERT(condition) do { if (!(condition)) __builtin_abort(); } while (false)
template <bool twice> int made(int value)
{
    if constexpr (sizeof value > 1 && twice) value *= 2;
    if (value > 10) return 10;
    return value;
}
int of(int a, int b)
{
    MAGWATCH_ASSERT(a >= 0 && b >= 0); while (true) break;
    if (a == 1 && b == 1) return 1;
    return b;
}
int unused(int a)
{
    return a > 0 ? 1 : 2;
}
enum class Answer { yes, no };
struct Pair { int a, b; bool operator==(const Pair&) const = default; };
int number(Answer answer)
{
    switch (answer) {
    case Answer::yes: return Pair{1, 2} == Pair{1, 2};
    case Answer::no: return 1;
    }
    return 2;
}
int main() { return number(Answer::yes) - number(Answer::no) + made<true>(3) + made<false>(30) + of(1, 1) + of(1, 2) - 19; }
"""


class Coverage(unittest.TestCase):
    tool = load("coverage")

    @classmethod
    def setUpClass(cls):
        """A program of a few lines, built and run as the preset does it."""
        cls.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(cls.folder.name).resolve()
        source = root / "rules" / "ward" / "small.cpp"
        source.parent.mkdir(parents=True)
        source.write_text(SOURCE, encoding="utf-8")
        clang = shutil.which("clang++-14") or "clang++"
        subprocess.run([clang, "-std=c++20", "-O1", "-fprofile-instr-generate", "-fcoverage-mapping", str(source), "-o",
                        str(root / "small")], check=True)
        subprocess.run([str(root / "small")], env={**os.environ, "LLVM_PROFILE_FILE": str(root / "small.profraw")}, check=True)
        subprocess.run([cls.tool.program("llvm-profdata"), "merge", "-sparse", str(root / "small.profraw"), "-o",
                        str(root / "small.profdata")], check=True)
        done = subprocess.run([cls.tool.program("llvm-cov"), "export", "--format=text", "--skip-functions",
                               f"--instr-profile={root / 'small.profdata'}", str(root / "small")],
                              capture_output=True, text=True, check=True)
        cls.files = cls.tool.read_export(cls.tool.json.loads(done.stdout), root)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def told(self):
        return self.tool.result(self.files, ["rules/ward/small.cpp", "rules/ward/gone.cpp"])

    def test_the_outcome_that_nothing_took_is_named(self):
        missed = {(one["line"], one["condition"], one["never"]) for one in self.told()["missed"]}
        self.assertEqual(missed, {(11, "a == 1", "false"), (16, "a > 0", "true"), (16, "a > 0", "false")})

    def test_any_instance_of_a_template_counts_and_what_the_compiler_decides_does_not(self):
        lines = {branch.line for branch in self.files["rules/ward/small.cpp"].branches}
        self.assertEqual(lines, {5, 11, 16, 23, 24})
        self.assertEqual(self.told()["core"]["branches"], 2 + 4 + 2 + 4)
        self.assertEqual(self.told()["core"]["branches_taken"], 2 + 3 + 4)

    def test_lines_that_ran(self):
        lines = self.files["rules/ward/small.cpp"].lines
        self.assertEqual({number for number, count in lines.items() if count == 0}, {15, 16, 17, 26})
        self.assertGreater(lines[12], 0)

    def test_a_source_of_no_program_is_named(self):
        self.assertEqual(self.told()["not_linked"], ["rules/ward/gone.cpp"])

    def test_bars(self):
        told = self.told()
        self.assertEqual(self.tool.below(told, {"min_core_branches": 75, "min_lines": None}), [])
        self.assertEqual(self.tool.below(told, {"min_core_branches": 75.1}),
                         ["min core branches: 75.00 %, and 75.1 % is asked for"])
        self.assertEqual(len(self.tool.below(told, {"min_lines": 100.0, "min_core_lines": 100.0})), 2)

    def test_folders_and_sums(self):
        told = self.told()
        self.assertEqual(list(told["folders"]), ["rules/ward"])
        self.assertEqual(told["folders"]["rules/ward"], told["total"])


if __name__ == "__main__":
    unittest.main()
