"""Lists made into tensors, a network that returns three results, and training in shuffled batches."""

import numpy as np
import torch
import torch.nn as nn
import torch.utils.data as Data

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(4)


class NN(nn.Module):
    def __init__(self):
        super(NN, self).__init__()
        self.flatten = nn.Flatten()
        self.net = nn.Sequential(
            nn.Linear(10 * 3, 10 * 3),
            nn.ReLU(),
            nn.Linear(10 * 3, 10 * 3),
            nn.ReLU(),
            nn.Linear(10 * 3, 27),
        )

    def forward(self, x):
        result = self.net(x)
        r1 = result[:9]
        r2 = result[9:18]
        r3 = result[18:27]
        return [r1, r2, r3]


model = NN().to(device)
train_data = [[(i * j % 7) / 7 for j in range(30)] for i in range(20)]
labels = [[[float(k == (i + part) % 9) for k in range(9)] for part in range(3)] for i in range(20)]
train_data = torch.tensor(np.array(train_data)).to(torch.float32).to(device)
labels = torch.tensor(np.array(labels)).to(torch.float32).to(device)
print(train_data.shape, train_data.dtype, labels[0], torch.tensor(np.array([1.5])).dtype)

prediction = model(train_data[0])
print(prediction)
optim = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
loss = (
    (prediction[0] - labels[0][0]).sum()
    + (prediction[1] - labels[0][1]).sum()
    + (prediction[2] - labels[0][2]).sum()
)
print(loss)
optim.zero_grad()
loss.backward()
optim.step()
print(model(train_data[0])[1])


class Three(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(30, 27)

    def forward(self, x):
        return self.body(x).view(-1, 3, 9)


model = Three()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loss_fn = nn.MSELoss()
bath = 6
loader = Data.DataLoader(
    dataset=Data.TensorDataset(train_data, labels), batch_size=bath, shuffle=True, num_workers=1
)
pstep = 2
for epoch in range(3):
    running_loss = 0.0
    for step, (inps, labs) in enumerate(loader):
        labs = labs.to(device)
        inps = inps.to(device)
        outputs = model(inps)
        loss = loss_fn(outputs, labs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        size = len(labs) * 3
        correct = 0
        correct += (outputs.argmax(-1) == labs.argmax(-1)).type(torch.float).sum().item()
        if step % pstep == pstep - 1:
            print(
                "[%d, %5d] loss: %.3f correct:%.3f"
                % (epoch + 1, step + 1, running_loss / pstep, correct / size)
            )
            running_loss = 0.0
print("outputs:", outputs.argmax(-1), "\nlabs:", labs.argmax(-1), "\ncorrect:", correct, "\nSize:", size)
torch.save(model.state_dict(), "model.pth")
print("Saved PyTorch Model State to model.pth")
print(torch.load("model.pth")["body.bias"][:4], optimizer)
print(model.state_dict().keys(), (outputs > 0.1).type(torch.int), outputs.type(), labs.argmax(-1).type())
