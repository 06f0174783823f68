"""The predictions of lesson 08, The backward pass. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

TOUCHED = Question(
    id="08_touched",
    lesson="08",
    prompt="A 3 x 3 image, a 2 x 2 kernel, stride 1, no padding: four outputs. How many of them see the corner pixel, the "
    "middle of an edge, and the pixel in the middle?",
    answer=(1, 2, 4),
    right="The corner lies in one window, the middle of an edge in two, the middle of the image in all four. So their "
    "gradients are sums of one, two and four products.",
    replies=(
        Reply((4, 4, 4), "Lay the window in the top left corner: does it reach the bottom right pixel?"),
        Reply(
            (1, 1, 1),
            "One window begins at each of the first four pixels, but windows overlap: a pixel lies in several.",
        ),
        Reply((1, 2, 3), "Almost: draw the four windows, and count those over the middle pixel again."),
        Reply((4, 2, 1), "The other way round: the middle is seen most often."),
    ),
    otherwise="Draw the four windows of 2 x 2 on the 3 x 3 pixels, and count them over each pixel.",
)

GRADIENT_OF_WEIGHTS = Question(
    id="08_dw",
    lesson="08",
    prompt="Image 1 2 3 / 4 5 6 / 7 8 9, a 2 x 2 kernel, and the loss has the slopes dy = 1 0 / 0 2 by the four outputs: the "
    "four slopes dw, row by row?",
    answer=(11, 14, 20, 23),
    right="Each weight met one pixel at output (0, 0) and another, one further down and right, at output (1, 1): pixel + 2 "
    "times the other. 1 + 2 * 5 = 11, and so on.",
    replies=(
        Reply((23, 20, 14, 11), "The right four numbers in reverse order: weight (0, 0) met pixel 1 first, not 5."),
        Reply((7, 10, 16, 19), "That is with dy turned round: the 2 belongs to the output at the bottom right."),
        Reply((1, 2, 4, 5), "That is the window of output (0, 0) alone. Output (1, 1) adds twice its own window."),
        Reply((10, 12, 16, 18), "That is twice the window of output (1, 1). Output (0, 0) adds its own window, once."),
        Reply((6, 8, 12, 14), "Pixel plus pixel: the dy of output (1, 1) is 2, so its pixel counts twice."),
    ),
    otherwise="Weight (0, 0) met pixel 1 at output (0, 0) and pixel 5 at output (1, 1). Multiply each by its dy and add.",
)

GRADIENT_OF_PIXEL = Question(
    id="08_dx",
    lesson="08",
    prompt="Kernel 1 2 / 3 4 on a 3 x 3 image, dy = 1 0 / 0 2: what is the slope dx by the pixel in the middle?",
    answer=6,
    right="Output (0, 0) saw the middle through its last weight, 4; output (1, 1) through its first, 1. So 1 * 4 + 2 * 1.",
    replies=(
        Reply(
            9,
            "1 * 1 + 2 * 4: the weights have changed places. Output (0, 0) has the middle pixel in the *last* corner of its "
            "window.",
        ),
        Reply(10, "That is the sum of the four weights. Each is multiplied by its own dy, and two of those are 0."),
        Reply(5, "The weights 4 and 1 are right; the dy of output (1, 1) is 2."),
        Reply(3, "That is the sum of the dy. Each is multiplied by the weight that its output saw the pixel through."),
    ),
    otherwise="Which outputs with a dy saw the middle pixel, and through which weight?",
)

PLAIN_PRODUCT = Question(
    id="08_plain",
    lesson="08",
    prompt="A slide writes: dx (3 x 3) = mirrored kernel (2 x 2) convolved with dy (2 x 2), and nothing more. Taken at its "
    "word, only windows that fit: what shape comes out?",
    answer=(1, 1),
    right="2 - 2 + 1 = 1. To get 3 x 3, dy needs a rim of K - 1 = 1 zero first: 4 - 2 + 1 = 3. The other deck says so: "
    "*padded* upstream gradient.",
    replies=(
        Reply(
            (3, 3),
            "That is what should come out, and what the slide promises. Count the places where 2 x 2 fits on 2 x 2.",
        ),
        Reply((2, 2), "That is the size of both; how often does one fit on the other?"),
        Reply((4, 4), "That is dy with a rim of one zero. On it the kernel fits 3 x 3 times."),
        Reply((0, 0), "It fits, exactly once."),
    ),
    otherwise="The output size of lesson 04: N - K + 1 along each axis.",
)

SLIPS = Question(
    id="08_slips",
    lesson="08",
    prompt="The slide's dL/dx22 = dL/do12 f22 + dL/dx12 f21 + dL/do21 f12 + dL/do22 f11. How many of its four terms are wrong?",
    answer=2,
    right="The first must have o11, for that output saw x22 through f22. The second must have o12, not x12. The last two are "
    "right.",
    replies=(
        Reply(0, "Ask of each term: did this output see x22, and through this weight?"),
        Reply(
            1,
            "There is one more. One of them is easy to see, the other only if you ask which output saw x22 through f22.",
        ),
        Reply(3, "One too many. Write down the four outputs with the weight on x22 in each."),
        Reply(4, "Not that bad. Write down the four outputs with the weight on x22 in each."),
    ),
    otherwise="Write down for each of the four outputs which weight lies on x22.",
)

LOST_ROW = Question(
    id="08_lost_row",
    lesson="08",
    prompt="A 6 x 6 image, a 3 x 3 kernel, stride 2, no padding. What is dx in the last row of pixels?",
    answer="zero",
    choices=("zero", "the same as in the row above", "there is no such row"),
    right="Windows begin at rows 0 and 2 and end at row 4. No output saw row 5, so no output depends on it. But it is part of "
    "x, so it is part of dx.",
    replies=(
        Reply("the same as in the row above", "Which windows reach row 5? They begin at rows 0 and 2, and are 3 high."),
        Reply(
            "there is no such row",
            "dx has a number for each number of x. An answer that is too small is a common mistake here: it comes from "
            "computing the size of dx backwards from dy.",
        ),
    ),
    otherwise="Which windows reach row 5?",
)

RIM = Question(
    id="08_rim",
    lesson="08",
    prompt="Forward, a rim of zeros was put around the image. On the way back the outputs hand something to these zeros, too. "
    "What becomes of it?",
    answer="it is cut off",
    choices=("it is cut off", "it is added to the pixels next to it", "it is kept"),
    right="The zeros are constants, not pixels: nobody can change them, so nobody asks for their slope.",
    replies=(
        Reply(
            "it is added to the pixels next to it",
            "A pixel gets what came through itself, no more. What the zeros got belongs to no pixel.",
        ),
        Reply("it is kept", "Then dx would be larger than x. It has one number for each pixel."),
    ),
    otherwise="dx has one number for each pixel of x.",
)

BIAS = Question(
    id="08_bias",
    lesson="08",
    prompt="2 images, 3 filters, 4 x 5 outputs each, and dy is 1 everywhere: what is the slope by the bias of one filter?",
    answer=40,
    right="The bias of a filter was added to 4 x 5 outputs in each of 2 images, and each hands back its dy of 1.",
    replies=(
        Reply(20, "That is one image. The same bias served both."),
        Reply(120, "That is all three filters. Each has a bias of its own."),
        Reply(1, "That is the mean. If the bias grows by 1, every output of its filter grows by 1: the slopes add up."),
        Reply(60, "That is one image and all three filters. Each filter has its own bias, and both images use it."),
    ),
    otherwise="To how many outputs was this one number added?",
)

BATCH = Question(
    id="08_batch",
    lesson="08",
    prompt="A batch of N images goes through one convolution. How does dw come from the images?",
    answer="the sum of what each image gives",
    choices=("the sum of what each image gives", "the mean of what each image gives", "one dw for each image"),
    right="All images used the same weights, and slopes add up. If the *loss* is a mean over the images, its 1/N is in dy "
    "already.",
    replies=(
        Reply(
            "the mean of what each image gives",
            "Only if the loss is a mean, and then the 1/N is in dy already. Dividing once more is a common bug: every step N "
            "times too small.",
        ),
        Reply("one dw for each image", "There is one set of weights, so there is one slope for each of them."),
    ),
    otherwise="If a weight grows a little, what happens to the loss of each image, and to their total?",
)

STEP = Question(
    id="08_step",
    lesson="08",
    prompt="A slope measured by central differences, in float64: which of these steps comes nearest to the true slope?",
    answer="1e-5",
    choices=("1e-1", "1e-5", "1e-13"),
    right="Large steps see the bend of the curve, tiny ones only the rounding of the last digits. In between, around the cube "
    "root of 1e-16, both are small.",
    replies=(
        Reply(
            "1e-1", "That is a large step: the curve bends on the way, and the error is about the square of the step."
        ),
        Reply(
            "1e-13",
            "Mathematically yes. But two losses that differ in the last three of sixteen digits only leave three digits of "
            "slope, or none.",
        ),
    ),
    otherwise="A float64 has about sixteen digits. How many of them differ between the two losses?",
)

DX_SHAPE = Question(
    id="08_dx_shape",
    lesson="08",
    prompt="dy (2, 4, 3, 4), x (2, 3, 7, 9), w (4, 3, 3, 3), stride 2, padding 0: the shape of dx?",
    answer=(2, 3, 7, 9),
    right="dx has the shape of x, always. The shape of dy only says how many outputs there are to hand something back.",
    replies=(
        Reply((2, 4, 3, 4), "That is the shape of dy. The gradient by x has one number for each number of x."),
        Reply((4, 3, 3, 3), "That is the shape of dw. The gradient by x has one number for each number of x."),
        Reply((2, 4, 7, 9), "The four filters are added up: channels of dx are channels of x."),
    ),
    otherwise="A gradient has one number for each number of what it is a gradient by.",
)

QUESTIONS = (
    TOUCHED,
    GRADIENT_OF_WEIGHTS,
    GRADIENT_OF_PIXEL,
    PLAIN_PRODUCT,
    SLIPS,
    LOST_ROW,
    RIM,
    BIAS,
    BATCH,
    STEP,
    DX_SHAPE,
)
