"""Specs that change images by chance in training, which an exported script must repeat."""

from __future__ import annotations

DATA = """
data {
  digits = load_digits(n_class=3)
  x      = digits.images / 16 -> unsqueeze(1) -> TRANSFORMS
  y      = digits.y
  split(train=30%, val=20%, test=20%, seed=2)
}

model {
  Conv2d(2, 3) -> ReLU -> Flatten
  Linear(3)
}

train {
  loss      = CrossEntropyLoss
  optimizer = SETTINGS
  metrics   = [accuracy]
  epochs    = 3
}
"""


def changed(transforms: str, settings: str = "SGD(lr=0.1)\n  batch = 16") -> str:
    return DATA.replace("TRANSFORMS", transforms).replace("SETTINGS", settings)


IMAGE_CASES = {
    "cropped_and_flipped": changed(
        "RandomCrop(7, padding=1, fill=0.25) -> RandomHorizontalFlip -> Normalize(0.5, 0.3) "
        "-> RandomVerticalFlip(0.1)"
    ),
    "turned_and_erased": changed(
        "RandomResizedCrop(7, scale=[0.5, 1]) -> RandomRotation(20) -> ColorJitter(0.3, 0.3) "
        "-> Pad(1) -> Normalize(0.5, 0.3) -> RandomErasing(0.5) -> CenterCrop([7, 8])"
    ),
    "moved_and_blurred": changed(
        'Pad([0, 1], padding_mode="reflect") -> RandomAffine(9, [0.1, 0.1], [0.8, 1.2], 4, '
        'interpolation="bilinear", fill=0.5) -> GaussianBlur(3) -> RandomInvert(0.2)'
    ),
    "cropped_from_the_middle": changed("CenterCrop([7, 6]) -> RandomCrop([5, 6])"),
    "flipped_all_at_once": changed("RandomHorizontalFlip(0.3)", "LBFGS(lr=0.1)"),
    "flipped_and_accumulated": changed(
        "RandomVerticalFlip", "SGD(lr=0.1)\n  batch = 8\n  accumulate = 3"
    ),
}
