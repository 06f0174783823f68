"""What is seen while a network trains."""

import math
import sys


class Progress:
    """A bar where there is one to look at, otherwise a line per epoch."""

    def __init__(self, wanted, epochs, done, batches):
        self.lines = self.bar = None
        if not wanted or done >= epochs or sys.stderr is None:
            return
        from convlab.data.progress import is_notebook

        if sys.stderr.isatty() or is_notebook():
            from tqdm.auto import tqdm

            total = None if batches is None else epochs * batches
            self.bar = tqdm(total=total, initial=done * (batches or 0), unit="batch", leave=True)
        else:
            self.lines = epochs

    def batch(self, number, loss, share):
        if self.bar is not None:
            self.bar.set_description(f"epoch {number + 1}", refresh=False)
            self.bar.set_postfix_str(f"loss {loss:.3f}, accuracy {share:.3f}", refresh=False)
            self.bar.update()

    def epoch(self, epoch):
        if self.lines:
            val = (
                ""
                if math.isnan(epoch.val_loss)
                else f", val loss {epoch.val_loss:.4f}, val accuracy {epoch.val_accuracy:.4f}"
            )
            print(
                f"epoch {epoch.epoch}/{self.lines}: loss {epoch.loss:.4f}, accuracy {epoch.accuracy:.4f}{val}",
                file=sys.stderr,
            )

    def close(self):
        if self.bar is not None:
            self.bar.close()
