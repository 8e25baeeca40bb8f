"""``torch.utils.flop_counter``: PyTorch's numbers, by module and operation."""

import pytest
import torch
import torch.utils.flop_counter
import torch.utils.module_tracker

import jaxlearn
import jaxlearn.utils.flop_counter
import jaxlearn.utils.module_tracker


def counted(t, f, backward=True):
    with t.utils.flop_counter.FlopCounterMode(display=False) as counter:
        result = f(t)
        if backward:
            result.sum().backward()
    total = counter.get_total_flops()
    return total, {m: {str(o): n for o, n in c.items()} for m, c in counter.get_flop_counts().items()}


def net(t):
    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = t.nn.Conv2d(3, 6, 3, padding=1, stride=2)
            self.grouped = t.nn.Conv2d(6, 6, 3, groups=3)
            self.wide = t.nn.Linear(6 * 36, 10)
            self.rest = t.nn.Sequential(t.nn.Linear(10, 10), t.nn.ReLU(), t.nn.Linear(10, 2, bias=False))

        def forward(self, x):
            x = t.relu(self.grouped(t.relu(self.first(x))))
            return self.rest(self.wide(x.flatten(1)))

    return Net()(t.randn(2, 3, 16, 16))


def leaf(t, *shape):
    return t.randn(*shape, requires_grad=True)


def double(t):
    x = t.randn(4, 8)
    layer = t.nn.Linear(8, 3)
    (g,) = t.autograd.grad(layer(x).pow(2).sum(), layer.weight, create_graph=True)
    return g.pow(2)


CALLS = {
    "net": net,
    "linear of 3 dimensions": lambda t: t.nn.Linear(8, 3)(leaf(t, 2, 4, 8)),
    "linear without bias": lambda t: t.nn.Linear(8, 3, bias=False)(t.randn(2, 4, 8)),
    "transposed convolution": lambda t: t.nn.ConvTranspose2d(3, 5, 3, stride=2)(t.randn(2, 3, 6, 6)),
    "convolution of one dimension": lambda t: t.nn.Conv1d(3, 5, 3, dilation=2)(leaf(t, 2, 3, 20)),
    "mm": lambda t: leaf(t, 3, 4) @ leaf(t, 4, 5),
    "mv": lambda t: leaf(t, 3, 4) @ leaf(t, 4),
    "dot": lambda t: leaf(t, 4) @ leaf(t, 4),
    "addmm": lambda t: t.addmm(t.randn(5), leaf(t, 3, 4), leaf(t, 4, 5)),
    "bmm": lambda t: t.bmm(leaf(t, 2, 3, 4), leaf(t, 2, 4, 5)),
    "baddbmm": lambda t: t.baddbmm(t.randn(2, 3, 5), leaf(t, 2, 3, 4), t.randn(2, 4, 5)),
    "einsum": lambda t: t.einsum("bij,bjk->bik", leaf(t, 2, 3, 4), t.randn(2, 4, 5)),
    "matrices by one matrix": lambda t: leaf(t, 2, 2, 3, 4) @ leaf(t, 4, 5),
    "matrices by matrices": lambda t: leaf(t, 2, 2, 3, 4) @ leaf(t, 2, 2, 4, 5),
    "recurrent cell": lambda t: t.nn.GRUCell(4, 6)(t.randn(2, 4)),
    "recurrent layer": lambda t: t.nn.LSTM(4, 6)(t.randn(5, 2, 4))[0],
    "gradient of a gradient": double,
    "nothing": lambda t: leaf(t, 3) * 2,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_counts_are_those_of_pytorch(call):
    assert counted(jaxlearn, call) == counted(torch, call)


def test_forward_alone():
    with torch.no_grad(), jaxlearn.no_grad():
        assert counted(jaxlearn, net, False) == counted(torch, net, False)


def test_nothing_is_computed_on_the_meta_device():
    def big(t):
        with t.device("meta"):
            model = t.nn.Sequential(t.nn.Linear(10**6, 10**6), t.nn.Linear(10**6, 3))
            return model(t.randn(10, 10**6))

    assert counted(jaxlearn, big, False) == counted(torch, big, False)


def test_attention_is_counted_as_on_a_gpu():
    def attend(t):
        q, k, v = (leaf(t, 2, 4, 6, 8) for _ in range(3))
        return t.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)

    product = 2 * 2 * 4 * 6 * 6 * 8
    total, counts = counted(jaxlearn, attend)
    assert total == 7 * product
    assert counts["Global"] == {
        "aten._scaled_dot_product_flash_attention": 2 * product,
        "aten._scaled_dot_product_flash_attention_backward": 5 * product,
    }


def test_a_compiled_step_is_called_as_it_is(capsys):
    x = jaxlearn.randn(4, 8)
    layer = jaxlearn.nn.Linear(8, 3)
    step = jaxlearn.compile(lambda: layer(x).sum())
    step()
    with jaxlearn.utils.flop_counter.FlopCounterMode() as counter:
        step()
    assert counter.get_total_flops() == 192
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Module            FLOP    % Total",
        "-------------  -------  ---------",
        "Linear         192.000    100.00%",
        " - aten.addmm  192.000    100.00%",
    ]
    before = jaxlearn.stats()["compiles"]
    step()
    assert jaxlearn.stats()["compiles"] == before


def test_modules_are_tracked_by_name():
    def names(t):
        found = []

        class Inner(t.nn.Module):
            def forward(self, x):
                found.append(sorted(tracker.parents))
                return x

        class Outer(t.nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = Inner(), t.nn.Sequential(Inner())

            def forward(self, x):
                return self.two(self.one(x))

        with t.utils.module_tracker.ModuleTracker() as tracker:
            Outer()(t.ones(1))
        return [*found, sorted(tracker.parents)]

    assert names(jaxlearn) == names(torch)
