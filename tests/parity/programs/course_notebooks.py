# Small pieces of deep-learning course notebooks and paper repositories
import collections
import math
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(5)


# manual backprop (makemore style), names dataset
words = ["emma", "olivia", "ava", "isabella", "sophia"]
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int32)
for w in words:
    chs = ["."] + list(w) + ["."]
    for c1, c2 in zip(chs, chs[1:]):
        N[stoi[c1], stoi[c2]] += 1
P = (N + 1).float()
P /= P.sum(1, keepdims=True)
g = torch.Generator().manual_seed(2147483647)
itos = {i: s for s, i in stoi.items()}
for _ in range(3):
    out, ix = [], 0
    while len(out) < 20:
        ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
        if ix == 0:
            break
        out.append(itos[ix])
    print("".join(out))
ll, n = 0.0, 0
for w in words[:2]:
    chs = ["."] + list(w) + ["."]
    for c1, c2 in zip(chs, chs[1:]):
        lp = torch.log(P[stoi[c1], stoi[c2]])
        ll += lp
        n += 1
print(f"{ll=}", f"{-ll / n}", N[0])
xs, ys = torch.tensor([0, 3, 5]), torch.tensor([3, 5, 5])
C = torch.randn((len(stoi), 2), generator=g)
W1 = torch.randn((2, 6), generator=g) * (5 / 3) / (2**0.5)
W2, b2 = torch.randn((6, len(stoi)), generator=g) * 0.1, torch.zeros(len(stoi))
bngain, bnbias = torch.ones((1, 6)), torch.zeros((1, 6))
params = [C, W1, W2, b2, bngain, bnbias]
for p in params:
    p.requires_grad = True
emb = C[xs]
hpre = emb.view(emb.shape[0], -1) @ W1
bnmeani = 1 / 3 * hpre.sum(0, keepdim=True)
bndiff = hpre - bnmeani
bnvar = 1 / 2 * (bndiff**2).sum(0, keepdim=True)
bnraw = bndiff * (bnvar + 1e-5) ** -0.5
h = torch.tanh(bngain * bnraw + bnbias)
logits = h @ W2 + b2
maxes = logits.max(1, keepdim=True).values
counts = (logits - maxes).exp()
probs = counts * counts.sum(1, keepdims=True) ** -1
loss = -probs.log()[range(3), ys].mean()
for t in (logits, h, hpre, emb):
    t.retain_grad()
loss.backward()


def cmp(s, dt, t):
    print(f"{s:15s} | exact: {dt.shape == t.grad.shape} | approximate: {str(torch.allclose(dt, t.grad)):5s}")


dlogits = F.softmax(logits, 1)
dlogits[range(3), ys] -= 1
dlogits /= 3
cmp("logits", dlogits, logits)
dh = dlogits @ W2.T
cmp("h", dh, h)
dbn = (1.0 - h**2) * dh
dhpre = bngain * (bnvar + 1e-5) ** -0.5 / 3 * (3 * dbn - dbn.sum(0) - 3 / 2 * bnraw * (dbn * bnraw).sum(0))
cmp("hpre", dhpre, hpre)
dC = torch.zeros_like(C)
for k, j in enumerate(xs):
    dC[j] += (dhpre @ W1.T)[k]
cmp("C", dC, C)
for p in params:
    p.data += -0.1 * p.grad
print(loss, loss.grad_fn.name(), h.is_leaf, C.is_leaf, (h.abs() > 0.97).float().mean())


# d2l style
class Accumulator:
    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *args):
        self.data = [a + float(b) for a, b in zip(self.data, args)]

    def __getitem__(self, i):
        return self.data[i]


def sequence_mask(X, valid_len, value=0):
    mask = torch.arange(X.size(1), dtype=torch.float32)[None, :] < valid_len[:, None]
    X[~mask] = value
    return X


print(
    sequence_mask(torch.arange(1, 7).reshape(2, 3), torch.tensor([1, 2])),
    sequence_mask(torch.ones(2, 3, 2), torch.tensor([1, 2]), value=-1)[0],
)
acc = Accumulator(2)
acc.add(torch.tensor(1.5), 3)
acc.add(2, torch.tensor([4]))
print(acc.data)


def corr2d(X, K):
    h, w = K.shape
    Y = torch.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


print(corr2d(torch.arange(9.0).reshape(3, 3), torch.tensor([[0.0, 1.0], [2.0, 3.0]])))


def synthetic_data(w, b, n):
    X = torch.normal(0, 1, (n, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


X, y = synthetic_data(torch.tensor([2, -3.4]), 4.2, 20)
w, b = torch.normal(0, 0.01, size=(2, 1), requires_grad=True), torch.zeros(1, requires_grad=True)
for i in range(3):
    l = ((X @ w + b - y.reshape(-1, 1)) ** 2 / 2).sum()
    l.backward()
    with torch.no_grad():
        for p in (w, b):
            p -= 0.3 * p.grad / 20
            p.grad.zero_()
    print(f"epoch {i + 1}, loss {float(l.mean()):f}")
theta = torch.distributions.multinomial.Multinomial(10, torch.ones(6) / 6)
print(theta.sample((2,)).cumsum(dim=0), theta)


class MySeq(nn.Module):
    def __init__(self, *args):
        super().__init__()
        for idx, module in enumerate(args):
            self._modules[str(idx)] = module

    def forward(self, X):
        for block in self._modules.values():
            X = block(X)
        return X


net = MySeq(nn.Linear(4, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 2), nn.Flatten()))
print(net, net._modules["2"][0].bias.data, *[(name, param.shape) for name, param in net.named_parameters()])


def init_xavier(m):
    if type(m) == nn.Linear:
        nn.init.xavier_uniform_(m.weight)
    if isinstance(m, nn.Sequential):
        print("Init", *[(name, param.shape) for name, param in m.named_parameters()][0])


net.apply(init_xavier)
lazy = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(1))
print(lazy)
lazy(torch.rand(2, 5))
print(lazy[0].weight.shape, lazy)
shared = nn.Linear(3, 3)
net2 = nn.Sequential(shared, nn.ReLU(), shared)
net2[2].weight.data[0, 0] = 100
print(
    net2[0].weight.data[0] == net2[2].weight.data[0],
    len(list(net2.parameters())),
    net2[-1] is net2[0],
    net2[:2],
)


class CenteredLayer(nn.Module):
    def forward(self, X):
        return X - X.mean()


print(nn.Sequential(nn.Linear(2, 8), CenteredLayer())(torch.rand(3, 2)).mean().abs() < 1e-6)
a = torch.arange(24).reshape(2, 3, 4)
print(
    a.sum(axis=[0, 1]),
    a.float().mean(axis=(1, 2)),
    a.numel(),
    a[-1],
    a[0:1, 1],
    a.sum(axis=1, keepdims=True).shape,
    torch.norm(torch.ones((4, 9))),
    (a == a).sum(),
    id(a) == id(a),
)
before = id(y)
y = y + y
z = torch.zeros_like(y)
zid = id(z)
z[:] = y + 1
y += 1
print(id(y) == before, id(z) == zid, type(y.numpy()), torch.equal(y, z))
q = torch.arange(4.0, requires_grad=True)
yy = 2 * torch.dot(q, q)
yy.backward()
print(yy, q.grad == 4 * q)
q.grad.zero_()
u = (q * q).detach()
(u * q).sum().backward()
print(q.grad == u)


def control(a):
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


aa = torch.randn(size=(), requires_grad=True)
d = control(aa)
d.backward()
print(aa.grad == d / aa, d)
Xr = torch.ones((2, 2, 3, 3))
print(
    nn.MaxPool2d((2, 3), padding=(0, 1), stride=(2, 3))(Xr).shape,
    nn.AdaptiveMaxPool2d((1, 1))(Xr).flatten(),
    [tuple(l.shape) for l in nn.Conv2d(2, 3, 1).parameters()],
)
rnn = nn.RNN(4, 5)
Y, st = rnn(torch.rand(3, 2, 4), torch.zeros((1, 2, 5)))
print(Y.shape, st.shape, torch.allclose(Y[-1], st[0]))
print(
    [round(v, 4) for v in torch.linspace(0, 1, 4).tolist()],
    torch.cat((torch.arange(3), torch.arange(2))),
    torch.stack([torch.tensor(i) for i in range(3)]),
    *torch.meshgrid(torch.arange(2), torch.arange(2), indexing="xy"),
    sep="\n",
)
