"""A small GPT (4 layers, 128 wide, 4 heads, 64 characters), once as written for PyTorch and once as plain JAX.

Learned positions, layer norm before each part, the usual MLP of four times the width; the logits come flattened to one
row for each character.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["batches", "jax_model", "torch_style_model", "weights"]

LAYERS, WIDTH, HEADS, LENGTH, VOCABULARY = 4, 128, 4, 64, 65


def weights() -> dict[str, np.ndarray]:
    """Initial values under the names of the PyTorch model's parameters."""
    draw = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return draw.normal(0, 0.02, shape).astype(np.float32)

    found = {"tokens.weight": matrix(VOCABULARY, WIDTH), "positions.weight": matrix(LENGTH, WIDTH)}
    sizes = {
        "attention.inputs": (3 * WIDTH, WIDTH),
        "attention.output": (WIDTH, WIDTH),
        "mlp.0": (4 * WIDTH, WIDTH),
        "mlp.2": (WIDTH, 4 * WIDTH),
    }
    norms = [*(f"blocks.{i}.{name}" for i in range(LAYERS) for name in ("norm1", "norm2")), "norm"]
    for name in norms:
        found[f"{name}.weight"] = np.ones(WIDTH, np.float32)
        found[f"{name}.bias"] = np.zeros(WIDTH, np.float32)
    for i in range(LAYERS):
        for name, shape in sizes.items():
            found[f"blocks.{i}.{name}.weight"] = matrix(*shape)
            found[f"blocks.{i}.{name}.bias"] = np.zeros(shape[0], np.float32)
    found["head.weight"] = matrix(VOCABULARY, WIDTH)
    return found


def batches(size: int, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of texts of ``LENGTH`` characters and, flattened, the characters that follow."""
    draw = np.random.default_rng(1)
    texts = draw.integers(0, VOCABULARY, (count, size, LENGTH + 1), dtype=np.int64)
    return [(np.ascontiguousarray(t[:, :-1]), np.ascontiguousarray(t[:, 1:]).reshape(-1)) for t in texts]


def torch_style_model(torch: Any) -> Any:
    """The model as its author would write it for PyTorch.

    Args:
        torch: ``torch`` or ``jaxlearn``.
    """
    nn: Any = torch.nn
    module: Any = nn.Module

    class Attention(module):
        def __init__(self) -> None:
            super().__init__()
            self.inputs = nn.Linear(WIDTH, 3 * WIDTH)
            self.output = nn.Linear(WIDTH, WIDTH)
            self.register_buffer("mask", torch.tril(torch.ones(LENGTH, LENGTH)), persistent=False)

        def forward(self, x: Any) -> Any:
            batch, length, width = x.size()
            q, k, v = self.inputs(x).split(width, dim=2)
            q = q.view(batch, length, HEADS, width // HEADS).transpose(1, 2)
            k = k.view(batch, length, HEADS, width // HEADS).transpose(1, 2)
            v = v.view(batch, length, HEADS, width // HEADS).transpose(1, 2)
            scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
            scores = scores.masked_fill(self.mask[:length, :length] == 0, float("-inf"))
            y = nn.functional.softmax(scores, dim=-1) @ v
            return self.output(y.transpose(1, 2).contiguous().view(batch, length, width))

    class Block(module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.attention = nn.LayerNorm(WIDTH), Attention()
            self.norm2 = nn.LayerNorm(WIDTH)
            self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))

    class GPT(module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens = nn.Embedding(VOCABULARY, WIDTH)
            self.positions = nn.Embedding(LENGTH, WIDTH)
            self.blocks = nn.Sequential(*[Block() for _ in range(LAYERS)])
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

        def forward(self, text: Any) -> Any:
            x = self.tokens(text) + self.positions(torch.arange(text.size(1)))
            logits = self.head(self.norm(self.blocks(x)))
            return logits.view(-1, logits.size(-1))

    net = GPT()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights().items()})
    return net


def jax_model() -> tuple[dict[str, jax.Array], Any]:
    """Parameters and the pure function of plain JAX, each layer as ``jax.nn`` and a good hand would write it."""

    def norm(w: dict[str, jax.Array], name: str, x: jax.Array) -> jax.Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(w: dict[str, jax.Array], name: str, x: jax.Array) -> jax.Array:
        y = x.reshape(-1, x.shape[-1]) @ w[f"{name}.weight"].T + w[f"{name}.bias"]
        return y.reshape(*x.shape[:-1], -1)

    def attention(w: dict[str, jax.Array], name: str, x: jax.Array) -> jax.Array:
        batch, length, width = x.shape
        parts = jnp.split(dense(w, f"{name}.inputs", x), 3, axis=2)
        q, k, v = (p.reshape(batch, length, HEADS, -1).transpose(0, 2, 1, 3) for p in parts)
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(width // HEADS)
        scores = jnp.where(jnp.tril(jnp.ones((length, length), bool)), scores, -jnp.inf)
        y = (jax.nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(batch, length, width)
        return dense(w, f"{name}.output", y)

    def gpt(w: dict[str, jax.Array], text: jax.Array) -> jax.Array:
        x = w["tokens.weight"][text] + w["positions.weight"][: text.shape[1]]
        for i in range(LAYERS):
            block = f"blocks.{i}"
            x = x + attention(w, f"{block}.attention", norm(w, f"{block}.norm1", x))
            hidden = jax.nn.gelu(dense(w, f"{block}.mlp.0", norm(w, f"{block}.norm2", x)), approximate=False)
            x = x + dense(w, f"{block}.mlp.2", hidden)
        return norm(w, "norm", x).reshape(-1, WIDTH) @ w["head.weight"].T

    return {name: jnp.asarray(array) for name, array in weights().items()}, gpt
