"""What nodes saved, under torch's names: tensors, shapes, plain arguments, and hooks on one of them."""

from __future__ import annotations

import pytest

from tests.parity.helper import same


def leaf(torch, *shape):
    count = 1
    for n in shape:
        count *= n
    return (torch.arange(count, dtype=torch.float64).reshape(shape) * 0.3 + 0.2).requires_grad_()


OPERATIONS = {
    "exp": lambda t, x: x.exp(),
    "tanh": lambda t, x: x.tanh(),
    "sigmoid": lambda t, x: x.sigmoid(),
    "pow": lambda t, x: x.pow(3),
    "sin": lambda t, x: x.sin(),
    "log": lambda t, x: x.log(),
    "mul": lambda t, x: x * (x + 1),
    "one factor": lambda t, x: x * t.ones(2, 3, dtype=t.float64),
    "div": lambda t, x: x / (x + 1),
    "add": lambda t, x: t.add(x, x, alpha=2),
    "clamp": lambda t, x: x.clamp(0, 1),
    "softmax": lambda t, x: x.softmax(1),
    "log_softmax": lambda t, x: x.log_softmax(0),
    "sum": lambda t, x: x.sum(),
    "sum of rows": lambda t, x: x.sum(1, keepdim=True),
    "view": lambda t, x: x.view(3, 2),
    "expand": lambda t, x: x.expand(4, 2, 3),
    "transpose": lambda t, x: x.transpose(0, 1),
    "mm": lambda t, x: t.mm(x, x.detach().T),
    "leaky": lambda t, x: t.nn.functional.leaky_relu(x, 0.2),
    "gelu": lambda t, x: t.nn.functional.gelu(x),
    "elu": lambda t, x: t.nn.functional.elu(x, 0.5),
    "maximum": lambda t, x: t.maximum(x, x.detach() * 2),
    "cumsum": lambda t, x: x.cumsum(1),
    "unsqueeze": lambda t, x: x.unsqueeze(0),
    "mse": lambda t, x: t.nn.functional.mse_loss(x, x.detach() * 2),
}
# What torch keeps only to save itself a computation, or counts in a way of its own (2 ** 64 - 1 for -1).
_OURS_LACK = ("strides", "layout", "scalar_type", "indices", "sym_start", "sym_end", "dtype", "scale")


def seen(torch, y):
    node = y.grad_fn
    names = [n for n in dir(node) if n.startswith("_saved_") and not any(part in n for part in _OURS_LACK)]
    return [node.name(), {n: getattr(node, n) for n in names}]


@pytest.mark.parametrize("name", OPERATIONS)
def test_saved_attributes(name):
    def run(torch):
        found, values = seen(torch, OPERATIONS[name](torch, leaf(torch, 2, 3)))
        return found, {k: v.detach().clone() if hasattr(v, "detach") else v for k, v in values.items()}

    same(run)


def test_a_leaf_that_was_saved_is_the_leaf_and_a_result_leads_to_its_node():
    def run(torch):
        x = leaf(torch, 3)
        y = x.exp()
        z = x.pow(2)
        saved = y.grad_fn._saved_result
        return z.grad_fn._saved_self is x, saved is y, saved.equal(y), saved.grad_fn is y.grad_fn

    same(run)


def test_a_linear_map_shows_its_product():
    def run(torch):
        x, w, b = leaf(torch, 2, 3), leaf(torch, 4, 3), leaf(torch, 4)
        node = torch.nn.functional.linear(x, w, b).grad_fn
        return node.name(), node._saved_mat1, node._saved_mat2, node._saved_mat2_sym_sizes, node._saved_alpha

    same(run)


def test_after_backward_they_are_gone():
    def run(torch):
        y = leaf(torch, 3).sin().sum()
        node = y.grad_fn.next_functions[0][0]
        y.backward()
        return node._saved_self

    same(run, message=True)


def test_hooks_on_one_saved_tensor():
    def run(torch):
        x, log = leaf(torch, 3), []
        w = leaf(torch, 3)
        y = x * w

        def pack(t):
            log.append("pack")
            return t.tolist()

        def unpack(numbers):
            log.append("unpack")
            return torch.tensor(numbers, dtype=torch.float64)

        y.grad_fn._raw_saved_other.register_hooks(pack, unpack)
        try:
            y.grad_fn._raw_saved_other.register_hooks(pack, unpack)
        except RuntimeError as error:
            log.append(str(error))
        y.sum().backward()
        return log, x.grad, w.grad

    same(run)


def test_types_of_the_gradients_that_come():
    def run(torch):
        node = torch.max(leaf(torch, 2, 3) * 2, 1)[0].mul(2).grad_fn
        return [(tuple(m.shape), str(m.dtype), m.device.type) for m in node._input_metadata]

    same(run)
