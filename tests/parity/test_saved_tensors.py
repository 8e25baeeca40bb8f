"""Saved-tensor hooks, anomaly detection, inference mode and the arguments of backward and grad, against torch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import jaxlearn
from tests.parity.helper import same, torch

DATA = np.random.RandomState(0).randn(3, 4)


def leaf(torch, scale=1.0):
    return torch.tensor(DATA * scale, requires_grad=True)


def hooks(torch, pack, unpack=lambda x: x):
    return torch.autograd.graph.saved_tensors_hooks(pack, unpack)


def what_is_packed(torch):
    log = []

    def pack(t):
        log.append((tuple(t.shape), str(t.dtype)[-7:], t.requires_grad))
        return t

    x, w = leaf(torch), torch.tensor(DATA[:2].T, requires_grad=True)
    with hooks(torch, pack):
        y = x * x.detach()
        y = y + 1
        z = torch.mm(y, w).sum(1)
        u = z[torch.tensor([0, 1, 0])].sum()
    u.backward()
    return sorted(log), x.grad, w.grad


def packed_by_name(torch):
    """In the order of the names in torch's formulas, and what is looked at for its shape alone too."""
    log = []

    def pack(t):
        log.append((t.tolist(), t.requires_grad, t.grad_fn is None))
        return t

    x, w = leaf(torch), leaf(torch, 0.5)
    with hooks(torch, pack, lambda t: log.append(t.tolist()) or t):
        y = x * w / (w.detach() + 3) + torch.atan2(x, w)
        y = y.gather(1, torch.tensor([[0, 3]] * 3))
    y.sum().backward()
    return log, x.grad, w.grad


def a_functions_result_has_its_history(torch):
    log = []

    class Exp(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[1]

    def pack(t):
        log.append((t.requires_grad, t.grad_fn and t.grad_fn.name()))
        return t.detach()

    x = leaf(torch)
    with hooks(torch, pack):
        y = Exp.apply(x)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return log, g, torch.autograd.grad(g.sum(), x)


def packed_as_numpy(torch):
    x = leaf(torch)
    with hooks(torch, lambda t: t.detach().numpy(), torch.from_numpy):
        y = ((x * 2) * x.sin()).sum()
    y.backward()
    return x.grad


def values_changed_in_between(torch):
    x = leaf(torch)
    with hooks(torch, lambda t: t * 10):
        y = (x * 1) * (x * 2)
    y.sum().backward()
    return x.grad


def innermost_hooks_count(torch):
    log = []
    x = leaf(torch)
    with hooks(torch, lambda t: log.append("outer") or t):
        with hooks(torch, lambda t: log.append("inner") or t):
            y = x * x
        y = y.sin()
    y.sum().backward()
    return log, x.grad


def function_under_hooks(torch):
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x**3
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx, grad):
            x, y = ctx.saved_tensors
            return grad * 3 * y / x

    log = []
    x = leaf(torch)
    with hooks(torch, lambda t: log.append(t.requires_grad) or t * 2):
        y = Cube.apply(x)
    (g,) = torch.autograd.grad(y.sum(), x)
    return log, g


def double_backward_under_hooks(torch):
    x = leaf(torch)
    with hooks(torch, lambda t: t.clone()):
        y = (x**3).sum()
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        z = (g * g).sum()
    z.backward()
    return g, x.grad


def on_cpu(torch):
    x = leaf(torch)
    with torch.autograd.graph.save_on_cpu(pin_memory=False):
        y = (x * x.exp()).sum()
    y.backward()
    return x.grad


def overwritten_with_leave(torch):
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        x = leaf(torch)
        y = x.clone()
        z = (y.sin() * y).sum()
        y.zero_()
        z.backward()
    return x.grad


def pass_through(torch, *, retain=False):
    x = leaf(torch)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


def batches_of_gradients(torch):
    x, w = leaf(torch), leaf(torch)
    y = (x.sin() * w).sum(1)
    eye = torch.eye(3, dtype=torch.float64)
    gx, gw = torch.autograd.grad(y, [x, w], eye, is_grads_batched=True, create_graph=True)
    (h,) = torch.autograd.grad((gx * gx).sum() + gw.sum(), x)
    return gx, gw, h


def inputs_of_backward(torch):
    x, w = leaf(torch), leaf(torch)
    y = x * w
    z = (y * 2).sum()
    z.backward(inputs=[y, w], retain_graph=True)
    first = (y.grad, w.grad, x.grad)
    z.backward(inputs=x)
    return first, x.grad, w.grad


def gradient_of_a_node_leaves_the_rest(torch):
    x = leaf(torch)
    y = x.exp()
    (g,) = torch.autograd.grad((y * y).sum(), y)
    y.sum().backward()
    return g, x.grad


def linear_gradients_have_no_history(torch):
    x = leaf(torch)
    (a,) = torch.autograd.grad((x * 2).sum(), x, create_graph=True)
    (b,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
    (c,) = torch.autograd.grad(x.sum(), x, create_graph=True)
    return a.requires_grad, b.requires_grad, c.requires_grad


def other_dtypes_of_gradients(torch):
    x = torch.ones(3, requires_grad=True)
    return (
        torch.autograd.grad(x * 2, x, torch.ones(3, dtype=torch.float64)),
        torch.autograd.grad(x * 2, x, torch.ones(3, dtype=torch.int64)),
        torch.autograd.grad([x.sum(), (x * 2).sum()], [x], [None, torch.tensor(2.0)]),
    )


def inference(torch):
    x = leaf(torch)
    with torch.inference_mode():
        a = torch.ones(3, 4, dtype=torch.float64)
        view = x[:2]
        made = (a.is_inference(), view.is_inference(), (x * 2).is_inference(), torch.is_grad_enabled())
        with torch.enable_grad():
            inner = ((x * 2).requires_grad, torch.is_grad_enabled())
        with torch.inference_mode(False):
            normal = (torch.ones(2).is_inference(), (x * 2).requires_grad, torch.is_inference_mode_enabled())
        a.add_(1)

    @torch.inference_mode()
    def f():
        return torch.ones(2)

    @torch.inference_mode
    def g():
        return torch.ones(2)

    @torch.inference_mode(False)
    def h():
        return torch.ones(2)

    kinds = [t.is_inference() for t in (f(), g(), h(), a.clone(), a.view(12), a.detach(), a * 2, a[0])]
    return made, inner, normal, kinds, a, (x + a).requires_grad, a.requires_grad


PROGRAMS = [
    what_is_packed,
    packed_as_numpy,
    packed_by_name,
    a_functions_result_has_its_history,
    values_changed_in_between,
    innermost_hooks_count,
    function_under_hooks,
    double_backward_under_hooks,
    on_cpu,
    overwritten_with_leave,
    pass_through,
    batches_of_gradients,
    inputs_of_backward,
    gradient_of_a_node_leaves_the_rest,
    linear_gradients_have_no_history,
    other_dtypes_of_gradients,
    inference,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_torch(program):
    same(program)


def inference_tensor(torch):
    with torch.inference_mode():
        return torch.tensor(DATA)


def unpacked_to(torch, value):
    x = leaf(torch)
    with hooks(torch, lambda t: value):
        y = (x * x).sum()
    y.backward()


def packed_in_place(torch):
    x = leaf(torch).detach()
    w = leaf(torch)
    with hooks(torch, lambda t: t.add_(1)):
        x * w


def disabled(torch):
    graph = torch.autograd.graph
    with graph.disable_saved_tensors_hooks("no hooks here"), graph.save_on_cpu():
        pass


def disabled_inside(torch):
    graph = torch.autograd.graph
    with graph.save_on_cpu(), graph.disable_saved_tensors_hooks("no hooks here"):
        pass


def grad(torch, *args, **options):
    return torch.autograd.grad(*args, **options)


def backward_of_both(torch):
    torch.autograd.backward(leaf(torch).sum(), torch.tensor(1.0), grad_variables=torch.tensor(1.0))


def freed_product(torch):
    y = (leaf(torch) * 2).sum()
    y.backward()
    y.backward()


ERRORS = {
    "unpacked to a number": lambda t: unpacked_to(t, 3),
    "pack writes": packed_in_place,
    "hooks disabled": disabled,
    "hooks disabled too late": disabled_inside,
    "no inputs": lambda t: grad(t, leaf(t).sum(), []),
    "no inputs of backward": lambda t: leaf(t).sum().backward(inputs=[]),
    "input that needs none": lambda t: grad(t, leaf(t).sum(), t.ones(2)),
    "input of backward that needs none": lambda t: leaf(t).sum().backward(inputs=[t.ones(2)]),
    "output that needs none": lambda t: grad(t, t.ones(()), leaf(t)),
    "second output needs none": lambda t: t.autograd.backward([leaf(t).sum(), t.ones(())]),
    "no scalar": lambda t: grad(t, leaf(t) * 2, leaf(t)),
    "complex scalar": lambda t: t.ones((), dtype=t.complex64, requires_grad=True).mul(2).backward(),
    "gradient of another shape": lambda t: grad(t, leaf(t) * 2, leaf(t), t.ones(4)),
    "complex gradient": lambda t: grad(t, leaf(t) * 2, leaf(t), t.ones(3, 4, dtype=t.complex128)),
    "gradient that is a number": lambda t: grad(t, leaf(t) * 2, leaf(t), 3),
    "gradients that are numbers": lambda t: grad(t, [leaf(t) * 2], leaf(t), [3]),
    "too few gradients": lambda t: t.autograd.backward([leaf(t).sum(), leaf(t).sum()], [None]),
    "batch of another shape": lambda t: grad(t, leaf(t) * 2, leaf(t), t.ones(2, 4), is_grads_batched=True),
    "unused not allowed": lambda t: grad(t, leaf(t).sum(), [leaf(t), leaf(t)]),
    "materialize without allowing": lambda t: grad(
        t, leaf(t).sum(), leaf(t), allow_unused=False, materialize_grads=True
    ),
    "gradients under both names": backward_of_both,
    "freed": freed_product,
    "inference tensor saved": lambda t: leaf(t) * inference_tensor(t),
    "inference tensor written to": lambda t: inference_tensor(t).add_(1),
    "inference tensor's version": lambda t: inference_tensor(t)._version,
    "inference tensor to require grad": lambda t: inference_tensor(t).requires_grad_(),
}


@pytest.mark.parametrize("name", ERRORS)
def test_same_error_as_torch(name):
    same(ERRORS[name], message=True)


def test_a_result_is_packed_as_its_operand():
    # torch's formula for exp looks at the result, the gradient here at the operand: the hook sees that one.
    for library, expected in ((torch, 3.0), (jaxlearn, np.log(3.0))):
        seen = []
        x = library.tensor(np.log(3.0), requires_grad=True)
        with hooks(library, lambda t, seen=seen: seen.append(t.item()) or t):
            x.exp().backward()
        np.testing.assert_allclose(seen, [expected])
        np.testing.assert_allclose(x.grad.item(), 3.0)


def caught(program):
    """The exception's text and the warnings of a program."""
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        with pytest.raises(Exception) as error:
            program()
    return str(error.value), [str(w.message) for w in noted]


@pytest.mark.parametrize("library", [torch, jaxlearn], ids=["torch", "jaxlearn"])
def test_anomaly_detection_names_the_forward_line(library):
    x = library.tensor([-1.0], requires_grad=True)

    def run():
        with library.autograd.detect_anomaly():
            root = x.sqrt()  # the line to be named
            (root * 0).sum().backward()

    text, noted = caught(run)
    assert text == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert noted[0].startswith("Anomaly Detection has been enabled.")
    assert noted[1].startswith(
        "Error detected in SqrtBackward0. Traceback of forward call that caused the error:"
    )
    assert "root = x.sqrt()" in noted[1] and "backward()" not in noted[1]


@pytest.mark.parametrize("library", [torch, jaxlearn], ids=["torch", "jaxlearn"])
def test_anomaly_detection_without_a_forward(library):
    y = library.tensor([-1.0], requires_grad=True).sqrt().sum()

    def run():
        with library.autograd.set_detect_anomaly(True):
            y.backward()

    text, noted = caught(run)
    assert "returned nan values" in text
    assert noted[0].startswith(
        "Error detected in SqrtBackward0. No forward pass information available. Enable detect anomaly during forward "
        "pass for more information."
    )


@pytest.mark.parametrize("library", [torch, jaxlearn], ids=["torch", "jaxlearn"])
def test_anomaly_detection_of_other_errors(library):
    x = library.ones(3, requires_grad=True)

    def run():
        with library.autograd.set_detect_anomaly(True, check_nan=False):
            y = x * 1
            z = (y * y).sum()
            y.add_(1)
            z.backward()

    text, noted = caught(run)
    assert "has been modified by an inplace operation" in text
    assert noted[0].startswith("Error detected in MulBackward0. Traceback of forward call")
    assert "z = (y * y).sum()" in noted[0]
    assert not library.is_anomaly_enabled()


def test_anomaly_detection_tolerates_nan_if_told():
    def run(torch):
        x = torch.tensor([-1.0], requires_grad=True)
        with torch.autograd.set_detect_anomaly(True, check_nan=False):
            states = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
            x.sqrt().sum().backward()
        return x.grad, states

    same(run)


@pytest.mark.parametrize("library", [torch, jaxlearn], ids=["torch", "jaxlearn"])
def test_warnings(library):
    x = library.ones(2, requires_grad=True)
    with pytest.warns(
        UserWarning, match="Using backward\\(\\) with create_graph=True will create a reference cycle"
    ):
        (x * x).sum().backward(create_graph=True)
    with pytest.warns(
        UserWarning, match="The .grad attribute of a Tensor that is not a leaf Tensor is being acces"
    ):
        _ = (x * 2).grad
