"""A model of characters with a recurrent network (2 layers of 256, 64 steps), for PyTorch and as plain JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .gpt import VOCABULARY, batches

__all__ = ["batches", "jax_model", "torch_style_model"]

_LAYERS, _WIDTH, _HIDDEN = 2, 128, 256


def _weights() -> dict[str, np.ndarray]:
    """Initial values under the names of the PyTorch model's parameters."""
    draw = np.random.default_rng(0)

    def uniform(*shape: int) -> np.ndarray:
        bound = 1 / np.sqrt(_HIDDEN)
        return draw.uniform(-bound, bound, shape).astype(np.float32)

    found = {"characters.weight": draw.normal(0, 1, (VOCABULARY, _WIDTH)).astype(np.float32)}
    for layer in range(_LAYERS):
        found[f"lstm.weight_ih_l{layer}"] = uniform(4 * _HIDDEN, _HIDDEN if layer else _WIDTH)
        found[f"lstm.weight_hh_l{layer}"] = uniform(4 * _HIDDEN, _HIDDEN)
        found[f"lstm.bias_ih_l{layer}"] = uniform(4 * _HIDDEN)
        found[f"lstm.bias_hh_l{layer}"] = uniform(4 * _HIDDEN)
    found["head.weight"], found["head.bias"] = uniform(VOCABULARY, _HIDDEN), uniform(VOCABULARY)
    return found


def torch_style_model(torch: Any) -> Any:
    """The model as its author would write it for PyTorch.

    Args:
        torch: ``torch`` or ``jaxlearn``.
    """
    nn: Any = torch.nn
    module: Any = nn.Module

    class Characters(module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(VOCABULARY, _WIDTH)
            self.lstm = nn.LSTM(_WIDTH, _HIDDEN, _LAYERS, batch_first=True)
            self.head = nn.Linear(_HIDDEN, VOCABULARY)

        def forward(self, text: Any) -> Any:
            states, _ = self.lstm(self.characters(text))
            logits = self.head(states)
            return logits.view(-1, logits.size(-1))

    net = Characters()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in _weights().items()})
    return net


def jax_model() -> tuple[dict[str, jax.Array], Any]:
    """Parameters and the pure function: per layer one product for all inputs, then a scan with one for all gates."""

    def layer(w: dict[str, jax.Array], i: int, x: jax.Array) -> jax.Array:
        given = x @ w[f"lstm.weight_ih_l{i}"].T + (w[f"lstm.bias_ih_l{i}"] + w[f"lstm.bias_hh_l{i}"])
        kernel = w[f"lstm.weight_hh_l{i}"].T

        def step(state: tuple[jax.Array, jax.Array], now: jax.Array) -> Any:
            h, c = state
            i, f, g, o = jnp.split(now + h @ kernel, 4, -1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        start = jnp.zeros((x.shape[1], _HIDDEN))
        return jax.lax.scan(step, (start, start), given)[1]

    def lstm(w: dict[str, jax.Array], text: jax.Array) -> jax.Array:
        x = w["characters.weight"][text.T]
        for i in range(_LAYERS):
            x = layer(w, i, x)
        return x.swapaxes(0, 1).reshape(-1, _HIDDEN) @ w["head.weight"].T + w["head.bias"]

    return {name: jnp.asarray(array) for name, array in _weights().items()}, lstm
