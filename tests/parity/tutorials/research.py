"""Steps of research programs: meta-learning, attacks, importance of parameters, policies, flows."""

from collections import OrderedDict

import torch
import torch.nn as nn

torch.manual_seed(3)


class MetaSGD(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.lr = nn.ParameterDict(
            {n.replace(".", "_"): nn.Parameter(torch.full_like(p, 0.05)) for n, p in net.named_parameters()}
        )

    def adapt(self, x, y):
        params = OrderedDict(self.net.named_parameters())
        loss = nn.functional.mse_loss(torch.func.functional_call(self.net, params, x), y)
        grads = torch.autograd.grad(loss, params.values(), create_graph=True)
        return OrderedDict(
            (n, p - self.lr[n.replace(".", "_")] * g) for (n, p), g in zip(params.items(), grads)
        )


net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
meta = MetaSGD(net)
opt = torch.optim.Adam(meta.parameters(), 1e-2)
for i in range(3):
    x, y = torch.randn(6, 2), torch.randn(6, 1)
    fast = meta.adapt(x[:3], y[:3])
    loss = nn.functional.mse_loss(torch.func.functional_call(net, fast, (x[3:],)), y[3:])
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"{loss.item():.5f}", f"{meta.lr['0_bias'].grad.norm().item():.5f}")
# Hypernetwork
hyper = nn.Linear(3, 4 * 2 + 2)
z = torch.randn(3)
th = hyper(z)
W, b = th[:8].view(2, 4), th[8:]
out = nn.functional.linear(torch.ones(1, 4), W, b)
out.sum().backward()
print(hyper.weight.grad.sum(), W.is_leaf)
# adversarial FGSM / PGD
clf = nn.Linear(4, 3)
x0 = torch.randn(2, 4)
t = torch.tensor([0, 2])
xa = x0.clone()
for _ in range(3):
    xa.requires_grad_(True)
    loss = nn.functional.cross_entropy(clf(xa), t)
    (g,) = torch.autograd.grad(loss, xa)
    with torch.no_grad():
        xa = xa + 0.1 * g.sign()
        xa = torch.max(torch.min(xa, x0 + 0.2), x0 - 0.2)
    xa = xa.detach()
print(xa, loss)
# EWC fisher
fisher = {n: torch.zeros_like(p) for n, p in clf.named_parameters()}
for i in range(4):
    clf.zero_grad()
    lp = nn.functional.log_softmax(clf(torch.randn(1, 4)), 1)
    lp[0, lp.argmax()].backward()
    for n, p in clf.named_parameters():
        fisher[n] += p.grad.data.pow(2) / 4
print(fisher["bias"])
# lookahead / manual in-place updates
slow = [p.clone().detach() for p in clf.parameters()]
with torch.no_grad():
    for p, s in zip(clf.parameters(), slow):
        s += 0.5 * (p - s)
        p.copy_(s)
print(clf.weight.requires_grad, clf.weight._version)
# REINFORCE
pol = nn.Linear(3, 2)
o = torch.optim.SGD(pol.parameters(), 0.1)
d = torch.distributions.Categorical(logits=pol(torch.ones(5, 3)))
a = d.sample()
(-(d.log_prob(a) * a.float()).mean()).backward()
print(a, pol.bias.grad)
# neural ODE-ish loop
ode = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
s = torch.tensor([[1.0, 0.0]])
traj = [s]
for _ in range(10):
    s = s + 0.1 * ode(s)
    traj.append(s)
torch.stack(traj).pow(2).mean().backward()
print(ode[0].weight.grad)
# mixed: out of graph edits
y = torch.zeros(3, requires_grad=True)
zz = y.clone()
zz[1] = 5.0
zz[0] = 3 * y[2]
zz.sum().backward()
print(y.grad, zz)
emb = nn.Embedding(5, 2, padding_idx=0)
emb(torch.tensor([0, 1, 1])).sum().backward()
print(emb.weight.grad)
torch.nn.utils.vector_to_parameters(torch.arange(15.0), clf.parameters())
print(clf.bias, torch.nn.utils.parameters_to_vector(clf.parameters()).shape)
