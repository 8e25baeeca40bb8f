"""``flex_attention``: against torch's own softmax of scores changed by hand, and its masks against torch's.

torch's function itself compiles for seconds and has no gradients on the CPU.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import jaxlearn
from jaxlearn.nn.attention.flex_attention import AuxRequest, and_masks, create_block_mask, flex_attention

from .helper import compare, same, torch

pytest.importorskip("torch.nn.attention.flex_attention")

pytestmark = [pytest.mark.unoptimized, pytest.mark.filterwarnings("ignore::FutureWarning")]

B, H, L, S, E = 2, 4, 5, 6, 8
SCALE = 1 / math.sqrt(E)


def operands(library, heads=H, batch=B):
    generator = np.random.default_rng(0)
    shapes = ((B, H, L, E), (batch, heads, S, E), (batch, heads, S, 3), (H,), (L + S,))
    return [library.tensor(generator.standard_normal(shape), requires_grad=True) for shape in shapes]


def expected(change, scale=SCALE, heads=H, batch=B):
    """torch's result, sums of exponentials and gradients, where ``change`` takes whole tensors of scores and places."""
    query, key, value, slopes, table = given = operands(torch, heads, batch)
    places = torch.meshgrid(*map(torch.arange, (B, H, L, S)), indexing="ij")
    keys, values = (t.repeat_interleave(H // heads, 1) for t in (key, value))
    scores = change(query @ keys.transpose(-2, -1) * scale, *places, slopes, table, torch)
    result = torch.softmax(scores, -1).nan_to_num() @ values
    return result, scores.logsumexp(-1), gradients(result, given)


def gradients(result, given):
    (result * result.detach().cos()).sum().backward()
    return [t.grad for t in given]


def alibi(score, b, h, q, k, slopes, table, torch):
    return score + slopes[h] * (q - k)


def relative(score, b, h, q, k, slopes, table, torch):
    return torch.where(q >= k, score * 2 + table[q - k + S - 1], -math.inf)


def capped(score, b, h, q, k, slopes, table, torch):
    return torch.tanh(score / 3) * 3 + b


def causal(b, h, q, k):
    return q >= k


def odd(b, h, q, k):
    return ((q + k + h) % 2 == 1) & (q != 3)


@pytest.mark.parametrize("heads", [H, 2])
@pytest.mark.parametrize("change", [alibi, relative, capped])
def test_scores(change, heads):
    query, key, value, slopes, table = given = operands(jaxlearn, heads)
    result, aux = flex_attention(
        query,
        key,
        value,
        lambda score, b, h, q, k: change(score, b, h, q, k, slopes, table, jaxlearn),
        enable_gqa=heads != H,
        return_aux=AuxRequest(lse=True),
    )
    want, sums, grads = expected(change, heads=heads)
    compare([result, aux.lse], [want, sums])
    got = gradients(result, given)
    compare(
        [g for g, w in zip(got, grads, strict=True) if w is not None], [w for w in grads if w is not None]
    )
    assert aux.max_scores is None


@pytest.mark.parametrize("batch", [B, 1])
def test_mask(batch):
    """Queries 3 attend to nothing; keys of one batch are those of all."""
    query, key, value, *_ = given = operands(jaxlearn, batch=batch)
    mask = create_block_mask(and_masks(causal, odd), B, H, L, S, BLOCK_SIZE=(2, 4))
    result, sums = flex_attention(query, key, value, None, mask, 0.5, return_lse=True)

    def change(score, b, h, q, k, *rest):
        return score.masked_fill(~(causal(b, h, q, k) & odd(b, h, q, k)), -math.inf)

    want, wanted_sums, grads = expected(change, 0.5, batch=batch)
    compare([result, sums], [want, wanted_sums])
    got = gradients(result, given)
    for mine, theirs in zip(got[:3], grads[:3], strict=True):
        compare(mine, theirs.nan_to_num())


def test_half_and_compiled():
    """The products are of float32; a new function of the same code is not compiled again."""
    q, k, v, slopes, _ = (t.detach().bfloat16() for t in operands(jaxlearn))

    def step(q, k, v):
        return flex_attention(q, k, v, lambda score, b, h, q, k: score + slopes[h] * (q - k))

    eager, compiled = step(q, k, v), jaxlearn.compile(step)(q, k, v)
    want = torch.nn.functional.scaled_dot_product_attention(
        *[torch.tensor(t.float().numpy()) for t in (q, k, v)],
        torch.tensor(slopes.float().numpy())[:, None, None] * (torch.arange(L)[:, None] - torch.arange(S)),
    )
    assert eager.dtype == jaxlearn.bfloat16
    compare([eager, compiled], [want.bfloat16()] * 2, atol=1e-2)
    before = jaxlearn.stats()["compiles"]
    for _ in range(3):
        step(q, k, v).sum().item()
    assert jaxlearn.stats()["compiles"] <= before + 2


def masks(torch):
    flex = torch.nn.attention.flex_attention
    mask = flex.create_block_mask(lambda b, h, q, k: (q >= k) & (q != 3), 2, None, 10, 12, "cpu", (4, 3))
    whole = flex.create_block_mask(causal, None, 3, 4, 4, "cpu", 2, separate_full_blocks=False)
    parts = [whole, mask, mask[0], mask[:, :, -2], mask._adjust(5, 6)]
    names = [
        f"{full}{side}_{what}"
        for full in ("", "full_")
        for side in "kvq"
        for what in ("num_blocks", "indices")
    ]
    found = [[getattr(part, name, None) for name in names] for part in parts]
    texts = [(str(part), repr(part).partition(" mask_mod")[0], part.shape, part.numel()) for part in parts]
    both = flex.or_masks(causal, flex.noop_mask), flex.and_masks(causal, flex.noop_mask)
    of_scores = flex.create_mask(lambda s, b, h, q, k: torch.where(q > k, s, -math.inf), 2, 1, 3, 3, "cpu")
    return found, texts, whole.to_string(1), [flex.create_mask(m, 1, 1, 3, 3, "cpu") for m in both], of_scores


MISTAKES = {
    "arguments": lambda torch, flex, x: flex.create_mask(lambda q, k: q >= k, 1, 1, 2, 2, "cpu"),
    "of scores": lambda torch, flex, x: flex.create_block_mask(max, 1, 1, 2, 2, "cpu"),
    "no function": lambda torch, flex, x: flex.or_masks(causal, 3),
    "one of a pair": lambda torch, flex, x: flex.BlockMask.from_kv_blocks(x[0, 0], x[0, 0], x[0, 0]),
    "dimensions of blocks": lambda torch, flex, x: flex.BlockMask.from_kv_blocks(x[0, 0, 0], x[0, 0, 0]),
    "dimensions": lambda torch, flex, x: flex.flex_attention(x[0], x[0], x[0]),
    "embedding": lambda torch, flex, x: flex.flex_attention(x, x[..., :1], x),
    "heads": lambda torch, flex, x: flex.flex_attention(x, x[:, :1], x[:, :1]),
    "groups": lambda torch, flex, x: flex.flex_attention(x[:, :1], x, x, enable_gqa=True),
    "batches": lambda torch, flex, x: flex.flex_attention(x, x[:1], x[:1]),
    "both": lambda torch, flex, x: flex.flex_attention(
        x, x, x, return_lse=True, return_aux=flex.AuxRequest()
    ),
    "small": lambda torch, flex, x: flex.flex_attention(
        x, x, x, None, flex.create_block_mask(causal, 1, 1, 2, 3, "cpu")
    ),
    "large": lambda torch, flex, x: flex.flex_attention(
        x, x, x, None, flex.create_block_mask(causal, 1, 1, 4, 3, "cpu")
    ),
    "part": lambda torch, flex, x: flex.flex_attention(
        x, x, x, None, flex.create_block_mask(causal, 1, 1, 3, 3, "cpu")[0]
    ),
}


def test_masks():
    same(masks)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    def program(torch):
        return MISTAKES[name](torch, torch.nn.attention.flex_attention, torch.ones(2, 2, 3, 4))

    same(program, message=True)
