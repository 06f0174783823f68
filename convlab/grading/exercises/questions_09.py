"""The predictions of lesson 09, Making it fast. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

FLOPS = Question(
    id="09_flops",
    lesson="09",
    prompt="A filter of 3 x 3 over three channels. How many multiplications and additions, counted together, make one "
    "number of its feature map?",
    answer=54,
    right="27 weights, each multiplied by a pixel and added to the sum: 2 * 27. These are counted as FLOPs, floating-point "
    "operations.",
    replies=(
        Reply(27, "Those are the multiplications. Each product is added to a sum, too."),
        Reply(18, "That is one channel: the window is 3 x 3 in each of three."),
        Reply(9, "Those are the multiplications of one channel."),
        Reply(53, "Very exact: the first addition can be saved if there is no bias. The sum begins with the bias, so each "
              "product is added."),
    ),
    otherwise="Weights of one filter, times two: a multiplication and an addition for each.",
)  # fmt: skip

VIEW = Question(
    id="09_view",
    lesson="09",
    prompt="sliding_window_view of 3 x 3 over an image of 40 x 60 float32 numbers: an array of shape (38, 58, 3, 3). How many "
    "bytes of memory does it take for its numbers, beside the image?",
    answer=0,
    right="None. A view is a shape and a table of steps: it shows the numbers of the image, most of them nine times, and "
    "holds none of its own.",
    replies=(
        Reply(79344, "That is 38 * 58 * 9 numbers of 4 bytes: what a copy would take. Is it a copy?"),
        Reply(19836, "That is how many numbers it shows. Are they its own?"),
        Reply(9600, "That is the image itself."),
        Reply(8816, "That is one number for each window. Does a view hold numbers at all?"),
    ),
    otherwise="Think of x[1:] or x.T: does NumPy copy any numbers for these?",
)

COLUMNS = Question(
    id="09_im2col",
    lesson="09",
    prompt="All windows of 3 x 3 of a large image, stride 1, written down as the rows of a matrix. About how many times as "
    "many numbers as the image has are in it?",
    answer=9,
    tolerance=0.5,
    right="Nearly every pixel lies in nine windows, and is written down nine times. With 5 x 5 it would be 25 times.",
    replies=(
        Reply(1, "Windows overlap: a pixel lies in more than one."),
        Reply(3, "Along one axis a pixel lies in three windows. And along the other?"),
        Reply(27, "There are three channels in the windows, but in the image as well."),
        Reply(18, "Written down once for each window that it lies in."),
    ),
    otherwise="In how many windows does a pixel in the middle lie?",
)

KINDS = Question(
    id="09_kinds",
    lesson="09",
    prompt="A compiled function is called with (a) float32 images, (b) more float32 images of another size, (c) float64 "
    "images, (d) every second column of (a), a view. How many times does Numba compile it?",
    answer=3,
    right="Once for each combination of types: float32, float64, and float32 with gaps between the columns. The size of an "
    "array is no part of its type, so (b) runs what was compiled for (a).",
    replies=(
        Reply(1, "Machine code for float32 cannot add up float64 numbers: another type, another compilation."),
        Reply(2, "float32 and float64, right. But in (d) the neighbours do not lie side by side, and the machine code may rely "
              "on that."),
        Reply(4, "The size of an array is not part of its type. (b) runs what is there already."),
    ),
    otherwise="What belongs to the type of an array: its kind of number, its axes, how it lies in memory, its size?",
)  # fmt: skip

PAYS = Question(
    id="09_pays",
    lesson="09",
    prompt="In plain Python an image takes 2 s. Numba compiles for 3 s, then an image takes 0.01 s. From how many images on "
    "has compiling paid?",
    answer=2,
    right="Two images: 4 s against 3.02 s. After that the compilation is forgotten. (And convlab keeps what it compiled on "
    "the disk, for the next start.)",
    replies=(
        Reply(1, "One image: 2 s against 3.01 s."),
        Reply(3, "Is it not ahead earlier? Two images take 4 s in Python."),
        Reply(150, "3 / 0.02? What counts is how much each image saves: 1.99 s."),
        Reply(
            300, "3 / 0.01 is how many compiled images take as long as compiling. Compare with Python's 2 s an image."
        ),
    ),
    otherwise="Write down both times for n images, 2 n and 3 + 0.01 n, and try n = 1, 2, 3.",
)

REGISTERS = Question(
    id="09_registers",
    lesson="09",
    prompt="A tile of 8 pixels x 3 vectors of filters keeps all its sums in registers. Beside them it needs a register for "
    "each of the 3 vectors of weights, and one for a pixel. How many are that?",
    answer=28,
    right="24 sums + 3 + 1, of the 32 that an AVX-512 core has. A tile of 10 x 3 would want 34.",
    replies=(
        Reply(24, "Those are the sums alone."),
        Reply(27, "The pixel wants a register as well: it stands in all lanes of one."),
        Reply(12, "8 + 3 + 1? There is a sum for every pixel and every vector: 8 * 3 of them."),
        Reply(35, "Eight pixels at a time? They come one after the other, into the same register."),
        Reply(384, "Those are the numbers in the 24 sums; a register holds 16 of them."),
    ),
    otherwise="One for each sum, 8 times 3, and those for the weights and the pixel.",
)

RIDGE = Question(
    id="09_ridge",
    lesson="09",
    prompt="A core makes 200 GFLOP/s and gets 10 GB/s from memory. From how many FLOPs for each byte on is the arithmetic its "
    "limit, no longer the memory?",
    answer=20,
    right="200 / 10: below it the core waits for bytes, above it the bytes wait for the core. That is the corner of the roof.",
    replies=(
        Reply(0.05, "Upside down: that is how many bytes there are for each operation."),
        Reply(2000, "Operations per second divided by bytes per second are operations per byte."),
        Reply(5, "Four bytes are a number: at the corner there are 80 operations a number. Asked is how many a byte."),
        Reply(80, "That is for each number of four bytes. And for each byte?"),
    ),
    otherwise="Operations per second, divided by bytes per second.",
)

OWNERS = Question(
    id="09_owners",
    lesson="09",
    prompt="y[o, i, j] is a sum over channels c. Which of the loops may be shared out among threads as it stands, each "
    "iteration on any of them?",
    answer="over the filters o",
    choices=("over the filters o", "over the channels c", "both", "neither"),
    right="Iteration o alone writes y[o, ...]. Two channels add to the same output: read, add, write, and one of the "
    "sums may be lost.",
    replies=(
        Reply("over the channels c", "All channels add to the same outputs. Two threads read the old sum, both add, and "
              "one of the results is written over."),
        Reply("both", "Two channels add to the same output, at the same time. What if both read it before either has written?"),
        Reply("neither", "If every iteration writes only outputs of its own, nothing can get lost. Which loop is like that?"),
    ),
    otherwise="Which iterations write to numbers that others write to as well?",
)  # fmt: skip

THREADS = Question(
    id="09_threads",
    lesson="09",
    prompt="A job takes one thread 6 microseconds. To wake a second thread and wait for it costs 4. How many microseconds does "
    "the job take on two threads that share it evenly?",
    answer=7,
    right="Half of 6, and 4 on top: longer than alone. At 8 microseconds it would be even, and every longer job gains.",
    replies=(
        Reply(3, "The work itself, yes. The waking and waiting comes on top."),
        Reply(5, "(6 + 4) / 2? The waking is not shared: it comes before and after."),
        Reply(10, "The 6 are shared by two."),
        Reply(6, "Is waking free, or the work not shared?"),
    ),
    otherwise="Half of the work each, and the price of sharing on top.",
)

QUESTIONS = (FLOPS, VIEW, COLUMNS, KINDS, PAYS, REGISTERS, RIDGE, OWNERS, THREADS)
