"""A hash of the code that a script runs, so that an edit reruns what it affects."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def code_hash(script: str | Path) -> str:
    """SHA-256 over a script and all modules of this package that it imports, near or far.

    Comments, docstrings and layout do not count. A text in the code that begins with the
    package's name counts as an import of all modules that it begins the name of, so that lazy
    imports are seen.
    """
    digest = hashlib.sha256(_meaning(Path(script)).encode())
    modules = sorted(_reached(Path(script)))
    for module in modules:
        digest.update(f"{module.name}\0{_meaning(module)}\0".encode())
    for folder in sorted({module.parent for module in modules} - {PACKAGE}):
        # A page's templates are code, too.
        for file in sorted(folder.iterdir()):
            if file.is_file() and file.suffix != ".py":
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _reached(script: Path) -> set[Path]:
    reached: set[Path] = set()
    waiting = list(_imports(script))
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += _imports(module)
    return reached


@cache
def _imports(file: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value + "*")
    return frozenset(module for name in names for module in _modules(name))


def _modules(name: str) -> list[Path]:
    if not name.startswith(f"{PACKAGE.name}.") or len(name) > 100:
        return []
    path = name.removeprefix(f"{PACKAGE.name}.").replace(".", "/")
    if not path.replace("_", "").replace("/", "").rstrip("*").isalnum():
        return []
    found = sorted([*PACKAGE.glob(f"{path}.py"), *PACKAGE.glob(f"{path}/__init__.py")])
    return found if not path.endswith("*") or len(path) > 1 else []


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
    return ast.dump(tree)
