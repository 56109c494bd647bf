#!/usr/bin/python3
"""What was built stays small, asks no other host for anything, and holds nothing inline that its policy refuses.

  size_test.py BOARD
"""
import gzip
import pathlib
import re
import sys
import unittest

BOARD = pathlib.Path(sys.argv.pop(1))
LIMIT = 90_000  # bytes of JS and CSS, gzipped
# Names of XML, which nobody ever fetches.
NAMES = ("http://www.w3.org/1998/Math/MathML", "http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")


def texts():
    return {path: path.read_text() for path in sorted(BOARD.rglob("*")) if path.suffix in (".js", ".css", ".html")}


class Built(unittest.TestCase):
    def test_is_there(self):
        self.assertTrue((BOARD / "index.html").is_file(), f"{BOARD} holds no board: run tools/setup and build `web`")
        self.assertTrue(list(BOARD.glob("assets/*.js")))
        self.assertTrue(list(BOARD.glob("assets/*.css")))

    def test_is_small(self):
        sizes = {p.name: len(gzip.compress(t.encode(), 9)) for p, t in texts().items() if p.suffix in (".js", ".css")}
        self.assertLessEqual(sum(sizes.values()), LIMIT, sizes)

    def test_names_no_other_host(self):
        for path, text in texts().items():
            found = [url for url in re.findall(r"(?:https?:|wss?:)?//[\w-]+(?:\.[\w-]+)+[^\s\"'`)]*", text) if url not in NAMES]
            self.assertEqual(found, [], path.name)

    def test_has_nothing_inline(self):
        page = (BOARD / "index.html").read_text()
        self.assertNotRegex(page, r"<style|\sstyle=|\son\w+=|javascript:")
        self.assertNotRegex(page, r"<script(?![^>]*\ssrc=)")
        for path, text in texts().items():
            if path.suffix == ".js":
                self.assertNotRegex(text, r"\beval\(|new Function\(", path.name)

    def test_writes_text_alone_into_the_page(self):
        sources = pathlib.Path(__file__).resolve().parents[1] / "src"
        for path in sorted(sources.rglob("*.ts*")):
            self.assertNotRegex(path.read_text(), r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.name)

    def test_has_a_packed_copy_of_each_file(self):
        for path, text in texts().items():
            packed = path.with_name(path.name + ".gz")
            self.assertTrue(packed.is_file(), packed.name)
            self.assertEqual(gzip.decompress(packed.read_bytes()).decode(), text)


unittest.main()
