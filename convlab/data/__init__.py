"""Data sets, batches and augmentation.

>>> from convlab import data
>>> train = data.load("digits")
>>> loader = data.Loader(train, batch_size=64, normalize=data.Normalize.fit(train), augment=data.Shift(2))
>>> x, y = next(iter(loader))
>>> x.shape, str(x.dtype), y.shape
((64, 1, 32, 32), 'float32', (64,))
"""

from convlab.data.augment import Brightness as Brightness
from convlab.data.augment import CentreCrop as CentreCrop
from convlab.data.augment import ColourPCA as ColourPCA
from convlab.data.augment import Compose as Compose
from convlab.data.augment import HorizontalFlip as HorizontalFlip
from convlab.data.augment import RandomCrop as RandomCrop
from convlab.data.augment import Shift as Shift
from convlab.data.augment import TenCrop as TenCrop
from convlab.data.augment import mirrored as mirrored
from convlab.data.dataset import Dataset as Dataset
from convlab.data.dataset import DataWarning as DataWarning
from convlab.data.loader import Loader as Loader
from convlab.data.loading import fetch as fetch
from convlab.data.loading import load as load
from convlab.data.loading import names as names
from convlab.data.loading import splits as splits
from convlab.data.normalize import Normalize as Normalize
from convlab.data.sheet import contact_sheet as contact_sheet
