"""Every public name exists and is documented: a summary, and its arguments where it takes some."""

from __future__ import annotations

import enum
import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import jaxlearn

# Arguments that mean the same wherever they stand, as in torch: what works on one tensor, or on several, and the
# properties of a new one. Functions with no others need no section about them.
COMMON = {
    "input",
    "tensors",
    "out",
    "dtype",
    "layout",
    "device",
    "pin_memory",
    "requires_grad",
    "memory_format",
    "generator",
}


def public_modules() -> list[str]:
    """Packages, and the modules that a package lists as its names; what else is in a package is its own affair."""
    found = ["jaxlearn"]
    for package in pkgutil.walk_packages(jaxlearn.__path__, "jaxlearn."):
        if package.ispkg and not package.name.startswith(("jaxlearn._", "jaxlearn.ops")):
            found.append(package.name)
    for name in tuple(found):
        module = importlib.import_module(name)
        for value in (getattr(module, public, None) for public in getattr(module, "__all__", ())):
            if inspect.ismodule(value) and is_ours_by_name(value.__name__) and value.__name__ not in found:
                found.append(value.__name__)
    return sorted(found)


def is_ours_by_name(module: str) -> bool:
    return module.split(".")[0] == "jaxlearn"


def public_names(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name in module.__all__:
        yield name, getattr(module, name)


def is_ours(value: Any) -> bool:
    return is_ours_by_name(getattr(value, "__module__", None) or "")


def parameters(value: Any) -> list[str]:
    """The names of the parameters that a caller gives."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return []
    given = [
        parameter for parameter in signature.parameters.values() if parameter.name not in ("self", "cls")
    ]
    if all(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in given):
        # What a metaclass or a bare wrapper lets through is no parameter of its own.
        given = [parameter for parameter in given if parameter.name not in ("args", "kwargs")]
    return [parameter.name for parameter in given]


def needs_arguments_section(value: Any) -> bool:
    """Functions and classes with parameters; not those whose parameters are fields, members or a message."""
    if inspect.isclass(value):
        plain = (BaseException, enum.Enum, tuple)
        if issubclass(value, plain) or getattr(value, "_is_protocol", False):
            return False
    return not COMMON.issuperset(parameters(value))


def is_callable_kind(value: Any) -> bool:
    return inspect.isclass(value) or inspect.isroutine(value) or isinstance(value, functools.partial)


@pytest.mark.parametrize("name", public_modules())
def test_module_is_documented_and_lists_its_names(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"
    assert hasattr(module, "__all__"), f"{name} has no __all__"
    assert len(set(module.__all__)) == len(module.__all__), f"{name}.__all__ lists a name twice"
    missing = [public for public in module.__all__ if not hasattr(module, public)]
    assert not missing, f"{name}.__all__ lists names that it has not: {missing}"


@pytest.mark.parametrize("name", public_modules())
def test_public_names_are_documented(name: str) -> None:
    undocumented = []
    module = importlib.import_module(name)
    for public, value in public_names(module):
        in_place_form = public.endswith("_") and hasattr(
            module, public[:-1]
        )  # the plain form tells the arguments
        if not (is_callable_kind(value) and is_ours(value)):
            continue
        text = inspect.cleandoc(value.__doc__ or "")
        if not text:
            undocumented.append(f"{name}.{public}: no docstring")
        elif not re.search(r"[.:](\s|$)", text.split("\n\n")[0]):
            undocumented.append(f"{name}.{public}: the docstring does not start with a sentence")
        elif needs_arguments_section(value) and "Args:" not in text and not in_place_form:
            undocumented.append(f"{name}.{public}: takes {', '.join(parameters(value))} and has no 'Args:'")
    assert not undocumented, "\n" + "\n".join(undocumented)


@pytest.mark.parametrize("name", public_modules())
def test_methods_of_public_classes_are_documented(name: str) -> None:
    undocumented = []
    for public, value in public_names(importlib.import_module(name)):
        if not (inspect.isclass(value) and is_ours(value)):
            continue
        for method, attribute in vars(value).items():
            if method.startswith("_") or not callable(getattr(value, method)):
                continue
            if not inspect.isclass(attribute) and not inspect.getdoc(getattr(value, method)):
                undocumented.append(f"{name}.{public}.{method}")
    assert not undocumented, "no docstring:\n" + "\n".join(undocumented)
