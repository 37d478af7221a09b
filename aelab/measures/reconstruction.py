"""How close events come back from the mode of their codes: nothing is drawn."""

import numpy as np

from aelab.batch import Batch
from aelab.evaluation.batches import per_example
from aelab.evaluation.estimate import mean, ratio
from aelab.evaluation.programs import rebuilt
from aelab.evaluation.restoration import WINDOW, psnr, ssim
from aelab.measures.measure import Found, Undefined
from aelab.measures.subject import Subject


def measure(subject: Subject) -> Found:
    """Squared error, its mean over entries, binary cross-entropy, PSNR and SSIM."""
    each = subject.examples
    found: Found = [
        subject.measured("squared_error", mean(each["squared_error"])),
        subject.measured("mse", ratio(each["squared_error"], each["entries"])),
    ]
    if "bce" in each:
        found.append(subject.measured("bce", ratio(each["bce"], each["entries"])))
    else:
        found.append(Undefined("bce", "the likelihood is not Bernoulli's"))
    return found + of_images(subject)


def of_images(subject: Subject) -> Found:
    """PSNR and SSIM of images in [0, 1]; what comes back is clipped to [0, 1] first."""
    spec = subject.splits.spec
    if spec.values != "unit" or len(spec.shape) != 3 or spec.missing:
        return [Undefined(name, "defined for whole images with values in [0, 1]") for name in ("psnr", "ssim")]
    large = min(spec.shape[:2]) >= WINDOW

    def of_batch(batch: Batch) -> dict[str, np.ndarray]:
        batch = subject.shown(batch)
        back = rebuilt(subject.model, subject.params, batch.inputs, batch.mask, batch.condition, hidden=batch.hidden)
        clean, back = np.asarray(batch.targets), np.clip(np.asarray(back), 0, 1)
        return {"psnr": psnr(clean, back)} | ({"ssim": ssim(clean, back)} if large else {})

    each = per_example(of_batch, subject.source)
    small = Undefined("ssim", f"images are smaller than its window of {WINDOW} × {WINDOW} pixels")
    found = subject.measured("psnr", mean(each["psnr"]))
    return [found, subject.measured("ssim", mean(each["ssim"])) if large else small]
