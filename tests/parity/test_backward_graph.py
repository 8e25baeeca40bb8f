"""The graph that ``next_functions`` shows, and what random numbers and writes to whole tensors do to it."""

from __future__ import annotations

import pytest

from tests.parity.helper import same

pytestmark = pytest.mark.unoptimized


def node(t):
    """A tensor's backward node and those after it, with the numbers of their outputs."""
    if t.grad_fn is None:
        return None
    return t.grad_fn.name(), [(f if f is None else f.name(), i) for f, i in t.grad_fn.next_functions]


OPERATIONS = {
    "index": lambda lib, x, y, i: x[i],
    "mask": lambda lib, x, y, i: x[x.detach() > 3],
    "gather": lambda lib, x, y, i: x.gather(0, i[None]),
    "index_select": lambda lib, x, y, i: x.index_select(0, i),
    "index_add": lambda lib, x, y, i: x.index_add(0, i, y[:2]),
    "index_put": lambda lib, x, y, i: x.index_put((i,), y[0]),
    "scatter": lambda lib, x, y, i: x.scatter(0, i[None], y),
    "masked_fill": lambda lib, x, y, i: x.masked_fill(x.detach() > 3, 1.0),
    "masked_fill by a tensor": lambda lib, x, y, i: x.masked_fill(x.detach() > 3, y.sum()),
    "masked_select": lambda lib, x, y, i: x.masked_select(x.detach() > 3),
    "where": lambda lib, x, y, i: lib.where(x.detach() > 3, x, y),
    "take": lambda lib, x, y, i: x.take(i),
    "clamp": lambda lib, x, y, i: x.clamp(min=y),
    "embedding": lambda lib, x, y, i: lib.nn.functional.embedding(i, x),
    "nll_loss": lambda lib, x, y, i: lib.nn.functional.nll_loss(x[:2], i),
    "convolution without bias": lambda lib, x, y, i: lib.nn.functional.conv1d(x[None], y[:, :, None]),
    "layer_norm without weight": lambda lib, x, y, i: lib.nn.functional.layer_norm(x, (4,)),
    "batch_norm": lambda lib, x, y, i: lib.nn.BatchNorm1d(4).double()(x),
    "batch_norm without weight": lambda lib, x, y, i: lib.nn.BatchNorm1d(4, affine=False)(x.float()),
    "product with a number": lambda lib, x, y, i: x * 2,
    "floor_divide": lambda lib, x, y, i: x.floor_divide(2),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_next_functions(operation):
    def program(lib):
        leaf = lib.arange(16.0).reshape(4, 4).double().requires_grad_()
        return node(OPERATIONS[operation](lib, leaf * 1.5, leaf * 2, lib.tensor([0, 1])))

    same(program)


def test_a_hook_of_a_node_is_given_a_gradient_for_each_of_next_functions():
    def program(lib):
        seen = []
        x, w = lib.ones(1, 2, 4, requires_grad=True), lib.ones(3, 2, 2, requires_grad=True)
        y = lib.nn.functional.conv1d(x, w)
        y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 2, inputs[1], None))
        y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs))
        z = x.gather(0, lib.zeros(1, 1, 1).long())
        z.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs))
        (y.sum() + z.sum()).backward()
        return seen, x.grad, w.grad

    same(program)


WHOLE = {
    "ellipsis": lambda q, v: q.__setitem__(..., v),
    "slice": lambda q, v: q.__setitem__(slice(None), v),
    "slices": lambda q, v: q.__setitem__((slice(None), slice(None)), v),
    "a row": lambda q, v: q.__setitem__(slice(None), v[0]),
    "one more dimension": lambda q, v: q.__setitem__(slice(None), v[None]),
    "an element": lambda q, v: q.__setitem__(slice(None), v[1, 1]),
    "a number": lambda q, v: q.__setitem__(slice(None), 3.0),
    "an integer": lambda q, v: q.__setitem__(..., v.new_tensor(2).long()),
    "another dtype": lambda q, v: q.__setitem__(slice(None), v.float()),
    "no part": lambda q, v: q.__setitem__(slice(None), v[:3]),
    "itself": lambda q, v: q.__setitem__(slice(None), q),
    "itself turned": lambda q, v: q.__setitem__(slice(None), q.t().clone()),
}


@pytest.mark.parametrize("write", WHOLE)
def test_a_write_to_the_whole_tensor(write):
    def program(lib):
        leaf = lib.arange(16.0).reshape(4, 4).double().requires_grad_()
        q, other = leaf * 1.5, lib.arange(16.0).reshape(4, 4).double().requires_grad_()
        WHOLE[write](q, other * 2)
        (q * q).sum().backward()
        return node(q), q._version, q, leaf.grad, other.grad

    same(program)


def test_a_leaf_is_not_written_to():
    for index in (slice(None), ...):
        same(
            lambda lib, i=index: lib.ones(2, requires_grad=True).__setitem__(i, 1.0),  # type: ignore[misc]
            message=True,
        )


DRAWS = {
    "uniform_": lambda q, p: q.uniform_(),
    "normal_": lambda q, p: q.normal_(),
    "random_": lambda q, p: q.random_(),
    "random_ below": lambda q, p: q.random_(5),
    "random_ between": lambda q, p: q.random_(1, 5),
    "bernoulli_": lambda q, p: q.bernoulli_(0.5),
    "bernoulli_ of a tensor": lambda q, p: q.bernoulli_(p),
    "exponential_": lambda q, p: q.exponential_(),
    "geometric_": lambda q, p: q.geometric_(0.5),
    "cauchy_": lambda q, p: q.cauchy_(),
    "log_normal_": lambda q, p: q.log_normal_(),
    "a view": lambda q, p: q[:2].normal_(),
    "a detached alias": lambda q, p: q.detach().normal_(),
}


@pytest.mark.parametrize("draw", DRAWS)
def test_random_numbers_have_a_gradient_of_zero(draw):
    def program(lib):
        lib.manual_seed(0)
        x = lib.arange(4.0, requires_grad=True)
        q = x * 2
        DRAWS[draw](q, x * 0 + 0.5)
        q.sum().backward()
        return q.grad_fn.name(), q.requires_grad, q._version, q, x.grad

    same(program)


def written(lib):
    class Double(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    return Double.apply


def test_a_retained_gradient_is_that_of_what_a_function_wrote():
    def program(lib):
        x = lib.arange(4.0, requires_grad=True)
        q = x * 1.0
        q.retain_grad()
        r = written(lib)(q)
        (r * r).sum().backward()
        return r is q, q.grad, x.grad

    same(program)


def test_a_function_does_not_write_to_one_of_several_views():
    same(lambda lib: written(lib)((lib.ones(4, requires_grad=True) * 1).chunk(2)[0]), message=True)


def test_gradients_of_gradients_of_what_is_empty():
    def program(lib):
        x = lib.ones(4, 0, requires_grad=True)
        (g,) = lib.autograd.grad(x.unflatten(1, (2, 0)).sum(), x, create_graph=True)
        y, index = lib.ones(5, requires_grad=True), lib.zeros(0, dtype=lib.uint8)
        out = lib.ones(0, requires_grad=True)
        (h,) = lib.autograd.grad(y.gather(0, index), y, out, create_graph=True)
        return g, h, lib.autograd.grad(h.sum(), out)

    same(program)


def test_the_phase_has_a_second_gradient_in_norms_of_complex_numbers():
    def program(lib):
        z = lib.tensor([0.3 + 1.1j, -2 + 0.5j, 0j], dtype=lib.complex128, requires_grad=True)
        along = lib.tensor([0.7 + 0.2j, 1 - 1j, 1 + 0j], dtype=lib.complex128)
        found = []
        for order in (1.5, 3, 6):
            (g,) = lib.autograd.grad(lib.linalg.vector_norm(z[:2], order), z, create_graph=True)
            found += [g, *lib.autograd.grad(g, z, along)]
        return found

    same(program)


SAVING = {
    "gather": lambda lib, x, y, i, m: x.gather(0, i),
    "scatter": lambda lib, x, y, i, m: x.scatter(0, i, y),
    "scatter_add": lambda lib, x, y, i, m: x.scatter_add(0, i, y),
    "scatter_reduce": lambda lib, x, y, i, m: x.scatter_reduce(0, i, y, "prod"),
    "index_select": lambda lib, x, y, i, m: x.index_select(0, i),
    "index_add": lambda lib, x, y, i, m: x.index_add(0, i, y),
    "index_fill": lambda lib, x, y, i, m: x.index_fill(0, i, 1.0),
    "brackets": lambda lib, x, y, i, m: x[i],
    "index_put": lambda lib, x, y, i, m: x.index_put((i,), y),
    "take": lambda lib, x, y, i, m: x.take(i),
    "embedding": lambda lib, x, y, i, m: lib.nn.functional.embedding(i, x[:, None]),
    "masked_fill": lambda lib, x, y, i, m: x.masked_fill(m, 1.0),
    "masked_scatter": lambda lib, x, y, i, m: x.masked_scatter(m, y),
    "where": lambda lib, x, y, i, m: lib.where(m, x, y),
    "clamp": lambda lib, x, y, i, m: x.clamp(min=y),
    "div": lambda lib, x, y, i, m: x / y,
    "add": lambda lib, x, y, i, m: x + y,
}


# torch saves what is pointed into for its shape alone, and does not let it be written to either.
SHAPES_SAVED = {"gather", "index_add", "take"}


@pytest.mark.parametrize("operation", SAVING)
def test_what_an_operation_saved_is_not_written_to(operation):
    for written in (2, 3) if operation in SHAPES_SAVED else range(4):

        def program(lib, written=written):
            x = lib.arange(3.0, requires_grad=True) * 2
            y = lib.arange(1.0, 4.0, requires_grad=True) * 2
            operands = x, y, lib.tensor([2, 0, 1]), lib.tensor([True, False, True])
            result = SAVING[operation](lib, *operands)
            with lib.no_grad():
                operands[written].zero_()
            result.sum().backward()
            return written

        same(program)


@pytest.mark.parametrize(
    "form",
    [
        lambda lib, x: lib.nn.functional.leaky_relu(x, 0.1, inplace=True),
        lambda lib, x: lib.nn.ELU(inplace=True)(x),
        lambda lib, x: lib.nn.functional.celu(x, inplace=True),
        lambda lib, x: lib.nn.Threshold(2.0, 1.0, inplace=True)(x),
        lambda lib, x: lib.nn.ReLU(inplace=True)(x),
        lambda lib, x: x.acosh_(),
        lambda lib, x: x.mul_(2),
    ],
    ids=["leaky_relu", "elu", "celu", "threshold", "relu", "acosh_", "mul_"],
)
def test_names_of_forms_in_place(form):
    same(lambda lib: form(lib, lib.tensor([1.5, 2.5], requires_grad=True) * 1).grad_fn.name())


@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("of", [0, 1])
def test_a_gradient_depends_on_its_own_operands(of, wanted):
    def program(lib):
        leaves = lib.tensor([2.0, 3.0], requires_grad=True), lib.tensor([1.0, 4.0], requires_grad=True)
        x, y = leaves
        gradients = lib.autograd.grad((x**3 * y).sum(), leaves, create_graph=True)
        targets = [leaves[i] for i in wanted]
        found = lib.autograd.grad(gradients[of].sum(), targets, allow_unused=True, retain_graph=True)
        return found, lib.autograd.grad(gradients[of].sum(), targets)

    same(program)
