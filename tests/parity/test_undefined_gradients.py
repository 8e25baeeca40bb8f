"""Gradients that are not there: torch runs the nodes, hooks and Functions that they come to all the same."""

from __future__ import annotations

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def shown(gradient):
    return None if gradient is None else gradient.detach().tolist()


def gives(torch, nones, log, tag, materialize=True):
    """A Function of several arguments whose backward returns None for some of them."""

    class Gives(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.set_materialize_grads(materialize)
            return sum(xs) * 2

        @staticmethod
        def backward(ctx, grad):
            log.append((tag, shown(grad), ctx.needs_input_grad))
            found = None if grad is None else grad * 2
            return tuple(None if i in nones else found for i in range(len(ctx.needs_input_grad)))

    return Gives


def watched(tensor, log, tag):
    """Hooks at a tensor, or around the node that adds to a leaf."""
    tensor.register_hook(lambda g: log.append((tag, "tensor", shown(g))))
    node = tensor.view_as(tensor).grad_fn.next_functions[0][0] if tensor.is_leaf else tensor.grad_fn
    node.register_prehook(lambda g: log.append((tag, "before", [shown(x) for x in g])))
    node.register_hook(lambda i, o: log.append((tag, "after", [shown(x) for x in i], [shown(x) for x in o])))
    if tensor.is_leaf:
        tensor.register_post_accumulate_grad_hook(lambda p: log.append((tag, "added", shown(p.grad))))
    return node


@pytest.mark.parametrize("materialize", [True, False])
@pytest.mark.parametrize("nones", [(), (0,), (1,), (0, 1)], ids=str)
def test_later_nodes_run_without_a_gradient(nones, materialize):
    def run(torch):
        log = []
        a, b = (torch.tensor([v, 2.0], requires_grad=True) for v in (1.0, 3.0))
        first = gives(torch, (), log, "first", materialize).apply(a * 3)
        second = first.exp() * b
        keep = [
            watched(t, log, name) for t, name in ((a, "a"), (b, "b"), (first, "first"), (second, "second"))
        ]
        last = gives(torch, nones, log, "last").apply(second, b)
        last.sum().backward()
        return log, a.grad, b.grad, len(keep)

    same(run)


@pytest.mark.parametrize("asked", [{"allow_unused": True}, {"materialize_grads": True}, {}], ids=str)
@pytest.mark.parametrize("create_graph", [True, False])
def test_grad_of_what_a_function_gives_none_for(asked, create_graph):
    def run(torch):
        log = []
        a, b = (torch.tensor([v, 2.0], requires_grad=True) for v in (1.0, 3.0))
        middle = a * b
        last = gives(torch, (0,), log, "last").apply(middle, b * b)
        found = torch.autograd.grad(last.sum(), [middle, b, a], create_graph=create_graph, **asked)
        return log, list(found)

    same(run, message=True)


def test_a_result_that_nothing_comes_to():
    def run(torch):
        log = []
        a = torch.tensor([[1.0, 5.0], [4.0, 2.0]], requires_grad=True)
        rows = [gives(torch, (0,) if i else (), log, i).apply(row) for i, row in enumerate((a * 2).unbind())]
        watched(a, log, "a")
        (rows[0] * rows[1].detach() + rows[1]).sum().backward()
        values, _ = a.max(0)
        values.grad_fn.register_hook(lambda i, o: log.append((len(i), len(o))))
        values.grad_fn.register_prehook(lambda o: log.append(len(o)))
        values.sum().backward()
        return log, a.grad, len(values.grad_fn._input_metadata)

    same(run)


def test_inputs_that_are_no_leaves_are_gone_through():
    def run(torch):
        log = []
        x, other = (torch.ones(2, requires_grad=True) for _ in range(2))
        y = gives(torch, (), log, "y").apply(x)
        y.sum().backward(inputs=[y, other], retain_graph=True)
        log.append("again")
        y.sum().backward(inputs=[y, x])
        return log, y.grad, x.grad, other.grad

    same(run)


def test_leaves_get_their_gradients_in_the_order_of_the_arguments():
    def run(torch):
        log = []
        a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
        for name, leaf in (("a", a), ("b", b), ("c", c)):
            leaf.register_hook(lambda g, name=name: log.append(name))
        gives(torch, (), log, "f").apply(c, a, b, c).sum().backward()
        (c * 2 + gives(torch, (), log, "g").apply(a, c, b)).sum().backward()
        return log

    same(run)


def test_backward_from_a_leaf_calls_its_hooks():
    def run(torch):
        log = []
        a, b, c = (torch.ones(2, requires_grad=True) for _ in range(3))
        a.register_hook(lambda g: g * 2)
        b.register_post_accumulate_grad_hook(lambda p: log.append(p.grad.tolist()))
        a.backward(torch.ones(2))
        b.backward(torch.ones(2))
        torch.autograd.backward([a, b * 2, c], [torch.ones(2)] * 3)
        return log, a.grad, b.grad, c.grad

    same(run)
