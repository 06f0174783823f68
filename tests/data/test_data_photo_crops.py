"""Crops of three photographs: balanced, repeatable, and no pixel in both splits."""

import numpy as np

from convlab import data
from convlab.data.photo_crops import CROP, PhotoCrops, regions


def test_crops_are_balanced_and_the_same_each_time():
    for split, each in (("train", 400), ("test", 100)):
        ds = data.load("photo-crops", split)
        assert ds.images.shape == (3 * each, 3, 32, 32) and ds.counts().tolist() == [each] * 3
        assert ds.class_names == ("pavilion", "flower", "portrait") and "CC BY 2.0" in ds.credit
        np.testing.assert_array_equal(ds.images, data.load("photo-crops", split).images)
    assert data.splits("photo-crops") == ("train", "test") and data.fetch("photo-crops") is None


def test_regions_of_the_splits_share_no_column_and_cover_the_photograph():
    for width in (512, 640, 701):
        columns = {
            split: {c for start, end in regions(width, split) for c in range(start, end)} for split in ("train", "test")
        }
        assert not columns["train"] & columns["test"] and columns["train"] | columns["test"] == set(range(width))
        assert all(end - start >= CROP for split in ("train", "test") for start, end in regions(width, split))


def test_every_crop_is_found_in_its_photograph_within_its_region():
    from PIL import Image

    from convlab.data import photo_crops

    for label, path in enumerate(photo_crops._paths()):
        photograph = np.asarray(Image.open(path).convert("RGB")).astype(float).transpose(2, 0, 1)
        # sums over all 64 x 64 windows, from the integral image: where a crop may have been taken from
        total = np.zeros((photograph.shape[1] + 1, photograph.shape[2] + 1))
        total[1:, 1:] = photograph.sum(0).cumsum(0).cumsum(1)
        windows = total[CROP:, CROP:] - total[:-CROP, CROP:] - total[CROP:, :-CROP] + total[:-CROP, :-CROP]
        for split in ("train", "test"):
            crops = data.load("photo-crops", split)
            for image in crops.images[crops.labels == label][:5]:
                near = np.abs(windows / (4 * image.size) - image.mean()) <= 0.5  # rounding of each pixel
                tops, lefts = np.nonzero(near)
                allowed = [any(start <= left and left + CROP <= end for start, end in regions(photograph.shape[2], split))
                           for left in lefts]  # fmt: skip
                assert any(
                    ok and np.abs(_reduced(photograph[:, top : top + CROP, left : left + CROP]) - image).max() <= 0.5
                    for top, left, ok in zip(tops, lefts, allowed)
                )


def _reduced(crop):
    return (crop[:, ::2, ::2] + crop[:, 1::2, ::2] + crop[:, ::2, 1::2] + crop[:, 1::2, 1::2]) / 4


def test_it_says_where_it_comes_from():
    assert "scikit-learn and matplotlib" in PhotoCrops.place and PhotoCrops().splits() == ("train", "test")
