"""``cond``, ``while_loop``, ``scan``, ``associative_scan`` and ``map``, against torch where torch gives an answer.

torch runs them through its compiler, which refuses much (aliases of operands, branches that differ in trifles) and
words its refusals as compiler errors; such cases are tested here against loops and branches written out.
"""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from jaxlearn._higher_order_ops import map as hop_map

from .helper import same, torch

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(0).rand(3, 4).astype("f")


def operators(library):
    """The module under the path where torch has them all."""
    return library._higher_order_ops


def test_cond():
    def program(torch):
        x, w = torch.tensor(X), torch.tensor(X[0], requires_grad=True)
        results = []
        for sign in (1, -1):
            y = torch.cond(
                (x * sign).sum() > 0,
                lambda x, d: x.sin() * w + d["a"],
                lambda x, d: (x * w * w).cos() - d["b"][0],
                (x, {"a": w * 2, "b": [x + 1]}),
            )
            (y**2).sum().backward()
            results += [y, w.grad.clone()]
            results.append(torch.cond(x.sum() * sign > 0, lambda: w * 2, lambda: w * 3))
        return results

    same(program)


CONDS = [
    lambda torch, x: torch.cond(x > 0, lambda x: x.sin(), lambda x: x.cos(), (x,)),
    lambda torch, x: torch.cond("a", lambda x: x.sin(), lambda x: x.cos(), (x,)),
    lambda torch, x: torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), x),
    lambda torch, x: torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos(), (x, 3)),
    lambda torch, x: torch.cond(x.sum() > 0, 3, lambda x: x.cos(), (x,)),
    lambda torch, x: torch.cond(x.sum(), lambda x: x.sin(), lambda x: x.cos(), (x,)),
]


@pytest.mark.parametrize("case", range(len(CONDS)))
def test_cond_arguments(case):
    same(lambda torch: CONDS[case](torch, torch.tensor(X)), message=True)


def test_cond_by_a_python_bool():
    same(lambda torch: torch.cond(False, lambda x: x.sin(), lambda x: x.cos(), (torch.tensor(X),)))


@pytest.mark.parametrize("yes, no, words", [
    (lambda x: x.sum(), lambda x: x * 2, "same shapes and dtypes"),
    (lambda x: x.double(), lambda x: x * 2, "same shapes and dtypes"),
    (lambda x: (x, x), lambda x: x, "same structure"),
    (lambda x: 1, lambda x: 2, "to return tensors"),
    (lambda x: x.add_(1), lambda x: x, "writes in place"),
    (lambda x: x * x.sum().item(), lambda x: x, "read on the host"),
    (lambda x: x if x.sum() > 0 else -x, lambda x: x, "read on the host"),
    (lambda x: x[x > 0], lambda x: x, "read on the host"),
])  # fmt: skip
def test_cond_refuses(yes, no, words):
    x = jaxlearn.tensor(X)
    with pytest.raises(RuntimeError, match=words):
        jaxlearn.cond(x.sum() > 0, yes, no, (x,))


def test_branches_may_write_to_what_they_make():
    x = jaxlearn.tensor(X)

    def branch(x):
        y = x.clone()
        y[0] = 1.0
        y.mul_(2)
        return y

    assert jaxlearn.cond(x.sum() > 0, branch, lambda x: x, (x,)).equal(branch(x))


def test_while_loop():
    def program(torch):
        x = torch.tensor(X)
        i, y = torch.while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 1.5), (torch.tensor(0), x))
        nested = torch.while_loop(
            lambda s: s["x"].sum() < 100,
            lambda s: ({"n": s["n"] + 1, "x": s["x"] * 2},),
            ({"n": torch.tensor(0), "x": x},),
        )
        none = torch.while_loop(lambda i, x: i < 0, lambda i, x: (i + 1, x * 2), (torch.tensor(0), x))
        return i, y, nested, none

    same(program)
    same(lambda torch: torch.while_loop(3, lambda x: (x * 2,), (torch.tensor(X),)), message=True)


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_gradient_of_a_while_loop(count):
    """Against the loop written out: torch 2.13.0 gives a wrong gradient for tensors that the body closes over."""

    def run(loop):
        x = jaxlearn.tensor(X[0], requires_grad=True)
        w = jaxlearn.tensor(X[1] + 1.2, requires_grad=True)
        y = loop(x, w)
        (y * jaxlearn.arange(1.0, 5.0)).sum().backward()
        return y, x.grad, w.grad

    def looped(x, w):
        start = jaxlearn.tensor(0), x
        return jaxlearn.while_loop(lambda i, x: i < count, lambda i, x: (i + 1, (x * w).sin()), start)[1]

    def unrolled(x, w):
        for _ in range(count):
            x = (x * w).sin()
        return x

    for got, expected in zip(run(looped), run(unrolled), strict=True):
        expected = jaxlearn.zeros(4) if expected is None else expected
        np.testing.assert_allclose(
            got.tolist(), expected.tolist(), rtol=1e-4, atol=1e-6
        )  # products of many factors


@pytest.mark.parametrize("go_on, body, words", [
    (lambda i, x: i < 3, lambda i, x: (i + 1, x.sum()), "same metadata"),
    (lambda i, x: i < 3, lambda i, x: (i + 1, x.double()), "torch.float64 vs torch.float32"),
    (lambda i, x: i < 3, lambda i, x: (i + 1,), "same number of outputs"),
    (lambda i, x: x < 3, lambda i, x: (i + 1, x), "scalar tensor or a bool"),
    (lambda i, x: x.sum(), lambda i, x: (i + 1, x), "scalar tensor or a bool"),
    (lambda i, x: i < 3, lambda i, x: (i + 1, x + jaxlearn.rand(4)), "random numbers"),
    (lambda i, x: i < 3, lambda i, x: (i.add_(1), x), "writes in place"),
    (lambda i, x: i.item() < 3, lambda i, x: (i + 1, x), "read on the host"),
])  # fmt: skip
def test_while_loop_refuses(go_on, body, words):
    with pytest.raises(RuntimeError, match=words):
        jaxlearn.while_loop(go_on, body, (jaxlearn.tensor(0), jaxlearn.tensor(X)))


def test_scan():
    def program(torch):
        scan = operators(torch).scan
        x, w = torch.tensor(X), torch.tensor(X[0], requires_grad=True)
        c, y = scan(lambda c, x: (c * w + x, (c * w).sum()), torch.zeros(4), x)
        (c.sum() + (y**2).sum()).backward()
        return [
            c, y, w.grad,
            scan(lambda c, x: (c + x, c * x), torch.zeros(4), x, reverse=True),
            scan(lambda c, x: (c + x, c * x), torch.zeros(3), x, dim=1),
            scan(lambda c, x: ({"a": c["a"] + x[0]}, [c["a"] * 1, x[1] * 2]), {"a": torch.zeros(4)}, (x, x * 1)),
            scan(lambda c, x: (c + x, c * x), torch.tensor(0.0), []),
        ]  # fmt: skip

    same(program)


SCANS = [
    lambda scan, torch, x: scan(3, torch.zeros(4), x),
    lambda scan, torch, x: scan(lambda c, x: (c, x), [], x),
    lambda scan, torch, x: scan(lambda c, x: (c, x), 0.0, x),
    lambda scan, torch, x: scan(lambda c, x: (c, x), torch.zeros(4), x, dim=5),
]


@pytest.mark.parametrize("case", range(len(SCANS)))
def test_scan_arguments(case):
    same(lambda torch: SCANS[case](operators(torch).scan, torch, torch.tensor(X)), message=True)


@pytest.mark.parametrize("step, words", [
    (lambda c, x: (c.double() + x, c), "same metadata"),
    (lambda c, x: (c.sum(), c), "same metadata"),
    (lambda c, x: c + x, "a pair"),
    (lambda c, x: ((c, c), x), "structured otherwise"),
    (lambda c, x: (c, 3), "return tensors"),
    (lambda c, x: (c.add_(x), x), "writes in place"),
    (lambda c, x: (c, x[x > 0]), "read on the host"),
])  # fmt: skip
def test_scan_refuses(step, words):
    with pytest.raises(RuntimeError, match=words):
        jaxlearn.scan(step, jaxlearn.zeros(4), jaxlearn.tensor(X))


def test_random_numbers_in_a_scan_are_those_of_the_loop():
    x = jaxlearn.tensor(X)
    jaxlearn.manual_seed(0)
    _, y = jaxlearn.scan(lambda c, x: (c, x + jaxlearn.randn(4)), jaxlearn.tensor(0.0), x)
    jaxlearn.manual_seed(0)
    assert y.equal(jaxlearn.stack([row + jaxlearn.randn(4) for row in x]))


def test_associative_scan():
    def program(torch):
        x, scan = torch.tensor(X), operators(torch).associative_scan
        return [
            scan(torch.add, x, 0, combine_mode="generic"),
            scan(lambda a, b: a * b, x, dim=1, reverse=True, combine_mode="generic"),
            scan(lambda a, b: (a[0] * b[0], a[1] * b[0] + b[1]), (x, x * 2), 0, combine_mode="generic"),
        ]

    same(program)
    same(
        lambda torch: operators(torch).associative_scan(torch.add, torch.tensor(X), 0, combine_mode="x"),
        message=True,
    )


def test_gradient_of_an_associative_scan():
    x = jaxlearn.tensor(X, requires_grad=True)
    w = jaxlearn.tensor(2.0, requires_grad=True)
    jaxlearn.associative_scan(lambda a, b: a * b * w, x, 0).sum().backward()
    rows = [torch.tensor(row, requires_grad=True) for row in X]
    v = torch.tensor(2.0, requires_grad=True)
    (rows[0] + rows[0] * rows[1] * v + rows[0] * rows[1] * v * rows[2] * v).sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), [r.grad.tolist() for r in rows], rtol=1e-5)
    np.testing.assert_allclose(w.grad.item(), v.grad.item(), rtol=1e-5)


def test_map():
    x, w = jaxlearn.tensor(X), jaxlearn.tensor(X[0], requires_grad=True)
    y = hop_map(lambda x, w: {"a": x * w, "b": x.sum()}, x, w)
    assert y["a"].equal(x * w) and y["b"].tolist() == pytest.approx(x.sum(1).tolist())
    y["a"].sum().backward()
    assert w.grad.tolist() == pytest.approx(x.sum(0).tolist())
    with pytest.raises(RuntimeError, match="first dimension"):
        hop_map(lambda x: x, 3)


def test_inside_transforms():
    x = jaxlearn.tensor(X[0] - 0.5)
    func = jaxlearn.func

    def branch(x):
        return jaxlearn.cond(x.sum() > 0.1, lambda x: (x**3).sum(), lambda x: (x * 2).sum(), (x,))

    def product(x):
        return jaxlearn.scan(lambda c, y: (c * y, c), jaxlearn.tensor(1.0), x)[0]

    expected = [3 * v**2 if v > 0.1 else 2.0 for v in x.tolist()]
    assert jaxlearn.vmap(func.grad(branch))(x).tolist() == pytest.approx(expected)
    t = torch.tensor(x.tolist())
    np.testing.assert_allclose(
        func.hessian(product)(x).tolist(), torch.func.hessian(torch.prod)(t).tolist(), rtol=1e-5
    )
    np.testing.assert_allclose(
        jaxlearn.vmap(lambda a: product(x * a))(jaxlearn.ones(2)).tolist(),
        [float(torch.prod(t))] * 2,
        rtol=1e-5,
    )


def test_no_grad_inside_a_scan():
    w = jaxlearn.tensor(0.5, requires_grad=True)

    def step(c, x):
        with jaxlearn.no_grad():
            target = c * w
        return c * w + x, (c * w - target.detach()) ** 2 + target * x

    def run(loop):
        w.grad = None
        c, y = loop()
        (c + y.sum()).backward()
        return c.item(), w.grad.item()

    def unrolled():
        c, ys = jaxlearn.tensor(1.0), []
        for x in jaxlearn.tensor([1.0, 2.0, 3.0]):
            c, y = step(c, x)
            ys.append(y)
        return c, jaxlearn.stack(ys)

    def scanned():
        return jaxlearn.scan(step, jaxlearn.tensor(1.0), jaxlearn.tensor([1.0, 2.0, 3.0]))

    assert run(scanned) == pytest.approx(run(unrolled))


def test_in_a_compiled_step():
    w = jaxlearn.nn.Parameter(jaxlearn.ones(4))
    optimizer = jaxlearn.optim.SGD([w], lr=0.01)

    def step(x):
        optimizer.zero_grad()
        c, y = jaxlearn.scan(lambda c, x: (c * w + x, c), jaxlearn.zeros(4), x)
        loss = jaxlearn.cond(c.sum() > 8, lambda c: (c**2).mean(), lambda c: (c * w).mean(), (c,)) + y.mean()
        _, last = jaxlearn.while_loop(
            lambda i, v: i < 3, lambda i, v: (i + 1, v * w.mean()), (jaxlearn.tensor(0), loss)
        )
        last.backward()
        optimizer.step()
        return loss.detach()

    losses = []
    for run in (step, jaxlearn.compile(step)):
        w.data = jaxlearn.ones(4)
        losses.append([run(jaxlearn.tensor(X)).item() for _ in range(4)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_second_call_compiles_nothing():
    def run(scale):
        x = jaxlearn.tensor(X) * scale
        y = jaxlearn.cond(x.sum() > 0, lambda x: x * scale, lambda x: x, (x,))
        return jaxlearn.scan(lambda c, x: (c + x * scale, c), jaxlearn.zeros(4), y)[0].tolist()

    def compiled():
        stats = jaxlearn.stats()
        return stats["compiles"] + stats["op_compiles"]

    for scale in (1.0, 2.0, 3.0):
        run(scale)
    before = compiled()
    run(4.0)
    assert compiled() == before


def test_tensors_that_escape_from_a_body_say_so():
    kept = []
    y = jaxlearn.vmap(lambda x: kept.append(x * 2) or x)(jaxlearn.tensor(X))
    for use in (lambda: kept[0].tolist(), lambda: (kept[0] + 1).sum().item()):
        with pytest.raises(RuntimeError, match="return it from the function"):
            use()
    assert y.equal(jaxlearn.tensor(X))


def test_results_of_loops_are_structured_as_the_body_says():
    def program(torch):
        x, loop = torch.tensor(X), operators(torch).while_loop
        return [
            loop(lambda x: x.sum() < 90, lambda x: x + 1, (x,)),
            loop(lambda i, x: i < 3, lambda i, x: [i + 1, x * 2], (0, x)),
            loop(lambda i, x: False, lambda i, x: (i + 1, x * 2), (torch.tensor(0), x)),
        ]

    same(program)


def test_operands_through_which_no_gradient_flows_have_zeros():
    def program(torch):
        x, w = torch.tensor(X[0], requires_grad=True), torch.tensor(X[1], requires_grad=True)
        y = torch.cond(x.sum() > 0, lambda x: x.detach() * w, lambda x: (x * 2).detach(), (x,))
        y.sum().backward()
        return [y, x.grad, w.grad]

    same(program)


@pytest.mark.parametrize("program", [
    lambda torch, x: torch.cond(x.sum() > 0, lambda x: x.add_(1), lambda x: x * 2, (x,)),
    lambda torch, x: torch.cond(x.sum() > 0, lambda x: [x + 1], lambda x: (x * 2,), (x,)),
    lambda torch, x: operators(torch).scan(lambda c, x: (c.add_(x), x * 1), torch.zeros(4), x),
])  # fmt: skip
def test_what_cannot_be_captured(program):
    for library in (torch, jaxlearn):
        with pytest.raises(
            library._dynamo.exc.UncapturedHigherOrderOpError, match="doesn't work unless it is captured"
        ):
            program(library, library.tensor(X))


def test_gradient_of_a_while_loop_that_a_compiled_function_returns():
    w = jaxlearn.tensor(X[0], requires_grad=True)

    def step(w, scale):
        loop = jaxlearn.while_loop(
            lambda i, x: i < 3, lambda i, x: (i + 1, x * w * scale - 1), (jaxlearn.tensor(0), w)
        )
        return loop[1].sum()

    grads = []
    for run in (step, jaxlearn.compile(step)):
        for scale in (2.0, 3.0, 4.0):
            w.grad = None
            run(w, scale).backward()
            grads.append(w.grad.tolist())
    np.testing.assert_allclose(grads[:3], grads[3:], rtol=1e-5)
