"""SimCLR NT-Xent, MoCo queue and momentum encoder, BYOL, triplet and contrastive losses, kNN evaluation."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def info_nce_loss(features, n_views=2, temperature=0.07, device="cpu"):
    batch_size = features.shape[0] // n_views
    labels = torch.cat([torch.arange(batch_size) for i in range(n_views)], dim=0)
    labels = (labels.unsqueeze(0) == labels.unsqueeze(1)).float()
    labels = labels.to(device)
    features = F.normalize(features, dim=1)
    similarity_matrix = torch.matmul(features, features.T)
    mask = torch.eye(labels.shape[0], dtype=torch.bool).to(device)
    labels = labels[~mask].view(labels.shape[0], -1)
    similarity_matrix = similarity_matrix[~mask].view(similarity_matrix.shape[0], -1)
    positives = similarity_matrix[labels.bool()].view(labels.shape[0], -1)
    negatives = similarity_matrix[~labels.bool()].view(similarity_matrix.shape[0], -1)
    logits = torch.cat([positives, negatives], dim=1)
    labels = torch.zeros(logits.shape[0], dtype=torch.long).to(device)
    return logits / temperature, labels


def nt_xent(z_i, z_j, t=0.5):
    N = z_i.size(0)
    z = torch.cat((z_i, z_j), dim=0)
    sim = F.cosine_similarity(z.unsqueeze(1), z.unsqueeze(0), dim=2) / t
    sim.fill_diagonal_(float("-inf"))
    target = torch.arange(2 * N)
    target[:N] += N
    target[N:] -= N
    return F.cross_entropy(sim, target)


backbone = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 8))
opt = torch.optim.Adam(backbone.parameters(), 3e-3, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=4, eta_min=0, last_epoch=-1)
base = torch.randn(6, 12)
for i in range(4):
    views = torch.cat([base + 0.1 * torch.randn_like(base), base + 0.1 * torch.randn_like(base)], dim=0)
    logits, labels = info_nce_loss(backbone(views))
    loss = nn.CrossEntropyLoss()(logits, labels)
    opt.zero_grad()
    loss.backward()
    opt.step()
    scheduler.step()
    print(i, f"{loss:.4f}", scheduler.get_last_lr()[0], "%.4f" % nt_xent(*backbone(views).chunk(2)).item())


class MoCo(nn.Module):
    def __init__(self, dim=8, K=16, m=0.99, T=0.2):
        super(MoCo, self).__init__()
        self.K, self.m, self.T = K, m, T
        self.encoder_q = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, dim))
        self.encoder_k = copy.deepcopy(self.encoder_q)
        for param_q, param_k in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            param_k.data.copy_(param_q.data)
            param_k.requires_grad = False
        self.register_buffer("queue", torch.randn(dim, K))
        self.queue = nn.functional.normalize(self.queue, dim=0)
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))

    @torch.no_grad()
    def _momentum_update_key_encoder(self):
        for param_q, param_k in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            param_k.data = param_k.data * self.m + param_q.data * (1.0 - self.m)

    @torch.no_grad()
    def _dequeue_and_enqueue(self, keys):
        batch_size = keys.shape[0]
        ptr = int(self.queue_ptr)
        assert self.K % batch_size == 0
        self.queue[:, ptr : ptr + batch_size] = keys.T
        ptr = (ptr + batch_size) % self.K
        self.queue_ptr[0] = ptr

    def forward(self, im_q, im_k):
        q = nn.functional.normalize(self.encoder_q(im_q), dim=1)
        with torch.no_grad():
            self._momentum_update_key_encoder()
            idx_shuffle = torch.randperm(im_k.shape[0])
            idx_unshuffle = torch.argsort(idx_shuffle)
            k = self.encoder_k(im_k[idx_shuffle])
            k = nn.functional.normalize(k, dim=1)[idx_unshuffle]
        l_pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
        l_neg = torch.einsum("nc,ck->nk", [q, self.queue.clone().detach()])
        logits = torch.cat([l_pos, l_neg], dim=1)
        logits /= self.T
        labels = torch.zeros(logits.shape[0], dtype=torch.long)
        self._dequeue_and_enqueue(k)
        return logits, labels


moco = MoCo()
opt = torch.optim.SGD(moco.encoder_q.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
x = torch.randn(4, 12)
for i in range(5):
    out, tgt = moco(x + 0.05 * torch.randn(4, 12), x + 0.05 * torch.randn(4, 12))
    loss = F.cross_entropy(out, tgt)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(i, f"{loss.item():.3f}", moco.queue_ptr)
print(moco.queue[0], moco.encoder_k[0].weight[0, :4])


def byol_loss(x, y):
    x = F.normalize(x, dim=-1, p=2)
    y = F.normalize(y, dim=-1, p=2)
    return 2 - 2 * (x * y).sum(dim=-1)


online = nn.Sequential(nn.Linear(12, 8), nn.ReLU())
pred = nn.Sequential(nn.Linear(8, 8))
target = copy.deepcopy(online)
for p in target.parameters():
    p.requires_grad_(False)
opt = torch.optim.SGD([*online.parameters(), *pred.parameters()], lr=0.2)
for i in range(3):
    v1, v2 = x + 0.1 * torch.randn_like(x), x + 0.1 * torch.randn_like(x)
    loss = (byol_loss(pred(online(v1)), target(v2).detach()) + byol_loss(pred(online(v2)), target(v1))).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        for po, pt in zip(online.parameters(), target.parameters()):
            pt.mul_(0.9).add_(po, alpha=0.1)
            # the other spelling: pt.data.lerp_(po.data, 0.1)
    print(loss)
a, p, n = torch.randn(3, 5, 8)
print(
    nn.TripletMarginLoss(margin=1.0, p=2)(a, p, n),
    nn.CosineEmbeddingLoss()(a, p, torch.tensor([1, -1, 1, -1, 1])),
    F.triplet_margin_with_distance_loss(a, p, n, distance_function=nn.PairwiseDistance()),
    nn.MarginRankingLoss(0.1)(a[:, 0], p[:, 0], torch.ones(5)),
)
bank, bank_labels = F.normalize(torch.randn(20, 8), dim=1), torch.arange(20) % 4
feat = F.normalize(a, dim=1)
sim = torch.mm(feat, bank.t())
w, idx = sim.topk(k=5, dim=-1)
lab = torch.gather(bank_labels.expand(feat.size(0), -1), dim=-1, index=idx)
w = (w / 0.1).exp()
one_hot = torch.zeros(feat.size(0) * 5, 4).scatter(dim=-1, index=lab.view(-1, 1), value=1.0)
scores = torch.sum(one_hot.view(feat.size(0), -1, 4) * w.unsqueeze(dim=-1), dim=1)
print(
    scores.argsort(dim=-1, descending=True)[:, 0], scores[0].log1p(), torch.cdist(a, p).shape, torch.pdist(a)
)
c = (F.normalize(a, dim=0).T @ F.normalize(p, dim=0)).div_(5)
on_diag = torch.diagonal(c).add_(-1).pow_(2).sum()
off = c.flatten()[:-1].view(7, 9)[:, 1:].flatten().pow(2).sum()
print(on_diag, off)
