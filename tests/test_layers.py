"""The structure that the files must keep: imports point one way, the top level is fixed, files stay small."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "jaxlearn"

# What each part may import. A part is a module or package directly under jaxlearn/, or a deeper one listed here
# (the longest name wins). "jaxlearn" itself is the public list, on top of everything that it re-exports.
BASE = {
    "_warnings",
    "_collector",
    "_dtypes",
    "_dtype_objects",
    "_dtype_promotion",
    "_dtype_limits",
    "_naming",
    "_size",
    "layouts",
    "torch_version",
    "version",
}
TEXT = {"_tensor.printing", "_tensor.printing_options", "return_types"}
OPS = BASE | TEXT | {"ops"}
ENGINE = BASE | {"_engine"}
PROFILER = ENGINE | {"profiler"}
TENSOR = OPS | ENGINE | {"_overrides", "_tensor", "_autograd", "_random"}
PUBLIC_TENSOR = TENSOR | {"profiler", "autograd", "random", "fft", "linalg", "masked", "signal", "special"}
NN = PUBLIC_TENSOR | {"func", "nn"}
UTILS = NN | {"optim", "utils", "io", "serialization"}
LIBRARY = UTILS | {"_C", "jaxlearn", "_runtime", "_streams", "accelerator", "cuda", "backends", "testing"}
LIBRARY |= {"hub", "quasirandom", "types", "_checking", "cpu", "distributed", "functional", "futures", "jit"}
LIBRARY |= {"__future__", "sparse", "_utils", "mps", "multiprocessing", "overrides", "xpu", "_einops"}
LIBRARY |= {
    "amp",
    "cuda.amp",
    "distributions",
    "func",
    "compiler",
    "library",
    "_dynamo",
    "_higher_order_ops",
    "_functorch",
    "_inductor",
    "_logging",
}
ALLOWED: dict[str, set[str]] = {
    **dict.fromkeys(BASE, BASE),
    **dict.fromkeys(TEXT, BASE | TEXT),
    "ops": OPS,
    "_engine": ENGINE,
    **dict.fromkeys(("_tensor", "_autograd"), TENSOR),
    "_random": BASE | {"_random"},
    "func": PUBLIC_TENSOR | {"func"},
    "distributions": PUBLIC_TENSOR | {"distributions"},
    **dict.fromkeys(
        ("autograd", "random", "fft", "linalg", "masked", "signal", "sparse", "special"), PUBLIC_TENSOR
    ),
    "_higher_order_ops": TENSOR | {"_higher_order_ops"},
    "_C": PUBLIC_TENSOR | {"_C"},
    "_overrides": OPS | {"_warnings", "_overrides"},
    "overrides": {"_overrides", "overrides"},
    "profiler": PROFILER,
    "_utils": TENSOR | {"_utils"},
    "quasirandom": TENSOR | {"quasirandom"},
    "types": ENGINE | {"types"},
    "hub": NN | {"io", "hub"},
    **dict.fromkeys(("_checking", "functional"), TENSOR),
    "_einops": TENSOR | {"_einops"},
    "distributed": TENSOR | {"distributed"},
    "cpu": PUBLIC_TENSOR | {"_streams", "amp", "cpu"},
    **dict.fromkeys(("futures", "mps", "multiprocessing", "xpu"), BASE),
    "jit": NN | {"futures", "jit"},
    "__future__": NN | {"__future__"},
    "nn": NN,
    "compiler": NN | {"compiler"},
    "_dynamo": NN | {"compiler", "_dynamo"},
    "_functorch": {"_functorch"},
    "library": NN | {"compiler", "library"},
    "_inductor": {"_inductor"},
    "_logging": {"_logging"},
    **dict.fromkeys(("optim", "utils"), NN | {"optim", "utils"}),
    "utils.model_zoo": {"hub", "utils.model_zoo"},
    "utils.benchmark": NN | {"jaxlearn", "utils", "utils.benchmark"},
    "amp": NN | {"optim", "amp"},
    "cuda.amp": NN | {"optim", "amp", "cuda.amp"},
    "io": NN | {"io"},
    "serialization": NN | {"cuda", "io", "serialization"},
    **dict.fromkeys(("accelerator", "backends", "testing"), PUBLIC_TENSOR | {"_streams", "cuda", "backends"}),
    "cuda": PUBLIC_TENSOR | {"_streams", "cuda", "cuda.amp"},
    **dict.fromkeys(("_runtime", "_streams"), ENGINE | {"_streams"}),
    "jaxlearn": LIBRARY,
    "vision": LIBRARY | {"vision"},
    "train": LIBRARY | {"vision", "train"},
    "compat": LIBRARY | {"vision", "train", "compat"},
}

# Directly under the repository, beside dotfiles.
TOP_LEVEL = {"jaxlearn", "examples", "tests", "bench", "pyproject.toml", "README.md", "LICENSE"}

# Of code: docstrings, comments and blank lines do not count.
LINES = 400
# Longer ones, each with its reason.
LONG_FILES = {
    "jaxlearn/__init__.py": "the public list",
    "tests/parity/bad_input_cases.py": "one table of mistakes that torch answers",
    "tests/parity/nn_functional_cases.py": "one table of calls that torch answers",
    "tests/parity/test_pth.py": "one table of files that torch writes",
    "tests/parity/test_random_streams.py": "one table of numbers that torch draws",
    "tests/vision/test_mnist_sources.py": "every source of one dataset against the same fakes",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Dotted name relative to the package ("" for the package itself) and path of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def part_of(name: str) -> str:
    """The entry of ALLOWED that a dotted name belongs to."""
    if not name:
        return "jaxlearn"
    pieces = name.split(".")
    candidates = (".".join(pieces[:n]) for n in range(len(pieces), 0, -1))
    return next((c for c in candidates if c in ALLOWED), pieces[0])


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports of a module, those inside functions too; not those that only a type checker follows."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and is_type_checking(node):
            for branch in node.orelse:
                yield from imports(branch)
        else:
            yield from imports(node)


def imported(name: str, path: Path, node: ast.Import | ast.ImportFrom, known: set[str]) -> Iterator[str]:
    """The modules of the package, as dotted names relative to it, that an import statement asks for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            head, _, rest = alias.name.partition(".")
            if head == "jaxlearn":
                yield rest
        return
    if node.level:
        package = name.split(".") if name else []
        if path.name != "__init__.py":
            package = package[:-1]
        package = package[: len(package) - (node.level - 1)]
        module = ".".join([*package, *(node.module or "").split(".")]).strip(".")
    else:
        head, _, module = (node.module or "").partition(".")
        if head != "jaxlearn":
            return
    for alias in node.names:
        inner = f"{module}.{alias.name}".strip(".")
        yield inner if inner in known else module


def test_imports_point_one_way() -> None:
    known = {name for name, _ in modules()}
    wrong = []
    for name, path in modules():
        part = part_of(name)
        if part not in ALLOWED:
            wrong.append(f"{path.relative_to(ROOT)}: {part} has no entry in ALLOWED (tests/test_layers.py)")
            continue
        for node in imports(ast.parse(path.read_text())):
            for target in imported(name, path, node, known):
                if part_of(target) not in ALLOWED[part]:
                    wrong.append(
                        f"{path.relative_to(ROOT)}:{node.lineno}: {part} must not import {target or 'jaxlearn'}"
                    )
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_allowed_arrows_form_no_cycle_but_the_tensor_group() -> None:
    group = {"_tensor", "_autograd"}
    texts = TEXT | BASE
    left = {part: {a for a in arrows if a != part} for part, arrows in ALLOWED.items()}
    for part, arrows in left.items():
        for together in (
            group,
            texts,
            {"autograd", "random", "fft", "linalg", "masked", "signal", "special"},
            {"optim", "utils"},
        ):
            if part in together:
                arrows -= together
        if part in {"cuda", "backends"}:
            arrows -= {"cuda", "backends"}
    while left:
        free = [part for part, arrows in left.items() if not arrows & left.keys()]
        assert free, f"a cycle among {sorted(left)}"
        for part in free:
            del left[part]


def test_nothing_hides_names() -> None:
    """No ``import *``, no ``setattr`` in a loop over names, no module ``__getattr__`` but the package's own, which
    imports a part of it, named there and in ``__all__``, when it is first asked for."""
    wrong = []
    for _, path in modules():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: import *")
        for node in tree.body:
            own = path == ROOT / "jaxlearn" / "__init__.py"
            if isinstance(node, ast.FunctionDef) and node.name == "__getattr__" and not own:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: module __getattr__")
            if isinstance(node, ast.For) and any(
                isinstance(n, ast.Call) and ast.unparse(n.func) == "setattr" for n in ast.walk(node)
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: setattr in a loop")
    assert not wrong, "\n" + "\n".join(wrong)


def tracked() -> list[str]:
    """The repository's files: tracked, or new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: which files belong to the repository is unknown")
    return [name for name in listing.stdout.splitlines() if (ROOT / name).exists()]


def test_the_top_level_holds_what_was_agreed() -> None:
    found = {name.split("/")[0] for name in tracked()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


def code_lines(source: str) -> int:
    """How many lines hold code."""
    silent = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_files_stay_small() -> None:
    lines = {name: code_lines((ROOT / name).read_text()) for name in tracked() if name.endswith(".py")}
    long = {name: n for name, n in lines.items() if n > LINES and name not in LONG_FILES}
    assert not long, f"over {LINES} lines of code and not in LONG_FILES: {long}"
    assert not [name for name in LONG_FILES if lines.get(name, LINES + 1) <= LINES], (
        "LONG_FILES lists short files"
    )
