import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.parameter import Parameter

torch.manual_seed(12)
N = 8
edges = torch.tensor([[0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 4], [1, 2, 3, 4, 5, 6, 7, 0, 4, 6, 1]])
edge_index = torch.cat([edges, edges.flip(0)], dim=1)
edge_index = torch.unique(edge_index, dim=1)
print(edge_index)


def add_self_loops(ei, n):
    loop = torch.arange(n).unsqueeze(0).repeat(2, 1)
    return torch.cat([ei, loop], dim=1)


def degree(index, n, dtype=torch.float):
    out = torch.zeros((n,), dtype=dtype)
    return out.scatter_add_(0, index, torch.ones(index.size(0), dtype=dtype))


def scatter(src, index, dim_size, reduce="sum"):
    out = src.new_zeros((dim_size,) + src.shape[1:])
    idx = index.view(-1, *[1] * (src.dim() - 1)).expand_as(src)
    if reduce == "sum":
        return out.scatter_add(0, idx, src)
    return out.scatter_reduce(
        0, idx, src, reduce="a" + reduce if reduce in ("max", "min") else reduce, include_self=False
    )


def softmax(src, index, n):
    m = scatter(src.detach(), index, n, "max")
    out = (src - m.index_select(0, index)).exp()
    s = scatter(out, index, n) + 1e-16
    return out / s.index_select(0, index)


class MessagePassing(nn.Module):
    def __init__(self, aggr="add"):
        super().__init__()
        self.aggr = aggr

    def propagate(self, ei, x, **kw):
        row, col = ei
        return scatter(
            self.message(x[row], x[col], row, col, x.size(0), **kw),
            col,
            x.size(0),
            {"add": "sum"}.get(self.aggr, self.aggr),
        )

    def message(self, x_j, x_i, row, col, n):
        return x_j


class GCNConv(MessagePassing):
    def __init__(self, i, o):
        super().__init__("add")
        self.lin = nn.Linear(i, o, bias=False)
        self.bias = Parameter(torch.empty(o))
        self.reset_parameters()

    def reset_parameters(self):
        self.lin.reset_parameters()
        self.bias.data.zero_()

    def forward(self, x, ei):
        ei = add_self_loops(ei, x.size(0))
        row, col = ei
        deg = degree(col, x.size(0), dtype=x.dtype)
        dis = deg.pow(-0.5)
        dis[dis == float("inf")] = 0
        return self.propagate(ei, self.lin(x), norm=dis[row] * dis[col]) + self.bias

    def message(self, x_j, x_i, row, col, n, norm):
        return norm.view(-1, 1) * x_j


class GATConv(MessagePassing):
    def __init__(self, i, o, heads):
        super().__init__("add")
        self.h, self.o = heads, o
        self.W = Parameter(torch.empty(i, heads * o))
        self.att = Parameter(torch.empty(1, heads, 2 * o))
        nn.init.xavier_uniform_(self.W.data, gain=1.414)
        nn.init.xavier_uniform_(self.att.data, gain=1.414)

    def forward(self, x, ei):
        x = torch.mm(x, self.W).view(-1, self.h, self.o)
        return self.propagate(add_self_loops(ei, x.size(0)), x).flatten(1)

    def message(self, x_j, x_i, row, col, n):
        a = F.leaky_relu((torch.cat([x_i, x_j], dim=-1) * self.att).sum(-1), 0.2)
        return x_j * softmax(a, col, n).unsqueeze(-1)


class SAGEConv(MessagePassing):
    def __init__(self, i, o, aggr):
        super().__init__(aggr)
        self.l, self.r = nn.Linear(i, o), nn.Linear(i, o, bias=False)

    def forward(self, x, ei):
        return F.normalize(self.l(self.propagate(ei, x)) + self.r(x), p=2.0, dim=-1)


class GraphConvolution(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = Parameter(torch.FloatTensor(i, o))
        self.bias = Parameter(torch.FloatTensor(o))
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input, adj):
        return adj @ torch.mm(input, self.weight) + self.bias

    def __repr__(self):
        return (
            self.__class__.__name__
            + " ("
            + str(self.weight.size(0))
            + " -> "
            + str(self.weight.size(1))
            + ")"
        )


x, y = torch.randn(N, 5), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
train_mask = torch.zeros(N, dtype=torch.bool)
train_mask[torch.randperm(N)[:5]] = True
nets = {
    "gcn": (GCNConv(5, 12), GCNConv(12, 3)),
    "gat": (GATConv(5, 4, 3), GATConv(12, 3, 1)),
    "sage-mean": (SAGEConv(5, 12, "mean"), SAGEConv(12, 3, "mean")),
    "sage-max": (SAGEConv(5, 12, "max"), SAGEConv(12, 3, "max")),
}
for name, (c1, c2) in nets.items():
    params = list(c1.parameters()) + list(c2.parameters())
    opt = torch.optim.Adam(params, lr=0.02, weight_decay=5e-4)
    for epoch in range(2):
        opt.zero_grad()
        out = F.log_softmax(c2(F.elu(c1(x, edge_index)), edge_index), dim=1)
        loss = F.nll_loss(out[train_mask], y[train_mask])
        loss.backward()
        opt.step()
    acc = int((out.argmax(dim=1)[~train_mask] == y[~train_mask]).sum()) / int((~train_mask).sum())
    print(f"{name}: {loss.item():.5f} acc {acc:.4f} grad {params[0].grad.abs().sum():.5f}")
adj = torch.zeros(N, N)
adj[edge_index[0], edge_index[1]] = 1.0
rowsum = adj.sum(1)
r_inv = rowsum.pow(-1).flatten()
adj_n = torch.diag(r_inv) @ (adj + torch.eye(N))
g = GraphConvolution(5, 3)
print(g, g(x, adj_n).sum())
batch = torch.tensor([0, 0, 0, 1, 1, 1, 1, 2])
print(torch.zeros(3, 5).index_add_(0, batch, x))
print(torch.zeros(3, 5).index_reduce_(0, batch, x, "mean", include_self=False))
print(torch.full((3, 5), -1e9).index_reduce(0, batch, x, "amax"))
cnt = torch.bincount(batch, minlength=4)
print(cnt, x.split(cnt.tolist()[:3])[1].shape)
L = torch.diag(adj.sum(1)) - adj
ev, evec = torch.linalg.eigh(L)
print(ev.abs() < 1e-5, ev[1:])
print((adj.matrix_power(3).diagonal().sum() / 6), adj.nonzero().t().shape)
print(torch.linalg.pinv(L).diagonal())
