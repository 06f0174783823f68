"""What holds for all tests."""

import os

# Threads that wait for work spin, by OpenMP's custom. The arrays of the tests are tiny and the machine may be busy with
# other things: then the spinning takes the processor from the very thread that is waited for, and tests take ten times
# as long. To be set before the first kernel runs; child processes inherit it.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# Found by its name alone, it would be taken for that of tests/browser. It holds no examples to test.
collect_ignore = ["conftest.py"]
