"""The predictions of lesson 04, Output size. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

PLACES = Question(
    id="04_places",
    lesson="04",
    prompt="A window of 3 slides over 7 pixels, one pixel at a time. At how many places does it fit?",
    answer=5,
    right="It can begin at pixel 0, 1, 2, 3 or 4: four steps, and the place where it began.",
    replies=(
        Reply(4, "7 - 3 = 4 steps. The place before the first step counts too."),
        Reply(7, "Then the last two windows would hang over the end: that takes padding."),
        Reply(3, "That is the width of the window. Count the pixels at which it can begin."),
        Reply(6, "That is what a window of 2 would give. The last one must begin at pixel 4 to end at pixel 6."),
        Reply(9, "That counts every window that touches the pixels, also those that hang over an end."),
    ),
    otherwise="Put the window on pixels 0, 1, 2 and push it to the right, one pixel at a time, until it hits the end.",
)

STRIDE_TWO = Question(
    id="04_stride_two",
    lesson="04",
    prompt="The same 7 pixels and window of 3, now two pixels at a time (stride 2). At how many places does it fit?",
    answer=3,
    right="It begins at pixels 0, 2 and 4: every second one of the five places.",
    replies=(
        Reply(2, "Two steps of 2, yes: and the place before the first step."),
        Reply(2.5, "Half of 5? Places are counted whole: it begins at pixels 0, 2, ..."),
        Reply(4, "A window that begins at pixel 6 would hang over the end."),
        Reply(5, "That is stride 1. Now it jumps over every second place."),
    ),
    otherwise="Write down the pixels at which it begins: 0, 2, and so on, as long as it ends at pixel 6 or before.",
)

DOES_NOT_FIT = Question(
    id="04_does_not_fit",
    lesson="04",
    prompt="7 pixels, a window of 3, stride 3: (7 - 3)/3 + 1 = 2.33. What does the library do?",
    answer="2 outputs, a pixel is never seen",
    choices=("it stops with an error", "2 outputs, a pixel is never seen", "3 outputs, the last window hangs over"),
    right="It rounds down: a part of a window is no window. What is left over at the end is not looked at.",
    replies=(
        Reply(
            "it stops with an error",
            "One of the slides says so, and one could build it like that. PyTorch and this library do not: they use "
            "what fits.",
        ),
        Reply(
            "3 outputs, the last window hangs over",
            "That is rounding up, and the window would need two pixels that are not there. Pooling can be told to do it "
            "(ceil_mode); a convolution cannot.",
        ),
    ),
    otherwise="Think of the last step: the window stands on pixels 3, 4, 5 and would have to go to 6, 7, 8.",
)

KEEPS = Question(
    id="04_keeps",
    lesson="04",
    prompt="A 5 x 5 kernel, stride 1. How many zeros on each side keep the output as large as the input?",
    answer=2,
    right="A window of 5 takes 4 away, 2 on each side: (5 - 1)/2. Two zeros on each side give them back.",
    replies=(
        Reply(
            1, "One zero on each side gives 2 back, but a window of 5 takes 4 away. (For a window of 3 it is right.)"
        ),
        Reply(4, "4 in all, so half of them on each side."),
        Reply(5, "The window takes F - 1 away, not F, and the zeros stand on two sides."),
        Reply(3, "That keeps the size for a window of 7; here the output would grow."),
        Reply(0, "Without padding the output shrinks by 4."),
    ),
    otherwise="Without padding N = M - 5 + 1. How much is missing, and how much of it does each side get?",
)

SHRINK = Question(
    id="04_shrink",
    lesson="04",
    prompt="A 32 x 32 image goes through 5 x 5 convolutions without padding, one after another: 32, 28, 24, ... How many "
    "of them can there be before no window fits any more?",
    answer=7,
    right="Each takes 4 away, so after seven 4 pixels are left, and a window of 5 does not fit on them.",
    replies=(
        Reply(8, "32 / 4 = 8, but the eighth would find 4 pixels, and its window needs 5."),
        Reply(6, "After six there are 32 - 24 = 8 pixels: there a window of 5 still fits."),
        Reply(6.4, "Each layer takes F - 1 = 4 away, not 5; and layers are counted whole."),
        Reply(2, "24 are left after two. Go on."),
    ),
    otherwise="Each layer takes 4 away. Go on writing 32, 28, 24, ... until a 5 no longer fits.",
)

HALF = Question(
    id="04_half",
    lesson="04",
    prompt="W = 5 pixels, F = 3, padding P = 1. How many outputs with stride 1, and how many with stride 2?",
    answer=(5, 3),
    right="5 pixels and 2 zeros are 7: five places, and every second of them, 0, 2 and 4.",
    replies=(
        Reply((3, 2), "That is without the padding: with it, the window walks over 7 pixels."),
        Reply((3, 1), "That is without the padding, and the first place of stride 2 counts too."),
        Reply(
            (4, 2), "Steps, not places: each count wants 1 more. (Or the padding counted once: it is on both sides.)"
        ),
        Reply((5, 2), "Right for stride 1. Every second of the places 0, 1, 2, 3, 4: count them."),
        Reply(
            (5, 2.5),
            "Right for stride 1. With stride 2 every second of the five places stays, and the first one is kept.",
        ),
        Reply((7, 4), "That is how many pixels there are to walk on; the window is 3 wide."),
    ),
    otherwise="Write down the five pixels with a zero on each side, and count where a window of 3 can begin.",
)

SLIP = Question(
    id="04_slip",
    lesson="04",
    prompt="A slide writes the output size as ((n + 2p - f) + 1)/s, with the + 1 above the line. When does it agree with "
    "floor((n + 2p - f)/s) + 1?",
    answer="for stride 1, else only by luck",
    choices=("always: it is the same", "for stride 1, else only by luck", "never", "only without padding"),
    right="For s = 1 it makes no difference where the 1 stands. For larger strides it is divided along with the rest.",
    replies=(
        Reply("always: it is the same", "Try n = 7, p = 0, f = 3, s = 2: one gives 5/2, the other 2 + 1."),
        Reply("never", "Try stride 1: does it matter there whether the 1 is divided?"),
        Reply("only without padding", "n + 2p stands in both in the same way. Look at what the two do with the 1."),
    ),
    otherwise="Put numbers in: n = 7, p = 0, f = 3, with stride 1 and then with stride 2.",
)

DILATION = Question(
    id="04_dilation",
    lesson="04",
    prompt="A kernel with 3 taps and dilation 2 (one pixel left out between neighbours). From its first tap to its last, "
    "both counted: how many pixels?",
    answer=5,
    right="Tap, gap, tap, gap, tap: 2 (3 - 1) + 1. Still only three weights.",
    replies=(
        Reply(6, "2 times 3 counts a gap after the last tap as well. Between three taps there are two gaps."),
        Reply(3, "That is dilation 1, the taps side by side."),
        Reply(4, "The way from the first tap to the last is 4; the pixels on it are one more."),
        Reply(7, "That leaves two pixels out between neighbours: dilation 3."),
    ),
    otherwise="Draw it: a tap, a pixel left out, a tap, a pixel left out, a tap.",
)

THREE_LAYERS = Question(
    id="04_three_layers",
    lesson="04",
    prompt="Three 3 x 3 convolutions on top of each other, stride 1. How many pixels wide is what one number of the third "
    "layer depends on?",
    answer=7,
    right="3, then 5, then 7: each layer adds one pixel on either side.",
    replies=(
        Reply(3, "3 numbers of the layer below, yes. But each of those looks at 3 of the layer below it, and so on."),
        Reply(9, "Each layer adds f - 1 = 2, not 3: the windows of neighbours overlap."),
        Reply(27, "Multiplying would mean that the windows of neighbours do not overlap. They do, by two pixels."),
        Reply(5, "That is two layers. One more."),
        Reply(6, "2 for each layer, and the pixel that one begins with."),
    ),
    otherwise="Walk back: 1 number of layer 3 looks at 3 of layer 2. The outer two of these reach how far in layer 1?",
)

STRIDED_STACK = Question(
    id="04_strided_stack",
    lesson="04",
    prompt="Two 3 x 3 convolutions; the first has stride 2, the second stride 1. How many pixels does one number of the "
    "second layer see?",
    answer=7,
    right="It looks at 3 numbers of layer 1, which lie 2 pixels apart: 3 + 2 * 2.",
    replies=(
        Reply(5, "That is two layers of stride 1. Here the three numbers it looks at lie 2 pixels apart."),
        Reply(
            9,
            "That counts layer 1's stride within layer 1 too. A stride moves the next window, it does not widen its own.",
        ),
        Reply(6, "Three windows of 3, 2 apart, begin at pixels 0, 2 and 4. Where does the last one end?"),
        Reply(8, "Three windows of 3, 2 apart, begin at pixels 0, 2 and 4. Where does the last one end?"),
    ),
    otherwise="The three windows of layer 1 begin at pixels 0, 2 and 4. Where does the last of them end?",
)

PAD_SHAPE = Question(
    id="04_pad_shape",
    lesson="04",
    prompt="x has shape (2, 3, 6, 8) and gets a rim of zeros, padding 2. The shape of the result?",
    answer=(2, 3, 10, 12),
    right="Two zeros above and two below, two on the left and two on the right. Images and channels stay as they are.",
    replies=(
        Reply((2, 3, 8, 10), "That is one rim too few: the zeros stand on both sides, so each axis grows by 2 * 2."),
        Reply((6, 7, 10, 12), "Images and channels have grown too. Only height and width have a rim."),
        Reply((4, 5, 8, 10), "Images and channels have grown too, and height and width by one side only."),
        Reply((2, 3, 6, 8), "As large as before? Then the zeros would have to lie on the image."),
        Reply((2, 3, 12, 10), "Right numbers; height comes before width."),
    ),
    otherwise="Which of the four axes have a rim? Each of those grows on both sides.",
)

QUESTIONS = (
    PLACES,
    STRIDE_TWO,
    DOES_NOT_FIT,
    KEEPS,
    SHRINK,
    HALF,
    SLIP,
    DILATION,
    THREE_LAYERS,
    STRIDED_STACK,
    PAD_SHAPE,
)
