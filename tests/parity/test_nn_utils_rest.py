"""What else is in ``nn.utils``, against torch: fusion, skip_init, functional_call, layouts, norms of gradients."""

from __future__ import annotations

import jax
import pytest
from flax import nnx

import jaxlearn

from .helper import same, torch


def settled(torch, norm):
    """A batch norm with statistics and parameters of its own."""
    torch.manual_seed(1)
    for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias):
        if t is not None:
            t.data = torch.rand(t.shape) + 0.5
    return norm.eval()


LAYERS = {
    "conv": lambda nn: (nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), False),
    "no bias": lambda nn: (nn.Conv1d(2, 3, 3, bias=False), nn.BatchNorm1d(3), False),
    "groups": lambda nn: (nn.Conv3d(2, 4, 1, groups=2), nn.BatchNorm3d(4, affine=False), False),
    "transposed": lambda nn: (nn.ConvTranspose2d(2, 3, 3), nn.BatchNorm2d(3), True),
}
INPUTS = {"conv": (2, 2, 4, 4), "no bias": (2, 2, 4), "groups": (1, 2, 2, 2, 2), "transposed": (1, 2, 3, 3)}


@pytest.mark.parametrize("name", LAYERS)
def test_fused_convolutions(name):
    def program(torch):
        torch.manual_seed(0)
        conv, norm, transpose = LAYERS[name](torch.nn)
        conv.eval().weight.requires_grad_(name != "groups")
        settled(torch, norm)
        fused = torch.nn.utils.fuse_conv_bn_eval(conv, norm, transpose)
        x = torch.rand(INPUTS[name])
        assert torch.allclose(fused(x), norm(conv(x)), atol=1e-5) and fused.weight is not conv.weight
        return repr(fused), dict(fused.named_parameters()), [p.requires_grad for p in conv.parameters()]

    same(program)


@pytest.mark.parametrize(("features", "bias"), [(3, True), (1, False)])
def test_fused_linear(features, bias):
    def program(torch):
        torch.manual_seed(0)
        linear = torch.nn.Linear(2, 3, bias=bias).eval()
        norm = settled(torch, torch.nn.BatchNorm1d(features))
        fused = torch.nn.utils.fuse_linear_bn_eval(linear, norm)
        return repr(fused), dict(fused.named_parameters())

    same(program)


MISTAKES = {
    "training": lambda nn: nn.utils.fuse_conv_bn_eval(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1)),
    "linear training": lambda nn: nn.utils.fuse_linear_bn_eval(nn.Linear(1, 1), nn.BatchNorm1d(1)),
    "statistics": lambda nn: nn.utils.fuse_conv_bn_eval(
        nn.Conv1d(1, 1, 1).eval(), nn.BatchNorm1d(1, track_running_stats=False).eval()
    ),
    "features": lambda nn: nn.utils.fuse_linear_bn_eval(nn.Linear(1, 3).eval(), nn.BatchNorm1d(2).eval()),
    "no module": lambda nn: nn.utils.skip_init(int),
    "no device": lambda nn: nn.utils.skip_init(nn.ReLU),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    same(lambda torch: MISTAKES[name](torch.nn), message=name != "no module")


def test_skip_init():
    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.utils.skip_init(torch.nn.LSTM, 3, hidden_size=2, dtype=torch.float64)
        return (
            repr(layer),
            [(n, p.shape, p.dtype, p.device.type) for n, p in layer.named_parameters()],
            torch.rand(2),
        )

    same(program)


def test_functional_call_of_old():
    def program(torch):
        layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(2, 1))
        given = {"bias": torch.zeros(1), "parametrizations.weight.original0": torch.ones(1, 1)}
        given["parametrizations.weight.original1"] = torch.ones(1, 2)
        return torch.nn.utils.stateless.functional_call(layer, given, torch.ones(3, 2))

    with pytest.warns(FutureWarning, match="functional_call` is deprecated") as seen:
        same(program)
    assert len({str(w.message) for w in seen}) == 1


@pytest.mark.parametrize("dims", [2, 3])
def test_layouts_of_weights(dims):
    def program(torch):
        nn = torch.nn
        kinds = [nn.Conv2d, nn.ConvTranspose2d] if dims == 2 else [nn.Conv3d, nn.ConvTranspose3d]
        model = nn.Sequential(kinds[0](2, 3, 2), nn.Sequential(kinds[1](3, 2, 2)), nn.Conv1d(2, 2, 2))
        layout = torch.channels_last if dims == 2 else torch.channels_last_3d
        convert = (
            nn.utils.convert_conv2d_weight_memory_format
            if dims == 2
            else nn.utils.convert_conv3d_weight_memory_format
        )
        assert convert(model, layout) is model
        return [p.stride() for p in model.parameters()]

    same(program)


def test_the_older_name_of_clip_grad_norm_():
    def program(torch):
        p = torch.nn.Parameter(torch.ones(3))
        p.grad = torch.ones(3)
        return torch.nn.utils.clip_grad_norm([p], 1.0), p.grad

    with pytest.warns(FutureWarning, match="now deprecated in favor") as seen:
        same(program)
    assert len({str(w.message) for w in seen}) == 1


COMPUTED = {
    "weight norm": lambda nn: nn.utils.weight_norm,
    "spectral norm": lambda nn: nn.utils.spectral_norm,
    "pruning": lambda nn: lambda layer: nn.utils.prune.l1_unstructured(layer, "weight", 0.5),
}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", COMPUTED)
def test_computed_weights_in_compiled_steps(name):
    """The weight that a hook computes is no side effect, and is there afterwards; no transformation leaves its own."""
    nn = jaxlearn.nn

    def trained(compiled):
        jaxlearn.manual_seed(0)
        model = nn.Sequential(COMPUTED[name](nn)(nn.Linear(3, 4)), nn.Linear(4, 1))
        optimizer = jaxlearn.optim.SGD(model.parameters(), lr=0.01)

        def step(x):
            optimizer.zero_grad()
            loss = (model(x) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss.detach()

        x = jaxlearn.ones(2, 3)
        model(x)
        run = jaxlearn.compile(step) if compiled else step
        return model, [run(x).item() for _ in range(3)]

    (model, losses), (twin, expected) = trained(True), trained(False)
    assert losses == pytest.approx(expected, rel=1e-5)
    assert model[0].weight.allclose(twin[0].weight, atol=1e-6)
    x = jaxlearn.ones(2, 3)
    model.eval(), twin.eval()
    jax.jit(lambda x: model(x).jax())(x)
    gradients = nnx.grad(lambda model: model(x).sum().jax())(model)
    assert gradients["0"]["bias"].get_value().shape == (4,)
    params, buffers = jaxlearn.func.stack_module_state([model, twin])
    call = jaxlearn.vmap(lambda p, b: jaxlearn.func.functional_call(model, (p, b), (x,)))
    assert call(params, buffers).shape == (2, 2, 1)
    assert model[0].weight.shape == (4, 3) and model[0].weight.isfinite().all()


def test_names():
    """All of torch's names are there."""
    for ours, theirs in (
        (jaxlearn.nn.utils, torch.nn.utils),
        (jaxlearn.nn.utils.parametrize, torch.nn.utils.parametrize),
        (jaxlearn.nn.utils.parametrizations, torch.nn.utils.parametrizations),
        (jaxlearn.nn.utils.rnn, torch.nn.utils.rnn),
        (jaxlearn.nn.utils.stateless, torch.nn.utils.stateless),
    ):
        assert set(theirs.__all__) <= set(ours.__all__)
    prune = pytest.importorskip("torch.nn.utils.prune")
    public = {
        n
        for n, v in vars(prune).items()
        if not n.startswith("_") and getattr(v, "__module__", "") == "torch.nn.utils.prune"
    }
    assert public <= set(jaxlearn.nn.utils.prune.__all__)
