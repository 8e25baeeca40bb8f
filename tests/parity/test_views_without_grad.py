"""Views made under ``no_grad`` of tensors that require grad: they require grad and lead nowhere; random programs."""

from __future__ import annotations

import numpy as np
import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

VIEWS = {
    "slice": lambda t: t[:1],
    "row": lambda t: t[0],
    "vector": lambda t: t.view(-1),
    "transposed": lambda t: t.t() if t.dim() <= 2 else t.transpose(0, 1),
    "part": lambda t: t.split(1)[0],
    "unsqueezed": lambda t: t.unsqueeze(0),
    "strided": lambda t: t.as_strided((2,), (1,)),
    "alias": lambda t: t.view_as(t),
}
WRITES = {
    "number": lambda t, o: t.mul_(0.5),
    "filled": lambda t, o: t.fill_(0.5),
    "tensor": lambda t, o: t.mul_(o.sum()),
    "element": lambda t, o: t.__setitem__(0, 3.0),
}
USES = {
    "double": lambda t, o: t * 2,
    "product": lambda t, o: t.sum() * o,
    "sine": lambda t, o: t.sin(),
    "copy": lambda t, o: t.clone(),
}


def state(t):
    found = []
    for name in ("requires_grad", "is_leaf", "grad_fn", "_version"):
        try:
            value = getattr(t, name)
        except RuntimeError as error:
            value = str(error)
        found.append(value.name() if name == "grad_fn" and hasattr(value, "name") else value)
    return str(found)


def program(torch, seed):
    draw = np.random.RandomState(seed).randint
    leaf = torch.tensor([[0.5, 0.25], [1.0, 2.0]], requires_grad=True)
    tensors = [leaf * 1 if draw(2) else leaf]
    log = []
    for _ in range(3 + draw(5)):
        table = [VIEWS, VIEWS, WRITES, USES, USES, None][draw(6)]
        t, o = tensors[draw(len(tensors))], tensors[draw(len(tensors))]
        try:
            with torch.set_grad_enabled(bool(draw(3))):
                if table is None:
                    leaf.grad = None
                    t.sum().backward(retain_graph=True)
                    log.append(leaf.grad)
                elif table is VIEWS:
                    tensors.append(VIEWS[[*VIEWS][draw(len(VIEWS))]](t))
                    log.append(state(tensors[-1]))
                elif table is USES:
                    tensors.append(USES[[*USES][draw(len(USES))]](t, o))
                    log.append(state(tensors[-1]))
                else:
                    WRITES[[*WRITES][draw(len(WRITES))]](t, o)
                    log.append(state(t))
        except RuntimeError as error:
            log.append(str(error))
    return [str(x) if x is None or isinstance(x, str) else x for x in log] + [t.detach() for t in tensors]


@pytest.mark.parametrize("seed", range(60))
def test_program(seed):
    same(lambda torch: program(torch, seed))


def test_gradients_of_the_view():
    def run(torch):
        x = torch.ones(3, requires_grad=True)
        with torch.no_grad():
            v = x[:2]
        y = (v * 2).sum()
        (unused,) = torch.autograd.grad(y, v, allow_unused=True, retain_graph=True)
        y.backward(retain_graph=True)
        before = str([unused, v.grad, x.grad, y.grad_fn.next_functions[0][0].next_functions])
        v.requires_grad_()
        (v * 3).sum().backward()
        return before, v.grad, str(x.grad)

    same(run)


def test_a_view_of_the_view():
    def run(torch):
        x = torch.ones(3, 2, requires_grad=True) * 1
        with torch.no_grad():
            v = x[:2]
        v[0].add_(1)

    same(run, message=True)


def test_printing_a_stale_one():
    def run(torch):
        x = torch.ones(2, requires_grad=True) * 1
        with torch.no_grad():
            v = x[:1]
            x.add_(1)
        return str(v)

    same(run)


@pytest.mark.parametrize("name", ["sum", "max", "clamp", "leaky_relu", "acosh_"])
def test_messages_number_the_node(name):
    functions = {
        "sum": lambda torch, y: y.sum(0),
        "max": lambda torch, y: y.max(0)[0],
        "clamp": lambda torch, y: y.clamp(1.0),
        "leaky_relu": lambda torch, y: torch.nn.functional.leaky_relu_(y),
        "acosh_": lambda torch, y: y.acosh_(),
    }

    def run(torch):
        y = functions[name](torch, torch.tensor([[1.5, 2.5], [1.7, 3.0]], requires_grad=True) * 1)
        z = y * y
        with torch.no_grad():
            y.mul_(2)
        z.sum().backward()

    same(run, message=True)
