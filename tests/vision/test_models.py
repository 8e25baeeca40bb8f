"""torchvision's models: names, sizes and weights against torch's layers put together in the same way."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn import nn
from jaxlearn.vision import models
from jaxlearn.vision.models import resnet, vgg
from jaxlearn.vision.models._weights import BUILDERS, ENUMERATIONS
from jaxlearn.vision.models.resnet import BasicBlock, Bottleneck, ResNet
from jaxlearn.vision.models.vgg import VGG, make_layers

pytestmark = pytest.mark.unoptimized


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def built_with(module, framework, narrow=False):
    """The names of a model's source over another framework's layers, with narrow linear layers if wanted."""
    source = inspect.getsource(module).replace("from jaxlearn import nn", f"from {framework} import nn")
    names = {"__name__": "reference"}
    known = BUILDERS.copy(), ENUMERATIONS.copy()
    exec(compile(source.replace("4096", "8") if narrow else source, "reference", "exec"), names)
    for registry, before in zip((BUILDERS, ENUMERATIONS), known, strict=True):
        registry.update(before)  # the package's own models, not these
    return names


def assert_same(ours, theirs):
    assert repr(ours) == repr(theirs)
    expected = theirs.state_dict()
    state = ours.state_dict()
    assert list(state) == list(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(state[name].numpy(), value.numpy(), err_msg=name)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("alexnet", 61_100_840), ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032)],
)
def test_published_number_of_parameters(name, parameters):
    assert count(getattr(models, name)()) == parameters


def test_vgg16_is_the_published_one_and_its_last_layer_can_be_replaced():
    model = models.vgg16()
    assert count(model) == 138_357_544
    state = model.state_dict()
    assert len(state) == 32
    assert list(state)[:4] == ["features.0.weight", "features.0.bias", "features.2.weight", "features.2.bias"]
    assert list(state)[-2:] == ["classifier.6.weight", "classifier.6.bias"]
    assert state["features.28.weight"].shape == (512, 512, 3, 3)
    assert state["classifier.0.weight"].shape == (4096, 25088)

    model.classifier[6] = nn.Linear(4096, 10)
    assert model.classifier[6].out_features == 10
    model.classifier.add_module("extra", nn.Linear(10, 2))
    assert list(model.state_dict())[-4:] == [
        "classifier.6.weight",
        "classifier.6.bias",
        "classifier.extra.weight",
        "classifier.extra.bias",
    ]


@pytest.mark.parametrize(("depth", "convolutions"), [("11", 8), ("13", 10), ("16", 13), ("19", 16)])
def test_vgg_configurations(depth, convolutions, monkeypatch):
    # The convolutions alone: the linear layers' 120 million numbers are the same in all.
    monkeypatch.setattr(vgg, "VGG", lambda features: features)
    for name, normed in ((f"vgg{depth}", False), (f"vgg{depth}_bn", True)):
        kinds = [type(layer).__name__ for layer in getattr(models, name)()]
        assert kinds.count("Conv2d") == convolutions
        assert kinds.count("MaxPool2d") == 5
        assert kinds.count("BatchNorm2d") == (convolutions if normed else 0)


@pytest.mark.parametrize(
    ("name", "block", "layers"),
    [
        ("resnet18", BasicBlock, (2, 2, 2, 2)),
        ("resnet34", BasicBlock, (3, 4, 6, 3)),
        ("resnet50", Bottleneck, (3, 4, 6, 3)),
        ("resnet101", Bottleneck, (3, 4, 23, 3)),
        ("resnet152", Bottleneck, (3, 8, 36, 3)),
    ],
)
def test_resnets_have_the_papers_blocks(name, block, layers, monkeypatch):
    monkeypatch.setattr(resnet, "ResNet", lambda *given, **options: (*given, options))
    assert getattr(models, name)(num_classes=3) == (block, layers, {"num_classes": 3})


@pytest.mark.parametrize("block", ["BasicBlock", "Bottleneck"])
@pytest.mark.parametrize("options", [{}, {"zero_init_residual": True}])
def test_resnet_has_the_weights_and_output_of_torchs_layers(block, options):
    reference = pytest.importorskip("torch")
    names = built_with(resnet, "torch")
    torch.manual_seed(3)
    ours = ResNet({"BasicBlock": BasicBlock, "Bottleneck": Bottleneck}[block], (1, 1, 1, 1), 5, **options)
    reference.manual_seed(3)
    theirs = names["ResNet"](names[block], (1, 1, 1, 1), 5, **options)
    assert_same(ours, theirs)
    image = np.random.default_rng(0).standard_normal((1, 3, 32, 32), dtype=np.float32)
    with torch.no_grad():
        found = ours.eval()(torch.tensor(image)).numpy()
    with reference.no_grad():
        expected = theirs.eval()(reference.tensor(image)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["alexnet", "vgg11", "vgg11_bn"])
def test_other_models_have_the_weights_and_output_of_torchs_layers(name):
    reference = pytest.importorskip("torch")
    module = inspect.getmodule(getattr(models, name))
    torch.manual_seed(5)
    ours = built_with(module, "jaxlearn", narrow=True)[name](num_classes=5)
    reference.manual_seed(5)
    theirs = built_with(module, "torch", narrow=True)[name](num_classes=5)
    assert_same(ours, theirs)
    image = np.random.default_rng(0).standard_normal((1, 3, 64, 64), dtype=np.float32)
    with torch.no_grad():
        found = ours.eval()(torch.tensor(image)).numpy()
    with reference.no_grad():
        expected = theirs.eval()(reference.tensor(image)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_resnet18_draws_in_torchvisions_order():
    """Every layer's default first, so the linear layer's stays; then He's, in the order of the modules."""
    reference = pytest.importorskip("torch")
    torch.manual_seed(7)
    state = models.resnet18(num_classes=10).state_dict()
    kernels = [name for name, value in state.items() if value.ndim == 4]
    assert kernels[:3] == ["conv1.weight", "layer1.0.conv1.weight", "layer1.0.conv2.weight"]
    assert kernels[5:8] == [
        "layer2.0.conv1.weight",
        "layer2.0.conv2.weight",
        "layer2.0.downsample.0.weight",
    ]
    reference.manual_seed(7)
    for name in kernels:
        reference.empty(state[name].shape).uniform_()
    linear = reference.nn.Linear(512, 10)
    np.testing.assert_array_equal(state["fc.weight"].numpy(), linear.weight.detach().numpy())
    np.testing.assert_array_equal(state["fc.bias"].numpy(), linear.bias.detach().numpy())
    for name in kernels:
        kernel = reference.empty(tuple(state[name].shape))
        reference.nn.init.kaiming_normal_(kernel, mode="fan_out", nonlinearity="relu")
        np.testing.assert_array_equal(state[name].numpy(), kernel.numpy(), err_msg=name)


def test_forward_of_resnet18_and_a_small_vgg():
    image = torch.ones(1, 3, 32, 32)
    with torch.no_grad():
        assert models.resnet18(num_classes=10).eval()(image).shape == (1, 10)
        small = VGG(make_layers([4, "M", 512, "M"]), num_classes=3, init_weights=False)
        assert small.eval()(image).shape == (1, 3)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="or a 3-element tuple, got"):
        models.resnet18(replace_stride_with_dilation=(True,))
    with pytest.raises(NotImplementedError, match="Dilation > 1 not supported in BasicBlock"):
        BasicBlock(4, 4, dilation=2)
    with pytest.raises(ValueError, match="only supports groups=1 and base_width=64"):
        BasicBlock(4, 4, groups=2)
