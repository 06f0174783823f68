"""The predictions of lesson 03, Convolution. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

SPACESHIP = Question(
    id="03_spaceship",
    lesson="03",
    prompt="A noisy laser puts the spaceship at 10, 12, 20 km, the newest reading last. Weighted average with weights "
    "0.2, 0.3, 0.5, the newest reading weighing most: how many km?",
    answer=15.6,
    tolerance=0.051,
    right="2 + 3.6 + 10: the newest reading pulls the estimate towards itself, the older ones calm it down.",
    replies=(
        Reply(
            14,
            "That is the plain mean: all readings weigh the same. Here the newest weighs most, so the estimate "
            "lies nearer to 20.",
        ),
        Reply(
            12.6,
            "The weights met the readings in the opposite order, so the oldest weighed most. Whether the "
            "weights run with the readings or against them is what this lesson is about.",
        ),
        Reply(5.2, "You divided by 3 as well. The weights already add up to 1: nothing is left to divide."),
    ),
    otherwise="Multiply each reading by its own weight and add the three products.",
)

LETTERS = Question(
    id="03_letters",
    lesson="03",
    prompt="Image a b c d / e f g h / i j k l, kernel w x / y z, as a network computes it: which is the first output?",
    answer="aw + bx + ey + fz",
    choices=("aw + bx + ey + fz", "az + by + ex + fw", "aw + bx + cy + dz", "aw + by + ex + fz"),
    right="The kernel lies on the window as it is written, and each letter is multiplied by the one above it.",
    replies=(
        Reply(
            "az + by + ex + fw",
            "That is true convolution: the kernel is turned by 180 degrees first. A network leaves it as it is.",
        ),
        Reply("aw + bx + cy + dz", "That runs along the first row: four numbers, but not a 2 x 2 window."),
        Reply("aw + by + ex + fz", "There the kernel is transposed: x lies to the right of w, so it meets b."),
    ),
    otherwise="Lay the kernel on the top left corner of the image.",
)

LETTERS_SHAPE = Question(
    id="03_letters_shape",
    lesson="03",
    prompt="The same 3 x 4 image and 2 x 2 kernel: how many rows and columns has the output?",
    answer=(2, 3),
    right="3 - 2 + 1 rows and 4 - 2 + 1 columns: the kernel loses one place along each axis.",
    replies=(
        Reply((3, 4), "As large as the image? Then the last windows would hang over the border: that takes padding."),
        Reply((3, 2), "The right two numbers, rows and columns swapped: rows come first."),
        Reply((2, 2), "That is the size of the kernel. Count the places where it can lie."),
        Reply((1, 2), "One too few along each axis: the first place counts too, (3 - 2) + 1 rows."),
        Reply((4, 5), "Larger than the image: that counts every window that touches it, the full convolution."),
    ),
    otherwise="Slide the 2 x 2 kernel along the top row of the image and count its places; then down the left column.",
)

MINUS = Question(
    id="03_minus",
    lesson="03",
    prompt="The filter [1 -1] slides over 2 2 2 5 5, as a network computes it: which four numbers come out?",
    answer=(0, 0, -3, 0),
    right="Each output is a number minus its right neighbour: 0 where the signal is even, 2 - 5 at the step.",
    replies=(
        Reply(
            (0, 0, 3, 0),
            "The step is found, with the wrong sign: 1 meets the left number, -1 the right one. +3 is "
            "what the flipped filter gives, true convolution.",
        ),
        Reply((0, 0, 0, -3), "Right number, one place too late: output 2 is the window of 2 and 5."),
        Reply((0, -3, 0, 0), "Right number, one place too early: output 1 is the window of 2 and 2."),
    ),
    otherwise="Each output is the left number of a window of two, minus the right one.",
)

VERTICAL_STEP = Question(
    id="03_vertical_step",
    lesson="03",
    prompt="6 x 6 image, left half 1 and right half 0; kernel with three rows 1 0 -1. What is each row of the output?",
    answer=(0, 3, 3, 0),
    right="Two places have 1 on the left and 0 on the right; three rows add up to 3. The edge is two pixels wide: the "
    "kernel reaches that far.",
    replies=(
        Reply(
            (0, 3, 0, 0),
            "There are two places where the left column of the kernel lies on 1 and the right one on 0: "
            "the middle column counts nothing.",
        ),
        Reply(
            (0, 0, 3, 0),
            "There are two places where the left column of the kernel lies on 1 and the right one on 0: "
            "the middle column counts nothing.",
        ),
        Reply((0, 1, 1, 0), "That is one row of the kernel; it has three, and they add up."),
        Reply((0, -3, -3, 0), "Right places, wrong sign: bright on the left meets the 1. The flipped kernel gives -3."),
        Reply((3, 3, 3, 3), "On an even patch 1 and -1 cancel: there the output is 0."),
        Reply((0, 0, 3, 3, 0, 0), "That has six numbers; a kernel of width 3 has only 4 places on 6 columns."),
    ),
    otherwise="Four numbers: put the kernel at columns 0, 1, 2, 3 and add up what it sees.",
)

HORIZONTAL_STEP = Question(
    id="03_horizontal_step",
    lesson="03",
    prompt="The same kernel (three rows 1 0 -1) on an image whose upper half is 1, lower half 0: the largest output?",
    answer=0,
    right="Along every row left and right are equal, so 1 and -1 cancel: this kernel is blind to horizontal edges.",
    replies=(
        Reply(
            3,
            "3 is what the kernel turned by 90 degrees gives. This one compares left with right, and here they "
            "are always equal.",
        ),
        Reply(
            1,
            "In each row of the window the left and the right number are equal: what is 1 times it, minus 1 times it?",
        ),
    ),
    otherwise="Lay the kernel across the edge and add up row by row.",
)

SOBEL = Question(
    id="03_sobel",
    lesson="03",
    prompt="Patch 24 25 36 / 20 25 34 / 24 46 75 under the kernel 1 2 1 / 0 0 0 / -1 -2 -1, as a network computes it?",
    answer=-81,
    right="110 above minus 191 below: it is brighter at the bottom, so the sum is negative.",
    replies=(
        Reply(
            81,
            "+81 is what the flipped kernel gives, true convolution. A network does not flip: the row 1 2 1 lies "
            "on 24 25 36.",
        ),
        Reply(301, "All products were added as if -1 -2 -1 were 1 2 1: mind the signs of the last row."),
        Reply(-91, "That is the kernel turned by 90 degrees: it compares left with right."),
        Reply(91, "That is the kernel turned by 90 degrees: it compares right with left."),
        Reply(-60, "The middle column counts twice: the rows are 1 2 1, not 1 1 1."),
    ),
    otherwise="Only the first and the last row count: 24 + 2 * 25 + 36, minus the same sum of the last row.",
)

COMMUTATIVE = Question(
    id="03_commutative",
    lesson="03",
    prompt="Swap image and kernel. Which of the two operations, taken over every overlap, gives the same result again: "
    "true convolution, cross-correlation, both, neither?",
    answer="true convolution",
    choices=("true convolution", "cross-correlation", "both", "neither"),
    right="That is what the flip is for: with it the two play the same part. Cross-correlation gives the result turned "
    "by 180 degrees. A network learns its kernels, so it does not miss the law.",
    replies=(
        Reply("cross-correlation", "Try 1 2 against 3 4: cross-correlation gives 4 11 6 one way and 6 11 4 the other."),
        Reply("both", "Try cross-correlation by hand with 1 2 against 3 4: 4 11 6 one way, 6 11 4 the other."),
        Reply(
            "neither",
            "Multiply the polynomials 1 + 2t and 3 + 4t: their coefficients are a true convolution, and "
            "the order of a product does not matter.",
        ),
    ),
    otherwise="Try both with 1 2 and 3 4.",
)

EQUIVARIANCE = Question(
    id="03_equivariance",
    lesson="03",
    prompt="The cat in the photograph moves 5 pixels to the right. What does the output of a convolution do?",
    answer="it moves 5 pixels too",
    choices=("it stays the same", "it moves 5 pixels too", "it changes everywhere"),
    right="Shifting and then convolving is the same as convolving and then shifting, f(g(x)) = g(f(x)), the border "
    "apart: one detector serves every place.",
    replies=(
        Reply(
            "it stays the same",
            "That would be invariance. The same weights find the cat at its new place, so the "
            "response is found at a new place too.",
        ),
        Reply(
            "it changes everywhere",
            "So it would be in a fully connected layer. Here the same window of pixels meets "
            "the same weights, only further to the right.",
        ),
    ),
    otherwise="Think of one window and the same weights at its new place.",
)

OUTPUT_SIZE = Question(
    id="03_output_size",
    lesson="03",
    prompt="5 x 5 image, 3 x 3 kernel, stride 1, no padding: the shape of the output?",
    answer=(3, 3),
    right="5 - 3 + 1 = 3 places along each axis.",
    replies=(
        Reply(3, "3 along each axis: as a shape that is (3, 3)."),
        Reply((5, 5), "For that the kernel would have to hang over the border, on one pixel of padding."),
        Reply((2, 2), "5 - 3 = 2 steps, but the first place counts too."),
        Reply((7, 7), "That counts every window that touches the image: the full convolution."),
        Reply(9, "Nine numbers, yes: as a shape?"),
    ),
    otherwise="Slide the kernel along one row and count its places.",
)

CHANNELS = Question(
    id="03_channels",
    lesson="03",
    prompt="x has shape (2, 3, 8, 8), w has shape (4, 3, 3, 3), stride 1, no padding: the shape of conv2d(x, w, b)?",
    answer=(2, 4, 6, 6),
    right="2 images, one channel for each of the 4 filters, 8 - 3 + 1 rows and columns. The 3 channels are summed.",
    replies=(
        Reply(
            (2, 3, 6, 6), "Every filter sums over all 3 input channels, and each of the 4 filters makes one channel."
        ),
        Reply((2, 12, 6, 6), "A filter does not give one output per input channel: it adds its 3 up."),
        Reply((4, 2, 6, 6), "Right numbers; images come first, then channels (N, C, H, W)."),
        Reply((2, 4, 8, 8), "8 x 8 stays 8 x 8 only with padding 1."),
        Reply((2, 4, 5, 5), "8 - 3 = 5 steps, but the first place counts too."),
    ),
    otherwise="N and O go through; C is summed away; H and W shrink.",
)

QUESTIONS = (
    SPACESHIP,
    LETTERS,
    LETTERS_SHAPE,
    MINUS,
    VERTICAL_STEP,
    HORIZONTAL_STEP,
    SOBEL,
    COMMUTATIVE,
    EQUIVARIANCE,
    OUTPUT_SIZE,
    CHANNELS,
)
