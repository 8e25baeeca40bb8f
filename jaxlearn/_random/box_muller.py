"""Normal numbers from blocks of raw ones in single precision: 8 radii, then 8 angles.

A model's worth of numbers is made by a program of XLA, which takes a tenth of NumPy's time; fewer are not worth its
compilation. Both round at the same places, and the program is used only if its first piece has NumPy's very bits.

Reference: G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29, 1958.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .continuous import LONG_PIECE, in_pieces
from .generator import Generator
from .mt19937 import FAR, STATE_SIZE
from .rounding import cephes_log, cephes_sincos, fma32

__all__ = ["BLOCK", "fill_blocks32"]

# torch fills whole blocks of 16.
BLOCK = 16

# Blocks handled at once, so that NumPy's temporaries stay in the processor's cache.
_CHUNK = 1024

# Up to so many are made together with those that follow.
_AHEAD = 8192

# So many numbers have been made before the program is compiled: it takes as long as they did.
_WORTH = 1 << 22
_made = 0
# And before it is compiled behind the caller's back, for numbers that are made ahead.
_WORTH_BEHIND = 1 << 19

_TWO_PI = np.float32(2.0 * math.pi)

Program = Callable[[np.ndarray, np.float32, np.float32], tuple[Any, Any]]


def fill_blocks32(
    generator: Generator, count: int, mean: float, std: float, redrawn: bool
) -> np.ndarray[Any, Any]:
    """``count`` normal numbers, 16 or more, as ``float32``.

    Args:
        generator: the stream to draw from.
        count: where it is no multiple of 16, the last 16 values come from a block of their own.
        mean: the mean.
        std: the standard deviation.
        redrawn: whether the numbers of an incomplete block are drawn before that block is drawn anew.
    """
    scale, shift = np.float32(std), np.float32(mean)
    if count <= _AHEAD:
        rest = count % BLOCK
        if rest:
            standard = generator.engine.made(
                1, count + BLOCK if redrawn else count - rest + BLOCK, _ragged(count, redrawn)
            )
        else:
            standard = generator.engine.made(count // BLOCK, BLOCK, _standard, _blocks_ahead())
        standard = standard.reshape(count)
        return standard if (mean, std) == (0.0, 1.0) else fma32(standard, scale, shift)
    values = np.empty(count, np.float32)
    rest = count % BLOCK

    def use(start: int, bits: np.ndarray) -> None:
        _transform(bits, scale, shift, values[start : start + len(bits)].reshape(-1, 2, BLOCK // 2))

    in_pieces(generator, count - rest, use)
    if rest:
        if redrawn:
            generator.engine.skip(rest)
        use(count - BLOCK, generator.engine.draw32(BLOCK))
    return values


def _standard(bits: np.ndarray) -> np.ndarray:
    """A block of standard normal numbers of every 16 raw ones."""
    global _made
    _made += len(bits)
    blocks = bits.reshape(-1, 2, BLOCK // 2)
    out = np.empty(blocks.shape, np.float32)
    program = _ready() if LONG_PIECE // 2 < len(bits) <= LONG_PIECE else None
    if program is None:
        out[:, 0], out[:, 1] = _box_muller(blocks, _ONE, _ZERO, np)
    else:
        filled = np.zeros((LONG_PIECE // BLOCK, 2, BLOCK // 2), np.uint32)
        filled[: len(blocks)] = blocks
        with jax.ensure_compile_time_eval():
            first, second = program(filled, _ONE, _ZERO)
            out[:, 0], out[:, 1] = np.asarray(first)[: len(blocks)], np.asarray(second)[: len(blocks)]
    return out.reshape(-1, BLOCK)


_ONE, _ZERO = np.float32(1), np.float32(0)
# The program as it is being compiled in a thread of its own, in which nobody is tracing.
_coming: Future[Program | None] | None = None


def _ready() -> Program | None:
    """The program once it is compiled, which begins when it is worth it."""
    global _coming
    if _coming is None:
        if _made < _WORTH_BEHIND:
            return None
        pool = ThreadPoolExecutor(1)
        _coming = pool.submit(_compiled)
        pool.shutdown(wait=False)
    return _coming.result() if _coming.done() else None


def _blocks_ahead() -> int:
    """How many of the generator's blocks to draw ahead: with what is left a piece of the program's, if there is one."""
    return FAR if _ready() is None else (LONG_PIECE - _AHEAD) // STATE_SIZE - 1


@functools.lru_cache(64)
def _ragged(count: int, redrawn: bool) -> Callable[[np.ndarray], np.ndarray]:
    """What makes ``count`` standard normal numbers, no multiple of 16, of the raw ones that they take."""
    whole = count - count % BLOCK
    last = count if redrawn else whole

    def make(bits: np.ndarray) -> np.ndarray:
        rows = bits.reshape(-1, last + BLOCK)
        used = np.concatenate([rows[:, :whole], rows[:, last:]], 1)
        made = _standard(used.reshape(-1)).reshape(len(rows), whole + BLOCK)
        return np.concatenate([made[:, : count - BLOCK], made[:, whole:]], 1)

    return make


def _transform(bits: np.ndarray, scale: np.float32, shift: np.float32, out: np.ndarray) -> None:
    """Write the normal numbers made from ``bits`` into ``out``, of shape (blocks, 2, 8)."""
    global _made
    blocks = bits.reshape(out.shape)
    # Long pieces come in a thread of their own, in which nobody is tracing.
    if len(bits) == LONG_PIECE:
        _made += len(bits)
        program = _compiled() if _made > _WORTH else None
        if program is not None:
            out[:, 0], out[:, 1] = program(blocks, scale, shift)
            return
    for start in range(0, len(blocks), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part, 0], out[part, 1] = _box_muller(blocks[part], scale, shift, np)


def _box_muller(bits: Any, scale: Any, shift: Any, xp: Any) -> tuple[Any, Any]:
    """The two halves of each block, in NumPy or, given ``jax.numpy``, in JAX."""
    uniform = (bits & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)
    radius = xp.sqrt(np.float32(-2) * cephes_log(np.float32(1) - uniform[:, 0], xp))
    sine, cosine = cephes_sincos(_TWO_PI * uniform[:, 1], xp)
    # With the scale 1 and the shift 0 this turns -0 into +0, as torch's multiply-add does.
    return fma32(radius * cosine, scale, shift), fma32(radius * sine, scale, shift)


@functools.cache
def _compiled() -> Program | None:
    """The program for one long piece; None where there is no CPU device or where its bits are not NumPy's."""
    try:
        cpu = jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return None
    place = jax.sharding.SingleDeviceSharding(cpu)
    blocks = jax.ShapeDtypeStruct((LONG_PIECE // BLOCK, 2, BLOCK // 2), np.uint32, sharding=place)
    number = jax.ShapeDtypeStruct((), np.float32, sharding=place)
    with jax.enable_x64(True):
        program: Program = (
            jax.jit(
                functools.partial(_box_muller, xp=jnp),
                compiler_options={"xla_allow_excess_precision": False},
            )
            .lower(blocks, number, number)
            .compile()
        )
    bits = np.random.default_rng(0).integers(0, 1 << 32, size=blocks.shape, dtype=np.uint32)
    scale, shift = np.float32(0.1), np.float32(0.3)
    expected = _box_muller(bits, scale, shift, np)
    got = program(bits, scale, shift)
    same = all(
        np.array_equal(np.asarray(g).view(np.uint32), e.view(np.uint32))
        for g, e in zip(got, expected, strict=True)
    )
    return program if same else None
