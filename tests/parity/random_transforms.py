"""Random programs of function transforms: functions of a vector, transformed up to three times, for both libraries.

A function takes a vector of ``SIZE`` numbers (or a dictionary with one) and gives a tensor; each transform makes such a
function of one. What is drawn is drawn from NumPy, so that both libraries are given the same program.
"""

from __future__ import annotations

import numpy as np

SIZE = 4
W = np.random.RandomState(5).randn(SIZE, SIZE)


def written_in_place(torch, x):
    y = x.clone()
    y[0] = x[1] * 2
    y[1:3].mul_(x[2])
    y.add_(x.sum())
    return y


def through_views(torch, x):
    y = x.view(2, 2).t().contiguous()
    a, b = y.unbind(0)
    return torch.cat([a * b, y.flatten()[1:3], x.unsqueeze(0).expand(2, SIZE)[:, 0]])


def with_integers(torch, x):
    order = x.argsort()
    best = x.topk(2).indices
    return x[order] * torch.arange(SIZE) + x.index_select(0, best).sum() * (x > 0)


def layers(torch, x):
    F = torch.nn.functional
    h = F.linear(x, torch.tensor(W))
    return F.softplus(F.gelu((h - h.mean()) / h.std())).log_softmax(-1)


def loss(torch, x):
    return torch.nn.functional.cross_entropy(x.unsqueeze(0) * 2, torch.tensor([1]))


def attention(torch, x):
    q = torch.outer(x.tanh(), x.cos())
    return (torch.softmax(q @ (q + 1).T / 2, -1) @ q).sum(0)


def algebra(torch, x):
    a = torch.outer(x, x) + 3 * torch.eye(SIZE, dtype=x.dtype)
    return torch.linalg.inv(a) @ x * torch.linalg.inv(a * 2).trace()


def chosen(torch, x):
    return torch.where(x > 0, x.exp(), x**2).clamp(max=3.0).masked_fill(x < -1, 0.5)


def convolved(torch, x):
    y = torch.nn.functional.conv1d(x.view(1, 1, SIZE), torch.tensor(W[:2, None, :2]))
    return torch.nn.functional.max_pool1d(y, 2).flatten()


def scattered(torch, x):
    return torch.zeros(6, dtype=x.dtype).scatter_add(0, torch.tensor([0, 2, 2, 5]), x**3).cumsum(0)


def partly_detached(torch, x):
    return x.detach() * x.sin() + torch.tensor(W[0])


def wide(torch, x):
    return torch.einsum("i,ij,k->jk", x.tanh(), torch.tensor(W), x).logsumexp(0)


def branching(torch, x):
    return x * 2 if x.sum() > 0 else x.sin()


def reading(torch, x):
    return x * x.max().item()


def masked(torch, x):
    return x[x > 0].sum()


def random(torch, x):
    return x * torch.rand(SIZE, dtype=x.dtype)


def constant(torch, x):
    return x.new_ones(3)


def integral(torch, x):
    return x.argsort()


BASES = [
    written_in_place, through_views, with_integers, layers, loss, attention, algebra, chosen, convolved, scattered,
    partly_detached, wide, branching, reading, masked, random, constant, integral,
]  # fmt: skip


def _scalar(f):
    def total(torch, x):
        y = f(torch, x)
        return y.sin().sum() if y.is_floating_point() else y

    return total


def grad(draw, f):
    f = _scalar(f)
    return lambda torch, x: torch.func.grad(lambda x: f(torch, x))(x)


def grad_of_dict(draw, f):
    f = _scalar(f)

    def transformed(torch, x):
        g, (value, aux) = torch.func.grad_and_value(
            lambda d, k: (f(torch, d["a"] * k + d["b"][0]), d["b"][0] * 2), argnums=(0, 1), has_aux=True
        )({"a": x, "b": [x.cos()]}, torch.tensor(1.5, dtype=x.dtype))
        return g[0]["a"] * value + g[0]["b"][0] * g[1] + aux

    return transformed


def jacobian(draw, f):
    name, chunk = ["jacrev", "jacfwd"][draw(2)], [None, 1, 3][draw(3)]
    options = (
        {"chunk_size": chunk} if name == "jacrev" else {"randomness": ["error", "same", "different"][draw(3)]}
    )
    return lambda torch, x: getattr(torch.func, name)(lambda x: f(torch, x), **options)(x)


def hessian(draw, f):
    f = _scalar(f)
    which = draw(3)

    def transformed(torch, x):
        t, g = torch.func, lambda x: f(torch, x)
        return [t.hessian, lambda g: t.jacrev(t.jacrev(g)), lambda g: t.jacrev(t.jacfwd(g))][which](g)(x)

    return transformed


def jvp(draw, f):
    which = draw(2)

    def transformed(torch, x):
        y, pushed = torch.func.jvp(lambda x: f(torch, x), (x,), (x.cos(),))
        return pushed if which else y * pushed

    return transformed


def linearized(draw, f):
    def transformed(torch, x):
        _, push = torch.func.linearize(lambda x: f(torch, x), x)
        return push(torch.ones(SIZE, dtype=x.dtype))

    return transformed


def vjp(draw, f):
    def transformed(torch, x):
        y, pull = torch.func.vjp(lambda x: f(torch, x), x)
        return pull(y.detach().cos())[0]

    return transformed


def vmap(draw, f):
    in_dim, out_dim, chunk = [0, 1, -1][draw(3)], [0, -1][draw(2)], [None, 2][draw(2)]
    mode = ["error", "same", "different"][draw(3)]

    def transformed(torch, x):
        batch = torch.stack([x, x * 2, x + 1], in_dim)
        mapped = torch.func.vmap(
            lambda x, d: f(torch, x * d["s"] + d["whole"]), in_dims=(in_dim, {"s": 0, "whole": None}),
            out_dims=out_dim, randomness=mode, chunk_size=chunk,
        )  # fmt: skip
        return mapped(batch, {"s": torch.tensor([1.0, 0.5, 2.0], dtype=x.dtype), "whole": x})

    return transformed


def vmap_of_two(draw, f):
    def transformed(torch, x):
        y, z = torch.func.vmap(lambda a: (f(torch, a), a.sum()), out_dims=(0, None) if wrong else 0)(
            torch.stack([x, -x])
        )
        return y * z.view(-1, *[1] * (y.dim() - 1))

    wrong = draw(8) == 0
    return transformed


def per_sample(draw, f):
    f = _scalar(f)

    def transformed(torch, x):
        def one(w, sample):
            return f(torch, w * sample)

        return torch.func.vmap(torch.func.grad(one), in_dims=(None, 0))(x, torch.stack([x, x.sin()]))

    return transformed


TRANSFORMS = [grad, grad_of_dict, jacobian, hessian, jvp, vjp, vmap, vmap_of_two, per_sample]


def program(seed):
    """A program, and what it is made of."""
    random_state = np.random.RandomState(seed)
    draw = random_state.randint
    f = BASES[draw(len(BASES))]
    names = [f.__name__]
    for _ in range(1 + draw(3)):
        transform = TRANSFORMS[draw(len(TRANSFORMS))]
        f = transform(draw, f)
        names.append(transform.__name__)
    # Not inside of others, as torch's takes what surrounds it for constant, nor around forward mode and branches.
    if draw(6) == 0 and not {"jacobian", "hessian", "jvp", "written_in_place", "branching", "reading"} & set(
        names
    ):
        f = linearized(draw, f)
        names.append("linearized")
    x = random_state.randn(SIZE)

    def run(torch):
        torch.manual_seed(0)
        return f(torch, torch.tensor(x))

    return run, " of ".join(reversed(names))
