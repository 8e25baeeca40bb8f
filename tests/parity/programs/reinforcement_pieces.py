# Reinforcement-learning and sequence-model helpers in the style of single-file repositories
import random
from collections import deque, namedtuple
from copy import deepcopy
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.distributions as D
from torch.distributions.normal import Normal
from torch.distributions.categorical import Categorical
from torch.distributions.utils import (
    logits_to_probs,
    probs_to_logits,
    clamp_probs,
    broadcast_all,
    lazy_property,
)

torch.manual_seed(1)
np.random.seed(1)


def mlp(sizes, activation, output_activation=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


def discount_cumsum(x, discount):
    out, run = np.zeros_like(x), 0.0
    for i in reversed(range(len(x))):
        run = x[i] + discount * run
        out[i] = run
    return out


class Buffer:
    def __init__(self, obs_dim, size, gamma=0.99, lam=0.95):
        self.obs = np.zeros((size, obs_dim), dtype=np.float32)
        self.act, self.adv, self.rew, self.ret, self.val, self.logp = (
            np.zeros(size, dtype=np.float32) for _ in range(6)
        )
        self.gamma, self.lam, self.ptr, self.start, self.max = gamma, lam, 0, 0, size

    def store(self, o, a, r, v, lp):
        (
            self.obs[self.ptr],
            self.act[self.ptr],
            self.rew[self.ptr],
            self.val[self.ptr],
            self.logp[self.ptr],
        ) = o, a, r, v, lp
        self.ptr += 1

    def finish(self, last=0):
        s = slice(self.start, self.ptr)
        rews, vals = np.append(self.rew[s], last), np.append(self.val[s], last)
        deltas = rews[:-1] + self.gamma * vals[1:] - vals[:-1]
        self.adv[s] = discount_cumsum(deltas, self.gamma * self.lam)
        self.ret[s] = discount_cumsum(rews, self.gamma)[:-1]
        self.start = self.ptr

    def get(self):
        self.adv = (self.adv - self.adv.mean()) / self.adv.std()
        return {
            k: torch.as_tensor(v, dtype=torch.float32)
            for k, v in dict(obs=self.obs, act=self.act, ret=self.ret, adv=self.adv, logp=self.logp).items()
        }


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.pi, self.v = mlp([3, 8, 2], nn.Tanh), mlp([3, 8, 1], nn.Tanh)

    def step(self, obs):
        with torch.no_grad():
            pi = Categorical(logits=self.pi(obs))
            a = pi.sample()
            return a.numpy(), torch.squeeze(self.v(obs), -1).numpy(), pi.log_prob(a).numpy()


ac, buf = ActorCritic(), Buffer(3, 10)
o = np.random.randn(3)
for t in range(10):
    a, v, lp = ac.step(torch.as_tensor(o, dtype=torch.float32))
    buf.store(o, a, float(o.sum()), v, lp)
    o = np.random.randn(3) * 0.5
    if t in (4, 9):
        buf.finish(0 if t == 9 else v)
data = buf.get()
print(a, type(a), v.shape, data["adv"], data["ret"])
opt = torch.optim.Adam(ac.pi.parameters(), lr=3e-3)
for i in range(3):
    opt.zero_grad()
    pi = Categorical(logits=ac.pi(data["obs"]))
    logp = pi.log_prob(data["act"])
    ratio = torch.exp(logp - data["logp"])
    clip_adv = torch.clamp(ratio, 0.8, 1.2) * data["adv"]
    loss = -(torch.min(ratio * data["adv"], clip_adv)).mean()
    kl = (data["logp"] - logp).mean().item()
    clipped = ratio.gt(1.2) | ratio.lt(0.8)
    cf = torch.as_tensor(clipped, dtype=torch.float32).mean().item()
    loss.backward()
    opt.step()
    print(f"{loss.item():.6f} {kl:.6f} {pi.entropy().mean().item():.5f} {cf}")


# masked and multi-head categorical, C51, quantile regression DQN, noisy nets
class CategoricalMasked(Categorical):
    def __init__(self, probs=None, logits=None, validate_args=None, masks=None):
        self.masks = masks
        if masks is not None:
            logits = torch.where(masks, logits, torch.tensor(-1e8))
        super().__init__(probs, logits, validate_args)

    def entropy(self):
        p_log_p = torch.where(self.masks, self.logits * self.probs, torch.tensor(0.0))
        return -p_log_p.sum(-1)


m = CategoricalMasked(logits=torch.randn(2, 4), masks=torch.tensor([[1, 0, 1, 1], [0, 0, 1, 0]]).bool())
print(m, m.sample((3,)), m.entropy(), m.probs, m.log_prob(torch.tensor([0, 2])), m.mode)
split = torch.split(torch.randn(2, 5), [2, 3], dim=1)
multi = [Categorical(logits=l) for l in split]
acts = torch.stack([c.sample() for c in multi])
print(acts, torch.stack([c.log_prob(a) for a, c in zip(acts, multi)]).sum(0))
support = torch.linspace(-2, 2, 5)
nd = torch.softmax(torch.randn(3, 5), 1)
Tz = (torch.tensor([[0.5], [-1.0], [3.0]]) + 0.9 * support).clamp(-2, 2)
b = (Tz + 2) / 1.0
l, u = b.floor().long(), b.ceil().long()
l[(u > 0) * (l == u)] -= 1
u[(l < 4) * (l == u)] += 1
off = torch.linspace(0, 2 * 5, 3).long().unsqueeze(1).expand(3, 5)
proj = torch.zeros(3, 5)
proj.view(-1).index_add_(0, (l + off).view(-1), (nd * (u.float() - b)).view(-1))
proj.view(-1).index_add_(0, (u + off).view(-1), (nd * (b - l.float())).view(-1))
print(proj, proj.sum(1))
taus = (torch.arange(4) + 0.5) / 4
q, tq = torch.randn(2, 4, requires_grad=True), torch.randn(2, 4)
td = tq.unsqueeze(-1) - q.unsqueeze(-2)
hub = torch.where(td.abs() <= 1, 0.5 * td.pow(2), td.abs() - 0.5)
ql = (torch.abs(taus - (td.detach() < 0).float()) * hub).sum(-1).mean()
ql.backward()
print(ql, q.grad)


class NoisyLinear(nn.Module):
    def __init__(self, i, o, std=0.5):
        super().__init__()
        self.i, self.o = i, o
        self.weight_mu, self.weight_sigma = nn.Parameter(torch.empty(o, i)), nn.Parameter(torch.empty(o, i))
        self.register_buffer("weight_epsilon", torch.empty(o, i))
        self.weight_mu.data.uniform_(-1 / i**0.5, 1 / i**0.5)
        self.weight_sigma.data.fill_(std / i**0.5)
        self.reset_noise()

    def _scale(self, n):
        x = torch.randn(n)
        return x.sign().mul_(x.abs().sqrt_())

    def reset_noise(self):
        self.weight_epsilon.copy_(self._scale(self.o).ger(self._scale(self.i)))

    def forward(self, x):
        return F.linear(
            x, self.weight_mu + self.weight_sigma * self.weight_epsilon if self.training else self.weight_mu
        )


nl = NoisyLinear(3, 2)
print(nl(torch.ones(1, 3)), nl.eval()(torch.ones(1, 3)), nl)
# running statistics, reward scaling, v-trace, n-step, lambda returns, epsilon decay, sum tree


class RunningMeanStd:
    def __init__(self, shape=()):
        self.mean, self.var, self.count = torch.zeros(shape), torch.ones(shape), 1e-4

    def update(self, x):
        bm, bv, bc = x.mean(0), x.var(0, unbiased=False), x.shape[0]
        delta, tot = bm - self.mean, self.count + bc
        self.mean = self.mean + delta * bc / tot
        self.var = (self.var * self.count + bv * bc + delta**2 * self.count * bc / tot) / tot
        self.count = tot


rms = RunningMeanStd((2,))
for _ in range(3):
    rms.update(torch.randn(5, 2) * 2 + 1)
print(rms.mean, rms.var, rms.count)
rew, val, done = torch.rand(6), torch.rand(7), torch.tensor([0, 0, 1, 0, 0, 0.0])
lam, ret = val[-1], []
for t in reversed(range(6)):
    lam = rew[t] + 0.9 * (1 - done[t]) * (0.2 * val[t + 1] + 0.8 * lam)
    ret.insert(0, lam)
print(torch.stack(ret))
rho = torch.exp(torch.randn(6) * 0.3).clamp(max=1.0)
vs = torch.zeros(7)
vs[-1] = val[-1]
for t in range(5, -1, -1):
    vs[t] = val[t] + rho[t] * (rew[t] + 0.9 * val[t + 1] - val[t]) + 0.9 * rho[t] * (vs[t + 1] - val[t + 1])
print(vs)
tree = torch.zeros(15)
for i, pr in enumerate([0.5, 1.0, 0.2, 2.0, 0.1, 0.7, 0.3, 0.9]):
    j = i + 7
    change = pr - tree[j]
    tree[j] = pr
    while j:
        j = (j - 1) // 2
        tree[j] += change
print(tree[:3], tree[0].item())
print(
    logits_to_probs(torch.tensor([1.0, 2.0])),
    probs_to_logits(torch.tensor([0.3, 0.7])),
    clamp_probs(torch.tensor([0.0, 1.0])),
    broadcast_all(1.0, torch.zeros(2)),
)


# world-model pieces: one-hot with straight-through, symlog, two-hot, KL balancing
class OneHotDist(D.OneHotCategorical):
    def mode(self):
        _m = F.one_hot(torch.argmax(super().logits, axis=-1), super().logits.shape[-1])
        return _m.detach() + super().logits - super().logits.detach()

    def sample(self, sample_shape=()):
        s = super().sample(torch.Size(sample_shape))
        probs = super().probs
        while len(probs.shape) < len(s.shape):
            probs = probs[None]
        s += probs - probs.detach()
        return s


lgt = torch.randn(2, 3, requires_grad=True)
oh = OneHotDist(logits=lgt)
smp = oh.sample()
(smp * torch.arange(3.0)).sum().backward()
print(smp, lgt.grad, oh.mode())
post, prior = (
    D.Independent(D.OneHotCategorical(logits=lgt.detach()), 1),
    D.Independent(D.OneHotCategorical(logits=torch.zeros(2, 3)), 1),
)
print(D.kl_divergence(post, prior), torch.clip(D.kl_divergence(post, prior), min=1.0))
symlog = lambda x: torch.sign(x) * torch.log1p(torch.abs(x))
symexp = lambda x: torch.sign(x) * (torch.exp(torch.abs(x)) - 1)
x = torch.tensor([-10.0, 0.5, 100.0])
bins = torch.linspace(-5, 5, 6)
k = (bins[None] <= symlog(x)[:, None]).sum(-1) - 1
w = (symlog(x) - bins[k]) / (bins[k + 1] - bins[k])
two = F.one_hot(k, 6) * (1 - w)[:, None] + F.one_hot(k + 1, 6) * w[:, None]
print(symexp(symlog(x)), two, symexp((two * bins).sum(-1)))
tr = D.TransformedDistribution(
    D.Normal(torch.zeros(2), 1.0), [D.AffineTransform(loc=1.0, scale=2.0), D.TanhTransform()]
)
print(
    tr.log_prob(torch.tensor([0.3, -0.9])),
    tr.sample().abs().max() < 1,
    D.TanhTransform() == D.TanhTransform(),
)
h = [torch.zeros(2, 4), torch.zeros(2, 4)]
cell = nn.GRUCell(3, 4)
keep = torch.tensor([[1.0], [0.0]])
for t in range(2):
    h[0] = cell(torch.ones(2, 3), h[0] * keep)
print(
    h[0],
    torch.argmax(torch.tensor([[1.0, 1.0], [0.0, 2.0]]), dim=1),
    torch.tensor([3, 1, 2]).argsort(),
    torch.max(torch.tensor([1.0, 5.0]), torch.tensor([2.0])),
    torch.tensor([[0.1, 0.9]]).max(1)[1].view(1, 1),
)
