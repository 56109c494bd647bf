#!/usr/bin/python3
"""House rules that a compiler does not check.

  tidy.py [ROOT]              run by CTest as "tidy"; every breach is printed as file:line: why

- g++ 12 destroys temporaries of a full expression with co_await twice: no closure, no braced temporary and no ?: in
  a statement with co_await (`name{co_await x}` is right). A capturing lambda is never a coroutine.
- A function has at most 70 lines (100 in tests), a line at most 120 characters (140).
- No word of WORDS; no source file that no CMakeLists.txt names; no write to a Modbus device.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_layers import blank  # noqa: E402

LINE_LIMIT = 120
TEST_LINE_LIMIT = 140  # a row of a table of cases stays one line
FUNCTION_LIMIT = 70
TEST_FUNCTION_LIMIT = 100
CODE = (".cpp", ".hpp")
TEXT = CODE + (".py", ".sh", ".cmake", ".txt", ".toml", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".md", ".json",
               ".service", ".conf", ".yml", ".yaml", ".in", ".sql", "")
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", "run", "dist"}
# These name the forbidden words because they look for them; recordings and licences are other people's text.
SKIPPED = ("tools/tidy.py", "tools/check_layers.py", "tests/checks/", "tests/data/", "tests/fuzz/", "LICENSE",
           "tests/peers/package-lock.json", "web/package-lock.json", "web/dev/recording/")

TESTS = ("tests/",)
# (pattern, why, where it does not count, only in these, where to look: "text", "code" or "strings")
WORDS = [
    (r"\b(TODO|FIXME|XXX)\b", "unfinished work", (), (), "text"),
    (r"(?i)\bnot implemented\b", "unfinished work", (), (), "text"),
    (r"/work/|shared/(reference|data|bench|tools)\b", "names a workplace", (), (), "text"),
    (r"\basio::detached\b", "swallows exceptions: spawn in a TaskGroup", (), CODE, "code"),
    (r"\b(sleep_for|sleep_until|usleep|nanosleep)\b", "blocks a thread: wait for a condition", TESTS, CODE, "code"),
    (r"\bstd::sto[dfi]\b\s*\(", "depends on the locale and throws: use from_chars", (), CODE, "code"),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets)\s*\(", "writes without a bound", (), CODE, "code"),
    (r"\bGTEST_SKIP\b|\bDISABLED_", "a test that does not run protects nobody", (), CODE, "code"),
    (r"\bNOLINT", "mend the cause", (), (), "text"),
    (r"\bMODBUS_ENABLE_?\w*RECOVERY|\bMODBUS_ERROR_RECOVERY_LINK\b", "loops and sleeps inside", (), CODE, "code"),
    (r"\bmodbus_(mask_)?write_|\bMODBUS_FC_(MASK_)?WRITE|\bwrite_(single|multiple)_|\bwrite_and_read_registers",
     "magwatch never writes to a Modbus device", TESTS + ("tools/",), CODE, "code"),
    (r"MgSO4", 'users read "magnesium"', TESTS + ("adapters/",), CODE + (".ts", ".tsx"), "strings"),
    (r"MgSO4", 'users read "magnesium"', (), (".toml", ".html", ".md", ".service"), "text"),
]
WORDS = [(re.compile(p), why, unless, only, where) for p, why, unless, only, where in WORDS]


def files(root):
    for directory, names, found in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS)
        for name in sorted(found):
            path = os.path.relpath(os.path.join(directory, name), root)
            if os.path.splitext(name)[1] in TEXT and not os.path.islink(os.path.join(directory, name)):
                yield path


# --- statements and functions ---

TOKEN = re.compile(r"[A-Za-z_]\w*|->|::|\[\[\s*\w[^\[\]]*\]\]|<=>|&&|\|\||[0-9][\w.']*|\S")
SCOPES = {"namespace", "class", "struct", "union", "enum", "extern"}
HEADS = {"if", "for", "while", "switch", "catch"}


class Code:
    """Walks the tokens of one file: blocks, functions, and the statements with co_await in them."""

    def __init__(self, text):
        # Preprocessor lines are not statements; a macro's body is judged where it is used.
        lines, continued = [], False
        for line in blank(text).split("\n"):
            directive = continued or line.lstrip().startswith("#")
            continued = directive and line.endswith("\\")
            lines.append("" if directive else line)
        self.tokens = [(m.group(), number) for number, line in enumerate(lines, 1) for m in TOKEN.finditer(line)]
        self.at = 0
        self.findings = []
        self.functions = []  # (first line, lines)
        while self.at < len(self.tokens):
            self.block(inside_function=False)

    def block(self, inside_function):
        """From after `{` to after its `}`. True if a co_await or co_return belongs to this block itself."""
        coroutine = False
        while self.at < len(self.tokens):
            if self.tokens[self.at][0] == "}":
                self.at += 1
                return coroutine
            coroutine = self.statement(inside_function) or coroutine
        return coroutine

    def statement(self, inside_function):
        """One statement with the blocks that end it; lambdas in it are walked as functions of their own."""
        own, depth, coroutine = [], 0, False
        while self.at < len(self.tokens):
            token, line = self.tokens[self.at]
            if depth == 0 and token == "}":
                break
            self.at += 1
            own.append((token, line))
            if token in ("co_await", "co_return", "co_yield"):
                coroutine = True
            if token == "[" and self.starts_lambda(own):
                own[-1] = ("<lambda>", line)
                self.lambda_expression(line)
            elif token in "([":
                depth += 1
            elif token in ")]":
                depth -= 1
                if depth == 0 and token == ")" and own[0][0] in HEADS and self.closes_head(own):
                    break
            elif token == "{":
                if depth == 0 and self.starts_block(own):
                    own.pop()
                    is_function = not inside_function and self.is_function(own)
                    first = self.at
                    inner = self.block(inside_function or is_function)
                    if is_function:
                        self.measure(line, first)
                    coroutine = coroutine or (inner and not is_function)
                    break
                depth += 1
            elif token == "}":
                depth -= 1
            elif depth == 0 and (token == ";" or (token in ("else", "do", "try") and len(own) == 1)):
                break
        self.judge(own)
        return coroutine

    @staticmethod
    def starts_lambda(own):
        if len(own) < 2:
            return True
        before = own[-2][0]
        if before in ("return", "co_return", "co_await", "co_yield", "case"):
            return True
        if before in ("&", "&&") and len(own) > 2 and own[-3][0] in ("auto", "const"):
            return False  # auto& [a, b]
        return not (re.match(r"[\w\])]", before) or before.startswith("[[") or before in (">", "delete"))

    def closes_head(self, own):
        """`if (...)` is over: what follows is a statement of its own. A block after it is found by its brace."""
        return not any(token == ";" for token, _ in own[:1])

    def lambda_expression(self, line):
        captures, depth = False, 1
        while self.at < len(self.tokens) and depth:
            token = self.tokens[self.at][0]
            depth += token == "["
            depth -= token == "]"
            captures = captures or depth > 0
            self.at += 1
        depth = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at][0]
            if depth == 0 and token in (";", ",", "}", ")"):
                return  # an array or attribute after all
            depth += token in ("(", "<")
            depth -= token in (")", ">")
            self.at += 1
            if token == "{" and depth <= 0:
                break
        first = self.at
        coroutine = self.block(inside_function=True)
        self.measure(line, first)
        if coroutine and captures:
            self.findings.append((line, "a capturing lambda is a coroutine: its captures die before its frame"))

    @staticmethod
    def starts_block(own):
        """Whether the `{` that ends `own` opens a block; otherwise it initialises something."""
        before = own[-2][0] if len(own) > 1 else ";"
        words = [token for token, _ in own[:-1]]
        if words and (words[0] in SCOPES or (words[0] in ("inline", "template", "typedef", "export") and
                                             SCOPES & set(words) and "(" not in words)):
            return "=" not in words
        if before in (")", ";", ":", "}", "else", "do", "try", "const", "noexcept", "override", "final", "mutable"):
            return True
        if "->" in words and "=" not in words and words[0] not in ("return", "co_return", "co_await"):
            return words[words.index("->") - 1] in (")", "const", "noexcept")
        return len(own) == 1

    @staticmethod
    def is_function(own):
        words = [token for token, _ in own]
        return "(" in words and not (words[0] in SCOPES) and words[0] not in HEADS

    def measure(self, line, first):
        last = self.tokens[self.at - 1][1] if self.at > first else line
        self.functions.append((line, last - line + 1))

    def judge(self, own):
        """A statement that waits must not hold a temporary that g++ 12 destroys twice."""
        words = [token for token, _ in own]
        if "co_await" not in words:
            return
        line = own[words.index("co_await")][1]
        if "<lambda>" in words:
            self.findings.append((line, "a closure in a statement with co_await: name it first"))
        if "?" in words:
            self.findings.append((line, "?: in a statement with co_await: use if"))
        for index, word in enumerate(words):
            if word != "{":
                continue
            declares = index > 1 and words[index + 1:index + 2] == ["co_await"] and (
                re.match(r"\w", words[index - 1]) and re.match(r"[\w>&*]", words[index - 2]))
            if not declares:
                self.findings.append((line, "a braced temporary in a statement with co_await: name it first"))
                break


def check_code(path, text):
    code = Code(text)
    yield from code.findings
    limit = TEST_FUNCTION_LIMIT if path.startswith(TESTS) else FUNCTION_LIMIT
    for line, length in code.functions:
        if length > limit:
            yield line, f"a function of {length} lines: at most {limit}"


# --- words and lines ---

STRING = re.compile(r'R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)


def only_strings(text):
    """The text with everything but string literals replaced by spaces."""
    with_strings = blank(text, keep_strings=True)
    out = list(re.sub(r"[^\n]", " ", with_strings))
    for match in STRING.finditer(with_strings):
        out[match.start():match.end()] = match.group()
    return "".join(out)


def raw_lines(text):
    """Numbers of lines that stand in a raw string: data, which may be as long as it is."""
    found = set()
    for match in re.finditer(r'R"([^()\\ ]{0,16})\(.*?\)\1"', text, re.S):
        first = text.count("\n", 0, match.start()) + 1
        found.update(range(first, first + match.group().count("\n") + 1))
    return found


def check_text(path, text):
    views = {"text": text}
    if path.endswith(CODE + (".ts", ".tsx")):
        views["code"], views["strings"] = blank(text), only_strings(text)
    for pattern, why, unless, only, where in WORDS:
        if (only and not path.endswith(only)) or (unless and path.startswith(unless)) or where not in views:
            continue
        for match in pattern.finditer(views[where]):
            yield views[where].count("\n", 0, match.start()) + 1, f"'{match.group().strip()}': {why}"
    if path.endswith(CODE + (".py",)):
        data, limit = raw_lines(text), TEST_LINE_LIMIT if path.startswith(TESTS) else LINE_LIMIT
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > limit and number not in data and "http" not in line:
                yield number, f"a line of {len(line)} characters: at most {limit}"


# --- dead files ---

def cmake_names(text):
    return set(re.findall(r"[\w./*-]+\.(?:cpp|hpp)", re.sub(r"#[^\n]*", "", text)))


def dead_files(root, paths):
    """Sources that no CMakeLists.txt of their folder or a folder above names."""
    named = {}
    for path in paths:
        if os.path.basename(path) == "CMakeLists.txt":
            with open(os.path.join(root, path), encoding="utf-8") as file:
                named[os.path.dirname(path)] = cmake_names(file.read())
    # magwatch_fuzz(NAME ...) builds target.cpp of its folder.
    fuzzers = {folder for folder in named if folder.startswith("tests/fuzz/")}
    for path in paths:
        if not path.endswith(".cpp"):
            continue
        folder, alive = os.path.dirname(path), False
        if folder in fuzzers and os.path.basename(path) == "target.cpp":
            continue
        while not alive:
            relative = os.path.relpath(path, folder or ".")
            for name in named.get(folder, ()):
                pattern = re.escape(os.path.normpath(name)).replace(r"\*", "[^/]*")
                alive = alive or re.fullmatch(pattern, relative) is not None
            if not folder:
                break
            folder = os.path.dirname(folder)
        if not alive and not sibling_names(path, named):
            yield path, 1, "no CMakeLists.txt names this file: build it or remove it"


def sibling_names(path, named):
    """A folder may build a file of another one by a path with `..` or ${PROJECT_SOURCE_DIR}."""
    return any(os.path.normpath(os.path.join(folder, name)) == path or name.lstrip("/") == path
               for folder, names in named.items() for name in names)


def check(root):
    findings, paths = [], list(files(root))
    for path in paths:
        if path == ".git" or path.startswith(SKIPPED) and not (path.startswith("tests/fuzz/") and path.endswith(CODE)):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        findings += [(path, line, why) for line, why in check_text(path, text)]
        if path.endswith(CODE):
            findings += [(path, line, why) for line, why in check_code(path, text)]
    findings += dead_files(root, paths)
    return sorted(findings)


def main(arguments):
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    findings = check(root)
    for path, line, why in findings:
        print(f"{path}:{line}: {why}")
    if findings:
        print(f"{len(findings)} breaches of the house rules")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
