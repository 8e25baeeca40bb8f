"""The models against torchvision 0.28: names, shapes, text, drawn weights and outputs.

``python -m tests.vision.test_models_of_torchvision`` writes what torchvision gives, where it is installed.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxlearn as torch
from jaxlearn.vision import models

GOLDEN = Path(__file__).with_name("models.json")

# Arguments that keep them small, and the images' size.
MODELS: dict[str, tuple[dict[str, Any], int]] = {
    "densenet121": ({"drop_rate": 0.1}, 32),
    "efficientnet_b0": ({}, 32),
    "inception_v3": ({"init_weights": True, "transform_input": True}, 75),
    "mobilenet_v2": ({"width_mult": 0.5}, 32),
    "resnext50_32x4d": ({}, 32),
    "squeezenet1_0": ({}, 32),
    "squeezenet1_1": ({"dropout": 0.1}, 32),
    "VisionTransformer": (
        {
            "image_size": 16,
            "patch_size": 8,
            "num_layers": 2,
            "num_heads": 2,
            "hidden_dim": 6,
            "mlp_dim": 12,
            "representation_size": 5,
        },
        16,
    ),
}
# The outputs of the others are compared by the tests of their blocks, or vanish.
COMPUTED = ("squeezenet1_1", "inception_v3")


def described(torch: Any, models: Any, name: str) -> dict[str, Any]:
    """What a model is like: digests of its names and text, sums of its weights, and its output."""
    options, size = MODELS[name]
    torch.manual_seed(3)
    model = getattr(models, name)(num_classes=4, **options)
    state = model.state_dict()
    names = "\n".join(f"{n} {tuple(v.shape)} {v.dtype}" for n, v in state.items())
    weights = [np.asarray(v.detach().numpy(), dtype=np.float64) for v in state.values()]
    found = {
        "names": hashlib.sha256(names.encode()).hexdigest(),
        "text": hashlib.sha256(repr(model).encode()).hexdigest(),
        "sums": [sum(float(w.sum()) for w in weights), sum(float(np.abs(w).sum()) for w in weights)],
    }
    if name in COMPUTED:
        image = np.random.default_rng(0).standard_normal((1, 3, size, size), dtype=np.float32)
        with torch.no_grad():
            found["output"] = model.eval()(torch.from_numpy(image)).tolist()
    return found


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_torchvisions(name):
    expected = json.loads(GOLDEN.read_text())[name]
    found = described(torch, models, name)
    assert (found["names"], found["text"]) == (expected["names"], expected["text"])
    np.testing.assert_allclose(found["sums"], expected["sums"], rtol=1e-6)
    if name in COMPUTED:
        np.testing.assert_allclose(found["output"], expected["output"], rtol=2e-5, atol=1e-7)


def test_inception_returns_both_scores_in_training():
    model = models.inception_v3(num_classes=2, init_weights=False)
    model.fc, model.AuxLogits = torch.nn.Linear(2048, 1), torch.nn.AdaptiveMaxPool2d(1)
    with torch.no_grad():
        out = model(torch.ones(2, 3, 75, 75))
    assert type(out).__name__ == "InceptionOutputs" and out.logits.shape == (2, 1)
    assert out.aux_logits.shape == (2, 768, 1, 1)
    with pytest.warns(FutureWarning, match="default weight initialization of inception_v3"):
        assert models.inception_v3(aux_logits=False).AuxLogits is None


def test_the_published_addresses_and_preprocessing():
    weights = models.EfficientNet_B0_Weights.DEFAULT
    assert weights.url.endswith("/models/efficientnet_b0_rwightman-7f5810bc.pth")
    assert len(weights.meta["categories"]) == 1000 and weights.meta["categories"][-1] == "toilet tissue"
    assert repr(weights.transforms()) == (
        "ImageClassification(\n    crop_size=[224]\n    resize_size=[256]\n    mean=[0.485, 0.456, 0.406]\n"
        "    std=[0.229, 0.224, 0.225]\n    interpolation=InterpolationMode.BICUBIC\n)"
    )
    assert weights.transforms()(torch.zeros(3, 300, 280, dtype=torch.uint8)).shape == (3, 224, 224)
    for name in models.list_models():
        enumeration = models.get_model_weights(name)
        assert all(w.url.startswith("https://download.pytorch.org/models/") for w in enumeration)
        assert getattr(models, enumeration.__name__) is enumeration and enumeration.DEFAULT in list(
            enumeration
        )


@pytest.fixture
def stored(tmp_path):
    """A folder of downloads in which SqueezeNet's weights lie."""
    before = torch.hub.get_dir()
    torch.hub.set_dir(str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    state = models.squeezenet1_1().state_dict()
    torch.save(state, tmp_path / "checkpoints" / "squeezenet1_1-b8a52dc0.pth")
    yield state
    torch.hub.set_dir(before)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"weights": "DEFAULT"}, 0),
        ({"weights": "SqueezeNet1_1_Weights.IMAGENET1K_V1"}, 0),
        ({"weights": models.SqueezeNet1_1_Weights.DEFAULT, "num_classes": 1000}, 0),
        ({"pretrained": True}, 2),
        ({"weights": True}, 1),
    ],
)
def test_weights_are_loaded(stored, given, told):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model = models.squeezenet1_1(**given)
    assert len(found) == told
    assert all(model.state_dict()[name].equal(value) for name, value in stored.items())


def test_wrong_weights():
    with pytest.raises(TypeError, match="expected ResNet18_Weights but received ResNet34_Weights"):
        models.resnet18(weights=models.ResNet34_Weights.DEFAULT)
    with pytest.raises(KeyError, match="V9"):
        models.resnet18(weights="V9")
    with pytest.raises(ValueError, match="'num_classes' expected value 1000 but got 10 instead"):
        models.resnet18(weights="DEFAULT", num_classes=10)
    with pytest.raises(ValueError, match="Unknown model resnet19"):
        models.get_model("resnet19")
    with pytest.raises(ValueError, match="Invalid weight name provided: 'DEFAULT'"):
        models.get_weight("DEFAULT")
    with pytest.raises(ValueError, match="weight enum 'ResNet19_Weights' for the specific method"):
        models.get_weight("ResNet19_Weights.DEFAULT")
    with pytest.warns(UserWarning, match="Using 'weights' and 'progress' as positional"):
        models.squeezenet1_1(None, True)


def test_weights_that_cannot_be_fetched_say_where_they_belong(tmp_path, monkeypatch):
    def unreachable(url: str, *args: Any, **options: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", unreachable)
    with pytest.raises(OSError, match="no network") as found:
        models.squeezenet1_1(weights="DEFAULT")
    (note,) = found.value.__notes__
    assert "SqueezeNet1_1_Weights.IMAGENET1K_V1" in note and "checkpoints" in note


def test_inner_outputs_and_the_paths_that_programs_import():
    from jaxlearn import vision
    from jaxlearn.vision.datasets.folder import IMG_EXTENSIONS, default_loader
    from jaxlearn.vision.models._utils import IntermediateLayerGetter

    inner = IntermediateLayerGetter(
        torch.nn.Sequential(*[torch.nn.ReLU() for _ in range(3)]), {"1": "second"}
    )
    assert list(inner) == ["0", "1"] and list(inner(torch.ones(1))) == ["second"]
    with pytest.raises(ValueError, match="return_layers are not present in model"):
        IntermediateLayerGetter(torch.nn.Sequential(), {"layer1": "out"})
    assert vision.get_image_backend() == "PIL" and ".webp" in IMG_EXTENSIONS and callable(default_loader)
    vision.set_image_backend("PIL")
    with pytest.raises(ValueError, match="Invalid backend 'accimage'"):
        vision.set_image_backend("accimage")


def write_golden() -> None:
    """Write what torchvision gives."""
    import torch
    import torchvision

    found = {name: described(torch, torchvision.models, name) for name in MODELS}
    GOLDEN.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    write_golden()
