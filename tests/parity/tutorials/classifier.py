"""The image classifier tutorial on a small stand-in for CIFAR-10."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim


class Images(torch.utils.data.Dataset):
    """Images of one colour each, with noise; the label tells which."""

    def __init__(self, count, transform=None):
        self.labels = torch.randint(10, (count,))
        self.images = torch.rand(count, 3, 32, 32) * 0.5 + self.labels.view(-1, 1, 1, 1) / 20
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, int(self.labels[index])


torch.manual_seed(0)
trainset = Images(64, transform=lambda image: (image - 0.5) / 0.5)
trainloader = torch.utils.data.DataLoader(trainset, batch_size=4, shuffle=True, num_workers=2)
testset = Images(22, transform=lambda image: (image - 0.5) / 0.5)
testloader = torch.utils.data.DataLoader(testset, batch_size=4, shuffle=False, num_workers=2)
classes = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

dataiter = iter(trainloader)
images, labels = next(dataiter)
img = images[0] / 2 + 0.5  # unnormalize
npimg = img.numpy()
print(np.transpose(npimg, (1, 2, 0)).shape, npimg.transpose((1, 2, 0)).dtype, "%.4f" % npimg.mean())
print(" ".join("%5s" % classes[labels[j]] for j in range(4)))
print(images.shape, labels, len(trainloader), len(trainset))

x = torch.stack([sample[0] for sample in torch.utils.data.ConcatDataset([trainset])])
print(torch.mean(x, dim=(0, 2, 3)), torch.std(x, dim=(0, 2, 3)))


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 16 * 5 * 5)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return x


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
print(net, criterion, optimizer, sep="\n")

for epoch in range(2):  # loop over the dataset multiple times
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        # get the inputs
        inputs, labels = data
        # zero the parameter gradients
        optimizer.zero_grad()
        # forward + backward + optimize
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        # print statistics
        running_loss += loss.item()
        if i % 4 == 3:
            print("[%d, %5d] loss: %.3f" % (epoch + 1, i + 1, running_loss / 4))
            running_loss = 0.0
print("Finished Training")

correct = 0
total = 0
with torch.no_grad():
    for data in testloader:
        images, labels = data
        outputs = net(images)
        _, predicted = torch.max(outputs.data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
print("Accuracy of the network on the %d test images: %d %%" % (total, 100 * correct / total))

class_correct = list(0.0 for _ in range(10))
class_total = list(0.0 for _ in range(10))
with torch.no_grad():
    for images, labels in testloader:
        outputs = net(images)
        _, predicted = torch.max(outputs, 1)
        c = (predicted == labels).squeeze()
        for i in range(len(labels)):
            label = labels[i]
            class_correct[label] += c[i].item()
            class_total[label] += 1
for i in range(10):
    if class_total[i]:
        print("Accuracy of %5s : %2d %%" % (classes[i], 100 * class_correct[i] / class_total[i]))
print("Predicted: ", " ".join("%5s" % classes[predicted[j]] for j in range(len(predicted))))
print(outputs, predicted, loss, "%.3f" % loss, f"{loss:.3f}", f"{loss.item():>7f}")
torch.save(net.state_dict(), "cifar_net.pth")
net = Net()
print(net.load_state_dict(torch.load("cifar_net.pth", weights_only=True)))
print(net(images).argmax(1).eq(predicted).all())
