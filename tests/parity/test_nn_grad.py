"""``nn.grad``, ``grouped_mm``, counted gradients of ``EmbeddingBag``, and layers on empty batches, against torch."""

from __future__ import annotations

import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized


@pytest.mark.parametrize("n", [1, 2, 3])
def test_gradients_of_convolutions(n):
    def program(torch):
        torch.manual_seed(0)
        options = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
        size = (2, 4, *range(5, 5 + n))
        x, w = torch.randn(size), torch.randn(6, 2, *[3] * n, requires_grad=True)
        y = getattr(torch.nn.functional, f"conv{n}d")(x, w, **options)
        g = torch.randn(y.shape)
        by_input = getattr(torch.nn.grad, f"conv{n}d_input")(size, w, g, **options)
        by_weight = getattr(torch.nn.grad, f"conv{n}d_weight")(x, w.shape, g, **options)
        (second,) = torch.autograd.grad(by_input.sum(), w)
        with torch.no_grad():
            again = getattr(torch.nn.grad, f"conv{n}d_input")(torch.Size(size), w, g, 2, 1, 1, 2)
        return by_input, by_weight, second, again

    same(program)


def grouped(torch):
    multiply = torch.nn.functional.grouped_mm
    torch.manual_seed(0)
    found = []
    for a, b, ends in (
        ((6, 4), (2, 4, 8), [2, 6]),
        ((6, 4), (3, 4, 8), [2, 2, 6]),
        ((2, 8, 4), (2, 4, 8), None),
        ((4, 8), (8, 8), [4, 8]),
        ((2, 8, 4), (4, 8), [4, 8]),
    ):
        offs = None if ends is None else torch.tensor(ends, dtype=torch.int32)
        x, y = torch.randn(*a, requires_grad=True), torch.randn(*b, requires_grad=True)
        out = multiply(x, y, offs=offs)
        found.append((out, out.grad_fn.name()))
        if len(b) == 3:
            # torch's gradient has to be dense, and it refuses the other two.
            out.backward(torch.arange(1.0, 1 + out.numel()).reshape(out.shape))
            found.append((x.grad, y.grad))
    return found


def test_grouped_mm():
    same(grouped)


OFFS = {"offs": [2, 6]}
WRONG = {
    "four dimensions": ((1, 1, 6, 4), (2, 4, 8), OFFS),
    "one dimension": ((6,), (2, 4, 8), OFFS),
    "double": ((6, 4), (2, 4, 8), {**OFFS, "dtype": "float64"}),
    "no offsets": ((6, 4), (2, 4, 8), {}),
    "offsets": ((2, 8, 4), (2, 4, 8), OFFS),
    "inner size": ((6, 4), (2, 8, 8), OFFS),
    "groups": ((6, 4), (3, 4, 8), OFFS),
    "batches": ((3, 8, 4), (2, 4, 8), {}),
    "int64": ((6, 4), (2, 4, 8), {**OFFS, "kind": "int64"}),
    "matrix": ((6, 4), (2, 4, 8), {"offs": [[2, 6]]}),
    "bias": ((6, 4), (2, 4, 8), {**OFFS, "bias": True}),
    "out_dtype": ((6, 4), (2, 4, 8), {**OFFS, "out_dtype": "bfloat16"}),
}


@pytest.mark.parametrize("name", WRONG)
def test_grouped_mm_mistakes(name):
    a, b, options = WRONG[name]

    def program(torch):
        dtype = getattr(torch, options.get("dtype", "float32"))
        ends = options.get("offs")
        torch.nn.functional.grouped_mm(
            torch.ones(*a, dtype=dtype),
            torch.ones(*b, dtype=dtype),
            offs=None
            if ends is None
            else torch.tensor(ends, dtype=getattr(torch, options.get("kind", "int32"))),
            bias=torch.ones(8) if "bias" in options else None,
            out_dtype=getattr(torch, options["out_dtype"]) if "out_dtype" in options else None,
        )

    same(program, message=True)


@pytest.mark.parametrize("indices", [[2, 2, 3], [4, 4, 0, 0, 0, 1, 1, 1, 1], [0, 4, 0, 4, 0, 1, 1]])
def test_embedding_bag_gradients_by_frequency(indices):
    def program(torch):
        found = []
        for mode in ("sum", "mean"):
            for padding in (None, 0, 3):
                table = torch.ones(5, 2, requires_grad=True)
                out = torch.nn.functional.embedding_bag(
                    torch.tensor(indices),
                    table,
                    torch.tensor([0, 2]),
                    mode=mode,
                    scale_grad_by_freq=True,
                    padding_idx=padding,
                )
                out.backward(torch.arange(1.0, 5.0).reshape(2, 2))
                found.append((out, table.grad))
        return found

    same(program)


EMPTY = {
    "TransformerEncoderLayer": lambda nn, t: nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True)(
        t.ones(0, 3, 4)
    ),
    "TransformerEncoderLayer seq first": lambda nn, t: nn.TransformerEncoderLayer(4, 2, 8, 0.0)(
        t.ones(3, 0, 4)
    ),
    "MultiheadAttention": lambda nn, t: nn.MultiheadAttention(4, 2)(*[t.ones(3, 0, 4)] * 3),
    "MultiheadAttention no weights": lambda nn, t: nn.MultiheadAttention(4, 2)(
        *[t.ones(3, 0, 4)] * 3, need_weights=False
    ),
    "CrossEntropyLoss": lambda nn, t: nn.CrossEntropyLoss()(t.ones(0, 3, 4), t.ones(0, 3, 4)),
    "PairwiseDistance": lambda nn, t: nn.PairwiseDistance(keepdim=True)(t.tensor(1.0), t.tensor(3.0)),
    "TripletMarginLoss": lambda nn, t: nn.TripletMarginLoss()(*t.tensor([1.0, 3.0, 4.0])),
    "AvgPool2d": lambda nn, t: nn.AvgPool2d(2)(t.ones(0, 2, 4, 4)),
    "Fold": lambda nn, t: nn.Fold(4, 2)(t.ones(0, 8, 9)),
    "Unfold": lambda nn, t: nn.Unfold(2)(t.ones(0, 1, 4, 4)),
}


@pytest.mark.parametrize("name", EMPTY)
def test_without_elements_or_dimensions(name):
    same(lambda torch: EMPTY[name](torch.nn, torch))
