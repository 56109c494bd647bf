#!/usr/bin/python3
"""A statement to the database is a constant of the source: text that came from outside does not compile.

  sql_constant_test.py COMPILER
"""
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPILER = sys.argv.pop(1)
PROGRAM = """
#include "daemon/journal/sqlite.hpp"
void ask(magwatch::Database& database, const std::string& typed)
{
    (void)typed;
    (void)database.prepare(%s);
}
"""


def compiles(sql):
    done = subprocess.run([COMPILER, "-std=c++20", "-fsyntax-only", "-x", "c++", "-I", str(ROOT), "-"],
                          input=PROGRAM % sql, capture_output=True, text=True, timeout=300)
    return done.returncode == 0, done.stderr


class Constant(unittest.TestCase):
    def test_what_stands_in_the_source_is_a_statement(self):
        self.assertEqual(compiles('"SELECT 1"'), (True, ""))

    def test_what_was_put_together_is_none(self):
        for sql in ("typed", "typed.c_str()", '"SELECT " + typed', 'std::string{"SELECT 1"} + typed'):
            right, why = compiles(sql)
            self.assertFalse(right, sql)
            self.assertIn("constant expression", why)


if __name__ == "__main__":
    unittest.main()
