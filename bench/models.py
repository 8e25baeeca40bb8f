"""LeNet and an MLP, once per framework, all from the same weights; and where the larger models are.

A PyTorch-style library is given as an argument, so that torch and jaxlearn run the very same definition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from . import gpt, lstm, resnet

__all__ = [
    "LARGER",
    "SHAPES",
    "batches",
    "equinox_model",
    "jax_model",
    "nnx_model",
    "torch_style_model",
    "weights",
]

Layers = list[tuple[Any, Any]]

# Weight shapes in torch's layout: (out, in, height, width) and (out, in).
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "lenet": [(6, 1, 5, 5), (16, 6, 5, 5), (120, 256), (84, 120), (10, 84)],
    "mlp": [(512, 784), (512, 512), (10, 512)],
}
_BATCHES = 20
# Written for PyTorch and as plain JAX only.
LARGER: dict[str, Any] = {"gpt": gpt, "lstm": lstm, "resnet18": resnet}


def weights(model: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight and bias of each layer, uniform in ±1/sqrt(fan in)."""
    draw = np.random.default_rng(0)
    layers = []
    for shape in SHAPES[model]:
        bound = 1 / np.sqrt(np.prod(shape[1:]))
        weight = draw.uniform(-bound, bound, shape).astype(np.float32)
        layers.append((weight, draw.uniform(-bound, bound, shape[0]).astype(np.float32)))
    return layers


def batches(model: str, size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of inputs, NCHW images, rows or texts, with int64 labels."""
    if model in LARGER:
        found: list[tuple[np.ndarray, np.ndarray]] = LARGER[model].batches(size, _BATCHES)
        return found
    draw = np.random.default_rng(1)
    shape = (size, 1, 28, 28) if model == "lenet" else (size, 784)
    return [
        (draw.random(shape, dtype=np.float32), draw.integers(0, 10, size, dtype=np.int64))
        for _ in range(_BATCHES)
    ]


def torch_style_model(torch: Any, model: str) -> Any:
    """The model written for PyTorch.

    Args:
        torch: ``torch`` or ``jaxlearn``.
        model: "lenet", "mlp" or one of the larger.
    """
    if model in LARGER:
        return LARGER[model].torch_style_model(torch)
    nn = torch.nn
    if model == "lenet":
        net = nn.Sequential(
            *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Flatten(),
            *(nn.Linear(256, 120), nn.ReLU()),
            *(nn.Linear(120, 84), nn.ReLU()),
            nn.Linear(84, 10),
        )
    else:
        net = nn.Sequential(
            *(nn.Linear(784, 512), nn.ReLU()),
            *(nn.Linear(512, 512), nn.ReLU()),
            nn.Linear(512, 10),
        )
    arrays = [array for layer in weights(model) for array in layer]
    net.load_state_dict({k: torch.from_numpy(a) for k, a in zip(net.state_dict(), arrays, strict=True)})
    return net


def jax_model(model: str) -> tuple[Any, Any, Callable[[Any, Any, jax.Array], tuple[jax.Array, Any]]]:
    """Parameters, buffers (None if the model has none) and the pure function that gives the scores and new buffers.

    LeNet is NCHW: on a CPU, NHWC images and HWIO kernels took the same time to within 3 %.
    """
    if model == "resnet18":
        return resnet.jax_model()
    parameters, apply = LARGER[model].jax_model() if model in LARGER else _small_jax_model(model)
    return parameters, None, lambda parameters, buffers, x: (apply(parameters, x), buffers)


def _small_jax_model(model: str) -> tuple[Layers, Callable[[Layers, jax.Array], jax.Array]]:

    def convolve(x: jax.Array, weight: jax.Array, bias: jax.Array) -> jax.Array:
        numbers = ("NCHW", "OIHW", "NCHW")
        return (
            jax.lax.conv_general_dilated(x, weight, (1, 1), "VALID", dimension_numbers=numbers)
            + bias[:, None, None]
        )

    def pool(x: jax.Array) -> jax.Array:
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def dense(layers: Layers, x: jax.Array) -> jax.Array:
        for weight, bias in layers[:-1]:
            x = jax.nn.relu(x @ weight.T + bias)
        weight, bias = layers[-1]
        return x @ weight.T + bias

    def lenet(layers: Layers, x: jax.Array) -> jax.Array:
        for weight, bias in layers[:2]:
            x = pool(jax.nn.relu(convolve(x, weight, bias)))
        return dense(layers[2:], x.reshape(x.shape[0], -1))

    layers = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias in weights(model)]
    return layers, lenet if model == "lenet" else dense


def nnx_model(model: str) -> Any:
    """The model in Flax NNX, with its own NHWC layout inside."""
    from flax import nnx

    rngs = nnx.Rngs(0)

    class Dense(nnx.Module):
        def __init__(self, sizes: list[tuple[int, ...]]) -> None:
            self.layers = nnx.List([nnx.Linear(s[1], s[0], rngs=rngs) for s in sizes])

        def __call__(self, x: jax.Array) -> jax.Array:
            for layer in self.layers[:-1]:
                x = nnx.relu(layer(x))
            return self.layers[-1](x)

    class LeNet(nnx.Module):
        def __init__(self) -> None:
            self.convolutions = nnx.List(
                [nnx.Conv(s[1], s[0], s[2:], padding="VALID", rngs=rngs) for s in SHAPES["lenet"][:2]]
            )
            self.dense = Dense(SHAPES["lenet"][2:])

        def __call__(self, x: jax.Array) -> jax.Array:
            x = x.transpose(0, 2, 3, 1)
            for convolution in self.convolutions:
                x = nnx.max_pool(nnx.relu(convolution(x)), (2, 2), (2, 2))
            # The first dense layer's weights are in torch's order of the flattened image.
            return self.dense(x.transpose(0, 3, 1, 2).reshape(x.shape[0], -1))

    net = LeNet() if model == "lenet" else Dense(SHAPES["mlp"])
    layers: list[Any] = [*net.convolutions, *net.dense.layers] if isinstance(net, LeNet) else list(net.layers)
    for layer, (weight, bias) in zip(layers, weights(model), strict=True):
        layer.kernel[...] = jnp.asarray(weight.T if weight.ndim == 2 else weight.transpose(2, 3, 1, 0))
        layer.bias[...] = jnp.asarray(bias)
    return net


def equinox_model(model: str) -> Any:
    """The model in Equinox, of its own layers, vectorised over the batch."""
    import equinox as eqx

    key = jax.random.key(0)

    class Net(eqx.Module):
        layers: list[Any]

        def __call__(self, x: jax.Array) -> jax.Array:
            for layer in self.layers[:-1]:
                if isinstance(layer, eqx.nn.Conv2d):
                    x = eqx.nn.MaxPool2d(2, 2)(jax.nn.relu(layer(x)))
                else:
                    x = jax.nn.relu(layer(x.reshape(-1)))
            return self.layers[-1](x)

    def layer(weight: np.ndarray, bias: np.ndarray) -> Any:
        outputs, inputs = weight.shape[:2]
        if weight.ndim == 4:
            made: Any = eqx.nn.Conv2d(inputs, outputs, weight.shape[2], key=key)
            bias = bias[:, None, None]
        else:
            made = eqx.nn.Linear(inputs, outputs, key=key)
        return eqx.tree_at(lambda m: (m.weight, m.bias), made, (jnp.asarray(weight), jnp.asarray(bias)))

    return Net([layer(weight, bias) for weight, bias in weights(model)])
