#!/usr/bin/python3
"""check_layers.py finds each kind of wrong include, and nothing else."""
import unittest

from support import TreeTest


class Layers(TreeTest):
    script = "check_layers.py"

    def setUp(self):
        super().setUp()
        for header in ("rules/base/a.hpp", "rules/ward/w.hpp", "rules/observation/o.hpp", "rules/escalation/page.hpp",
                       "runtime/r.hpp", "adapters/monitors/m.hpp", "daemon/d.hpp", "tools/t.hpp"):
            self.write(header, "#pragma once\n")

    def test_a_right_tree_is_clean(self):
        self.write("rules/ward/w.cpp", '#include "rules/ward/w.hpp"\n#include <vector>\n#include "rules/base/a.hpp"\n')
        self.write("rules/language/l.cpp", "#include <toml++/toml.h>\n")
        self.write("adapters/pagers/p.cpp", '#include "rules/escalation/page.hpp"\n#include "runtime/r.hpp"\n')
        self.write("daemon/d.cpp", '#include "adapters/monitors/m.hpp"\n#include "rules/ward/w.hpp"\n')
        self.write("tools/t.cpp", '#include "daemon/d.hpp"\n#include <thread>\n')
        self.write("tests/unit/u_test.cpp", '#include "tools/t.hpp"\n#include <chrono>\n')
        self.assert_clean()

    def test_a_layer_includes_nothing_to_its_right(self):
        self.write("rules/base/b.cpp", '\n#include "runtime/r.hpp"\n')
        self.write("runtime/r.cpp", '#include "adapters/monitors/m.hpp"\n')
        self.write("daemon/d.cpp", '#include "tools/t.hpp"\n')
        self.assert_finds("rules/base/b.cpp:2:", "runtime/r.cpp:1:", "daemon/d.cpp:1:")

    def test_inside_rules_the_order_is_kept_too(self):
        self.write("rules/observation/o.cpp", '#include "rules/ward/w.hpp"\n')
        self.write("rules/misc/x.cpp", '#include "rules/base/a.hpp"\n')
        self.assert_finds("rules/observation/o.cpp:1: #include \"rules/ward/w.hpp\": rules/observation stands left",
                          "rules/misc/x.cpp:1: #include \"rules/base/a.hpp\": rules/misc has no place")

    def test_adapters_know_observations_alone_and_pagers_pages(self):
        self.write("adapters/monitors/m.cpp", '#include "rules/escalation/page.hpp"\n#include "rules/ward/w.hpp"\n')
        self.write("adapters/pagers/p.cpp", '#include "rules/ward/w.hpp"\n')
        self.assert_finds("adapters/monitors/m.cpp:1:", "adapters/monitors/m.cpp:2:", "adapters/pagers/p.cpp:1:")

    def test_the_core_includes_the_standard_library_alone(self):
        self.write("rules/base/b.cpp", "#include <fmt/format.h>\n#include <boost/asio.hpp>\n#include <thread>\n"
                                       "#include <unordered_map>\n#include <unistd.h>\n#include <toml++/toml.h>\n")
        self.assert_finds(*[f"rules/base/b.cpp:{line}:" for line in range(1, 7)])

    def test_the_core_reads_no_clock_and_has_no_chance(self):
        self.write("rules/base/b.cpp", "auto a = std::chrono::steady_clock::now();\nauto b = time(nullptr);\n"
                                       "int c = rand();\n// std::chrono::system_clock in a comment is fine\n"
                                       'auto d = "steady_clock";\nauto e = row.time(0);\n')
        self.assert_finds("rules/base/b.cpp:1:", "rules/base/b.cpp:2:", "rules/base/b.cpp:3:")

    def test_a_c_header_stands_in_one_source_file(self):
        self.write("adapters/monitors/one.cpp", "#include <modbus.h>\n")
        self.write("adapters/monitors/two.cpp", "#include <modbus/modbus.h>\n")
        self.write("daemon/store.hpp", "#include <sqlite3.h>\n")
        self.write("tools/emulators/bed.cpp", "#include <modbus.h>\n")
        self.write("tests/unit/peer_test.cpp", "#include <modbus.h>\n")
        self.assert_finds("adapters/monitors/two.cpp:1:", "daemon/store.hpp:1:")

    def test_includes_start_at_the_root_and_exist(self):
        self.write("daemon/d.cpp", '#include "d.hpp"\n#include "daemon/gone.hpp"\n/*\n#include "nowhere.hpp"\n*/\n')
        self.assert_finds("daemon/d.cpp:1:", "daemon/d.cpp:2:")


if __name__ == "__main__":
    unittest.main()
