"""Multi-head attention and the Transformer against torch, beyond the samples of the module database."""

from __future__ import annotations

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def inputs(torch, *shapes):
    rng = np.random.default_rng(0)
    return [torch.tensor(rng.normal(size=s).astype(np.float32), requires_grad=True) for s in shapes]


def grown(torch, result, given, module):
    """The results, and the gradients of a weighted sum of them."""
    parts = [r for r in (result if isinstance(result, tuple) else (result,)) if r is not None]
    total = sum((p * torch.linspace(0.5, 1, p.numel()).reshape(p.shape)).sum() for p in parts)
    total.backward()
    return parts, [x.grad for x in given], [p.grad for p in module.parameters()]


# Constructor, shapes of query, key and value, and the call's other arguments.
ATTENTION = {
    "other sizes": ("(4, 2, kdim=3, vdim=5)", [(3, 2, 4), (5, 2, 3), (5, 2, 5)], "{}"),
    "one key and value": ("(4, 2, batch_first=True, bias=False)", [(2, 3, 4), (2, 5, 4), None], "{}"),
    "weights of each head": ("(4, 2)", [(3, 2, 4), None, None], "dict(average_attn_weights=False)"),
    "floating masks": (
        "(4, 2, add_bias_kv=True, add_zero_attn=True)",
        [(3, 2, 4), (5, 2, 4), (5, 2, 4)],
        "dict(attn_mask=torch.linspace(-1, 1, 60).reshape(4, 3, 5), key_padding_mask=torch.linspace(-1, 0, 10)"
        ".reshape(2, 5), need_weights=False)",
    ),
    "causal": (
        "(4, 2, batch_first=True)",
        [(2, 3, 4), None, None],
        "dict(attn_mask=torch.nn.Transformer.generate_square_subsequent_mask(3), is_causal=True, need_weights=False)",
    ),
    "mask of another shape": ("(4, 2)", [(3, 2, 4), None, None], "dict(attn_mask=torch.ones(2, 3))"),
    "causal without a mask": ("(4, 2)", [(3, 2, 4), None, None], "dict(is_causal=True)"),
    "query of 4 dimensions": ("(4, 2)", [(3, 2, 4, 1), None, None], "{}"),
    "heads that do not divide": ("(5, 2)", [(3, 2, 5), None, None], "{}"),
    "no heads": ("(4, 0)", [(3, 2, 4), None, None], "{}"),
    "padding of another shape": (
        "(4, 2)",
        [(3, 2, 4), None, None],
        "dict(key_padding_mask=torch.zeros(2, 4, dtype=torch.bool))",
    ),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(name):
    call, shapes, options = ATTENTION[name]

    def program(torch):
        torch.manual_seed(0)
        layer = eval("nn.MultiheadAttention" + call, {"nn": torch.nn})
        given = inputs(torch, *[s for s in shapes if s is not None])
        q, k, v = (
            given[0],
            given[0] if shapes[1] is None else given[1],
            given[-1] if shapes[2] is None else given[2],
        )
        return grown(torch, layer(q, k, v, **eval(options, {"torch": torch})), given, layer)

    same(program, atol=2e-5, message=True)  # float32 sums in another order than torch's


def test_padding_is_left_out_in_evaluation():
    """Without gradients torch's encoder computes no padding: zeros are in its place, then the norm."""

    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        net = torch.nn.TransformerEncoder(layer, 2, torch.nn.LayerNorm(4)).eval()
        (x,) = inputs(torch, (2, 3, 4))
        x = x.detach()
        padding = torch.tensor([[False, False, True], [False, True, True]])
        with torch.no_grad():
            left_out = net(x, src_key_padding_mask=padding)
        return left_out, net(x, src_key_padding_mask=padding)[0, :2]

    same(program, atol=2e-5)


def test_transformer():
    """Causal target, padded source, an activation by name; a mask that is_causal is found out of."""

    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Transformer(4, 2, 1, 1, 8, 0.0, "gelu", norm_first=True)
        given = inputs(torch, (3, 2, 4), (2, 2, 4))
        mask = net.generate_square_subsequent_mask(2)
        padding = torch.tensor([[False, False, True], [False, False, False]])
        result = net(*given, tgt_mask=mask, src_key_padding_mask=padding, memory_key_padding_mask=padding)
        return mask, grown(torch, result, given, net)

    same(program, atol=2e-5)
