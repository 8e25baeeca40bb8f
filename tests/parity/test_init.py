"""nn.init against torch: the same values (bit for bit) and the same position of the generator afterwards."""

from __future__ import annotations

import numpy as np
import pytest

import jaxlearn
from jaxlearn.nn import init

from .helper import same

CALLS = [
    ("uniform_", (3, 5), (-1, 2)),
    ("normal_", (3, 3), (1, 2)),
    ("normal_", (30, 7), (0, 0.02)),
    ("trunc_normal_", (50, 7), (0, 1, -2, 2)),
    ("trunc_normal_", (50, 7), (0, 1, 3, 4)),
    ("trunc_normal_", (50, 7), (0, 0.02, -2, 2)),
    ("constant_", (2,), (3,)),
    ("ones_", (2, 2), ()),
    ("zeros_", (2, 2), ()),
    ("eye_", (2, 3), ()),
    ("dirac_", (4, 2, 3, 3), ()),
    ("dirac_", (4, 2, 3, 3), (2,)),
    ("dirac_", (4, 3, 3), (2,)),
    ("xavier_uniform_", (5, 3, 2, 2), (1.3,)),
    ("xavier_normal_", (5, 3, 2, 2), ()),
    ("kaiming_uniform_", (5, 3, 2, 2), (5**0.5,)),
    ("kaiming_normal_", (64, 3, 7, 7), (0, "fan_out", "relu")),
    ("sparse_", (7, 5), (0.3,)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize(("name", "shape", "args"), CALLS, ids=[f"{n}{s}" for n, s, _ in CALLS])
@pytest.mark.filterwarnings("ignore:mean is more than 2 std")
def test_values_are_torchs(name, shape, args, dtype):
    torch = pytest.importorskip("torch")
    ours = jaxlearn.zeros(shape, dtype=getattr(jaxlearn, dtype), requires_grad=True)
    theirs = torch.zeros(shape, dtype=getattr(torch, dtype), requires_grad=True)
    jaxlearn.manual_seed(3)
    torch.manual_seed(3)
    assert getattr(init, name)(ours, *args) is ours
    getattr(torch.nn.init, name)(theirs, *args)
    assert ours.requires_grad and ours.is_leaf
    assert np.array_equal(ours.detach().double().numpy(), theirs.detach().double().numpy())
    assert jaxlearn.rand(1).item() == torch.rand(1).item()


@pytest.mark.parametrize("shape", [(5, 3), (3, 5, 2), (16, 16)])
def test_orthogonal_is_torchs_up_to_lapack(shape):
    torch = pytest.importorskip("torch")
    ours, theirs = jaxlearn.zeros(shape, dtype=jaxlearn.float64), torch.zeros(shape, dtype=torch.float64)
    jaxlearn.manual_seed(3)
    torch.manual_seed(3)
    init.orthogonal_(ours, gain=2.0)
    torch.nn.init.orthogonal_(theirs, gain=2.0)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=0, atol=1e-13)


def test_golden_values_without_torch():
    # torch.manual_seed(1729); torch.nn.Linear(2, 2).weight
    jaxlearn.manual_seed(1729)
    layer = jaxlearn.nn.Linear(2, 2)
    assert (
        repr(layer.weight)
        == "Parameter containing:\ntensor([[-0.2650, -0.1710],\n        [-0.2706, -0.6030]], requires_grad=True)"
    )
    assert repr(layer.bias) == "Parameter containing:\ntensor([-0.1109, -0.6095], requires_grad=True)"


def test_methods_and_functions_agree():
    a, b = jaxlearn.nn.Parameter(jaxlearn.zeros(3, 4)), jaxlearn.nn.Parameter(jaxlearn.zeros(3, 4))
    jaxlearn.manual_seed(5)
    init.uniform_(a, -1, 1)
    jaxlearn.manual_seed(5)
    b.data.uniform_(-1, 1)
    assert jaxlearn.equal(a, b)


def test_views_are_written_through():
    base = jaxlearn.zeros(2, 3)
    init.ones_(base[1])
    assert base.tolist() == [[0.0] * 3, [1.0] * 3]


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [("linear", None), ("conv_transpose3d", None), ("sigmoid", None), ("tanh", None), ("relu", None)]
    + [("selu", None), ("leaky_relu", None), ("leaky_relu", 0.2), ("leaky_relu", 1)],
)
def test_gains(nonlinearity, param):
    torch = pytest.importorskip("torch")
    assert repr(init.calculate_gain(nonlinearity, param)) == repr(
        torch.nn.init.calculate_gain(nonlinearity, param)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: init.calculate_gain("swish"), "Unsupported nonlinearity swish"),
        (lambda t: init.calculate_gain("leaky_relu", True), "negative_slope True not a valid number"),
        (lambda t: init.eye_(t[0]), "Only tensors with 2 dimensions are supported"),
        (lambda t: init.dirac_(t), "Only tensors with 3, 4, or 5 dimensions are supported"),
        (lambda t: init.dirac_(t[None], 2), "dim 0 must be divisible by groups"),
        (lambda t: init.orthogonal_(t[0]), "Only tensors with 2 or more dimensions are supported"),
        (lambda t: init.sparse_(t[0], 0.1), "Only tensors with 2 dimensions are supported"),
        (
            lambda t: init.xavier_uniform_(t[0]),
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
        ),
        (
            lambda t: init.kaiming_normal_(t, mode="fan"),
            "Mode fan not supported, please use one of ['fan_in', 'fan_out']",
        ),
    ],
)
def test_errors(call, message):
    tensor = jaxlearn.full((2, 2), 7.0)
    with pytest.raises(ValueError) as caught:
        call(tensor)
    assert str(caught.value) == message and (tensor == 7).all()


def test_empty_tensors_are_left_alone():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        init.kaiming_uniform_(jaxlearn.zeros(0, 3))


FORMER = [
    "constant(t, 2.0)", "eye(t)", "normal(t, 1.0, 2.0)", "uniform(t)", "xavier_uniform(t, gain=2.0)",
    "xavier_normal(t)",
    "kaiming_uniform(t, a=0.1)", "kaiming_normal(t, mode='fan_out')", "orthogonal(t)", "sparse(t, 0.5)",
    "dirac(t[..., None])",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("call", FORMER)
def test_former_names(call):
    """torch's names without the underscore: the same numbers, and a warning."""

    def program(torch):
        torch.manual_seed(3)
        t = torch.zeros(4, 3)
        return eval("init." + call, {"init": torch.nn.init, "t": t}), t

    same(program)
    with pytest.warns(FutureWarning, match="deprecated in favor of"):
        eval("init." + call, {"init": jaxlearn.nn.init, "t": jaxlearn.zeros(4, 3)})


@pytest.mark.parametrize("name", ["uniform_", "trunc_normal_", "kaiming_normal_", "orthogonal_", "sparse_"])
def test_own_generator(name):
    def program(torch):
        generator = torch.Generator()
        generator.manual_seed(4)
        torch.manual_seed(0)
        args = (0.5,) if name == "sparse_" else ()
        made = [getattr(torch.nn.init, name)(torch.zeros(4, 3), *args, generator=generator) for _ in "ab"]
        return made, torch.rand(2)

    same(program, rtol=0, atol=1e-6 if name == "orthogonal_" else 0)


def test_truncated_far_from_the_mean_in_half():
    def program(torch):
        torch.manual_seed(3)
        return torch.nn.init.trunc_normal_(torch.empty(8, 8, dtype=torch.float16), 3, 0.1, -2, 2)

    same(program, rtol=0, atol=0)


def test_orthogonal_in_half():
    same(lambda torch: torch.nn.init.orthogonal_(torch.empty(2, 2, dtype=torch.bfloat16)), message=True)


@pytest.mark.parametrize(
    "name", ["normal_", "trunc_normal_", "kaiming_normal_", "xavier_uniform_", "orthogonal_"]
)
@pytest.mark.parametrize("view", ["x.t()", "x[::2, ::2]"])
def test_views_that_are_not_contiguous(name, view):
    def program(torch):
        torch.manual_seed(3)
        return getattr(torch.nn.init, name)(eval(view, {"x": torch.zeros(8, 12)}))

    same(program, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["trunc_normal_(x, 0, 1, 5, 6)", "sparse_(x, 0.5)", "orthogonal_(x)"])
def test_without_data(name):
    same(
        lambda torch: eval(
            f"torch.nn.init.{name}.shape", {"torch": torch, "x": torch.zeros(2, 2, device="meta")}
        )
    )
