"""A hash of the code that a script's results depend on, so that an edit reruns what it affects."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

TELLING = {
    "errors": "the sentences' own classes; where they are raised counts",
    "models.peak_memory": "a measurement, which differs between two runs anyway",
    "moved": "old names for the pickles of users",
    "ranking.status": "what a run says while it works",
    "workflow": "around jobs: logs, locks, the terminal, what they cost",
}
"""Modules and rooms that jobs import and no result depends on, each with why."""


def code_hash(script: str | Path) -> str:
    """SHA-256 over a script and the modules of this package that its results depend on.

    Comments, docstrings, layout and the annotations of functions do not count, nor do the modules
    of ``TELLING``.
    """
    digest = hashlib.sha256(_meaning(Path(script)).encode())
    modules = modules_of(script)
    for module in modules:
        digest.update(f"{module.relative_to(PACKAGE)}\0{_meaning(module)}\0".encode())
    for folder in sorted({module.parent for module in modules} - {PACKAGE}):
        # A page's templates are code, too.
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix != ".py":
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def modules_of(script: str | Path) -> list[Path]:
    """The modules of this package that a script's results depend on, sorted.

    Imports are followed name by name, those within functions too. What is named in a call of
    ``import_module`` counts, up to where the name is filled in while it runs; so does a text that
    is a module's whole name. What a package's ``__init__`` passes on leads to the module that it
    comes from, and to no other.
    """
    reached: set[Path] = set()
    waiting = list(_imports(Path(script)))
    while waiting:
        module = waiting.pop()
        if module not in reached and not tells(module):
            reached.add(module)
            waiting += _imports(module)
    return sorted(reached)


def tells(module: Path) -> bool:
    """Whether a module is one of ``TELLING``, or in a room of them."""
    name = ".".join(module.relative_to(PACKAGE).with_suffix("").parts)
    return any(f"{name}.".startswith(f"{told}.") for told in TELLING)


@cache
def _imports(file: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in _walk(_tree(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value if _file(_within(node.value)).is_file() else "")
        elif isinstance(node, ast.Call) and _called(node) == "import_module":
            names.add(_text(node.args[0]))
    ours = {_within(name) for name in names} - {""}
    return frozenset(module for name in ours for module in _modules(name))


def _modules(name: str) -> Iterator[Path]:
    """The modules that a dotted name within the package leads to; ``*`` stands for any name."""
    package, _, taken = name.rpartition(".")
    if "*" in name:
        for module in PACKAGE.glob(name.replace(".", "/") + ".py"):
            if module.stem != "__init__":
                yield module
    elif _file(name).is_file():
        yield _file(name)
    elif package and _file(package).is_file():
        yield _file(package)
    elif (PACKAGE / name.replace(".", "/")).is_dir():  # a package itself: all that it passes on
        for home in _passed_on(name).values():
            yield from _modules(_within(home))
    elif taken in (passed_on := _passed_on(package)):
        yield from _modules(_within(passed_on[taken]))
    elif package:
        yield PACKAGE / package.replace(".", "/") / "__init__.py"


@cache
def _passed_on(package: str) -> dict[str, str]:
    """The names that a package's ``__init__`` imports, each with the module it comes from."""
    init = PACKAGE / package.replace(".", "/") / "__init__.py"
    return {
        alias.asname or alias.name: node.module
        for node in (ast.walk(_tree(init)) if init.is_file() else ())
        if isinstance(node, ast.ImportFrom) and node.module and _within(node.module)
        for alias in node.names
    }


def _within(name: str) -> str:
    """A dotted name without the package's own; empty where it is none of ours."""
    ours = name.startswith(f"{PACKAGE.name}.") and name.replace(".", "").replace("*", "a")
    return name.removeprefix(f"{PACKAGE.name}.") if ours and ours.isidentifier() else ""


def _file(name: str) -> Path:
    return PACKAGE / f"{name.replace('.', '/')}.py"


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run; ``if TYPE_CHECKING:`` does not."""
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _text(node: ast.expr) -> str:
    """The text of an expression, with ``*`` where it is filled in while the code runs."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "*"


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def _meaning(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)
