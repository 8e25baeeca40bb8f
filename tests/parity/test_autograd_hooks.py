"""Hooks against torch: on tensors, on nodes, around accumulation; their order, their results, their errors."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized

DATA = np.random.RandomState(0).randn(3, 4)


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def order_at_one_node(torch):
    log = []
    a, b = leaf(torch), leaf(torch)
    y = a * b
    y.retain_grad()
    y.register_hook(lambda g: log.append("y first") or g * 2)
    y.grad_fn.register_prehook(lambda g: log.append("y before"))
    y.register_hook(lambda g: log.append("y second"))
    y.grad_fn.register_hook(lambda gi, go: log.append("y after"))
    node = y.grad_fn.next_functions[0][0]
    assert node is y.grad_fn.next_functions[0][0] and node.variable is a
    node.register_prehook(lambda g: log.append(("a before", len(g))))
    node.register_hook(lambda gi, go: log.append(("a after", len(gi), len(go))))
    a.register_hook(lambda g: log.append("a"))
    a.register_post_accumulate_grad_hook(lambda p: log.append(("a added", p.grad is not None)))
    b.register_hook(lambda g: log.append("b"))
    z = y.sin()
    z.register_hook(lambda g: log.append("z"))
    z.sum().backward()
    return log, y.grad, a.grad, node.name(), node.next_functions


def leaves_as_they_become_ready(torch):
    log = []
    weights = [leaf(torch) for _ in range(3)]
    h = leaf(torch)
    for i, w in enumerate(weights):
        w.register_post_accumulate_grad_hook(lambda p, i=i: log.append(f"w{i}"))
        h = h * w
        h.register_hook(lambda g, i=i: log.append(f"h{i}"))
    (h.sum() + weights[2].sum() + weights[1].sum()).backward()
    return log


def optimizer_in_backward(torch):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 1))
    optimizers = {p: torch.optim.SGD([p], lr=0.1) for p in model.parameters()}

    def update(p):
        optimizers[p].step()
        optimizers[p].zero_grad()

    for p in model.parameters():
        p.register_post_accumulate_grad_hook(update)
    x = torch.tensor(DATA.astype(np.float32))
    for _ in range(2):
        model(x).pow(2).mean().backward()
    return list(model.parameters()), [p.grad for p in model.parameters()]


def asked_for_and_hooked(torch):
    x = leaf(torch)
    y = x * 2
    y.register_hook(lambda g: g * 3)
    y.grad_fn.register_prehook(lambda g: (g[0] * 5,))
    x.register_hook(lambda g: g * 7)
    both = torch.autograd.grad(y.sum(), [y, x], retain_graph=True)
    return both, torch.autograd.grad(y.sum(), [y], retain_graph=True)


def node_hooks_replace(torch):
    x, w = leaf(torch), leaf(torch)
    y = x * w
    y.grad_fn.register_prehook(lambda g: (g[0] * 2,))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] + 1, None))
    y.sum().backward()
    seen = []
    z = x * 2
    z.grad_fn.register_hook(lambda gi, go: seen.append([g is None for g in gi]))
    z.sum().backward()
    return x.grad, w.grad, seen


def hooks_under_create_graph(torch):
    x = leaf(torch)
    y = x * x
    states = []
    y.register_hook(lambda g: states.append((torch.is_grad_enabled(), g.requires_grad)) or g * x)
    (g,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    z = leaf(torch) * 2
    z.register_hook(lambda g: states.append((torch.is_grad_enabled(), g.requires_grad)))
    z.sum().backward()
    return g, h, states


def handles(torch):
    x = leaf(torch)
    log = []
    with x.register_hook(lambda g: log.append(1)):
        x.sum().backward()
    h = x.register_post_accumulate_grad_hook(lambda p: log.append(2))
    x.sum().backward()
    h.remove()
    h.remove()
    x.sum().backward()
    kinds = {type(x.register_hook(print)).__name__, type((x * 1).grad_fn.register_hook(print)).__name__}
    return log, kinds


def several_at_once(torch):
    a, b, c = leaf(torch), leaf(torch), leaf(torch)
    log = []
    handle = torch.autograd.graph.register_multi_grad_hook(
        (a, b, c), lambda grads: log.append([None if g is None else g.sum().item() for g in grads])
    )
    (a * b).sum().backward()
    (a * c).sum().backward()
    handle.remove()
    (a * b).sum().backward()
    torch.autograd.graph.register_multi_grad_hook((a, b, c), lambda g: log.append(tuple(g.shape)), mode="any")
    (a * b).sum().backward()
    return log


def retained(torch):
    x = leaf(torch)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 3)
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return y.grad, y.retains_grad, x.retains_grad, x.grad


def edges(torch):
    graph = torch.autograd.graph
    x = leaf(torch)
    y = x * 2
    edge = graph.get_gradient_edge(y)
    at_leaf = graph.get_gradient_edge(x)
    assert isinstance(edge.node, graph.Node)
    found = torch.autograd.grad(y.sum(), [edge, at_leaf])
    given = torch.autograd.grad([graph.get_gradient_edge(x * 2)], [x], [torch.tensor(DATA)])
    torch.autograd.backward([graph.get_gradient_edge(x * 3)], [torch.tensor(DATA)])
    return found, given, x.grad, edge.node.name(), edge.output_nr


def node_api(torch):
    x = leaf(torch)
    y = ((x.exp() + x) * 2 + 1 - x / 3).sum()
    names = []
    stack = [y.grad_fn]
    while stack:
        node = stack.pop(0)
        names.append((node.name(), type(node).__name__, len(node.next_functions)))
        stack += [n for n, _ in node.next_functions if n is not None]
    y.grad_fn.metadata["mine"] = 1
    return names, y.grad_fn.metadata, y.grad_fn.next_functions[0][1]


def counted_write(torch):
    x = leaf(torch) * 1
    torch.autograd.graph.increment_version([x, x])
    return x._version


PROGRAMS = [
    order_at_one_node,
    leaves_as_they_become_ready,
    optimizer_in_backward,
    asked_for_and_hooked,
    node_hooks_replace,
    hooks_under_create_graph,
    handles,
    several_at_once,
    retained,
    edges,
    node_api,
    counted_write,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_torch(program):
    same(program)


def on_tensor(hook):
    def run(torch):
        y = leaf(torch) * 2
        y.register_hook(lambda g: hook(torch, g))
        y.sum().backward()

    return run


def on_leaf(hook):
    def run(torch):
        x = leaf(torch)
        x.register_hook(lambda g: hook(torch, g))
        (x * 2).sum().backward()

    return run


def before_node(hook):
    def run(torch):
        y = leaf(torch).exp()
        y.grad_fn.register_prehook(lambda g: hook(torch, g))
        y.sum().backward()

    return run


def after_node(hook):
    def run(torch):
        y = leaf(torch) * leaf(torch)
        y.grad_fn.register_hook(lambda gi, go: hook(torch, gi))
        y.sum().backward()

    return run


def post_accumulate(torch):
    x = leaf(torch)
    x.register_post_accumulate_grad_hook(lambda p: 3)
    x.sum().backward()


def overwritten_version(torch):
    x = leaf(torch) * 1
    y = (x * x).sum()
    torch.autograd.graph.increment_version(x)
    y.backward()


ERRORS = {
    "tensor hook returns a number": on_tensor(lambda torch, g: 3),
    "tensor hook changes the shape": on_tensor(lambda torch, g: g[0]),
    "tensor hook changes the dtype": on_tensor(lambda torch, g: g.float()),
    "leaf hook returns text": on_leaf(lambda torch, g: "text"),
    "leaf hook changes the shape": on_leaf(lambda torch, g: torch.ones(1, dtype=torch.float64)),
    "pre-hook returns too many": before_node(lambda torch, g: (g[0], g[0])),
    "pre-hook returns a tensor": before_node(lambda torch, g: g[0]),
    "pre-hook changes the shape": before_node(lambda torch, g: (g[0][0],)),
    "node hook returns too few": after_node(lambda torch, g: (g[0],)),
    "node hook returns a number": after_node(lambda torch, g: 3),
    "node hook changes the shape": after_node(lambda torch, g: (g[0][0], None)),
    "post-accumulate hook returns": post_accumulate,
    "post-accumulate hook on a result": lambda t: (leaf(t) * 1).register_post_accumulate_grad_hook(print),
    "post-accumulate hook on data": lambda t: t.ones(2).register_post_accumulate_grad_hook(print),
    "hook on data": lambda t: t.ones(2).register_hook(print),
    "retain_grad of data": lambda t: t.ones(2).retain_grad(),
    "edge of data": lambda t: t.autograd.graph.get_gradient_edge(t.ones(2)),
    "unknown mode": lambda t: t.autograd.graph.register_multi_grad_hook([leaf(t)], print, mode="x"),
    "counted write to a saved tensor": overwritten_version,
}


@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    same(ERRORS[name], message=True)


def test_one_class_of_handles():
    handle = jaxlearn.utils.hooks.RemovableHandle
    x = leaf(jaxlearn)
    assert type(x.register_hook(print)) is handle
    assert type(jaxlearn.nn.Linear(1, 1).register_forward_hook(print)) is handle
    assert type(jaxlearn.optim.SGD([x], lr=0.1).register_step_pre_hook(print)) is handle


def test_hooks_cost_no_program():
    x = leaf(jaxlearn)
    x.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(lambda p: None)
    for _ in range(3):
        x.grad = None
        before = jaxlearn.stats()["flushes"]
        (x * x).sum().backward()
        x.grad.numpy()
        assert jaxlearn.stats()["flushes"] == before + 1


def test_gradients_that_have_arrived_before_the_first_hook_count():
    """The walk goes another way from the first watched or unusual operation on, with what it has so far."""

    def program(lib):
        w = lib.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True)
        x = w * 2
        first, second = x.unbind(0)
        largest = x.max(1)
        seen = []
        y = first.tanh() * second
        y.register_hook(lambda g: seen.append(g.clone()))
        w.register_hook(lambda g: seen.append(g.clone()))
        loss = (y * w).sum() + w.exp().sum() + largest.values.sin().sum() + (x * w).sum()
        loss.backward(retain_graph=True)
        loss.backward()
        return w.grad, seen

    same(program)
