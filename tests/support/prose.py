"""Finds words over which an English reader stumbles.

``python -m tests.support.prose [PATH…]`` prints each with its line.  Read are docstrings, comments, the text of
messages, log events, test names, configuration comments and documentation.  Code, file names and quotations are
skipped: text in backticks or double quotes, and words joined to a dot, a slash, ``_``, ``(`` or ``=``.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TOP = Path(__file__).parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef

RULES = {  # a pattern, and the plain English for it
    r"who|whom|whoever|whomever": "name the subject: the caller, the bus thread, the reader",
    r"somebody|nobody|anybody|everybody": "name the subject: no process, another program",
    r"what(?! to\b)(?![^.;:]*\?)": "a noun: the value, the chip's answer (a question, and “what to do”, are fine)",
    r"ones? (?:that|who)|those (?:that|who|which)": "repeat the noun: a driver that …",
    r"anew": "again",
    r"so many": "a number, or “that many”",
    r"for ever": "forever, or until …",
    r"mend(?:s|ed|ing)?": "fix",
    r"(?:say|says|said|saying)": "show, report, contain, mean",
    r"(?:tell|tells|telling|told)(?! \w+(?: \w+)? apart| apart)": "report, notify, pass",
    r"hears?|heard|hearing": "receive, be notified",
    r"asks?|asked|asking": "request, query, read, call",
    r"vouch(?:es|ed|ing)?|vouchers?": "verify",
    r"seats?|seated": "the running step",
    r"beats?|beating": "period, periodic timer",
    r"rooms|(?:this|that|each|every|only|other|own) room": "module, folder",
    r"(?:go|goes|going|went|gone) on": "continue",
    r"lets? go|letting go": "release",
    r"(?:come|comes|came|coming) to be": "become, arise",
    r"reckon(?:s|ed|ing)?": "compute, count",
    r"stands? (?:there|here)": "is, contains",
    r"thousand million": "billion",
}
STUMBLES = {
    re.compile(rf"(?<![\w./@$-])(?:{pattern})(?![\w(=@]|[./]\w|-\w)", re.IGNORECASE): plain
    for pattern, plain in RULES.items()
}
ANY = re.compile("|".join(RULES), re.IGNORECASE)  # fails fast
ANY_COMMENT = re.compile(f"#.*(?:{ANY.pattern})", re.IGNORECASE)
QUOTED = re.compile(r"```.*?```|``.*?``|`[^`]*`|\"[^\"\n]*\"|“[^”]*”", re.DOTALL)

NO_VERBS = re.compile(  # words of the closed classes: a docstring of a function begins with none of them
    "a|an|the|this|that|these|those|its|their|his|her|our|your|it|they|he|she|we|you|i|ones?"
    "|what|whatever|whether|which|who|whom|whose|when|where|why|how|if|unless|although|while|as|because|since|until"
    "|all|any|each|every|both|either|neither|no|none|nothing|not|never|some|several|many|most|more|less|few"
    "|and|or|but|nor|so|for|of|in|on|at|by|to|from|with|without|within|under|over|after|before|between|beside|behind"
    "|like|also|only|just|still|then|there|here|is|are|was|were|has|may|can|must",
    re.IGNORECASE,
)
LOGS = frozenset({"debug", "info", "warn", "warning", "error", "critical", "exception", "log"})
TEXT_SUFFIXES = frozenset({".md", ".rst"})
COMMENTED = frozenset({".yaml", ".yml", ".service", ".socket", ".conf", ".rules", ".toml", ".bash", ".fish", ".sh"})
COMMENTED_NAMES = frozenset(
    {"Makefile", "run", "_i2cdrv", "rules", "postinst", "postrm", "prerm", "preinst", "control"}
)
NEVER_READ = frozenset({".git", ".venv", "__pycache__", "build", "dist", "_build", ".mypy_cache", ".ruff_cache"})


class Hit(NamedTuple):
    """A word that makes the reader stumble."""

    path: Path
    line: int
    word: str
    plain: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(TOP)}:{self.line}: {self.word!r}: {self.plain}"


class Text(NamedTuple):
    """Prose and the line on which it begins."""

    line: int
    text: str
    is_function: bool = False  # a function's docstring


def hits_in(paths: Iterable[Path]) -> list[Hit]:
    """Return the hits in the files, and in the files below the folders, in their order."""
    return [hit for path in paths for file in files_in(path) for text in texts_of(file) for hit in check(file, text)]


def files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if is_read(path) else []
    files = (each for each in path.rglob("*") if each.is_file() and is_read(each))
    return sorted(file for file in files if not NEVER_READ & set(file.relative_to(TOP).parts))


def is_read(path: Path) -> bool:
    return path.suffix in {".py"} | TEXT_SUFFIXES | COMMENTED or path.name in COMMENTED_NAMES


def check(path: Path, text: Text) -> Iterator[Hit]:
    """Yield the words of a text that a rule refuses."""
    bare = QUOTED.sub(lambda quoted: "`" + "\n" * quoted.group().count("\n"), text.text)
    first = re.match(r"\s*([A-Za-z]+)\b", bare)
    if text.is_function and first and NO_VERBS.fullmatch(first[1]):
        yield Hit(path, text.line, f"{first[1]} …", "begin the docstring with a verb: Return …")
    for pattern, plain in STUMBLES.items() if ANY.search(bare) else ():
        for found in pattern.finditer(bare):
            yield Hit(path, text.line + bare.count("\n", 0, found.start()), found.group(), plain)


def texts_of(path: Path) -> list[Text]:
    """Return the prose of a file."""
    source = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        is_test = "tests" in path.relative_to(TOP).parts
        return [*comments_of(source), *strings_of(ast.parse(source), is_test=is_test)]
    if path.suffix in TEXT_SUFFIXES:
        return [Text(1, source)]
    return [Text(number, remark(line)) for number, line in enumerate(source.splitlines(), 1)]


def remark(line: str) -> str:
    """Return the comment of a line of configuration, or the description that a unit gives of itself."""
    found = re.search(r"^Description\s*[=:]\s*(.*)|(?:^|\s)#(?!!)\s*(.*)|^\s*;\s*(.*)", line)
    return next(filter(None, found.groups()), "") if found else ""


def comments_of(source: str) -> list[Text]:
    if not ANY_COMMENT.search(source):
        return []  # the tokenizer is slow
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [Text(each.start[0], each.string.lstrip("# ")) for each in tokens if each.type == tokenize.COMMENT]


def strings_of(tree: ast.Module, *, is_test: bool) -> Iterator[Text]:
    """Yield docstrings, and the test names of a test file or the messages and log events of another one."""
    docstrings = set[ast.AST]()
    for node in blocks(tree) if is_test else ast.walk(tree):
        if (docstring := docstring_of(node)) is not None:
            docstrings.add(docstring)
            yield Text(docstring.lineno, str(docstring.value), is_function=is_called(node) and not is_test)
        elif isinstance(node, ast.Constant) and node not in docstrings and not is_test and is_message(node.value):
            yield Text(node.lineno, str(node.value))
        elif not is_test and (event := logged_word(node)):
            yield Text(event.lineno, str(event.value))
        if is_test and isinstance(node, Function) and node.name.startswith("test_"):
            yield Text(node.lineno, node.name.replace("_", " "))


def blocks(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and the statements in it at any depth, without their expressions."""
    yield node
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        for child in getattr(node, field, ()):
            yield from blocks(child)


def docstring_of(node: ast.AST) -> ast.Constant | None:
    body = node.body if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) else []
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    return first if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def is_called(node: ast.AST) -> bool:
    """Return whether a node is a function with a verb for its docstring: neither a property nor a fixture."""
    if not isinstance(node, Function):
        return False
    names = {ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list}
    return not names & {"property", "cached_property", "fixture"}


def is_message(value: object) -> bool:
    """Return whether a constant is text of two words or more."""
    return isinstance(value, str) and bool(re.search(r"[a-z] [a-z]", value))


def logged_word(node: ast.AST) -> ast.Constant | None:
    """Return the event of one word that a node logs."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    event = node.args[0]
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return event if name in LOGS and isinstance(event.value, str) and " " not in event.value else None


if __name__ == "__main__":
    found = hits_in([TOP / word for word in sys.argv[1:] or ["i2cdrv"]])
    print(*found, f"{len(found)} in all", sep="\n")
