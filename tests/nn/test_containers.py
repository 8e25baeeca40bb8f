"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import jaxlearn as torch
from jaxlearn import nn

pytestmark = pytest.mark.unoptimized


def kinds(container):
    return [type(m).__name__ for m in container]


def test_sequential_as_a_list():
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Sigmoid()
    net = nn.Sequential(a, b)
    assert net.append(c) is net and len(net) == 3 and net[-1] is c and net[1] is b
    assert list(net[1:]._modules) == ["1", "2"] and kinds(net[::2]) == ["ReLU", "Sigmoid"]
    assert net.insert(1, nn.GELU()) is net and kinds(net) == ["ReLU", "GELU", "Tanh", "Sigmoid"]
    assert list(net._modules) == ["0", "1", "2", "3"]
    del net[0]
    assert kinds(net) == ["GELU", "Tanh", "Sigmoid"] and list(net._modules) == ["0", "1", "2"]
    assert net.pop(1) is b and kinds(net) == ["GELU", "Sigmoid"]
    net[0] = a
    assert net[0] is a and kinds(net + nn.Sequential(b)) == ["ReLU", "Sigmoid", "Tanh"]
    assert len(net * 2) == 4 and (2 * net)[2] is a
    net += nn.Sequential(b)
    net *= 2
    assert kinds(net) == ["ReLU", "Sigmoid", "Tanh"] * 2
    del net[1:]
    assert kinds(net) == ["ReLU"]


def test_sequential_by_name_and_call():
    net = nn.Sequential(OrderedDict(first=nn.Identity(), second=nn.Identity()))
    assert net.first is net[0] and net(3) == 3


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Sequential(nn.ReLU())[3], IndexError, "index 3 is out of range"),
        (lambda: nn.Sequential(1), TypeError, "int is not a Module subclass"),
        (
            lambda: nn.Sequential() + 1,
            ValueError,
            "add operator supports only objects of Sequential class, but <class 'int'> is given.",
        ),
        (lambda: nn.Sequential() * 0, ValueError, "Non-positive multiplication factor 0"),
        (lambda: nn.Sequential().insert(3, nn.ReLU()), IndexError, "Index out of range: 3"),
        (
            lambda: nn.ModuleList(1),
            TypeError,
            "ModuleList.extend should be called with an iterable, but got int",
        ),
        (lambda: nn.ModuleList([1]), TypeError, "int is not a Module subclass"),
        (lambda: nn.ModuleList()[0], IndexError, "index 0 is out of range"),
        (lambda: nn.ModuleList()(1), NotImplementedError, "missing the required"),
        (
            lambda: nn.ModuleDict(1),
            TypeError,
            "ModuleDict.update should be called with an iterable of key/value pairs, but got int",
        ),
        (lambda: nn.ModuleDict({1: nn.ReLU()}), TypeError, "module name should be a string. Got int"),
        (lambda: nn.ModuleDict()["a"], KeyError, "a"),
        (lambda: nn.ParameterList([])(), RuntimeError, "ParameterList should not be called."),
        (lambda: nn.ParameterDict({})(1), RuntimeError, "ParameterDict should not be called."),
    ],
)
def test_errors_are_torchs(call, kind, message):
    with pytest.raises(kind, match=message.replace("(", r"\(")):
        call()


def test_module_list():
    a, b = nn.ReLU(), nn.Tanh()
    modules = nn.ModuleList([a])
    modules += [b]
    modules.insert(0, nn.GELU())
    assert kinds(modules) == ["GELU", "ReLU", "Tanh"] and isinstance(modules[:2], nn.ModuleList)
    assert (
        modules.pop(0).__class__ is nn.GELU
        and modules[0] is a
        and kinds(modules + [b]) == ["ReLU", "Tanh", "Tanh"]
    )
    modules[1] = nn.SiLU()
    del modules[-2]
    assert kinds(modules) == ["SiLU"] and list(modules._modules) == ["0"]


def test_module_dict():
    modules = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})
    modules["c"] = nn.GELU()
    assert list(modules) == ["a", "b", "c"] == list(modules.keys()) and "a" in modules and len(modules) == 3
    assert isinstance(modules.pop("a"), nn.ReLU) and list(modules._modules) == ["b", "c"]
    modules.update([("d", nn.SiLU())])
    assert kinds(modules.values()) == ["Tanh", "GELU", "SiLU"]
    modules.clear()
    assert not list(modules.items())


def test_parameter_list():
    values = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1)), "text"])
    assert isinstance(values[0], nn.Parameter) and values[-1] == "text" and len(values) == 3
    assert [n for n, _ in values.named_parameters()] == ["0", "1"] and len(values[:2]) == 2
    values[0] = torch.zeros(4)
    assert values[0].shape == (4,) and list(values.append(torch.ones(1)))[-1].requires_grad


def test_parameter_dict():
    values = nn.ParameterDict({"b": torch.ones(2), "a": torch.zeros(1)})
    assert list(values) == ["a", "b"] and isinstance(values["a"], nn.Parameter)
    assert list(values.state_dict()) == ["a", "b"]
    values |= nn.ParameterDict({"c": torch.ones(1)})
    assert values.popitem()[0] == "c" and values.get("z") is None and values.setdefault("d", 3) == 3
    assert list(values.copy()) == ["a", "b", "d"] and values.pop("d") == 3 and "d" not in values
    assert list((values | nn.ParameterDict({"e": torch.ones(1)})).keys()) == ["a", "b", "e"]
