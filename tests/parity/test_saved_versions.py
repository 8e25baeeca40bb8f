"""A value saved for backward and then written to in place is refused, wherever the operation was: torch's error.

Also inside compiled functions, ``vmap``, branches and loops, and with torch's wording, which names the operation that
the tensor comes from when backward runs.
"""

import pytest

import jaxlearn

from .helper import same, torch


def saves_its_result(y):
    z = y.exp()
    z.add_(1)
    return z.sum()


def saves_its_operand(y):
    z = y * y
    y.add_(1)
    return z.sum()


def saves_a_view(y):
    v = y[:1]
    z = v * v
    y.mul_(2)
    return z.sum()


def saves_what_is_written_unseen(y):
    z = y.sin()
    y.detach().mul_(2)
    return z.sum()


def saves_what_a_view_writes(y):
    z = y.sin()
    y[:1].mul_(2)
    return z.sum()


def does_not_look_at_what_it_saved(y):
    z = y * 2
    y.add_(1)
    return z.sum()


WRITES = [
    saves_its_result,
    saves_its_operand,
    saves_a_view,
    saves_what_is_written_unseen,
    saves_what_a_view_writes,
    does_not_look_at_what_it_saved,
]


def eager(lib, f):
    x = lib.ones(3, requires_grad=True)
    f(x * 2).backward()
    return x.grad


def compiled_outside(lib, f):
    """The function is compiled, ``backward`` is outside."""
    x = lib.ones(3, requires_grad=True)
    g = lib.compile(f) if lib is jaxlearn else f
    g(x * 2).backward()
    return x.grad


def compiled_inside(lib, f):
    x = lib.ones(3, requires_grad=True)

    def step(x):
        f(x * 2).backward()
        return x.grad.clone()

    return (lib.compile(step) if lib is jaxlearn else step)(x)


def transformed(lib, f):
    return lib.func.grad(lambda x: f(x * 2))(lib.ones(3))


def batched_gradient(lib, f):
    return lib.vmap(lib.func.grad(lambda x: f(x * 2)))(lib.ones(2, 3))


WHERE = [eager, compiled_outside, compiled_inside, transformed, batched_gradient]


@pytest.mark.parametrize("f", WRITES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("where", WHERE, ids=lambda f: f.__name__)
def test_writing_to_what_is_saved(where, f):
    same(lambda lib: where(lib, f), message=True)


@pytest.mark.parametrize("f", WRITES, ids=lambda f: f.__name__)
def test_inside_a_vmap(f):
    def program(lib):
        x = lib.ones(2, 3, requires_grad=True)
        lib.vmap(lambda x: f(x * 2))(x).sum().backward()
        return x.grad

    same(program)


@pytest.mark.parametrize("f", WRITES, ids=lambda f: f.__name__)
def test_inside_branches_and_loops(f):
    """torch raises as early as it records the body, or later: here it is backward that does."""

    def program(lib):
        x = lib.ones(3, requires_grad=True)
        f(x * 2).backward()
        return x.grad

    def branch(x):
        return jaxlearn.cond(x.detach().sum() > 0, lambda x: f(x * 2), lambda x: x.sum(), (x,))

    def scanned(x):
        return jaxlearn.scan(lambda c, s: (c.clone(), f(c * s)), x, 2 * jaxlearn.ones(1, 3))[1].sum()

    def looped(x):
        start = (jaxlearn.tensor(0), jaxlearn.zeros(()), x)
        return jaxlearn.while_loop(
            lambda i, total, x: i < 1, lambda i, total, x: (i + 1, total + f(x * 2), x.clone()), start
        )[1]

    _, error = outcome_of(program)
    for body in (branch, scanned) if error is None else (branch, scanned, looped):
        x = jaxlearn.ones(3, requires_grad=True)
        if error is None:
            body(x).backward()
            assert x.grad.tolist() == program(torch).tolist()
        else:
            result = body(x)
            with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
                result.backward()


def outcome_of(program):
    try:
        return program(torch), None
    except RuntimeError as error:
        return None, error


@pytest.mark.parametrize("written", ["argument", "closure", "result", "nothing"])
def test_writes_after_a_vmap(written):
    def program(lib):
        w, x = (lib.ones(2, 3, requires_grad=True) for _ in range(2))
        closure, argument = w[0] * 2, x * 3
        result = lib.vmap(lambda a: (a * closure).exp())(argument)
        with lib.no_grad():
            {"argument": argument, "closure": closure, "result": result}.get(written, lib.ones(1)).mul_(2)
        result.sum().backward()
        return w.grad, x.grad

    same(program)


def test_writes_to_arguments_inside_a_vmap_are_no_later_writes():
    def program(lib):
        x, w = lib.ones(2, 3), lib.ones(3, requires_grad=True)

        def f(a):
            a.mul_(w)
            return (a * a).sum()

        lib.vmap(f)(x).sum().backward()
        return x.detach(), w.grad

    same(program)


def test_the_message_names_the_present_history():
    """Of a tensor that torch keeps as it is; what it copies is named as it was."""

    def program(lib, write):
        x = lib.ones(2, requires_grad=True)
        leaf = lib.ones(2)
        y = x + 1
        z = (y * leaf).sum()
        write(leaf, y, x)
        z.backward()

    for write in (
        lambda leaf, y, x: leaf.mul_(x),
        lambda leaf, y, x: leaf.mul_(2),
        lambda leaf, y, x: leaf[:1].mul_(x[:1]),
        lambda leaf, y, x: leaf.copy_(x),
        lambda leaf, y, x: leaf.detach().exp_(),
    ):
        same(lambda lib, write=write: program(lib, write), message=True)


def test_names_of_writes():
    def program(lib):
        x = lib.ones(3, requires_grad=True)
        y, z, w = x * 2, x * 2, x * 2
        y[:1].mul_(2)
        z[0] = 1.5
        w.copy_(x)
        shown = [(repr(t), t.grad_fn.name(), type(t.grad_fn).__name__) for t in (y, z, w)]
        return [*shown, lib.linalg.matrix_power(lib.eye(2, requires_grad=True), 0).grad_fn.name()]

    same(program)


# Operations, their operands, and which of these (or the result: -1) is written to before backward.
KEPT = {
    "gather": (lambda t, x: t.gather(x, 0, t.zeros(2, 2, dtype=t.long)), 1),
    "take": (lambda t, x: t.take(x, t.tensor([0, 3])), 1),
    "index_add": (lambda t, x, y: t.index_add(x, 0, t.tensor([1, 0]), y), 2),
    "avg_pool2d": (lambda t, x: t.nn.functional.avg_pool2d(x[None], 2), 1),
    "kron": (lambda t, x, y: t.kron(x, y), 2),
    "tensordot of rows": (lambda t, x, y: t.tensordot(x, y, 1), 2),
    "tensordot of copies": (lambda t, x, y: t.tensordot(x.view(1, 2, 2), y.view(2, 1, 2), [[2, 0], [2, 1]]), 2),
    "tensordot of other copies": (
        lambda t, x, y: t.tensordot(t.cat([x, y]).view(2, 2, 2), y.view(2, 2), [[1], [0]]),
        2,
    ),
    "nuclear norm": (lambda t, x: t.linalg.matrix_norm(x, "nuc"), 1),
    "singular values": (lambda t, x: t.linalg.svdvals(x), 1),
    "eigenvalues": (lambda t, x: t.linalg.eigvalsh(x), 1),
    "ndtr": (lambda t, x: t.special.ndtr(x), 1),
    "ndtri": (lambda t, x: t.special.ndtri(x.sigmoid()), 1),
    "instance_norm": (lambda t, x, y: t.nn.functional.instance_norm(x[None], weight=y[0] * 1), 1),
    "attention in a kernel": (
        lambda t, x, y: t.nn.functional.scaled_dot_product_attention(*[z[None, None] for z in (x, x, y)]),
        2,
    ),
    "adaptive average": (lambda t, x: t.nn.functional.adaptive_avg_pool2d(x[None], (1, 2)), 1),
    "mean": (lambda t, x: t.nn.functional.adaptive_avg_pool2d(x[None], 1), 1),
    "nuclear norm of any": (lambda t, x: x.norm("nuc"), 1),
    "attention composed": (lambda t, x, y: t.nn.functional.scaled_dot_product_attention(x, x, y), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_torch_keeps(name):
    function, count = KEPT[name]

    def program(lib):
        outcomes = []
        for written in range(-1, count):
            x = lib.tensor([[0.5, -1.0], [2.0, 0.25]], dtype=lib.float64, requires_grad=True)
            operands = [x * (i + 1) for i in range(count)]
            result = function(lib, *operands)
            with lib.no_grad():
                (result if written < 0 else operands[written]).zero_()
            try:
                (result * 1).sum().backward()
                outcomes.append("backward")
            except RuntimeError as error:
                outcomes.append(str(error).split(":")[0])
        return outcomes

    same(program)


def test_a_leaf_that_needs_no_gradient_any_more():
    def program(lib):
        x, y = (lib.ones(2, requires_grad=True) for _ in range(2))
        z = (x * y).exp()
        x.requires_grad_(False)
        z.sum().backward()
        z.requires_grad_()
        return x.grad, y.grad

    same(program)
    same(lambda lib: setattr(lib.ones(2, requires_grad=True) * 2, "requires_grad", True), message=True)


# Operations after which an operand or the result is written to in place.
WRITTEN_AFTER = {
    "copysign": lambda t, x, w: t.copysign(x, w),
    "complex": lambda t, x, w: t.complex(x, w).abs(),
    "polar": lambda t, x, w: t.polar(x, w),
    "angle": lambda t, x, w: t.angle(x),
    "lerp": lambda t, x, w: t.lerp(x, w, w * 2),
    "lerp by a number": lambda t, x, w: t.lerp(x, w, 0.5),
    "fmod": lambda t, x, w: t.fmod(x, w),
    "remainder by a number": lambda t, x, w: t.remainder(x, 0.5),
    "floor division": lambda t, x, w: t.div(x, w, rounding_mode="floor") + x,
    "max": lambda t, x, w: x.max(),
    "max of two": lambda t, x, w: t.max(x, w),
    "max of rows": lambda t, x, w: x.max(1).values,
    "median": lambda t, x, w: x.median(),
    "nansum": lambda t, x, w: x.nansum(),
    "cummax": lambda t, x, w: x.cummax(0).values,
    "pow": lambda t, x, w: x ** w.detach(),
    "norm": lambda t, x, w: t.linalg.norm(x),
    "spectral norm": lambda t, x, w: t.linalg.norm(x, 2),
    "i0e": lambda t, x, w: t.special.i0e(x),
    "rfft": lambda t, x, w: t.fft.rfft(x),
    "longer rfft": lambda t, x, w: t.fft.rfft(x, 8),
    "complex fft": lambda t, x, w: t.fft.fft(x + 1j),
    "multi_dot": lambda t, x, w: t.linalg.multi_dot([x, w]),
    "renorm": lambda t, x, w: x.renorm(2, 0, 0.5),
    "scatter_reduce": lambda t, x, w: x.scatter_reduce(0, t.tensor([[0, 1, 0]]), w, "sum"),
    "index_reduce": lambda t, x, w: x.index_reduce(0, t.tensor([0, 0, 1]), w, "mean"),
    "reflected": lambda t, x, w: t.nn.functional.pad(x, (1, 1), "reflect"),
    "padded": lambda t, x, w: t.nn.functional.pad(x, (1, 1)),
    "softsign": lambda t, x, w: t.nn.functional.softsign(x),
    "layer_norm": lambda t, x, w: t.nn.functional.layer_norm(x, (3, 3), x.detach(), w),
    "cosine_similarity": lambda t, x, w: t.nn.functional.cosine_similarity(x, w),
    "nll_loss": lambda t, x, w: t.nn.functional.nll_loss(x, t.tensor([0, 1, 2])),
    "kl_div": lambda t, x, w: t.nn.functional.kl_div(x, w, reduction="sum"),
    "kl_div of logarithms": lambda t, x, w: t.nn.functional.kl_div(x, w, reduction="sum", log_target=True),
    "poisson_nll_loss": lambda t, x, w: t.nn.functional.poisson_nll_loss(x, w.detach()),
    "smooth_l1_loss": lambda t, x, w: t.nn.functional.smooth_l1_loss(x, w),
    "smooth_l1_loss without a bend": lambda t, x, w: t.nn.functional.smooth_l1_loss(x, w, beta=0.0),
    "logits with weights": lambda t, x, w: t.nn.functional.binary_cross_entropy_with_logits(
        x, w, w.detach(), w[0]
    ),
}


@pytest.mark.unoptimized
@pytest.mark.parametrize("written", ["first", "second", "result"])
@pytest.mark.parametrize("name", WRITTEN_AFTER)
def test_what_an_operation_keeps(name, written):
    def program(lib):
        x, w = (
            lib.tensor([[0.5, 0.2, 0.9], [0.3, 0.7, 0.1], [0.4, 0.6, 0.8]], requires_grad=True)
            for _ in range(2)
        )
        y = WRITTEN_AFTER[name](lib, x, w)
        with lib.no_grad():
            {"first": x, "second": w, "result": y}[written].mul_(1)
        total = y.abs().sum() if y.is_complex() else y.sum()
        total.backward()
        return x.grad

    same(program)


def test_running_statistics():
    """What torch's kernel writes it does not count; a write of one's own it does."""

    def program(lib, write):
        layer = lib.nn.BatchNorm1d(2)
        x = lib.tensor([[0.5, -1.0], [2.0, 0.25], [1.0, 3.0]], requires_grad=True)
        layer(x).sum().backward()
        layer.eval()
        y = layer(x)
        write(layer, x)
        versions = [t._version for t in (layer.running_mean, layer.running_var, layer.num_batches_tracked)]
        y.sum().backward()
        return versions

    for write in (lambda layer, x: layer.train()(x), lambda layer, x: layer.running_mean.mul_(2)):
        same(lambda lib, write=write: program(lib, write), message=True)


def test_second_results():
    """The message names the result."""

    def program(lib, write):
        x = lib.tensor([[0.5, -1.0], [2.0, 0.25]], dtype=lib.float64, requires_grad=True)
        values, indices = x.sort()
        with lib.no_grad():
            write(values, indices)
        values.sum().backward()
        return x.grad

    for write in (
        lambda values, indices: None,
        lambda values, indices: values.zero_(),
        lambda values, indices: indices[0].zero_(),
    ):
        same(lambda lib, write=write: program(lib, write), message=True)

    def decomposed(lib):
        u, s, vh = lib.linalg.svd(lib.tensor([[0.5, -1.0], [2.0, 0.25]], requires_grad=True))
        vh.detach().zero_()
        (u.sum() + s.sum()).backward()

    same(decomposed, message=True)


@pytest.mark.unoptimized
@pytest.mark.parametrize("turned", ["", "first", "second", "both"])
@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3), (3, 4)),
        ((2, 2, 3), (3,)),
        ((3,), (2, 3, 4)),
        ((3,), (2, 3, 1)),
        ((2, 2, 3), (3, 4)),
        ((2, 3), (2, 3, 4)),
        ((2, 3), (1, 3, 4)),
        ((2, 1, 2, 3), (2, 3, 4)),
        ((2, 2, 2, 3), (3, 3)),
        ((2, 2, 2, 3), (2, 2, 3, 2)),
        ((1, 2, 2, 3), (2, 2, 3, 2)),
    ],
    ids=str,
)
def test_what_matrix_products_keep(shapes, turned):
    """Where torch copies an operand to make one batch or matrix of it, the operand may be written to."""

    def operand(lib, shape, swapped):
        if swapped and len(shape) > 1:
            return lib.ones(*shape[:-2], shape[-1], shape[-2]).transpose(-1, -2).requires_grad_()
        return lib.ones(shape, requires_grad=True)

    def program(lib, multiply, written):
        a = operand(lib, shapes[0], turned in ("first", "both"))
        b = operand(lib, shapes[1], turned in ("second", "both"))
        y = multiply(lib, a, b)
        with lib.no_grad():
            (a, b)[written].mul_(1)
        y.sum().backward()

    def linear(lib, a, b):
        return lib.nn.functional.linear(a, b.mT if b.dim() > 1 else b)

    products = [lambda lib, a, b: a @ b]
    if len(shapes[1]) < 3:
        products.append(linear)
    if min(map(len, shapes)) > 1:
        products.append(lambda lib, a, b: lib.cdist(a, b.mT))
    for multiply in products:
        for written in range(2):
            same(lambda lib, m=multiply, w=written: program(lib, m, w))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: x.lerp(y, 0.5),
        lambda x, y: x.lerp(y, y.detach()),
        lambda x, y: x * 1.5,
        lambda x, y: x / 2,
        lambda x, y: x.add(y, alpha=2),
    ],
)
def test_backward_again_through_what_keeps_numbers(function):
    def program(lib):
        x, y = (lib.ones(2, requires_grad=True) for _ in range(2))
        z = function(x, y).sum()
        z.backward()
        z.backward()
        return x.grad, y.grad

    same(program)
