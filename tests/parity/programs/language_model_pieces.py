# Tokenizers, padding, sampling, masks: the small functions of language-model repositories
import itertools
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_printoptions(precision=3, sci_mode=False, linewidth=100)


def shift_right(ids, pad=0, start=1):
    out = ids.new_zeros(ids.shape)
    out[..., 1:] = ids[..., :-1].clone()
    out[..., 0] = start
    out.masked_fill_(out == -100, pad)
    return out


print(shift_right(torch.tensor([[5, 6, -100], [7, 8, 9]])))


def left_pad(seqs, pad=0):
    n = max(map(len, seqs))
    ids = torch.full((len(seqs), n), pad)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for i, s in enumerate(seqs):
        ids[i, n - len(s) :] = torch.as_tensor(s)
        mask[i, -len(s) :] = True
    return ids, mask, (mask.long().cumsum(-1) - 1).masked_fill(~mask, 1)


print(*left_pad([[1, 2, 3], [4], [5, 6]]), sep="\n")
lens = torch.tensor([3, 1, 4])
print(torch.arange(4)[None, :] < lens[:, None], torch.arange(lens.max()).expand(3, -1).ge(lens.unsqueeze(1)))


class RepetitionPenalty:
    def __init__(self, p):
        self.p = p

    def __call__(self, ids, scores):
        score = torch.gather(scores, 1, ids)
        score = torch.where(score < 0, score * self.p, score / self.p)
        return scores.scatter(1, ids, score)


def top_k_top_p(logits, top_k=0, top_p=1.0, filter_value=-float("Inf")):
    if top_k > 0:
        logits[logits < torch.topk(logits, top_k)[0][..., -1, None]] = filter_value
    if top_p < 1.0:
        s, i = torch.sort(logits, descending=True)
        cp = torch.cumsum(F.softmax(s, dim=-1), dim=-1)
        rm = cp > top_p
        rm[..., 1:] = rm[..., :-1].clone()
        rm[..., 0] = 0
        for b in range(logits.size(0)):
            logits[b, i[b, rm[b]]] = filter_value
    return logits


lg = torch.randn(2, 7)
print(RepetitionPenalty(1.3)(torch.tensor([[0, 1], [2, 2]]), lg))
print(top_k_top_p(lg.clone(), top_k=4, top_p=0.8))


def no_repeat_ngram(ids, n):
    banned = []
    for row in ids.tolist():
        grams = {}
        for g in zip(*[row[i:] for i in range(n)]):
            grams.setdefault(tuple(g[:-1]), []).append(g[-1])
        banned.append(grams.get(tuple(row[-(n - 1) :]), []))
    return banned


print(no_repeat_ngram(torch.tensor([[1, 2, 3, 1, 2], [4, 5, 6, 7, 8]]), 3))
typical = lambda l: (
    -(l.log_softmax(-1).exp() * l.log_softmax(-1)).nansum(-1, keepdim=True) + l.log_softmax(-1)
).abs()
print(typical(lg), (lg / 1e-5).softmax(-1))
ent = torch.special.entr(lg.softmax(-1)).sum(-1)
print(ent, lg.softmax(-1).mul(lg.log_softmax(-1)).sum(-1).neg().exp())
min_p = lg.softmax(-1)
print(torch.where(min_p < 0.2 * min_p.max(-1, keepdim=True).values, -torch.inf, lg))
g = torch.Generator().manual_seed(3)
print(
    torch.multinomial(lg.softmax(-1), 3, generator=g),
    (lg + -torch.log(-torch.log(torch.rand(lg.shape, generator=g)))).argmax(-1),
)
q = torch.empty_like(min_p).exponential_(1, generator=g)
print((min_p / q).argmax(dim=-1, keepdim=True).to(dtype=torch.int))

# diverse beam bookkeeping
B, K, V = 2, 3, 5
scores = torch.zeros(B, K)
scores[:, 1:] = -10.0
scores = scores.view(-1)
for step in range(2):
    nl = torch.randn(B * K, V).log_softmax(-1) + scores[:, None].expand(-1, V)
    nl = nl.view(B, K * V)
    ns, nt = torch.topk(nl, 2 * K, dim=1, largest=True, sorted=True)
    ni = torch.div(nt, V, rounding_mode="floor")
    nt = nt % V
    scores = ns[:, :K].reshape(-1)
    beam_idx = (ni[:, :K] + torch.arange(B).unsqueeze(1) * K).flatten()
    print(ns, ni, nt, beam_idx)
past = tuple((torch.randn(B * K, 2, 3), torch.randn(B * K, 2, 3)) for _ in range(2))
past = tuple(tuple(p.index_select(0, beam_idx) for p in layer) for layer in past)
print(len(past), past[0][0].shape)

# masks of all kinds
L = 5
causal = torch.full((L, L), float("-inf")).triu(1)
win = torch.ones(L, L, dtype=torch.bool).tril().logical_and(torch.ones(L, L, dtype=torch.bool).triu(-2))
prefix = torch.ones(L, L).tril(0)
prefix[:, :2] = 1
print(causal, win.int(), prefix.bool().sum(-1), sep="\n")
am = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
ext = (1.0 - am[:, None, None, :].to(torch.float32)) * torch.finfo(torch.float32).min
print(ext[0, 0, 0], (am.unsqueeze(1) * am.unsqueeze(2)).sum((1, 2)))
seg = torch.tensor([0, 0, 1, 1, 1])
print(torch.block_diag(torch.ones(2, 2), torch.ones(3, 3)).equal((seg[:, None] == seg).float()))
print(nn.Transformer.generate_square_subsequent_mask(3))
pos = torch.arange(4).unsqueeze(1) * torch.exp(torch.arange(0, 6, 2) * (-math.log(10000.0) / 6))
pe = torch.stack([pos.sin(), pos.cos()], dim=-1).flatten(1)
print(pe[1:3])
# span corruption, whole word masks, BPE merges, bag of words, tf-idf, n-gram counts
noise = torch.rand(10) < 0.4
starts = noise & ~torch.cat([torch.tensor([False]), noise[:-1]])
sentinel = torch.where(starts, 100 - starts.cumsum(0), torch.where(noise, -1, torch.arange(10)))
print(noise, sentinel[sentinel >= 0])
docs = torch.tensor([[0, 1, 1, 3], [2, 3, 3, 3], [0, 0, 4, 1]])
bow = torch.zeros(3, 5).scatter_add_(1, docs, torch.ones_like(docs, dtype=torch.float))
idf = torch.log((1 + 3) / (1 + (bow > 0).sum(0))) + 1
tfidf = F.normalize(bow * idf, dim=1)
print(bow, tfidf @ tfidf.T)
bi = torch.bincount(docs[:, :-1].flatten() * 5 + docs[:, 1:].flatten(), minlength=25).view(5, 5)
print(bi, (bi + 1.0) / (bi + 1.0).sum(1, keepdims=True))
u, inv, cnt = torch.unique(docs, return_inverse=True, return_counts=True)
print(u, inv, cnt, cnt.float().div(cnt.sum()).topk(2), torch.mode(docs, 1))
print(
    [list(g) for k, g in itertools.groupby(docs[1].tolist())],
    docs.view(-1).tolist().index(4),
    (docs == 3).nonzero(as_tuple=True),
)
emb = nn.Embedding.from_pretrained(torch.arange(10.0).view(5, 2), freeze=True, padding_idx=0)
print(emb(docs).sum(1), emb.weight.requires_grad, emb)
print(
    F.pad(docs, (1, 2), value=-1),
    docs.unfold(1, 2, 1)[0],
    docs.repeat_interleave(torch.tensor([1, 0, 2]), 0),
    torch.tensor([[1, 2], [3, 4]]).tile(1, 2),
)
print(
    torch.nn.functional.one_hot(docs[0], 5).sum(0),
    docs.flip([0, 1])[0],
    docs.rot90()[0],
    torch.combinations(torch.arange(3)),
    torch.cartesian_prod(torch.arange(2), torch.arange(2)).T,
)
ppl = torch.exp(
    F.cross_entropy(
        torch.randn(2, 4, 7).transpose(1, 2),
        torch.tensor([[1, 2, -100, 3], [0, -100, -100, 6]]),
        ignore_index=-100,
    )
)
print(f"{ppl:.3f} {ppl.item():8.2f} {ppl:>10.1e}", "{:.2f}".format(ppl), "%d %s" % (ppl, tuple(ppl.shape)))
torch.set_printoptions(profile="default")
