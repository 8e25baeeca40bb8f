"""Every public name of PyTorch is here, or in the table of those that are not, with its reason."""

import pytest

import jaxlearn

from .names import NAMESPACES, missing, missing_modules
from .names_left_out import LEFT_OUT, MODULES_LEFT_OUT


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_names(namespace: str) -> None:
    told = [name for names in LEFT_OUT.values() for name in names.get(namespace, "").split()]
    assert len(told) == len(set(told)), "a name stands in the table twice"
    assert missing(jaxlearn, namespace) == sorted(told)


def test_the_table_has_no_other_namespaces() -> None:
    assert {n for names in LEFT_OUT.values() for n in names} <= set(NAMESPACES)


def test_modules() -> None:
    told = [name for names in MODULES_LEFT_OUT.values() for name in names.split()]
    assert sorted(missing_modules(jaxlearn)) == sorted(told)


def test_what_torch_has_not_any_more() -> None:
    assert not hasattr(jaxlearn, "_six")
