#!/usr/bin/python3
"""tools/check_code: what it asks about, what it believes, and that a defect in a source is found by both checkers."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from support import TOOLS, TreeTest, load

MOVED = """#include <string>
#include <utility>
std::string sink(std::string text) { return text; }
std::string twice(std::string text)
{
    std::string first = sink(std::move(text));
    return first + text;
}
"""
PAST_THE_END = """int last()
{
    int all[4] = {1, 2, 3, 4};
    return all[4];
}
"""


class Parts(unittest.TestCase):
    tool = load("check_code")

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_numbers_lose_their_units_and_texts_keep_theirs(self):
        self.assertEqual(self.tool.without_units("wait(5s, 10'000ms, 1.5h); // 5s\nsay(\"5s\");"),
                         "wait(5, 10'000, 1.5); // 5s\nsay(\"5s\");")
        self.assertEqual(self.tool.without_units("x5s + 0x5d + 7U + 3uL;"), "x5s + 0x5d + 7U + 3uL;")

    def test_lines_of_clang_tidy(self):
        root = self.tool.ROOT
        text = (f"{root}/rules/a.cpp:3:5: error: 'x' used after it was moved [bugprone-use-after-move,-warnings-as-errors]\n"
                f"{root}/rules/a.cpp:2:5: note: move occurred here\n"
                "    return x;\n"
                "/usr/include/asio.hpp:9:1: error: null [clang-analyzer-core.NullDereference,-warnings-as-errors]\n"
                "/usr/include/b.hpp:1:1: error: 'c' file not found [clang-diagnostic-error]\n")
        rows = [(one["file"], one["line"], one["name"]) for one in self.tool.parse_tidy(text)]
        self.assertEqual(rows, [("rules/a.cpp", 3, "bugprone-use-after-move"),
                                ("/usr/include/b.hpp", 1, "clang-diagnostic-error")])

    def test_a_source_whose_only_findings_stand_in_headers_of_others_was_read(self):
        def ends(status, said):
            program = os.path.join(self.folder, "tidy")
            with open(program, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\necho '{said}'\nexit {status}\n")
            os.chmod(program, 0o755)
            return [one["name"] for one in self.tool.ask_tidy(program, "rules/a.cpp")]

        other = "/usr/include/asio.hpp:9:1: error: null [clang-analyzer-core.NullDereference,-warnings-as-errors]"
        self.assertEqual(ends(1, other), [])
        self.assertEqual(ends(0, ""), [])
        self.assertEqual(ends(1, ""), ["clang-diagnostic-error"])
        self.assertEqual(ends(139, other), ["clang-diagnostic-error"])

    def test_an_entry_of_the_list_needs_a_reason(self):
        self.assertEqual(self.tool.parse_wrong("// why\nsomething\n\nbare\n// why else\nother:rules/a.cpp\n"),
                         (["something", "other:rules/a.cpp"], [4]))

    def test_an_entry_counts_in_its_file_alone_and_for_cppcheck_alone(self):
        one = self.tool.finding("cppcheck", "rules/a.cpp", 3, "bad", "accessMoved")
        self.assertTrue(self.tool.fits("accessMoved", one))
        self.assertTrue(self.tool.fits("accessMoved:rules/a.cpp", one))
        self.assertFalse(self.tool.fits("accessMoved:rules/b.cpp", one))
        self.assertFalse(self.tool.fits("access", one))
        tidy = self.tool.finding("clang-tidy", "rules/a.cpp", 3, "bad", "passedByValue")
        self.assertEqual(self.tool.judged([tidy], False, True), [tidy])

    def test_every_check_of_the_profile_has_a_reason(self):
        profile = self.tool.PROFILE.read_text(encoding="utf-8")
        reasons, checks = profile.split("Checks: >-")
        for line in checks.split("WarningsAsErrors")[0].split(","):
            name = line.strip()
            family = name.split("-")[1 if name.startswith("-") else 0]
            self.assertTrue(name == "-*" or name.lstrip("-").split("-", 1)[-1] in reasons or f"# {family}-" in reasons, name)


class OnATree(TreeTest):
    """The program on a source tree of a few lines, with a compilation database of its own."""

    def setUp(self):
        super().setUp()
        for name in (".clang-tidy", "tools/check_layers.py", "tools/check_code", "tools/check_code.d/cppcheck.txt"):
            os.makedirs(os.path.dirname(os.path.join(self.root, name)), exist_ok=True)
            shutil.copy(os.path.join(TOOLS, "..", name), os.path.join(self.root, name))
        self.git("init", "-q")
        self.write("rules/good.cpp", '#include "rules/base/one.hpp"\nint two() { return one() + 1; }\n')
        self.write("rules/base/one.hpp", "#pragma once\ninline int one() { return 1; }\n")
        self.write("runtime/alone.cpp", "int alone() { return 3; }\n")
        self.write(".gitignore", "/build/\n")
        self.database("rules/good.cpp", "runtime/alone.cpp")

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=self.root, check=True)

    def database(self, *sources):
        self.write("build/dev/compile_commands.json", json.dumps([
            {"directory": self.root, "file": os.path.join(self.root, source),
             "command": f"/usr/bin/g++ -std=c++20 -I{self.root} -Wno-restrict -c {source}"} for source in sources]))

    def ask(self, *words):
        done = subprocess.run([os.path.join(self.root, "tools", "check_code"), "--json", *words], cwd=self.root,
                              capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def test_each_checker_finds_its_defect_until_it_is_mended_and_asks_once(self):
        self.write("rules/moved.cpp", MOVED)
        self.write("rules/past.cpp", PAST_THE_END)
        self.database("rules/good.cpp", "rules/moved.cpp", "rules/past.cpp")
        status, told = self.ask("rules")
        self.assertEqual((status, told["asked"]), (1, 6), told)
        found = {(one["checker"], one["file"], one["name"]) for one in told["findings"]}
        self.assertIn(("clang-tidy", "rules/moved.cpp", "bugprone-use-after-move"), found)
        self.assertIn(("cppcheck", "rules/past.cpp", "arrayIndexOutOfBounds"), found)
        status, told = self.ask("rules")
        self.assertEqual((status, told["asked"]), (1, 0), "a finding is kept, not forgotten, where nothing changed")
        self.write("rules/moved.cpp", MOVED.replace("first + text", "first"))
        self.write("rules/past.cpp", PAST_THE_END.replace("all[4];", "all[3];"))
        status, told = self.ask("rules")
        self.assertEqual((status, told["asked"], told["findings"]), (0, 4, []))

    def test_since_takes_what_includes_a_changed_header(self):
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        self.assertEqual(self.ask("--since", "HEAD", "--list"), (0, []))
        self.write("rules/base/one.hpp", "#pragma once\ninline int one() { return 2; }\n")
        self.assertEqual(self.ask("--since", "HEAD", "--list"), (0, ["rules/good.cpp"]))
        self.assertEqual(self.ask("--since", "nothing", "--list")[0], 2)

    def test_most_asks_of_what_was_changed_first_and_of_the_rest_in_turn(self):
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        self.git("commit", "-qm", "two", "--allow-empty")
        self.write("runtime/alone.cpp", "int alone() { return 4; }\n")
        status, told = self.ask("--only", "clang-tidy", "--most", "1")
        self.assertEqual((status, told["asked"], told["left"]), (0, 1, 1), told)
        with open(os.path.join(self.root, "build/checks/verdicts.json"), encoding="utf-8") as file:
            self.assertEqual(list(json.load(file)), ["clang-tidy runtime/alone.cpp"])
        self.assertEqual([self.ask("--only", "clang-tidy", "--most", "1")[1][key] for key in ("asked", "left")], [1, 0])
        self.assertEqual([self.ask("--only", "clang-tidy", "--most", "1")[1][key] for key in ("asked", "left")], [0, 0])

    def test_each_commit_puts_the_rest_into_another_order(self):
        self.tool = load("check_code")
        sources = [f"rules/{number}.cpp" for number in range(20)]
        self.tool.ROOT = self.tool.pathlib.Path(self.root)
        seen = set()
        for name in "abcdef":
            self.git("commit", "-qm", name, "--allow-empty")
            seen |= self.tool.in_turn(sources, 4, {source: [] for source in sources})
        self.assertGreater(len(seen), 8)

    def test_a_source_that_cannot_be_read_proves_nothing(self):
        self.write("rules/broken.cpp", '#include "rules/gone.hpp"\nint broken() { return gone(); }\n')
        self.database("rules/broken.cpp")
        status, told = self.ask("rules")
        self.assertEqual((status, told["unread"]), (3, 1), told)

    def test_an_entry_that_fits_nothing_any_more_is_a_finding_of_the_whole_tree(self):
        status, told = self.ask("--only", "cppcheck")
        self.assertEqual(status, 1)
        self.assertEqual({one["name"] for one in told["findings"]}, {"unused"})
        self.assertEqual(self.ask("--only", "cppcheck", "rules")[0], 0)

    def test_a_checker_that_is_missing_is_a_failure(self):
        bare = os.path.join(self.root, "bin")
        os.makedirs(bare)
        for program in ("git", "cmake"):
            os.symlink(shutil.which(program), os.path.join(bare, program))
        done = subprocess.run(["/usr/bin/python3", os.path.join(self.root, "tools", "check_code"), "rules"], cwd=self.root,
                              capture_output=True, text=True, env={**os.environ, "PATH": bare}, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("is missing: tools/setup installs it", done.stderr)

    def test_a_path_without_sources_is_a_mistake(self):
        self.assertEqual(self.ask("rulse")[0], 2)


if __name__ == "__main__":
    unittest.main()
