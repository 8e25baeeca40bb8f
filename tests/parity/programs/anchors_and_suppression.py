import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


def iou(a, b):
    lt, rb = torch.max(a[:, None, :2], b[None, :, :2]), torch.min(a[:, None, 2:], b[None, :, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[..., 0] * wh[..., 1]
    area = lambda x: (x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1])
    return inter / (area(a)[:, None] + area(b)[None] - inter)


def nms(boxes, scores, thr):
    keep, order = [], scores.argsort(descending=True)
    while order.numel() > 0:
        i = order[0]
        keep.append(i.item())
        if order.numel() == 1:
            break
        o = iou(boxes[i].unsqueeze(0), boxes[order[1:]])[0]
        order = order[1:][o <= thr]
    return torch.tensor(keep)


def anchors(size, stride, scales=(4, 8)):
    c = (torch.arange(size).float() + 0.5) * stride
    cy, cx = torch.meshgrid(c, c, indexing="ij")
    out = [torch.stack([cx - s, cy - s, cx + s, cy + s], -1) for s in scales]
    return torch.stack(out, 2).view(-1, 4)


def encode(gt, a):
    ax, ay, aw, ah = (a[:, 0] + a[:, 2]) / 2, (a[:, 1] + a[:, 3]) / 2, a[:, 2] - a[:, 0], a[:, 3] - a[:, 1]
    gx, gy, gw, gh = (
        (gt[:, 0] + gt[:, 2]) / 2,
        (gt[:, 1] + gt[:, 3]) / 2,
        gt[:, 2] - gt[:, 0],
        gt[:, 3] - gt[:, 1],
    )
    return torch.stack([(gx - ax) / aw, (gy - ay) / ah, torch.log(gw / aw), torch.log(gh / ah)], 1)


class SSD(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, 2, 1),
            nn.ReLU(),
        )
        self.cls, self.reg = nn.Conv2d(8, 2 * 3, 3, padding=1), nn.Conv2d(8, 2 * 4, 3, padding=1)

    def forward(self, x):
        f = self.body(x)
        n = x.size(0)
        return self.cls(f).permute(0, 2, 3, 1).reshape(n, -1, 3), self.reg(f).permute(0, 2, 3, 1).reshape(
            n, -1, 4
        )


net, A = SSD(), anchors(4, 8)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
imgs = torch.rand(2, 3, 32, 32)
targets = [
    dict(boxes=torch.tensor([[2.0, 3.0, 14.0, 15.0], [16.0, 16.0, 30.0, 31.0]]), labels=torch.tensor([1, 2])),
    dict(boxes=torch.tensor([[8.0, 8.0, 22.0, 20.0]]), labels=torch.tensor([1])),
]
print(A.shape, A[:3])
for step in range(4):
    cls, reg = net(imgs)
    lc = lr = 0
    npos = 0
    for b, t in enumerate(targets):
        m = iou(A, t["boxes"])
        best, idx = m.max(1)
        idx[m.argmax(0)] = torch.arange(len(t["boxes"]))
        best[m.argmax(0)] = 1.0
        pos = best > 0.4
        lab = t["labels"][idx] * pos.long()
        ce = F.cross_entropy(cls[b], lab, reduction="none")
        neg = ce.detach().clone()
        neg[pos] = -1
        k = int(3 * pos.sum())
        _, hard = neg.topk(k)
        lc = lc + ce[pos].sum() + ce[hard].sum()
        lr = lr + F.smooth_l1_loss(reg[b][pos], encode(t["boxes"][idx], A)[pos], reduction="sum")
        npos += pos.sum().item()
    loss = (lc + lr) / npos
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(step, f"{loss.item():.4f}", npos)
with torch.no_grad():
    prob = net(imgs)[0][0].softmax(-1)[:, 1:].max(-1).values
    k = nms(A, prob, 0.3)
    print(k[:5].shape, len(k))
