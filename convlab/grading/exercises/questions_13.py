"""The predictions of lesson 13, The same on a GPU. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

BLOCKS = Question(
    id="13_blocks",
    lesson="13",
    prompt="100 outputs, one thread each, in blocks of 32 threads. How many blocks are started?",
    answer=4,
    right="Three blocks hold 96 threads; the last 4 outputs need a block of their own, 28 of whose threads have nothing to do.",
    replies=(
        Reply(3, "Three blocks are 96 threads. Who computes the last 4 outputs?"),
        Reply(3.125, "An eighth of a block cannot be started: whole blocks only."),
        Reply(100, "That is the number of threads. A block holds 32 of them."),
        Reply(32, "That is how many threads a block holds."),
    ),
    otherwise="How often does 32 fit into 100, rounded up?",
)

LOADS = Question(
    id="13_loads",
    lesson="13",
    prompt="One channel, a kernel of 3 x 3, one thread an output. How many numbers does a thread read for its output?",
    answer=18,
    right="Nine pixels and nine weights, for nine multiplications and additions. The thread beside it reads "
    "six of the pixels again.",
    replies=(
        Reply(9, "Nine pixels. And the weights? They lie in the memory of the GPU as well."),
        Reply(10, "Nine pixels, and one more? Each pixel meets a weight of its own."),
        Reply(81, "Each pixel of the window meets one weight, not all nine."),
        Reply(19, "That counts the output too; it is written, not read."),
    ),
    otherwise="For each of the nine taps the thread reads a pixel and a weight.",
)

SECTORS = Question(
    id="13_sectors",
    lesson="13",
    prompt="Memory comes in pieces of 32 bytes, and the 32 threads of a warp ask together. Thread i reads the "
    "float32 at x[8 i]. "
    "How many pieces are fetched?",
    answer=32,
    right="Eight numbers of 4 bytes lie between one thread and the next: each has a piece to itself, and 28 of "
    "its 32 bytes are "
    "thrown away.",
    replies=(
        Reply(4, "So few it would be if the threads read neighbours, x[i]: 32 x 4 bytes are 4 pieces."),
        Reply(8, "Eight pieces would hold 64 numbers in a row. These 32 numbers are spread over 249."),
        Reply(1, "All in one piece? That holds 8 numbers, and only neighbours."),
        Reply(
            256,
            "That many numbers lie between the first and the last; but what lies between two of them is not fetched twice.",
        ),
    ),
    otherwise="How far apart are two of these numbers in bytes, and how long is a piece?",
)

TILE = Question(
    id="13_tile",
    lesson="13",
    prompt="A block of 8 x 8 threads computes 8 x 8 outputs with a kernel of 3 x 3. How many different pixels "
    "does the block need?",
    answer=100,
    right="(8 + 3 - 1) along each side: 10 x 10. Read one by one, without sharing, it would be 64 x 9 = 576.",
    replies=(
        Reply(64, "The windows reach beyond the block's own 8 x 8 pixels: by 3 - 1 rows and columns."),
        Reply(576, "That is 64 windows of 9 pixels, but neighbouring windows overlap: count each pixel once."),
        Reply(121, "11 x 11 would be right if the windows reached one pixel further on each side: 8 + 3 - 1 is 10."),
        Reply(10, "Along one side, yes. And in the square?"),
    ),
    otherwise="From the first pixel of the first window to the last pixel of the last one, along each side.",
)

GRADIENT = Question(
    id="13_gradient",
    lesson="13",
    prompt="The gradient by the input: which kernel gives the same result every time, without anything special?",
    answer="a thread for each pixel",
    choices=("a thread for each pixel", "a thread for each output", "both", "neither"),
    right="It gathers: the pixel asks the outputs that saw it and writes its own number, alone. A thread for "
    "each output would have "
    "to add to pixels that others add to as well.",
    replies=(
        Reply(
            "a thread for each output",
            "Each output adds to the pixels of its window, and windows overlap: two threads read the same pixel, "
            "both add, and one "
            "of the sums is lost.",
        ),
        Reply("both", "With a thread for each output two threads may add to the same pixel at the same time."),
        Reply("neither", "If every thread writes only a number of its own, nothing can get lost. Which of them does?"),
    ),
    otherwise="Who writes to a number that another thread writes to?",
)

LIMIT = Question(
    id="13_limit",
    lesson="13",
    prompt="A GPU reads 3.35 TB/s and computes 67 TFLOP/s. A kernel makes 0.25 operations for each byte it "
    "reads. What is the most "
    "it can reach, in TFLOP/s?",
    answer=0.8375,
    tolerance=0.04,
    right="3.35 x 0.25: the memory allows 1.25 % of what the arithmetic could do. To use it all, 20 operations "
    "a byte are needed.",
    replies=(
        Reply(67, "For that the memory would have to bring 268 TB/s: four bytes for each operation."),
        Reply(
            16.75, "A quarter of 67? The 0.25 counts operations for each byte; multiply it by the bytes that arrive."
        ),
        Reply(13.4, "You divided 3.35 by 0.25; operations per second are bytes per second times operations per byte."),
        Reply(3.35, "That is the bytes that arrive; each of them feeds a quarter of an operation."),
    ),
    otherwise="Bytes per second times operations per byte, and at most 67.",
)

QUESTIONS = (BLOCKS, LOADS, SECTORS, TILE, GRADIENT, LIMIT)
