"""``__version__``: programs decide by it what they may call."""

import importlib.metadata
import operator

import pytest
import torch
from packaging.version import Version

import jaxlearn

from .helper import same


@pytest.mark.parametrize(
    "compare",
    [operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt],
    ids=lambda f: f.__name__,
)
def test_versions_compare_as_torch_compares_its_own(compare):
    others = [
        "2.9",
        "2.13",
        "2.13.0",
        "2.13.0+cpu",
        "2.13.1a0",
        "3",
        "nightly",
        (1, 8),
        [2, 13],
        (2, 13, 1),
    ]

    def program(torch):
        version = type(torch.__version__)("2.13.0+cpu")
        return [compare(version, other) for other in others] + [
            version in {"2.13.0+cpu"},
            isinstance(version, str),
        ]

    same(program)


def test_the_version_is_that_of_the_pytorch_whose_api_it_is():
    ours = jaxlearn.__version__
    assert isinstance(ours, jaxlearn.torch_version.TorchVersion)
    assert [int(n) for n in ours.split(".")[:2]] == [2, 13] and ours >= "1.10" and ours > (2, 9)
    assert ours.split("+")[0] == torch.__version__.split("+")[0] == jaxlearn.version.torch_version
    assert jaxlearn.version.jaxlearn_version == importlib.metadata.version("jaxlearn")
    assert ours > Version("2.9")
    with pytest.raises(TypeError):
        _ = ours < 2
