"""Speculative decoding with rejection sampling, nucleus and typical sampling, beam search with length penalty, contrastive search."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(14)
V = 17


class Tiny(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.e = nn.Embedding(V, d)
        self.r = nn.GRU(d, d, batch_first=True)
        self.o = nn.Linear(d, V)

    def forward(self, ids):
        return self.o(self.r(self.e(ids))[0]) * 3


target, draft = Tiny(24).eval(), Tiny(8).eval()


def norm_logits(l, T=1.0, k=0, p=0.9):
    l = l / T
    if k > 0:
        l[l < torch.topk(l, k)[0][..., -1, None]] = float("-inf")
    if p < 1.0:
        s, i = torch.sort(l, descending=True)
        c = F.softmax(s, -1).cumsum(-1)
        rm = c > p
        rm[..., 1:] = rm[..., :-1].clone()
        rm[..., 0] = False
        l[rm.scatter(-1, i, rm)] = float("-inf")
    return F.softmax(l, -1)


@torch.no_grad()
def speculative(prefix, max_len, gamma=3):
    acc = tot = 0
    while prefix.shape[1] < max_len:
        x, qs = prefix, []
        for _ in range(gamma):
            q = norm_logits(draft(x)[:, -1], k=8)
            x = torch.cat([x, torch.multinomial(q, 1)], 1)
            qs.append(q)
        ps = norm_logits(target(x)[0, prefix.shape[1] - 1 :], k=0)
        n = prefix.shape[1] - 1
        all_ok = True
        for i in range(gamma):
            r = torch.rand(1)
            j = x[0, n + 1 + i]
            tot += 1
            if r < torch.min(torch.ones(1), ps[i, j] / qs[i][0, j]):
                acc += 1
            else:
                resid = (ps[i] - qs[i][0]).clamp(min=0)
                resid = resid / resid.sum()
                t = torch.multinomial(resid, 1)
                all_ok = False
                break
        k = gamma if all_ok else i
        if all_ok:
            t = torch.multinomial(ps[-1], 1)
        prefix = torch.cat([x[:, : n + 1 + k], t[None]], 1)
    return prefix, acc, tot


out, a, n = speculative(torch.tensor([[1, 2, 3]]), 30)
print(out, a, n)


@torch.no_grad()
def beam(prompt, width=3, steps=8, alpha=0.7, eos=0):
    seqs, scores, done = prompt.repeat(width, 1), torch.tensor([0.0] + [-1e9] * (width - 1)), []
    for s in range(steps):
        lp = F.log_softmax(target(seqs)[:, -1], -1) + scores[:, None]
        v, i = lp.view(-1).topk(2 * width)
        nb, sc = [], []
        for val, idx in zip(v.tolist(), i.tolist()):
            b, t = divmod(idx, V)
            cand = torch.cat([seqs[b], torch.tensor([t])])
            if t == eos:
                done.append((val / (((5 + len(cand)) / 6) ** alpha), cand.tolist()))
            else:
                nb.append(cand)
                sc.append(val)
            if len(nb) == width:
                break
        seqs, scores = torch.stack(nb), torch.tensor(sc)
    done += [(s.item() / (((5 + seqs.shape[1]) / 6) ** alpha), q.tolist()) for s, q in zip(scores, seqs)]
    return sorted(done, reverse=True)[:2]


for s, q in beam(torch.tensor([[4, 5]])):
    print(f"{s:.4f}", q)


@torch.no_grad()
def typical(ids, mass=0.6, steps=12):
    for _ in range(steps):
        l = target(ids)[:, -1]
        nl = F.log_softmax(l, -1)
        p = nl.exp()
        ent = -(nl * p).nansum(-1, keepdim=True)
        sh = torch.abs(-nl - ent)
        ss, si = torch.sort(sh)
        sl = l.gather(-1, si)
        cp = sl.softmax(-1).cumsum(-1)
        last = (cp < mass).sum(1)
        rm = ss > ss.gather(1, last.view(-1, 1))
        rm[..., :1] = 0
        l = l.masked_fill(rm.scatter(1, si, rm), -float("inf"))
        for i in range(ids.shape[0]):
            for prev in set(ids[i].tolist()):
                l[i, prev] = l[i, prev] / 1.2 if l[i, prev] > 0 else l[i, prev] * 1.2
        ids = torch.cat([ids, torch.multinomial(l.softmax(-1), 1)], -1)
    return ids


print(typical(torch.tensor([[1, 2], [3, 4]])))
