"""A supervised U-Net that takes noise away or fills holes, in PyTorch: a row beside the autoencoders of aelab.

python unet.py WORKLOAD

WORKLOAD is JSON. `images` is an .npz of uint8 images, `train`, to learn from, in which `scale` is white. `corruption`
and `noise` say how they are spoilt, anew at every step: up to that strength with `noise_range`, else with just that.
`see_hidden` shows the net where they are, as a second channel, and then errors count there alone. `epochs`, `batch`,
`lr` and `seed` are of the training. `inputs` is an .npz of images to restore, [image, height, width, channel] by name,
and `out` is the .npz for what the net makes of them; the number of its parameters stands there too.
"""

import itertools
import json
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional

WIDTHS = (16, 32, 64)  # channels at each resolution
BLOCK = 500  # images to restore at a time
Spoilt = tuple[torch.Tensor, torch.Tensor]  # the images, and where they are hidden


def convolutions(*channels: int) -> nn.Sequential:
    """3 by 3, each with a relu behind it."""
    layers = nn.Sequential()
    for before, after in itertools.pairwise(channels):
        layers.append(nn.Conv2d(before, after, 3, padding=1)).append(nn.ReLU())
    return layers


class UNet(nn.Module):
    """Ronneberger et al. 2015, arXiv:1505.04597, figure 1, with two halvings and padded convolutions."""

    def __init__(self, channels: int):
        super().__init__()
        *skipped, last = WIDTHS
        pairs = itertools.pairwise((channels, *skipped))
        self.down = nn.ModuleList(convolutions(before, own, own) for before, own in pairs)
        self.bottom = convolutions(skipped[-1], last, last, last)
        self.up = nn.ModuleList(nn.ConvTranspose2d(below, own, 2, 2) for own, below in itertools.pairwise(WIDTHS))
        self.merge = nn.ModuleList(convolutions(2 * own, own, own) for own in skipped)
        self.last = nn.Conv2d(skipped[0], 1, 1)
        for layer in self.modules():  # section 3: normal weights of variance 2 / inputs
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """Logits of every pixel."""
        kept = []
        for stage in self.down:
            kept.append(stage(h))
            h = functional.max_pool2d(kept[-1], 2)
        h = self.bottom(h)
        for up, merge, skip in reversed([*zip(self.up, self.merge, kept, strict=True)]):
            h = merge(torch.cat([skip, up(h)], 1))
        return self.last(h)


def gaussian(x: torch.Tensor, strength: torch.Tensor) -> Spoilt:
    return (x + strength * torch.randn_like(x)).clamp(0, 1), torch.ones_like(x, dtype=torch.bool)


def salt_and_pepper(x: torch.Tensor, share: torch.Tensor) -> Spoilt:
    uniform = torch.rand_like(x)
    return torch.where(uniform < share, (uniform < share / 2).float(), x), uniform < share


def masking(x: torch.Tensor, share: torch.Tensor) -> Spoilt:
    hidden = torch.rand_like(x) < share
    return x.masked_fill(hidden, 0), hidden


def regions(x: torch.Tensor, share: torch.Tensor) -> Spoilt:
    """A box of that share of either side, a half, or that share of the quadrants; the kind is drawn for each row."""
    height, width = x.shape[2:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    box = torch.ones((), dtype=torch.bool)
    for place, size in ((rows, height), (columns, width)):
        length = (share * size).round().clamp(1, size)
        first = (torch.rand(len(x), 1, 1, 1) * (size - length + 1)).floor()
        box = box & (place >= first) & (place < first + length)
    lower, right = (rows >= height // 2).expand(height, width), (columns >= width // 2).expand(height, width)
    half = torch.stack([~right, right, ~lower, lower])[torch.randint(4, (len(x),))][:, None]
    taken = torch.rand(len(x), 4).argsort(1).argsort(1) < (4 * share[:, 0, 0]).round()
    quadrant = taken[:, 2 * lower + right][:, None]
    kind = torch.randint(3, (len(x), 1, 1, 1))
    hidden = torch.where(kind == 0, box, torch.where(kind == 1, half, quadrant))
    return x.masked_fill(hidden, 0), hidden


KINDS = {"gaussian": gaussian, "salt_and_pepper": salt_and_pepper, "masking": masking, "regions": regions}


def train(model: UNet, images: torch.Tensor, work: dict) -> None:
    """Binary cross-entropy, Adam, and a learning rate that falls to 0 along a cosine, as of ours."""
    optimizer, batch = torch.optim.Adam(model.parameters(), lr=work["lr"]), work["batch"]
    steps = work["epochs"] * -(-len(images) // batch)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(work["epochs"]):
        for rows in torch.randperm(len(images)).split(batch):
            x = images[rows, None].float() / work["scale"]
            strength = torch.full((len(x), 1, 1, 1), work["noise"])
            strength = strength * (1 - torch.rand_like(strength)) if work["noise_range"] else strength
            shown, hidden = KINDS[work["corruption"]](x, strength)
            if work["see_hidden"]:
                shown = torch.cat([shown, hidden.float()], 1)
            with torch.autocast("cpu", torch.bfloat16):  # products alone: weights and sums are float32
                logits = model(shown.contiguous(memory_format=torch.channels_last))
            error = functional.binary_cross_entropy_with_logits(logits.float(), x, reduction="none")
            optimizer.zero_grad()
            (error * hidden if work["see_hidden"] else error).mean().backward()
            optimizer.step()
            falling.step()


@torch.no_grad()
def restored(model: UNet, images: np.ndarray) -> np.ndarray:
    """What the net makes of images, `[image, height, width, 1]`."""
    parts = torch.tensor(images).permute(0, 3, 1, 2).split(BLOCK)
    return torch.cat([model(part).sigmoid() for part in parts]).permute(0, 2, 3, 1).numpy()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    torch.manual_seed(asked["seed"])
    with np.load(asked["images"]) as stored:
        known = torch.tensor(stored["train"])
    net = UNet(1 + asked["see_hidden"]).to(memory_format=torch.channels_last)
    train(net, known, asked)
    with np.load(asked["inputs"]) as given:
        made = {name: restored(net, given[name]) for name in given.files}
    np.savez(asked["out"], parameters=sum(own.numel() for own in net.parameters()), **made)
