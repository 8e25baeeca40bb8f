"""What programs see of a backward while it runs: the order of hooks, absent gradients, and what a failure leaves."""

from __future__ import annotations

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def noted(module, *inputs):
    """The names of a module's parameters in the order in which their hooks ran."""
    log = []
    for name, p in module.named_parameters():
        p.register_hook(lambda g, name=name: log.append(name))
    module(*inputs).sum().backward()
    return log


MODELS = {
    "linear": lambda t: noted(
        t.nn.Sequential(t.nn.Linear(4, 3), t.nn.ReLU(), t.nn.Linear(3, 2)), t.ones(2, 4)
    ),
    "linear, 3 dimensions": lambda t: noted(
        t.nn.Sequential(t.nn.Linear(4, 3), t.nn.Linear(3, 2)), t.ones(2, 3, 4)
    ),
    "convolution": lambda t: noted(
        t.nn.Sequential(t.nn.Conv1d(1, 2, 3), t.nn.BatchNorm1d(2)), t.ones(2, 1, 6)
    ),
    "encoder": lambda t: noted(t.nn.TransformerEncoderLayer(4, 2, 8, 0.0), t.ones(3, 2, 4)),
}


@pytest.mark.parametrize("name", MODELS)
def test_order_of_the_parameters_hooks(name):
    same(MODELS[name])


def test_order_of_a_products_hooks():
    def run(torch):
        log = []
        for shapes in [((2, 3), (3, 2)), ((1, 2, 3), (1, 3, 2)), ((1, 2, 3), (3, 2)), ((3,), (3,))]:
            a, b = (torch.ones(s, requires_grad=True) for s in shapes)
            a.register_hook(lambda g: log.append("a"))
            b.register_hook(lambda g: log.append("b"))
            (a @ b).sum().backward()
        return log

    same(run)


def test_hooks_get_none_where_another_output_alone_has_a_gradient():
    def run(torch):
        x, seen = torch.tensor([1.0, 2.0, 3.0], requires_grad=True), []

        class Two(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1, x * 2

            @staticmethod
            def backward(ctx, a, b):
                return a + b

        for p, q in (Two.apply(x), (x * 1).split(2), x.unbind()[:2], torch.var_mean(x)):
            q.register_hook(seen.append)
            p.sum().backward()
        return seen, x.grad

    same(run)


def test_a_hook_that_counts_on_a_gradient_fails():
    def run(torch):
        p, q = torch.ones(3, requires_grad=True).split([1, 2])
        q.register_hook(lambda g: g * 2)
        p.sum().backward()

    same(run)


def test_a_hook_must_not_make_a_gradient_of_none():
    def run(torch):
        p, q = torch.ones(3, requires_grad=True).split([1, 2])
        q.register_hook(lambda g: torch.tensor([5.0, 7.0]))
        p.sum().backward()

    same(run, message=True)


def test_what_a_failing_backward_has_added():
    def run(torch):
        class Fails(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 1

            @staticmethod
            def backward(ctx, g):
                raise ValueError("no gradient")

        u, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
        seen = []
        for make in (
            lambda: Fails.apply(u * 2) + w * 3,
            lambda: w * 3 + Fails.apply(u * 2),
            lambda: Fails.apply(u * 2) * w,
        ):
            try:
                make().sum().backward()
            except ValueError as error:
                seen.append(str(error))
            seen.append((u.grad, None if w.grad is None else w.grad.clone()))
        return seen

    same(run)


def test_a_mark_counts_as_a_write():
    def run(torch):
        class Doubled(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.mark_dirty(x)
                return x.mul_(2)

            @staticmethod
            def backward(ctx, g):
                return g * 2

        x = torch.ones(2, requires_grad=True)
        y = x * 1
        v = y[:1]
        Doubled.apply(v)
        z = torch.ones(2)
        Doubled.apply(z)
        y.sum().backward()
        return y._version, v._version, z._version, x.grad

    same(run)


def test_grad_takes_only_inputs():
    def run(torch):
        x = torch.ones(2, requires_grad=True)
        y = (x * x).sum()
        first = torch.autograd.grad(y, x, None, True, True, True, True)
        with pytest.warns(FutureWarning, match="only_inputs"):
            second = torch.autograd.grad(y, x, only_inputs=False)
        return first, second

    same(run)


def test_versions_of_data_are_its_own():
    def run(torch):
        x = torch.ones(2)
        torch.autograd.graph.increment_version(x.data)
        before = x._version
        torch.autograd.graph.increment_version([x, x.detach()])
        return before, x._version

    same(run)


def test_a_view_that_is_written_to_retains_the_gradient_of_its_new_value():
    def run(torch):
        x = torch.ones(2, 2, requires_grad=True)
        y = x * 3
        v, w = y[0], y[:, 0]
        v.retain_grad()
        v.mul_(2)
        w.sum().backward()
        before = v.grad
        (v * 5).sum().backward()
        return before, v.grad, x.grad

    same(run)


INFERENCE = {
    "out": lambda t, x: t.add(t.ones(3), 1, out=x),
    "set_": lambda t, x: x.set_(t.ones(2)),
    "resize_": lambda t, x: x.resize_(2),
    "copy_": lambda t, x: x.copy_(t.ones(3)),
    "element": lambda t, x: x.__setitem__(0, 3.0),
    "view": lambda t, x: x[:2].mul_(2),
    "t_": lambda t, x: x.t_(),
    "saved": lambda t, x: x * t.ones(3, requires_grad=True),
    "requires_grad_": lambda t, x: x.requires_grad_(),
}


@pytest.mark.parametrize("name", INFERENCE)
def test_inference_tensors_outside_of_inference_mode(name):
    def run(torch):
        with torch.inference_mode():
            x = torch.ones(3)
        return INFERENCE[name](torch, x)

    same(run, message=True)


def test_indices_are_looked_at_after_the_shapes():
    def run(torch):
        seen = []
        for call in (
            lambda: torch.zeros(3).index_copy_(0, torch.tensor([5, 1]), torch.ones(1)),
            lambda: torch.zeros(3).index_add_(0, torch.tensor([5]), torch.ones(1)),
            lambda: torch.zeros(3, 2).index_add_(0, torch.tensor([5]), torch.ones(1, 2)),
        ):
            try:
                call()
            except (IndexError, RuntimeError) as error:
                seen.append((type(error).__name__, str(error)))
        return seen

    same(run)
