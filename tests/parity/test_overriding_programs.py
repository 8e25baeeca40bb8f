"""Programs of the kinds that "Extending PyTorch" shows: matrices by their diagonals, notes, logs, units, counters."""

from __future__ import annotations

import logging

import pytest

from tests.parity.helper import same
from tests.parity.overriding import overrides_of


def by_the_diagonal(torch):
    handled = {}

    def implements(function):
        def register(f):
            handled[function] = f
            return f

        return register

    class Identity:
        """A multiple of the identity matrix."""

        def __init__(self, n, value):
            self.n, self.value = n, value

        def __repr__(self):
            return f"Identity({self.n}, {self.value})"

        def tensor(self):
            return self.value * torch.eye(self.n)

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func not in handled or not all(issubclass(t, (torch.Tensor, cls)) for t in types):
                return NotImplemented
            return handled[func](*args, **(kwargs or {}))

    @implements(torch.mean)
    def mean(input):
        return input.value / input.n

    def dense(x):
        return x.tensor() if isinstance(x, Identity) else x

    @implements(torch.add)
    def add(input, other):
        if isinstance(input, Identity) and isinstance(other, Identity):
            return Identity(input.n, input.value + other.value)
        return torch.add(dense(input), dense(other))

    @implements(torch.matmul)
    def matmul(input, other):
        return (input.value * other) if isinstance(input, Identity) else (other.value * input)

    @implements(torch.stack)
    def stack(tensors, dim=0):
        return torch.stack([dense(x) for x in tensors], dim)

    d = Identity(3, 2.0)
    results = [
        torch.mean(d),
        str(torch.add(d, d)),
        torch.add(d, torch.ones(3, 3)),
        torch.add(torch.ones(3), d),
    ]
    results += [
        torch.matmul(d, torch.arange(3.0)),
        torch.stack([d, torch.zeros(3, 3)]),
        torch.mean(torch.ones(2)),
    ]
    for refused in (torch.sum, torch.exp, lambda x: torch.cat([x])):
        with pytest.raises(TypeError, match="all __torch_function__ handlers returned NotImplemented"):
            refused(d)
    return results


def with_notes(torch):
    class Noted:
        """A tensor in a box, with a note that results take on."""

        def __init__(self, data, note=None, **kwargs):
            self._t = torch.as_tensor(data, **kwargs)
            self._note = note

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            notes = tuple(a._note for a in args if hasattr(a, "_note"))
            args = [getattr(a, "_t", a) for a in args]
            assert len(notes) > 0
            return cls(func(*args, **(kwargs or {})), note=notes[0])

    a = Noted([[1.0, 2.0], [3.0, 4.0]], note={"owner": "someone"})
    b = Noted([[1.0], [1.0]], note="b")
    results = [
        torch.add(a, torch.ones(2, 2)),
        torch.mm(a, b),
        torch.mul(a, b),
        torch.exp(a),
        torch.sum(a, dim=0),
    ]
    results += [torch.nn.functional.relu(b), torch.matmul(torch.ones(2, 2), b), torch.transpose(a, 0, 1)]
    return [(r._t, str(r._note)) for r in results]


def logged(torch):
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    log = logging.getLogger(torch.__name__ + ".overriding")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func is not torch.Tensor.__repr__:
                log.info("func: %s, %d args, kwargs %s", func.__name__, len(args), kwargs)
            return super().__torch_function__(func, types, args, kwargs or {})

    class Quiet(torch.Tensor):
        pass

    class Child(Quiet):
        pass

    x = torch.arange(6.0).reshape(2, 3).as_subclass(Logged)
    y = (x @ x.T).softmax(-1)
    z = torch.nn.functional.linear(x, torch.ones(2, 3)).sum()
    made = [type(r).__name__ for r in (y, z, Quiet([0]) + Child([1]), Child([1]) + Quiet([0]))]
    return list(lines), y, z, made, repr(x).replace("jaxlearn", "torch")


def with_units(torch):
    class Quantity(torch.Tensor):
        @staticmethod
        def __new__(cls, data, unit=""):
            return torch.as_tensor(data).as_subclass(cls)

        def __init__(self, data, unit=""):
            self.unit = unit

        def __mul__(self, other):
            result = super().__mul__(other)
            result.unit = self.unit + "*" + getattr(other, "unit", "1")
            return result

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            result = super().__torch_function__(func, types, args, kwargs)
            units = {a.unit for a in args if isinstance(a, cls) and hasattr(a, "unit")}
            if func in (torch.add, torch.Tensor.add) and len(units) > 1:
                raise ValueError(f"units differ: {sorted(units)}")
            if isinstance(result, cls) and len(units) == 1:
                result.unit = next(iter(units))
            return result

    a, b, c = Quantity([1.0, 2.0], "m"), Quantity([3.0, 4.0], "m"), Quantity([1.0], "s")
    with pytest.raises(ValueError, match="units differ"):
        a + c
    return a + b, (a + b).unit, a.sum().unit, (a * c).unit, a[0].unit, torch.stack([a, b]).shape, (a + 1).unit


def counted(torch):
    """Multiplications of a model's layers, counted by a mode."""
    overrides = overrides_of(torch)
    F = torch.nn.functional

    class Counter(overrides.TorchFunctionMode):
        def __init__(self):
            self.by = {}

        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if func is F.linear:
                self.by["linear"] = self.by.get("linear", 0) + result.numel() * args[0].shape[-1]
            elif func in (torch.conv2d, F.conv2d):
                self.by["conv2d"] = self.by.get("conv2d", 0) + result.numel() * args[1][0].numel()
            elif func in (torch.matmul, torch.Tensor.matmul):
                self.by["matmul"] = self.by.get("matmul", 0) + result.numel() * args[0].shape[-1]
            return result

    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(36, 5),
    )
    with Counter() as counter:
        y = model(torch.ones(2, 1, 8, 8))
        y @ y.T
        torch.matmul(y, y.mT)
    return counter.by


@pytest.mark.parametrize("program", [by_the_diagonal, with_notes, logged, with_units, counted])
def test_programs(program):
    same(program)
