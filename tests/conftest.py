"""What every test starts from: the same seed, default settings, and room for compiled programs."""

from __future__ import annotations

import collections
import doctest
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import pytest

import jaxlearn
from jaxlearn._engine import xla_options
from jaxlearn._engine.op_by_op import forget_sizes
from jaxlearn._engine.recorder import recorder
from jaxlearn._naming import defined_in
from jaxlearn._overrides import entries
from jaxlearn._overrides.calls import PLAIN

# Programs, not modules: collecting one for its docstrings would run it.
collect_ignore_glob = ["parity/programs/*", "parity/tutorials/*"]

pytest.register_assert_rewrite("tests.parity.helper")

# A process may have 65,530 memory maps on Linux, and every compiled program takes some tens of them.
_MAPS = Path("/proc/self/maps")
_MANY_MAPS = 30_000


# What takes XLA:CPU most of the time for a small program: LLVM's optimisation, and the emitters of fusions, which
# build each one through MLIR. Without both, such a program compiles in a quarter of the time.
_UNOPTIMIZED: dict[str, bool | str] = {
    "xla_backend_optimization_level": "0",
    "xla_cpu_use_fusion_emitters": False,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--optimized",
        action="store_true",
        help="compile as for users also in the tests marked unoptimized",
    )


@pytest.fixture(autouse=True, scope="module")
def unoptimized(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compile a module's programs quickly if it is marked so, and let no other module use them."""
    if request.node.get_closest_marker("unoptimized") is None or request.config.getoption("--optimized"):
        yield
        return
    jaxlearn.clear_cache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xla_options, "_options", _UNOPTIMIZED)
        yield
    jaxlearn.clear_cache()


@pytest.fixture(autouse=True)
def same_start() -> Iterator[None]:
    """Seed before each test, with nothing recorded; put the settings that a program may change back after it."""
    jaxlearn.manual_seed(0)
    forget_sizes()
    recorder.nodes = []  # what earlier tests have recorded is computed if it is read, and belongs to no graph
    yield
    jaxlearn.set_default_dtype(jaxlearn.float32)
    jaxlearn.set_printoptions(profile="default")
    jaxlearn.use_deterministic_algorithms(False)
    jaxlearn.backends.cudnn.deterministic = False
    if "torch" in sys.modules:  # torch.compile switches its checks of distributions off in the whole process
        sys.modules["torch"].distributions.Distribution.set_default_validate_args(True)


@pytest.fixture(autouse=True, scope="module")
def few_programs() -> Iterator[None]:
    """Let go of what a module compiled, before the whole suite's programs together exhaust the process."""
    yield
    if _MAPS.exists() and _MAPS.read_bytes().count(b"\n") > _MANY_MAPS:
        gc.collect()
        jax.clear_caches()


class _Finder(doctest.DocTestFinder):
    """Finds a class's examples in the file that defines it, whatever module it is called by."""

    def _from_module(self, module: ModuleType | None, object: Any) -> bool:
        if module is not None and isinstance(object, type) and defined_in(object) != object.__module__:
            return defined_in(object) == module.__name__
        return super()._from_module(module, object)  # type: ignore[misc]


# pytest derives its own finder from the standard one.
doctest.DocTestFinder = _Finder  # type: ignore[misc]


@pytest.fixture(autouse=True, scope="module")
def overrides_of_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let functions look for overrides because of a module's own classes alone, not of those of modules before it."""
    values = vars(request.module).values() if hasattr(request, "module") else ()
    own = any(isinstance(v, type) and issubclass(v, jaxlearn.Tensor) and v not in PLAIN for v in values)
    before = (
        entries._Active.always
    )  # by classes of the library that are in use, as examples in docstrings need it
    _look_for_overrides(own)
    yield
    _look_for_overrides(before)


def _look_for_overrides(always: bool) -> None:
    entries._Active.always = always
    if always:
        entries.activate()
    else:
        entries.deactivate()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """The totals of the operator database (tests/parity/test_op_db.py), if it ran, after all else is said."""
    yield
    terminalreporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminalreporter is None:  # a worker of pytest-xdist
        return
    outcomes = [
        str(value).split()
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == "op_db"
    ]
    if outcomes:
        count = collections.Counter(kind for kind, *_ in outcomes)
        samples = sum(int(number) for _, *numbers in outcomes for number in numbers)
        terminalreporter.write_line(
            f"operator database: {count['passed']} of {len(outcomes)} parts pass ({samples} samples), "
            f"{count['listed']} listed as not yet, {count['failed']} fail"
        )
