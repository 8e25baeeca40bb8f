"""mixup, cutmix, label smoothing by hand, one-hot, confusion matrix, class weights, per-class accuracy."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler, default_collate

np.random.seed(0)
torch.manual_seed(0)
use_cuda = torch.cuda.is_available()


def mixup_data(x, y, alpha=1.0, use_cuda=use_cuda):
    """Returns mixed inputs, pairs of targets, and lambda"""
    lam = np.random.beta(alpha, alpha) if alpha > 0 else 1
    batch_size = x.size()[0]
    index = torch.randperm(batch_size).cuda() if use_cuda else torch.randperm(batch_size)
    mixed_x = lam * x + (1 - lam) * x[index, :]
    y_a, y_b = y, y[index]
    return mixed_x, y_a, y_b, lam


def mixup_criterion(criterion, pred, y_a, y_b, lam):
    return lam * criterion(pred, y_a) + (1 - lam) * criterion(pred, y_b)


def rand_bbox(size, lam):
    W, H = size[2], size[3]
    cut_rat = np.sqrt(1.0 - lam)
    cut_w, cut_h = int(W * cut_rat), int(H * cut_rat)
    cx, cy = np.random.randint(W), np.random.randint(H)
    bbx1 = np.clip(cx - cut_w // 2, 0, W)
    bby1 = np.clip(cy - cut_h // 2, 0, H)
    bbx2 = np.clip(cx + cut_w // 2, 0, W)
    bby2 = np.clip(cy + cut_h // 2, 0, H)
    return bbx1, bby1, bbx2, bby2


class LabelSmoothingLoss(nn.Module):
    def __init__(self, classes, smoothing=0.1, dim=-1):
        super().__init__()
        self.confidence = 1.0 - smoothing
        self.smoothing = smoothing
        self.cls = classes
        self.dim = dim

    def forward(self, pred, target):
        pred = pred.log_softmax(dim=self.dim)
        with torch.no_grad():
            true_dist = torch.zeros_like(pred)
            true_dist.fill_(self.smoothing / (self.cls - 1))
            true_dist.scatter_(1, target.data.unsqueeze(1), self.confidence)
        return torch.mean(torch.sum(-true_dist * pred, dim=self.dim))


class Net(nn.Module):
    def __init__(self, k=4):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8, k)

    def forward(self, x):
        return self.fc(F.relu(self.conv(x)).mean((2, 3)))


labels = torch.tensor([0] * 20 + [1] * 10 + [2] * 6 + [3] * 4)
data = torch.randn(40, 3, 8, 8) + labels.view(-1, 1, 1, 1) * 0.5
counts = torch.bincount(labels)
class_weights = 1.0 / counts.float()
sample_weights = class_weights[labels]
print(counts, class_weights, sample_weights.sum())
sampler = WeightedRandomSampler(sample_weights, num_samples=len(sample_weights), replacement=True)
loader = DataLoader(TensorDataset(data, labels), batch_size=10, sampler=sampler)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
crit = nn.CrossEntropyLoss(weight=class_weights / class_weights.sum() * 4)
smooth = LabelSmoothingLoss(4)
for epoch in range(2):
    train_loss, correct, total = 0, 0, 0
    for i, (inputs, targets) in enumerate(loader):
        if i % 2 == 0:
            inputs, ta, tb, lam = mixup_data(inputs, targets)
            out = net(inputs)
            loss = mixup_criterion(crit, out, ta, tb, lam)
        else:
            lam = np.random.beta(1.0, 1.0)
            rand_index = torch.randperm(inputs.size()[0])
            ta, tb = targets, targets[rand_index]
            bbx1, bby1, bbx2, bby2 = rand_bbox(inputs.size(), lam)
            inputs[:, :, bbx1:bbx2, bby1:bby2] = inputs[rand_index, :, bbx1:bbx2, bby1:bby2]
            lam = 1 - ((bbx2 - bbx1) * (bby2 - bby1) / (inputs.size()[-1] * inputs.size()[-2]))
            out = net(inputs)
            loss = smooth(out, ta) * lam + smooth(out, tb) * (1.0 - lam)
        opt.zero_grad()
        loss.backward()
        opt.step()
        train_loss += loss.item()
        _, predicted = torch.max(out.data, 1)
        total += targets.size(0)
        correct += (
            lam * predicted.eq(ta.data).cpu().sum().float()
            + (1 - lam) * predicted.eq(tb.data).cpu().sum().float()
        )
        print(
            epoch,
            i,
            targets.tolist(),
            "%.3f" % lam,
            "Loss: %.4f | Acc: %.3f%%" % (train_loss / (i + 1), 100.0 * correct / total),
        )
print(type(correct), correct)

confusion = torch.zeros(4, 4, dtype=torch.int64)
class_correct = list(0.0 for i in range(4))
with torch.no_grad():
    pred = net(data).argmax(1)
    for t, p in zip(labels.view(-1), pred.view(-1)):
        confusion[t.long(), p.long()] += 1
    c = (pred == labels).squeeze()
    for i in range(len(labels)):
        class_correct[labels[i]] += c[i].item()
print(confusion, confusion.diag().float() / confusion.sum(1), class_correct)
fast = torch.bincount(labels * 4 + pred, minlength=16).reshape(4, 4)
print(torch.equal(fast, confusion))
prec = confusion.diag() / confusion.sum(0).clamp(min=1)
rec = confusion.diag() / confusion.sum(1).clamp(min=1)
print("F1", (2 * prec * rec / (prec + rec).clamp(min=1e-8)).mean())
onehot = F.one_hot(labels, num_classes=4).float()
print(
    onehot.sum(0),
    F.cross_entropy(net(data), onehot * 0.9 + 0.025),
    nn.KLDivLoss(reduction="batchmean")(F.log_softmax(net(data), 1), onehot),
)


def collate(batch):
    x, y = default_collate(batch)
    return x.flip(0).mul(0.5), F.one_hot(y, 4)


x, y = next(iter(DataLoader(TensorDataset(data, labels), batch_size=4, shuffle=True, collate_fn=collate)))
print(x.mean(), y)
