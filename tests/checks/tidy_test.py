#!/usr/bin/python3
"""tidy.py finds each breach of the house rules at its line, and leaves right code alone."""
import unittest

from support import TreeTest

HEAD = "asio::awaitable<void> run()\n{\n"


class Tidy(TreeTest):
    script = "tidy.py"

    def source(self, text, path="daemon/a.cpp"):
        self.write("CMakeLists.txt", "add_library(x daemon/a.cpp tests/unit/a_test.cpp tools/emulators/a.cpp)\n")
        self.write(path, text)

    def body(self, line):
        """A coroutine with this at line 3."""
        self.source(HEAD + line + "\n}\n")

    def assert_body_found(self, line, why):
        self.body(line)
        self.assert_finds(f"daemon/a.cpp:3: {why}")

    # --- co_await ---

    def test_closures_in_a_statement_with_co_await(self):
        self.assert_body_found("co_await f([s] { g(s); });", "a closure")
        self.assert_body_found("co_await f([] { return 1; }, tok);", "a closure")
        self.assert_body_found("auto x = co_await asio::co_spawn(ex, [s]() -> int { return 1; }, tok);", "a closure")

    def test_braced_temporaries_in_a_statement_with_co_await(self):
        self.assert_body_found("co_await f(Observation{1, 2});", "a braced temporary")
        self.assert_body_found("co_await f({1, text});", "a braced temporary")
        self.assert_body_found("auto x = Pair{co_await f(), 1};", "a braced temporary")
        self.assert_body_found("if (co_await f(X{})) { g(); }", "a braced temporary")
        self.assert_body_found("for (;;) co_await f(std::vector<int>{1});", "a braced temporary")
        self.assert_body_found("co_return co_await f(X{});", "a braced temporary")

    def test_conditional_expressions_in_a_statement_with_co_await(self):
        self.assert_body_found("co_await (c ? a() : b());", "?:")
        self.assert_body_found("auto s = co_await f() ? s1 : s2;", "?:")

    def test_right_statements_with_co_await(self):
        for line in ("asio::steady_timer tick{co_await asio::this_coro::executor};",
                     "const auto [error, n] = co_await s.async_read(buffer, asio::as_tuple(asio::use_awaitable));",
                     "auto work = [s] { return s; }; co_await f(std::move(work));",
                     "if (a ? b : c) { co_await f(); }",
                     "for (auto x : {1, 2}) { co_await f(x); }",
                     "switch (co_await f()) { case State::on: g(X{}); break; }",
                     "while (co_await more()) { const X x{1, 2}; use(x); }",
                     "const X x{1}; co_await f(x); const Y y{2};",
                     "do { co_await f(); } while (g(X{}));",
                     "auto n = buffer[co_await index()];",
                     "try { co_await f(); } catch (const E& e) { g(X{e}); }"):
            self.body(line)
            self.assert_clean()

    def test_a_capturing_lambda_is_never_a_coroutine(self):
        self.assert_body_found("auto task = [this]() -> asio::awaitable<void> { co_await f(); };", "a capturing lambda")
        self.assert_body_found("auto task = [&] { auto x = 1; co_return x; };", "a capturing lambda")
        self.body("auto task = [](int n) -> asio::awaitable<void> { co_await f(n); };")
        self.assert_clean()

    def test_comments_strings_and_macros_are_not_code(self):
        self.body('auto s = "co_await f(X{}) ? 1 : 2"; // co_await f(X{})\n#define F co_await f(X{})')
        self.assert_clean()

    # --- size ---

    def test_long_functions(self):
        long = "void f()\n{\n" + "    g();\n" * 69 + "}\n"
        self.source("namespace a {\nclass B {\n    int c_ = 0;\n};\n" + long + "}\n")
        self.assert_finds("daemon/a.cpp:6: a function of 71 lines")
        self.source(long.replace("    g();\n", "", 1))
        self.assert_clean()
        self.source("B::B(int x) : x_{x}, y_{1} {\n" + "    g();\n" * 70 + "}\n")
        self.assert_finds("daemon/a.cpp:1: a function of 72 lines")
        self.source("auto f() -> int {\n" + "    g();\n" * 70 + "}\n")
        self.assert_finds("daemon/a.cpp:1: a function of 72 lines")
        self.source("auto f = [](int a) {\n" + "    g();\n" * 70 + "};\n")
        self.assert_finds("daemon/a.cpp:1: a function of 72 lines")

    def test_a_long_table_or_class_is_no_function(self):
        self.source("constexpr Row table[] = {\n" + "    {1, f(2)},\n" * 90 + "};\n")
        self.assert_clean()
        self.source("class C {\n" + "    void f() { g(); }\n" * 90 + "};\n")
        self.assert_clean()

    def test_brackets_in_brackets_end_where_they_end(self):
        short = "int f()\n{\n    return a[b[1]];\n}\n\n[[nodiscard]] int g() { return a[b[c[2]]]; }\n\n"
        self.source(short * 20)
        self.assert_clean()

    def test_a_test_may_be_longer(self):
        long = "TEST(A, B)\n{\n" + "    g();\n" * 98 + "}\n"
        self.source(long, "tests/unit/a_test.cpp")
        self.assert_clean()
        self.source(long.replace("g();", "g(); g();\n", 1), "tests/unit/a_test.cpp")
        self.assert_finds("tests/unit/a_test.cpp:2: a function of 101 lines")

    def test_long_lines(self):
        self.source("int a;\n// " + "x" * 118 + "\n// " + "y" * 117 + "\n")
        self.assert_finds("daemon/a.cpp:2: a line of 121")

    # --- words ---

    def test_forbidden_words(self):
        for line in ("int a; // TODO later", "// FIXME", "// XXX", 'throw E("Not implemented");',
                     "co_spawn(ex, f(), asio::detached);", "std::this_thread::sleep_for(1s);", "auto x = std::stod(s);",
                     "strcpy(a, b);", "GTEST_SKIP();", "TEST(A, DISABLED_B) {}", "int a; // NOLINT",
                     "modbus_write_register(c, 1, 2);", 'auto p = "/work/x";', "// see shared/reference/a.md",
                     'auto t = "STOP MgSO4";'):
            self.source("\n" + line + "\n")
            self.assert_finds("daemon/a.cpp:2: '")

    def test_words_that_are_right_where_they_stand(self):
        self.source("// MgSO4 is what the chart says\nint framework = 1; // network/working\n")
        self.assert_clean()
        self.source("modbus_write_register(c, 1, 2);\n", "tools/emulators/a.cpp")
        self.assert_clean()
        self.write("docs/a.md", "Stop the MgSO4\n")
        self.assert_finds("docs/a.md:1: 'MgSO4'")

    # --- dead files ---

    def test_dead_files(self):
        self.source("int a;\n")
        self.write("daemon/b.cpp", "int b;\n")
        self.assert_finds("daemon/b.cpp:1: no CMakeLists.txt")

    def test_named_files_are_alive(self):
        self.write("CMakeLists.txt", "add_subdirectory(daemon)\n")
        self.write("daemon/CMakeLists.txt", "magwatch_library(x SOURCES a.cpp log/b.cpp ../tools/c.cpp) # d.cpp\n")
        for path in ("daemon/a.cpp", "daemon/log/b.cpp", "tools/c.cpp"):
            self.write(path, "int a;\n")
        self.write("tests/fuzz/x/CMakeLists.txt", "magwatch_fuzz(x LINKS y)\n")
        self.write("tests/fuzz/x/target.cpp", "int a;\n")
        self.assert_clean()
        self.write("daemon/d.cpp", "int a;\n")
        self.assert_finds("daemon/d.cpp:1: no CMakeLists.txt")


if __name__ == "__main__":
    unittest.main()
