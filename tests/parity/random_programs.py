"""A small language of random programs: views, writes in place, hooks, gradients, updates, branches and reads.

A program is a list of steps, each a kind and a few small numbers; :func:`run` interprets it with either library. A step
that raises leaves the exception's type and first line in the results, so errors are compared as well. Left out is what
torch leaves undefined (writing to memory while reading other elements of it in an order of its own, writing through
windows that overlap), and the differences that README lists.
"""

from __future__ import annotations

import re
import sys
import warnings

import numpy as np

DATA = np.linspace(-1.3, 1.7, 16).reshape(4, 4)

VIEWS = [
    lambda t, a, b: t[a % 4],
    lambda t, a, b: t[:, a % 4],
    lambda t, a, b: t[a % 3 : a % 3 + 2],
    lambda t, a, b: t[..., ::2],
    lambda t, a, b: t.transpose(0, -1),
    lambda t, a, b: t.view(-1),
    lambda t, a, b: t.view(2, -1),
    lambda t, a, b: t.reshape(-1),
    lambda t, a, b: t.unsqueeze(b % 2),
    lambda t, a, b: t.squeeze(),
    lambda t, a, b: t.narrow(0, a % 2, 2),
    lambda t, a, b: t.diagonal(b % 3 - 1),
    lambda t, a, b: t.expand(2, *t.shape),
    lambda t, a, b: t.split(2)[0],
    lambda t, a, b: t.unbind(0)[a % 2],
    lambda t, a, b: t.as_strided((2, 3), (4, 1), a % 4),
    lambda t, a, b: t.flatten(),
    lambda t, a, b: t.movedim(0, -1),
    lambda t, a, b: t.unfold(0, 2, 2),
    lambda t, a, b: t.detach(),
    lambda t, a, b: t.contiguous(),
    lambda t, a, b: t.T if t.dim() == 2 else t,
    lambda t, a, b: t.data,
    lambda t, a, b: t.select(-1, a % 2),
    lambda t, a, b: t.swapaxes(0, -1),
    lambda t, a, b: t.view_as(t),
    lambda t, a, b: t[None],
    lambda t, a, b: t[a % 2 :, ..., b % 2],
    lambda t, a, b: t.detach()[a % 2],
    lambda t, a, b: t[a % 2].detach(),
    lambda t, a, b: t.unflatten(0, (2, -1)),
    lambda t, a, b: t.expand_as(t),
    lambda t, a, b: t.broadcast_to(2, *t.shape)[1],
    lambda t, a, b: t.ravel(),
    lambda t, a, b: t.tensor_split(2)[b % 2],
    lambda t, a, b: t[[0, 1]],
]
# Functions with several results, which must not be written to with a history.
MULTI = [
    lambda t, a, b: t.chunk(2),
    lambda t, a, b: t.split(2),
    lambda t, a, b: t.unbind(0)[:2],
    lambda t, a, b: t.unbind(-1)[:2],
    lambda t, a, b: t.split([1, t.shape[0] - 1]),
    lambda t, a, b: t.tensor_split(2, -1),
    lambda t, a, b: list(t)[:2],
]


def indices(t, *n):
    return sys.modules[type(t).__module__.split(".")[0]].tensor(n)


WRITES = [
    lambda t, s, a, b: t.add_(0.25 * a),
    lambda t, s, a, b: t.mul_(0.5 + 0.25 * b),
    lambda t, s, a, b: t.neg_(),
    lambda t, s, a, b: t.clamp_(-1.0, 1.5),
    lambda t, s, a, b: t.zero_(),
    lambda t, s, a, b: t.fill_(0.5 * b),
    lambda t, s, a, b: t.tanh_(),
    lambda t, s, a, b: t.copy_(s),
    lambda t, s, a, b: t.add_(s, alpha=0.5),
    lambda t, s, a, b: t.mul_(s),
    lambda t, s, a, b: t.__setitem__(a % 2, 0.75),
    lambda t, s, a, b: t.__setitem__(..., s),
    lambda t, s, a, b: t.__setitem__(slice(0, 2), s[..., :1]),
    lambda t, s, a, b: t.__iadd__(s),
    lambda t, s, a, b: t.masked_fill_(t.detach() > 0.6, 0.1),
    lambda t, s, a, b: t.detach().mul_(0.5),
    lambda t, s, a, b: t.t_(),
    lambda t, s, a, b: t.unsqueeze_(0),
    lambda t, s, a, b: t.squeeze_(),
    lambda t, s, a, b: t.index_put_((indices(t, a % 2),), s[0]),
    lambda t, s, a, b: t[:2].index_put_((indices(t, 0, 0),), s[:1], accumulate=True),
    lambda t, s, a, b: t[:2].index_add_(0, indices(t, 0, 0), s[:2]) if s.dim() == t.dim() > 0 else t,
    lambda t, s, a, b: t.index_copy_(0, indices(t, 1, 0), s[:2]),
    lambda t, s, a, b: t.index_fill_(0, indices(t, a % 2), 0.3),
    lambda t, s, a, b: t.scatter_(0, t.detach().long() * 0, 0.4),
    lambda t, s, a, b: t.masked_scatter_(t.detach() > 0.1, s.reshape(-1).repeat(64)),
    lambda t, s, a, b: t.lerp_(s, 0.3),
    lambda t, s, a, b: t.addcmul_(s, s, value=0.5),
    lambda t, s, a, b: t.sub_(s),
    lambda t, s, a, b: t.__imul__(0.5),
    lambda t, s, a, b: t.tril_(),
    lambda t, s, a, b: t.cumsum_(0),
    lambda t, s, a, b: t.sigmoid_(),
    lambda t, s, a, b: t.relu_(),
    lambda t, s, a, b: t.transpose_(0, -1),
    lambda t, s, a, b: t.data.mul_(0.5),
    lambda t, s, a, b: t.fill_diagonal_(0.2),
    lambda t, s, a, b: t.__setitem__(t.detach() > 0.5, 0.2),
    lambda t, s, a, b: t.__setitem__((slice(None), 0), s[..., 0]),
    lambda t, s, a, b: t.__setitem__([0, 1], s[:2]),
    lambda t, s, a, b: t.div_(s.detach().abs() + 1),
    lambda t, s, a, b: t.masked_fill_(s.detach() > 0, 0.7),
    lambda t, s, a, b: t.copy_(t.detach().flip(0)),
    lambda t, s, a, b: t.mul_(t),
    lambda t, s, a, b: t.detach_(),
    lambda t, s, a, b: t.requires_grad_(),
    lambda t, s, a, b: t.exp_().clamp_max_(2.0),
    lambda t, s, a, b: t.squeeze_(0),
    lambda t, s, a, b: t.clamp_(max=s.detach()),
]
OUTS = [
    lambda t, s, a, b: t * 0.5,
    lambda t, s, a, b: t + s,
    lambda t, s, a, b: t.sin(),
    lambda t, s, a, b: t.clone(),
    lambda t, s, a, b: t * t,
    lambda t, s, a, b: t.exp().clamp(max=3),
    lambda t, s, a, b: t.sigmoid(),
    lambda t, s, a, b: t.softmax(-1),
    lambda t, s, a, b: t.sum(0, keepdim=True),
    lambda t, s, a, b: t.relu(),
    lambda t, s, a, b: (t @ s) * 1.0,
    lambda t, s, a, b: t.index_select(0, indices(t, 0, 1, 0)),
    lambda t, s, a, b: t.cumsum(0),
    lambda t, s, a, b: t.where(s.detach() > 0, s),
    lambda t, s, a, b: t.masked_fill(t.detach() > 0.5, 0.1),
    lambda t, s, a, b: t.detach().clone().requires_grad_(),
    lambda t, s, a, b: t.tanh() * t,
    lambda t, s, a, b: (t * s).mean(-1),
    lambda t, s, a, b: t.contiguous(),
    lambda t, s, a, b: t.max(0).values,
    lambda t, s, a, b: t.repeat(2, *[1] * (t.dim() - 1)),
    lambda t, s, a, b: t.norm(),
    lambda t, s, a, b: t.to(t.dtype),
    lambda t, s, a, b: t.index_put((indices(t, a % 2),), s[0]),
    lambda t, s, a, b: t.flip(0),
    lambda t, s, a, b: t.sort(-1).values,
]

# How often each kind of step comes: views and writes most.
KINDS = [
    "view", "view", "view", "write", "write", "write", "out", "out", "backward", "backward", "several", "unseen",
    "unseen view", "detached", "overlap", "branch", "read", "grad", "twice", "inputs", "hook", "retain", "leaf grad",
    "update", "delete", "close over", "call",
]  # fmt: skip
GRADS = [
    lambda p: p.grad.mul_(0.5),
    lambda p: p.grad.zero_(),
    lambda p: setattr(p, "grad", None),
    lambda p: p.grad.view(-1)[0].fill_(2),
    lambda p: setattr(p, "grad", p.grad * 2),
]


class Machine:
    """Runs a program.

    Args:
        lib: the library.
        w: the first leaf.
        reads: whether values may be read in the middle, for branches too; a compiled function may not.
    """

    def __init__(self, lib, w, reads):
        self.lib, self.reads = lib, reads
        self.u = lib.tensor(DATA.T * 0.3, requires_grad=True)
        self.leaves = [w, self.u]
        self.optimizer = lib.optim.SGD([p for p in self.leaves if p.requires_grad], 0.1, momentum=0.5)
        self.pool = [w * 1.5 if w.requires_grad else w.clone(), self.u * 0.5]
        self.events, self.closures = [], []
        # A gradient depends on an operation's operands here, in torch on its result where the formula keeps that: so
        # the gradient of a gradient is asked for by leaves only.
        self.differentiated = False

    def step(self, n, kind, which, i, j, a, b):
        if not self.pool:
            self.pool.append(self.u * 1.0)
        t, s = self.pool[i % len(self.pool)], self.pool[j % len(self.pool)]
        try:
            self.perform(n, kind, which, t, s, a, b)
        except Exception as error:
            text = re.sub(r", which is output . of [\w:]+,", "", str(error).split("\n")[0])
            if text.startswith("The size of tensor a"):  # in which order torch compares them
                text = "The size of tensor"
            if "second time" in text or "modified by" in text:
                for p in self.leaves:  # to some of which torch has added before
                    p.grad = None
            self.events.append(f"{kind} {n}: {type(error).__name__}: {text}")
        self.pool = self.pool[-6:]

    def perform(self, n, kind, which, t, s, a, b):
        lib, pool = self.lib, self.pool
        if kind in ("write", "out", "unseen", "detached"):
            # A copy with a history, as torch does not say what it reads while it writes the same memory.
            s = s * 1.0
            if kind != "out" and any(n > 1 and not k for n, k in zip(t.shape, t.stride(), strict=True)):
                return  # torch lets some of these through, to fail in backward
        if kind == "view":
            pool.append(VIEWS[which % len(VIEWS)](t, a, b))
        elif kind == "unseen view":
            if not t.requires_grad:
                with lib.no_grad():
                    pool.append(VIEWS[which % len(VIEWS)](t, a, b))
        elif kind == "several":
            pool.extend(MULTI[which % len(MULTI)](t, a, b))
        elif kind == "write":
            WRITES[which % len(WRITES)](t, s, a, b)
        elif kind == "unseen":
            with lib.no_grad():
                WRITES[which % len(WRITES)](t, s, a, b)
        elif kind == "detached":
            WRITES[which % len(WRITES)](t.detach(), s.detach(), a, b)
        elif kind == "overlap":
            if t.is_contiguous():
                flat = t.view(-1)
                flat[a : a + 4].copy_(flat[b : b + 4])
        elif kind == "out":
            pool.append(OUTS[which % len(OUTS)](t, s, a, b))
        elif kind == "branch" and self.reads:
            if t.detach().sum() > 0.33:
                t.mul_(0.5)
            else:
                pool.append(t + 1)
        elif kind == "read" and self.reads:
            self.events.append(t.sum().item())
            pool.append(t[t.detach() > 0.2] if a % 2 else t.new_tensor(t.detach().tolist()))
        elif kind == "delete" and len(pool) > 1:
            del pool[next(k for k, x in enumerate(pool) if x is t)]
        elif kind == "close over":
            self.closures.append(lambda: t * 2)
        elif kind == "call" and self.closures:
            pool.append(self.closures[a % len(self.closures)]())
        else:
            self.differentiate(n, kind, t, s, a, b)

    def differentiate(self, n, kind, t, s, a, b):
        lib, u = self.lib, self.u
        if kind == "backward" and t.requires_grad:
            (t * t).sum().backward(retain_graph=bool(a % 2))
        elif kind == "inputs" and not self.differentiated:
            t.sum().backward(inputs=[u] if a % 2 else self.leaves)
        elif kind == "grad":
            by = [s] if a % 2 and not self.differentiated else [u]
            found = lib.autograd.grad((t * t).sum(), by, create_graph=bool(b % 2))
            self.differentiated = True
            self.pool.extend([g.contiguous() * 1.0 for g in found])
        elif kind == "twice":
            (g,) = lib.autograd.grad(t.sin().sum(), u, create_graph=True)
            self.differentiated = True
            (g * g).sum().backward()
        elif kind == "hook":
            # torch crashes where a hook comes first to a view whose base was written to; so its history comes first.
            self.events.append(t.requires_grad and t.grad_fn is None)
            noted = [lambda g: self.events.append([n, g.detach().clone()]), lambda g: g * 0.5][b % 2]
            (u if a % 3 == 0 else t).register_hook(noted)
        elif kind == "retain":
            t.retain_grad()
        elif kind == "leaf grad" and self.leaves[a % 2].grad is not None:
            GRADS[b % len(GRADS)](self.leaves[a % 2])
        elif kind == "update":
            self.optimizer.step()
            if b % 3:
                self.optimizer.zero_grad(set_to_none=b % 3 == 1)

    def seen(self):
        """What the program leaves behind."""
        pool = self.pool

        def told(question):
            answers = []
            for t in pool:
                try:
                    answers.append(question(t))
                except RuntimeError as error:
                    answers.append(str(error))
            return answers

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the grad of tensors that do not keep one
            grads = [None if t.grad is None else t.grad.detach().clone() for t in [*self.leaves, *pool]]
        return [
            self.events,
            [t._version for t in pool],
            [t.stride() for t in pool if t._is_view()],
            told(lambda t: None if t.grad_fn is None else t.grad_fn.name()),
            told(lambda t: (t.requires_grad, t.is_leaf)),
            [t.detach().clone() for t in pool],
            grads,
            [p.detach().clone() for p in self.leaves],
        ]


def run(lib, program, w, reads):
    """What a program leaves behind; see :class:`Machine`."""
    machine = Machine(lib, w, reads)
    for n, step in enumerate(program):
        machine.step(n, *step)
    return machine.seen()
