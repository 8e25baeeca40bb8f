"""Detection helpers: IoU, NMS, anchors, box coding, matching, focal loss, smooth L1, SSD style."""

import itertools
from math import sqrt

import torch
import torch.nn.functional as F


def intersect(box_a, box_b):
    A, B = box_a.size(0), box_b.size(0)
    max_xy = torch.min(box_a[:, 2:].unsqueeze(1).expand(A, B, 2), box_b[:, 2:].unsqueeze(0).expand(A, B, 2))
    min_xy = torch.max(box_a[:, :2].unsqueeze(1).expand(A, B, 2), box_b[:, :2].unsqueeze(0).expand(A, B, 2))
    inter = torch.clamp((max_xy - min_xy), min=0)
    return inter[:, :, 0] * inter[:, :, 1]


def jaccard(box_a, box_b):
    inter = intersect(box_a, box_b)
    area_a = ((box_a[:, 2] - box_a[:, 0]) * (box_a[:, 3] - box_a[:, 1])).unsqueeze(1).expand_as(inter)
    area_b = ((box_b[:, 2] - box_b[:, 0]) * (box_b[:, 3] - box_b[:, 1])).unsqueeze(0).expand_as(inter)
    return inter / (area_a + area_b - inter)


def point_form(boxes):
    return torch.cat((boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2), 1)


def encode(matched, priors, variances):
    g_cxcy = (matched[:, :2] + matched[:, 2:]) / 2 - priors[:, :2]
    g_cxcy /= variances[0] * priors[:, 2:]
    g_wh = (matched[:, 2:] - matched[:, :2]) / priors[:, 2:]
    g_wh = torch.log(g_wh) / variances[1]
    return torch.cat([g_cxcy, g_wh], 1)


def decode(loc, priors, variances):
    boxes = torch.cat(
        (
            priors[:, :2] + loc[:, :2] * variances[0] * priors[:, 2:],
            priors[:, 2:] * torch.exp(loc[:, 2:] * variances[1]),
        ),
        1,
    )
    boxes[:, :2] -= boxes[:, 2:] / 2
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def match(threshold, truths, priors, variances, labels, loc_t, conf_t, idx):
    overlaps = jaccard(truths, point_form(priors))
    best_prior_overlap, best_prior_idx = overlaps.max(1, keepdim=True)
    best_truth_overlap, best_truth_idx = overlaps.max(0, keepdim=True)
    best_truth_idx.squeeze_(0)
    best_truth_overlap.squeeze_(0)
    best_prior_idx.squeeze_(1)
    best_prior_overlap.squeeze_(1)
    best_truth_overlap.index_fill_(0, best_prior_idx, 2)
    for j in range(best_prior_idx.size(0)):
        best_truth_idx[best_prior_idx[j]] = j
    matches = truths[best_truth_idx]
    conf = labels[best_truth_idx] + 1
    conf[best_truth_overlap < threshold] = 0
    loc_t[idx] = encode(matches, priors, variances)
    conf_t[idx] = conf


def log_sum_exp(x):
    x_max = x.data.max()
    return torch.log(torch.sum(torch.exp(x - x_max), 1, keepdim=True)) + x_max


def nms(boxes, scores, overlap=0.5, top_k=200):
    keep = scores.new(scores.size(0)).zero_().long()
    if boxes.numel() == 0:
        return keep
    x1, y1, x2, y2 = boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]
    area = torch.mul(x2 - x1, y2 - y1)
    v, idx = scores.sort(0)
    idx = idx[-top_k:]
    xx1 = boxes.new()
    count = 0
    while idx.numel() > 0:
        i = idx[-1]
        keep[count] = i
        count += 1
        if idx.size(0) == 1:
            break
        idx = idx[:-1]
        xx1 = torch.index_select(x1, 0, idx)
        yy1 = torch.index_select(y1, 0, idx)
        xx2 = x2[idx]
        yy2 = y2[idx]
        xx1 = torch.clamp(xx1, min=x1[i])
        yy1 = torch.clamp(yy1, min=y1[i])
        xx2 = torch.clamp(xx2, max=x2[i])
        yy2 = torch.clamp(yy2, max=y2[i])
        w = torch.clamp(xx2 - xx1, min=0.0)
        h = torch.clamp(yy2 - yy1, min=0.0)
        inter = w * h
        rem_areas = torch.index_select(area, 0, idx)
        IoU = inter / ((rem_areas - inter) + area[i])
        idx = idx[IoU.le(overlap)]
    return keep, count


mean = []
for k, f in enumerate([4, 2]):
    for i, j in itertools.product(range(f), repeat=2):
        cx, cy = (j + 0.5) / f, (i + 0.5) / f
        s = [0.3, 0.6][k]
        mean += [cx, cy, s, s]
        for ar in [2]:
            mean += [cx, cy, s * sqrt(ar), s / sqrt(ar)]
            mean += [cx, cy, s / sqrt(ar), s * sqrt(ar)]
priors = torch.Tensor(mean).view(-1, 4)
priors.clamp_(max=1, min=0)
print(priors.shape, priors[:4])
torch.manual_seed(0)
num, num_priors = 2, priors.size(0)
targets = [
    torch.Tensor([[0.1, 0.1, 0.5, 0.5, 1], [0.5, 0.4, 0.9, 0.9, 0]]),
    torch.Tensor([[0.2, 0.3, 0.6, 0.8, 2]]),
]
loc_t = torch.Tensor(num, num_priors, 4)
conf_t = torch.LongTensor(num, num_priors)
for idx in range(num):
    match(0.5, targets[idx][:, :-1].data, priors, [0.1, 0.2], targets[idx][:, -1].data, loc_t, conf_t, idx)
print(conf_t, loc_t[0, :3])
loc_data = torch.randn(num, num_priors, 4, requires_grad=True)
conf_data = torch.randn(num, num_priors, 4, requires_grad=True)
pos = conf_t > 0
num_pos = pos.sum(dim=1, keepdim=True)
pos_idx = pos.unsqueeze(pos.dim()).expand_as(loc_data)
loss_l = F.smooth_l1_loss(loc_data[pos_idx].view(-1, 4), loc_t[pos_idx].view(-1, 4), reduction="sum")
batch_conf = conf_data.view(-1, 4)
loss_c = log_sum_exp(batch_conf) - batch_conf.gather(1, conf_t.view(-1, 1))
loss_c = loss_c.view(num, -1)
loss_c[pos] = 0
_, loss_idx = loss_c.sort(1, descending=True)
_, idx_rank = loss_idx.sort(1)
num_neg = torch.clamp(3 * num_pos, max=pos.size(1) - 1)
neg = idx_rank < num_neg.expand_as(idx_rank)
pos_idx = pos.unsqueeze(2).expand_as(conf_data)
neg_idx = neg.unsqueeze(2).expand_as(conf_data)
conf_p = conf_data[(pos_idx + neg_idx).gt(0)].view(-1, 4)
loss_c = F.cross_entropy(conf_p, conf_t[(pos + neg).gt(0)], reduction="sum")
N = num_pos.data.sum()
(loss_l / N + loss_c / N).backward()
print(loss_l, loss_c, N, loc_data.grad.abs().sum(), conf_data.grad[0, :2])
boxes = decode(loc_data.data[0], priors, [0.1, 0.2])
keep, count = nms(boxes, F.softmax(conf_data.data[0], -1)[:, 1].contiguous(), 0.4, top_k=8)
print(keep, count, type(count))


def sigmoid_focal_loss(inputs, targets, alpha=0.25, gamma=2, reduction="none"):
    p = torch.sigmoid(inputs)
    ce_loss = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    p_t = p * targets + (1 - p) * (1 - targets)
    loss = ce_loss * ((1 - p_t) ** gamma)
    if alpha >= 0:
        alpha_t = alpha * targets + (1 - alpha) * (1 - targets)
        loss = alpha_t * loss
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


print(sigmoid_focal_loss(conf_data[0], F.one_hot(conf_t[0], 4).float(), reduction="sum"))
shifts_x = torch.arange(0, 3 * 8, step=8, dtype=torch.float32)
shift_y, shift_x = torch.meshgrid(shifts_x, shifts_x, indexing="ij")
shifts = torch.stack(
    (shift_x.reshape(-1), shift_y.reshape(-1), shift_x.reshape(-1), shift_y.reshape(-1)), dim=1
)
ratios = torch.as_tensor([0.5, 1.0, 2.0])
scales = torch.as_tensor((16.0,))
hs = torch.sqrt(ratios)
ws = 1 / hs
ws, hs = (ws[:, None] * scales[None, :]).view(-1), (hs[:, None] * scales[None, :]).view(-1)
base = (torch.stack([-ws, -hs, ws, hs], dim=1) / 2).round()
anchors = (shifts.view(-1, 1, 4) + base.view(1, -1, 4)).reshape(-1, 4)
print(base, anchors[:5], anchors.shape)
w, h = anchors[:, 2] - anchors[:, 0], anchors[:, 3] - anchors[:, 1]
keep = torch.where((w >= 12) & (h >= 16))[0]
print(
    keep, torch.nonzero(w > 20, as_tuple=False).squeeze(1), anchors[keep].clamp(min=0, max=24).unbind(-1)[0]
)
