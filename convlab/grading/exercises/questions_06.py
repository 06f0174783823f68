"""The predictions of lesson 06, Pooling and tolerance. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

SHIFTED_MAP = Question(
    id="06_shifted_map",
    lesson="06",
    prompt="A handwritten 3, 32 pixels wide, moves 2 pixels to the right. Place by place, how much of its feature map "
    "changes?",
    answer="about half",
    choices=("hardly anything", "about a fifth", "about half"),
    right="The bright lines of the map are about four pixels wide. After 2 pixels, half of each lies where nothing was before.",
    replies=(
        Reply(
            "hardly anything",
            "So it looks to the eye, which follows the stroke. Place by place a line of four pixels, moved by two, keeps "
            "only half of its places.",
        ),
        Reply(
            "about a fifth",
            "More. What counts is not the width of the picture but that of a line in the map: about four pixels, and it "
            "moves by two.",
        ),
    ),
    otherwise="How wide is a bright line of the feature map?",
)

MAX_POOL = Question(
    id="06_max_pool",
    lesson="06",
    prompt="0 4 7 8 / 9 2 4 5 / 6 7 3 4 / 8 2 1 5, largest of each 2 x 2 window, stride 2: which four numbers?",
    answer=(9, 8, 8, 5),
    right="One number for each window, row by row: 9 of 0 4 9 2, 8 of 7 8 4 5, 8 of 6 7 8 2, 5 of 3 4 1 5.",
    replies=(
        Reply((8, 9, 7, 8), "Those are the largest numbers of the four rows. A window has two rows and two columns."),
        Reply(
            (9, 7, 7, 8), "Those are the largest numbers of the four columns. A window has two rows and two columns."
        ),
        Reply((9, 8, 5, 8), "The right four numbers; the windows are read row by row, left to right."),
        Reply((9, 8, 7, 5), "Look at the window below on the left again: 6 7 / 8 2."),
        Reply((3.75, 6, 5.75, 3.25), "Those are the means of the windows. Max pooling keeps the largest number."),
    ),
    otherwise="Cut the table into four quarters, and take the largest number of each.",
)

AVERAGE = Question(
    id="06_average",
    lesson="06",
    prompt="The window 1 1 / 5 6: what does average pooling make of it?",
    answer=3.25,
    right="13 divided by 4 pixels.",
    replies=(
        Reply(6, "6 is the largest. The average adds all four up and divides by 4."),
        Reply(13, "13 is the sum. Divide it by the number of pixels."),
        Reply(6.5, "Divided by 2? A window of 2 x 2 has four pixels."),
        Reply(3, "3 is the number in the middle of them, the median. The mean is the sum divided by 4."),
    ),
    otherwise="Add the four numbers up, then divide by how many there are.",
)

VOLUME = Question(
    id="06_volume",
    lesson="06",
    prompt="64 feature maps of 224 x 224, pooled 2 x 2 with stride 2: the shape of y, as (channels, rows, columns)?",
    answer=(64, 112, 112),
    right="Half of the rows, half of the columns, and every channel for itself: 64 stay 64.",
    replies=(
        Reply((32, 112, 112), "Each channel is pooled alone, so 64 go in and 64 come out."),
        Reply((64, 56, 56), "A quarter of the numbers is left, yes: half of the rows times half of the columns."),
        Reply((112, 112, 64), "The right numbers; in this library channels come first."),
        Reply((64, 224, 224), "That is stride 1 with padding. With stride 2 every second place is left."),
        Reply((1, 112, 112), "Pooling adds nothing up over channels: each is pooled alone."),
        Reply((64, 223, 223), "That is stride 1. With stride 2 a window begins at every second pixel."),
    ),
    otherwise="Which axes does a window have? Only those shrink.",
)

PARAMETERS = Question(
    id="06_parameters",
    lesson="06",
    prompt="Max pooling of these 64 maps, 2 x 2 with stride 2: how many weights does the layer learn?",
    answer=0,
    right="None. There is nothing to learn in `max`: the layer has a size and a stride, which you choose.",
    replies=(
        Reply(4, "Four pixels in a window, but no weights on them: the largest simply wins."),
        Reply(256, "4 pixels times 64 channels: there are no weights on them. The largest simply wins."),
        Reply(64, "Not even one for each channel: the largest simply wins."),
    ),
    otherwise="What in `max` could be learnt?",
)

SAVED = Question(
    id="06_saved",
    lesson="06",
    prompt="A slide says of pooling 2 x 2 with stride 2: 'number of parameters reduced by 75 %'. What is it that shrinks "
    "by 75 %?",
    answer="activations",
    choices=("parameters of the convolutions", "activations", "channels"),
    right="The numbers that flow through the network. The weights of a convolution do not depend on the size of the image at "
    "all; only a fully connected layer behind would get smaller.",
    replies=(
        Reply(
            "parameters of the convolutions",
            "A kernel has as many weights on a small image as on a large one. Count what is stored for each image instead.",
        ),
        Reply("channels", "Each channel is pooled alone: as many come out as go in."),
    ),
    otherwise="Count weights, channels and outputs before and after.",
)

DETECTORS = Question(
    id="06_detectors",
    lesson="06",
    prompt="Detectors 1 2 9 3 0 4 become 0 1 2 9 3 0 when the input moves by one: all six change. The largest of each three "
    "neighbours, stride 1, was 9 9 9 4. How many of these four change?",
    answer=2,
    right="It becomes 2 9 9 9: the two in the middle do not notice. As long as the 9 stays in the window, the window says 9.",
    replies=(
        Reply(4, "All detectors changed, but a window says 9 as long as the 9 is somewhere in it."),
        Reply(0, "Not quite: the first window loses the 9, and the last one gains it."),
        Reply(1, "Two: the first window loses the 9, and the last one gains it."),
        Reply(3, "Slide a window of three along 0 1 2 9 3 0 and write down the largest each time."),
    ),
    otherwise="Slide a window of three along 0 1 2 9 3 0 and write down the largest each time.",
)

WHOLE_STRIDE = Question(
    id="06_whole_stride",
    lesson="06",
    prompt="Windows of 4 x 4 side by side, and the picture moves by 4 pixels. What does the pooled map do?",
    answer="it moves by one place",
    choices=("it stays the same", "it moves by one place", "it changes everywhere"),
    right="Each window sees what its neighbour saw before. Pooling forgives moves within a window, not moves from one to the "
    "next: it is tolerant, not blind.",
    replies=(
        Reply("it stays the same", "Every window now holds what its left neighbour held: where does the largest go?"),
        Reply(
            "it changes everywhere",
            "So it is for moves that are no multiple of 4: windows then hold new mixtures. By 4, each holds exactly what its "
            "left neighbour held.",
        ),
    ),
    otherwise="What does window 3 see now, and which window saw it before?",
)

ORDER = Question(
    id="06_order",
    lesson="06",
    prompt="ReLU and max pooling change places: first the largest of each window, then max(0, .). Is the result the same?",
    answer="always",
    choices=("always", "only without negative numbers", "never"),
    right="ReLU keeps the order of numbers, so the largest stays the largest. Pooling first leaves ReLU a quarter of the work. "
    "With the mean in place of the largest it would not be so.",
    replies=(
        Reply(
            "only without negative numbers",
            "Try the window -3 2 / -1 0: largest 2, then 2; or 0 2 / 0 0 and then 2. And a window of negative numbers gives 0 "
            "both ways.",
        ),
        Reply("never", "Try the window -3 2 / -1 0 both ways."),
    ),
    otherwise="Try the window -3 2 / -1 0 both ways.",
)

GRADIENT = Question(
    id="06_gradient",
    lesson="06",
    prompt="The window 1 3 / 2 0 gives 3, and the loss has the slope dy = 8 by this output. The gradient by the four pixels, "
    "row by row?",
    answer=(0, 8, 0, 0),
    right="Only the 3 had a say: if it grows a little, the output grows as much. The others could move a little and nothing "
    "would happen.",
    replies=(
        Reply((2, 2, 2, 2), "Shared out evenly: that is the mean. Only one pixel decided the largest."),
        Reply((8, 8, 8, 8), "If the 1 grows a little, does the largest change?"),
        Reply((0, 24, 0, 0), "The right pixel. The output is the pixel itself, so its slope is 1, not 3."),
        Reply((0, 3, 0, 0), "The right pixel, but it gets the slope, not its own value."),
        Reply((0, 1, 0, 0), "The right pixel, with slope 1; that is still to be multiplied by dy."),
    ),
    otherwise="Move each pixel a little, in your mind. Does the largest number move along?",
)

TIE = Question(
    id="06_tie",
    lesson="06",
    prompt="The window 5 5 / 0 5 and dy = 6: the gradient by the four pixels, as this library (and PyTorch) has it?",
    answer=(6, 0, 0, 0),
    right="A convention: the first of equals, row by row, takes it all. What matters is that 6 goes in and 6 comes out.",
    replies=(
        Reply((6, 6, 0, 6), "That makes 18 out of 6. One winner per window."),
        Reply((2, 2, 0, 2), "Fair, and mathematically as good; but the library lets the first of equals take it all."),
        Reply((0, 0, 0, 6), "One winner, yes: the first of equals, not the last."),
        Reply((1.5, 1.5, 1.5, 1.5), "That is the way back through a mean. The 0 had no say at all."),
    ),
    otherwise="One winner per window, and the gradients must add up to 6.",
)

GLOBAL = Question(
    id="06_global",
    lesson="06",
    prompt="One photograph, 16 feature maps of 120 x 180: the shape after global average pooling, as (images, channels, rows, "
    "columns)?",
    answer=(1, 16, 1, 1),
    right="The window is the whole map: one number for each channel, whatever the size of the photograph.",
    replies=(
        Reply((1, 1, 1, 1), "Each channel is pooled alone: 16 numbers are left."),
        Reply((1, 16, 60, 90), "That is a window of 2 x 2. Global means: the window is the whole map."),
        Reply(
            (1, 1, 120, 180),
            "That is a mean over channels. Pooling takes rows and columns together, channel by channel.",
        ),
    ),
    otherwise="The window is as large as the map. How many windows fit?",
)

POOLED_SIZE = Question(
    id="06_pooled_size",
    lesson="06",
    prompt="x has shape (2, 3, 7, 9), kernel_size 3, stride 2: the shape of max_pool(x, 3, 2)?",
    answer=(2, 3, 3, 4),
    right="(7 - 3) // 2 + 1 rows and (9 - 3) // 2 + 1 columns; images and channels stay.",
    replies=(
        Reply((2, 3, 4, 3), "Right numbers; rows come before columns."),
        Reply((2, 3, 2, 3), "The first window counts too: + 1. Or did you take the stride to be 3?"),
        Reply((2, 3, 5, 7), "That is stride 1."),
        Reply((2, 1, 3, 4), "Each channel is pooled alone: 3 stay 3."),
    ),
    otherwise="How many windows of 3 fit on 7 pixels, if each begins two pixels after the last?",
)

SHARES = Question(
    id="06_shares",
    lesson="06",
    prompt="Average pooling of 1 3 / 2 0, and dy = 8: the gradient by the four pixels?",
    answer=(2, 2, 2, 2),
    right="Each pixel has a share of a quarter in the mean, and gets a quarter of the slope. 8 goes in, 8 comes out.",
    replies=(
        Reply((8, 8, 8, 8), "A pixel that grows by 1 moves the mean by a quarter only."),
        Reply((0, 8, 0, 0), "That is max pooling. In a mean all four have the same say."),
        Reply((4, 4, 4, 4), "Divided by 2? A window of 2 x 2 has four pixels."),
    ),
    otherwise="If one pixel grows by 1, by how much does the mean grow?",
)

QUESTIONS = (
    SHIFTED_MAP,
    MAX_POOL,
    AVERAGE,
    VOLUME,
    PARAMETERS,
    SAVED,
    DETECTORS,
    WHOLE_STRIDE,
    ORDER,
    GRADIENT,
    TIE,
    GLOBAL,
    POOLED_SIZE,
    SHARES,
)
