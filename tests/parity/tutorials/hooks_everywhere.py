"""Hooks of tensors, modules, nodes and saved tensors."""

import torch
import torch.nn as nn

torch.manual_seed(0)
m = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
log = []
hs = []
for n, p in m.named_parameters():
    hs.append(
        p.register_hook(lambda g, n=n: log.append((n, round(g.norm().item(), 4))) or g.clamp(-0.1, 0.1))
    )


def fh(mod, inp, out):
    log.append((type(mod).__name__, tuple(out.shape)))


def bh(mod, gi, go):
    log.append(
        ("B", type(mod).__name__, [None if g is None else tuple(g.shape) for g in gi], tuple(go[0].shape))
    )


for mod in m:
    hs.append(mod.register_forward_hook(fh))
    hs.append(mod.register_full_backward_hook(bh))


def fpre(mod, inp):
    log.append(("pre", len(inp)))
    return (inp[0] * 2,)


hs.append(m.register_forward_pre_hook(fpre))


def bpre(mod, go):
    log.append(("bpre", go[0].sum().item()))
    return None


hs.append(m[2].register_full_backward_pre_hook(bpre))
x = torch.ones(2, 3)
m(x).sum().backward()
for line in log:
    print(line)
print([p.grad.abs().max().item() <= 0.1 + 1e-6 for p in m.parameters()])
for h in hs:
    h.remove()
log.clear()
m.zero_grad()
m(x).sum().backward()
print(log)
# post accumulate: optimizer in backward
opts = {p: torch.optim.SGD([p], lr=0.1) for p in m.parameters()}


def step(p):
    opts[p].step()
    opts[p].zero_grad()


for p in m.parameters():
    p.register_post_accumulate_grad_hook(step)
m(x).pow(2).sum().backward()
print([p.grad for p in m.parameters()], m[0].weight.sum())
t = torch.ones(3, requires_grad=True)
a = t * 2
a.retain_grad()
b = a * 3
h1 = a.register_hook(lambda g: g * 10)
b.sum().backward()
print(a.grad, t.grad)
with torch.autograd.graph.saved_tensors_hooks(
    lambda x: (print("pack", tuple(x.shape)), x)[1], lambda x: (print("unpack"), x)[1]
):
    c = (t * t).sin().sum()
c.backward()
torch.autograd.graph.register_multi_grad_hook([t, a], lambda gs: print("multi", [g is None for g in gs]))
(t * 2).sum().backward()
acc = (t * 1).grad_fn.next_functions[0][0]
print(acc.name(), acc.variable is t)
acc.register_hook(lambda gi, go: print("acc", gi, go))
(t * 5).sum().backward()
acc.register_prehook(lambda go: print("accpre", go))
(t * 5).sum().backward()
n = (t * 5).grad_fn
n.register_hook(lambda gi, go: print("node", gi, go))
n.register_prehook(lambda go: (go[0] * 2,))
n.metadata["k"] = 1
print(n.metadata, n.name())
