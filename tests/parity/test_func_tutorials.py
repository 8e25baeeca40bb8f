"""The programs of torch's tutorials on ``func``, and ``vmap`` over operations of every family, against torch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from .helper import same

pytestmark = pytest.mark.unoptimized

X = np.random.RandomState(1).randn(4, 3).astype("f")


def test_model_agnostic_meta_learning():
    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
        params = dict(net.named_parameters())
        x1, x2 = torch.rand(4, 10, 1), torch.rand(4, 10, 1)

        def task(x1, y1, x2, y2):
            def loss(p, x, y):
                return ((torch.func.functional_call(net, p, (x,)) - y) ** 2).mean()

            g = torch.func.grad(loss)(params, x1, y1)
            return loss({k: params[k] - 0.1 * g[k] for k in params}, x2, y2)

        total = torch.func.vmap(task)(x1, x1.sin(), x2, x2.sin()).mean()
        total.backward()
        return total, [p.grad for p in net.parameters()]

    same(program, rtol=1e-4, atol=1e-6)  # gradients of gradients of sums


def test_neural_tangent_kernels():
    def program(torch):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        params = {k: v.detach() for k, v in net.named_parameters()}
        x1, x2 = torch.rand(3, 3), torch.rand(2, 3)
        func = torch.func

        def f(p, x):
            return func.functional_call(net, p, (x,))

        rows = [
            [j.flatten(2) for j in func.vmap(func.jacrev(f), (None, 0))(params, x).values()] for x in (x1, x2)
        ]
        contracted = sum(torch.einsum("naf,mbf->nmab", a, b) for a, b in zip(*rows, strict=True))

        def by_products(x1, x2):
            _, pull = func.vjp(lambda p: f(p, x1), params)
            return func.vmap(lambda v: func.jvp(lambda p: f(p, x2), (params,), pull(v))[1])(torch.eye(2))

        return contracted, func.vmap(func.vmap(by_products, (None, 0)), (0, None))(x1, x2)

    same(program, rtol=1e-4, atol=1e-6)  # sums of products in another order


def test_per_sample_gradients_of_layers():
    def program(torch):
        def per_sample(net, x):
            params = {k: v.detach() for k, v in net.named_parameters()}

            def loss(p, x):
                return torch.func.functional_call(net, p, (x.unsqueeze(0),)).pow(2).sum()

            return torch.func.vmap(torch.func.grad(loss), (None, 0))(params, x)

        torch.manual_seed(0)
        nn = torch.nn
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own, about speed
            return [
                per_sample(
                    nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), torch.rand(2, 3, 4)
                ),
                per_sample(
                    nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2)), torch.tensor([[0, 1], [2, 3]])
                ),
                per_sample(
                    nn.Sequential(nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2), nn.MaxPool2d(2)),
                    torch.rand(2, 1, 6, 6),
                ),
            ]

    same(program, rtol=1e-3, atol=1e-5)  # layers of sums in another order


OPERATIONS = {
    "indexing": lambda torch, x: (x[torch.tensor([1, 0])], x[0], x[None, 1:], x.gather(0, x.argsort())),
    "order": lambda torch, x: (x.sort().values, x.topk(2)[0], x.max(), x.max(0)[0], x.cumsum(0), x.median()),
    "choice": lambda torch, x: (torch.where(x > 0, x, -x), x.masked_fill(x > 0, 0.0), (x > 0).any(), x.clamp(-1, 1)),
    "joining": lambda torch, x: (torch.cat([x, x * 2]), torch.stack([x, torch.zeros(3)]), torch.split(x, 2)[0]),
    "shape": lambda torch, x: (x.view(3, 1).expand(3, 2).reshape(-1), x.flip(0).roll(1), x.unfold(0, 2, 1)),
    "products": lambda torch, x: (x.outer(x) @ x, torch.einsum("i,j->ij", x, x), x.diag().tril()),
    "writes": lambda torch, x: (
        torch.zeros(3).scatter(0, x.argsort(), x), torch.zeros(3).index_put((x.argsort(),), x), x.clone().fill_(3.0),
    ),
    "statistics": lambda torch, x: (x.norm(), x.var(), torch.std_mean(x), x.softmax(0), x.logsumexp(0)),
    "making": lambda torch, x: (
        x * torch.arange(3),
        x.new_zeros(2) + x[0],
        torch.full_like(x, 2.0) * x,
        x.double().float(),
    ),
    "linalg": lambda torch, x: (torch.linalg.inv(x.outer(x) + torch.eye(3)), torch.det(x.outer(x) + torch.eye(3))),
    "layers": lambda torch, x: (
        torch.nn.functional.conv1d(x[None, None], torch.ones(1, 1, 2)),
        torch.nn.functional.layer_norm(x, (3,)),
        torch.nn.functional.one_hot(x.argmax(), 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("family", OPERATIONS)
def test_vmap_over_operations(family):
    same(
        lambda torch: torch.func.vmap(lambda x: OPERATIONS[family](torch, x))(torch.tensor(X)),
        rtol=1e-5,
        atol=1e-5,
    )
