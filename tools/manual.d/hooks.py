"""What mkdocs does beside its own work when it builds the manual.

The pages are written as GitHub shows them. Python-Markdown wants lists indented by four and knows no fence inside of a
list, so that is turned here. The search is our own, too: mkdocs' asks by XMLHttpRequest, which no browser allows from a
file:// address.
"""
import html.parser
import json
import pathlib
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTSIDE = ["CONTRIBUTING.md"]  # pages of the repository's root that take part
REMARK = re.compile(r" *<!-- .* -->")  # what tests/manual/commands_test.py is told of the next block
FENCE = re.compile(r"( *)```")
ITEM = re.compile(r"( *)([-*]|\d+\.)( +)")
sections, titles = [], {}


def on_config(config):
    sections.clear()
    for section in config.nav:
        for name, pages in section.items():
            if isinstance(pages, list):
                section[name] = [page for entry in pages for page in expanded(entry)]
                titles.update({path: title for entry in pages for title, path in entry.items()})
    return config


def expanded(entry):
    """An entry `Title: folder/*.md` is every page of that folder, each under its own heading."""
    (title, path), = entry.items()
    if "*" not in path:
        return [entry]
    return [str(page.relative_to(ROOT / "docs")) for page in sorted((ROOT / "docs").glob(path))]


def on_files(files, config):
    for name in OUTSIDE:
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown, page, **_):
    if page.file.src_uri in OUTSIDE:
        markdown = re.sub(r"\]\(docs/", "](", markdown)
    # A file's name as the words of a link is for those who read the files.
    markdown = re.sub(r"\[([\w/.]+)\]\(\1\)", lambda link: f"[{titles.get(link[1], link[1])}]({link[1]})", markdown)
    return "\n".join(as_python_markdown(markdown.splitlines()))


def as_python_markdown(lines):
    """Lines of a list's item are indented by four; a fence inside of one becomes an indented block."""
    fence, content, before = None, 0, ""
    for line in lines:
        if fence is None and REMARK.fullmatch(line):
            continue
        if fence is not None:
            if FENCE.match(line) and line.strip() == "```":
                yield "" if fence else line
                fence = None
            else:
                yield "        " + line[fence:] if fence else line
            continue
        mark = FENCE.match(line)
        if mark:
            fence = len(mark.group(1)) if content else 0
            yield "" if fence else line
            continue
        item = ITEM.match(line)
        if item and not item.group(1):
            content = len(item.group(0))
            if before and not ITEM.match(before) and not before.startswith(" "):
                yield ""
        elif line and not line.startswith(" "):
            content = 0
        elif content and line.startswith(" " * content):
            line = "    " + line[content:]
        before = line
        yield line


class Text(html.parser.HTMLParser):
    """A page as its sections: [anchor, heading, text]."""

    def __init__(self):
        super().__init__()
        self.found, self.heading, self.skip = [["", "", ""]], False, False

    def handle_starttag(self, tag, attrs):
        if tag in ("h2", "h3"):
            self.found.append([dict(attrs).get("id", ""), "", ""])
        if tag in ("td", "th", "br", "li", "p", "pre"):
            self.found[-1][2] += " "
        self.heading = self.heading or tag in ("h2", "h3")
        self.skip = self.skip or dict(attrs).get("class") == "headerlink"

    def handle_endtag(self, tag):
        self.heading = self.heading and tag not in ("h2", "h3")
        self.skip = self.skip and tag != "a"

    def handle_data(self, data):
        if not self.skip:
            self.found[-1][1 if self.heading else 2] += data


def on_page_content(html, page, **_):
    text = Text()
    text.feed(html)
    for anchor, heading, words in text.found:
        sections.append([page.url + ("#" + anchor if anchor else ""), page.title, heading, " ".join(words.split())])
    return re.sub(r"<table>.*?</table>", labelled, html, flags=re.S)


def labelled(table):
    """Cells of a wide table carry their column's heading, for screens on which a row is no row."""
    heads = re.findall(r"<th>(.*?)</th>", table[0])
    if len(heads) < 4:
        return table[0]
    rows = table[0].split("<tr>")
    for number, row in enumerate(rows):
        labels = iter(heads)
        rows[number] = re.sub("<td>", lambda _: f'<td data-label="{re.sub("<.*?>", "", next(labels))}">', row)
    return "<tr>".join(rows).replace("<table>", '<table class="wide">', 1)


def on_post_build(config):
    for sitemap in pathlib.Path(config.site_dir).glob("sitemap.xml*"):
        sitemap.unlink()  # it would name an address that only the site knows
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in sorted(sections))
    pathlib.Path(config.site_dir, "index.js").write_text("window.magwatchManual = [\n" + rows + "\n];\n")
