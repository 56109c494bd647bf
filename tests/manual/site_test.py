#!/usr/bin/python3
"""The built manual: every link leads somewhere, and nothing is loaded from another host.

  site_test.py REPOSITORY SITE
"""
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

REPOSITORY, SITE = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
# What a browser fetches by itself, by tag. A link (`a href`) is fetched when a reader wants it.
LOADS = {"src", "srcset", "poster", "data", "background", "action", "formaction", "manifest", "ping", "xlink:href"}
ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.I)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.text, self.styles, self.scripts = set(), [], [], [], [], []
        self.inside = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name == "href":
                (self.links if tag == "a" else self.loads).append(value)
            elif name in LOADS:
                self.loads += [part.split()[0] for part in value.split(",")] if name == "srcset" else [value]
            elif name == "style":
                self.styles.append(value)
            elif name.startswith("on"):
                self.scripts.append(value)
            elif name == "http-equiv" and value.lower() == "refresh":
                self.loads.append(dict(attrs).get("content", "").partition("=")[2])

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        last = self.inside[-1] if self.inside else ""
        (self.styles if last == "style" else self.scripts if last == "script" else self.text).append(data)


def loaded_by_style(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return [a or b for a, b in re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)]


def pages():
    return {path.relative_to(SITE): Page(path.read_text()) for path in sorted(SITE.rglob("*.html"))}


PAGES = pages()


class Site(unittest.TestCase):
    def test_no_page_loads_anything_from_another_host(self):
        self.assertGreater(len(PAGES), 40)
        for name, page in PAGES.items():
            wanted = page.loads + [one for style in page.styles for one in loaded_by_style(style)]
            for load in wanted:
                self.assertNotRegex(load, ELSEWHERE, f"{name} loads {load}")
            for script in page.scripts:
                self.assertEqual(script.strip(), "", f"{name} has a script in it")
        for path in SITE.rglob("*"):
            text = path.read_text() if path.suffix in (".css", ".js", ".svg") else ""
            if path.suffix in (".css", ".svg"):
                for load in loaded_by_style(text) + re.findall(r"(?:src|xlink:href)=\"([^\"]+)", text):
                    self.assertNotRegex(load, ELSEWHERE, f"{path} loads {load}")

    def test_its_scripts_ask_no_host(self):
        code = (SITE / "search.js").read_text()
        self.assertNotRegex(code, r"https?:|fetch\(|XMLHttpRequest|WebSocket|EventSource|import\(|Worker\(|sendBeacon")
        # Beside it only the index of the search, which holds words alone.
        scripts = sorted(path.name for path in SITE.rglob("*.js"))
        self.assertEqual(scripts, ["index.js", "search.js"])
        index = (SITE / "index.js").read_text()
        self.assertTrue(index.startswith("window.magwatchManual = [\n") and index.endswith("\n];\n"))
        done = subprocess.run(["node", "-e", """
            global.window = {}; require(process.argv[1]);
            for (const row of window.magwatchManual) console.log(row[0])""", SITE / "index.js"],
                              capture_output=True, text=True, timeout=60, check=True)
        for url in done.stdout.splitlines():
            self.leads_somewhere(pathlib.Path("index.js"), url)
        self.assertEqual({urllib.parse.urlsplit(url).path for url in done.stdout.splitlines()}, {str(name) for name in PAGES})

    def leads_somewhere(self, name, link):
        parts = urllib.parse.urlsplit(link)
        target = pathlib.Path(os.path.normpath(name.parent / urllib.parse.unquote(parts.path))) if parts.path else name
        self.assertTrue((SITE / target).is_file(), f"{name}: {link} leads nowhere")
        if parts.fragment and target in PAGES:
            self.assertIn(urllib.parse.unquote(parts.fragment), PAGES[target].ids, f"{name}: {link} has no such place")

    def test_every_link_and_anchor_exists_and_works_from_a_file(self):
        for name, page in PAGES.items():
            for link in page.links + page.loads:
                if link.startswith("data:,"):
                    continue
                if re.match(r"[a-z]+:", link):
                    self.assertRegex(link, r"^https://", f"{name}: {link}")
                    continue
                self.assertFalse(link.startswith("/"), f"{name}: {link} needs a server")
                self.assertFalse(link.endswith("/"), f"{name}: {link} is a folder")
                self.leads_somewhere(name, link)

    def test_every_page_of_docs_is_built_and_stands_in_the_contents(self):
        linked = {pathlib.Path(os.path.normpath(link)) for link in PAGES[pathlib.Path("index.html")].links}
        for path in sorted((REPOSITORY / "docs").rglob("*.md")):
            name = path.relative_to(REPOSITORY / "docs").with_suffix(".html")
            name = name.with_name("index.html") if name.name == "README.html" else name
            self.assertIn(name, PAGES)
            if name.parent != pathlib.Path("runbooks") and name != pathlib.Path("index.html"):
                self.assertIn(name, linked, f"{path} is in no section of mkdocs.yml")

    def test_the_runbook_links_of_alerts_and_dashboards_are_pages(self):
        found = set()
        for path in (REPOSITORY / "grafana").glob("*/*"):
            if path.suffix in (".yml", ".json") and path.is_file():
                found |= set(re.findall(r"https://magwatch\.example/docs/([\w/.-]+)", path.read_text()))
        self.assertGreater(len(found), 20)
        for name in found:
            self.assertIn(pathlib.Path(name), PAGES)

    def test_the_links_of_the_repositorys_own_pages_exist(self):
        for page in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "tests").glob("*/README.md")]:
            for link in re.findall(r"\]\(([^)#\s]+)", re.sub(r"(?ms)^ *```.*?^ *```$|`[^`]*`", "", page.read_text())):
                if not re.match(r"[a-z]+:", link):
                    self.assertTrue((page.parent / link).exists(), f"{page}: {link}")

    def test_nothing_of_markdown_is_left_in_a_page(self):
        for name, page in PAGES.items():
            prose, inside = [], []

            class Prose(html.parser.HTMLParser):
                def handle_starttag(self, tag, attrs):
                    inside.append(tag)

                def handle_endtag(self, tag):
                    while inside and inside.pop() != tag:
                        pass

                def handle_data(self, data):
                    if not {"code", "script"} & set(inside):
                        prose.append("\0" + data if inside[-1:] == ["p"] else data)

            Prose(convert_charrefs=True).feed((SITE / name).read_text())
            text = "".join(prose)
            self.assertNotRegex(text, r"```|\*\*|\]\(|`|(?m:^\s*\|)|\0(?:\d\.|-) |(?m:^#+ )", str(name))

    def test_a_link_that_leads_nowhere_fails_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for name in ("mkdocs.yml", "CONTRIBUTING.md", "docs", "tools/manual.d", "tools/manual"):
                (copy / name).parent.mkdir(exist_ok=True)
                subprocess.run(["cp", "-r", REPOSITORY / name, copy / name], check=True)
            build = [copy / "tools/manual", "--no-setup", "--output", copy / "site"]
            self.assertEqual(subprocess.run(build, capture_output=True, check=False, timeout=300).returncode, 0)
            self.assertEqual(differences(copy / "site", SITE), [])
            with open(copy / "docs/start.md", "a") as page:
                page.write("\n[gone](gone.md)\n")
            done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=300)
            self.assertEqual(done.returncode, 1)
            self.assertIn("gone.md", done.stderr)


def differences(one, other):
    """The same text gives the same site, wherever it lies."""
    done = subprocess.run(["diff", "-rq", one, other], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
