"""The predictions of lesson 02, Why not a fully connected net? The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

ONE_NEURON = Question(
    id="02_one_neuron",
    lesson="02",
    prompt="A colour image of 200 x 200 pixels, three channels. One neuron is connected to all of it: how many weights?",
    answer=120_000,
    right="200 times 200 times 3. And that is one neuron; a layer has hundreds.",
    replies=(
        Reply(40_000, "That is one channel. The image has three."),
        Reply(600, "200 times 3 is one row. There are 200 rows."),
        Reply(120_001, "With the bias, yes; the weights alone are one fewer."),
    ),
    otherwise="Rows times columns times channels.",
)

LOCAL = Question(
    id="02_local",
    lesson="02",
    prompt="One grey channel of 200 x 200. A fully connected neuron has 40,000 weights. One that looks through a 4 x 4 window?",
    answer=16,
    right="4 times 4: as many as the window has pixels, however large the image is.",
    replies=(
        Reply(8, "4 + 4 is half of the way round. The window has rows and columns: 4 times 4."),
        Reply(48, "That is for three channels. Here is one."),
        Reply(2_500, "40,000 / 16 is how many times fewer weights it has."),
        Reply(10_000, "A quarter? The window has only 4 x 4 pixels in all."),
    ),
    otherwise="One weight for each pixel that it sees.",
)

DOUBLED = Question(
    id="02_doubled",
    lesson="02",
    prompt="The image gets twice as many pixels along each side. How many times as many weights has a fully connected neuron?",
    answer=4,
    right="Twice as many rows, each twice as long. A 4 x 4 window has 16 weights as before.",
    replies=(
        Reply(2, "Twice along each side, and there are two sides."),
        Reply(8, "Only height and width double; the channels stay."),
        Reply(1, "So it is for a window of a fixed size. This neuron sees the whole image."),
        Reply(16, "That would be four times along each side."),
    ),
    otherwise="Count the pixels of a 10 x 10 and of a 20 x 20 image.",
)

SIMILAR = Question(
    id="02_similar",
    lesson="02",
    prompt="A neuron has the weights 0 1 1 0. Which of these inputs, all of the same length, drives it most?",
    answer="0 3 3 0",
    choices=("3 0 0 3", "0 3 3 0", "3 3 0 0", "3 0 3 0"),
    right="6 against 3, 3 and 0: of inputs of one length, the one that looks like the weights has the largest dot product.",
    replies=(
        Reply("3 0 0 3", "Its light lies where the weights are 0: the dot product is 0."),
        Reply("3 3 0 0", "Half of its light meets a weight: 3."),
        Reply("3 0 3 0", "Half of its light meets a weight: 3."),
    ),
    otherwise="Compute the four dot products.",
)

BRIGHTER = Question(
    id="02_brighter",
    lesson="02",
    prompt="The same picture, three times as bright. What becomes of the dot product, and of the dot product divided by both "
    "lengths?",
    answer="three times as large, the same",
    choices=("the same, the same", "three times as large, the same", "three times as large, three times as large"),
    right="Brightness goes into the length of the picture, and is divided out again. What is left is the likeness.",
    replies=(
        Reply("the same, the same", "Every product is three times as large, so their sum is too."),
        Reply(
            "three times as large, three times as large",
            "The length of the picture is three times as large as well, and you divide by it.",
        ),
    ),
    otherwise="Write the dot product of 3 x with w.",
)

SPARSE = Question(
    id="02_sparse",
    lesson="02",
    prompt="Six inputs, four outputs, each output sees three neighbouring inputs. Weights when all are connected, when only "
    "those are, and when all outputs share them?",
    answer=(24, 12, 3),
    right="m times n, k times n, k. With m in the thousands and k a handful, that decides what can be learned.",
    replies=(
        Reply((24, 12, 12), "Shared means that all four outputs use the same three weights."),
        Reply((24, 18, 3), "Each of the FOUR outputs has three: 3 times 4, not 3 times 6."),
        Reply((24, 3, 3), "Without sharing each output has three weights of its own: 3 times 4."),
        Reply((10, 12, 3), "All connected: a weight for every pair, 6 times 4."),
    ),
    otherwise="m = 6, n = 4, k = 3: m times n, k times n, k.",
)

ALEXNET_NEURONS = Question(
    id="02_alexnet_neurons",
    lesson="02",
    prompt="AlexNet's first layer has 96 maps of 55 x 55 neurons. How many neurons?",
    answer=290_400,
    right="55 times 55 times 96. Each sees 11 x 11 pixels of three channels.",
    replies=(
        Reply(5_280, "55 times 96: one row of each map."),
        Reply(3_025, "That is one map. There are 96."),
        Reply(290_401, "No bias is asked for here: just neurons."),
    ),
    otherwise="Rows times columns times maps.",
)

ALEXNET_SHARED = Question(
    id="02_alexnet_shared",
    lesson="02",
    prompt="Its 96 filters of 11 x 11 x 3 are shared by all places of a map, and so is one bias for each. How many "
    "parameters has the layer?",
    answer=34_944,
    right="96 times (363 + 1). Without sharing it would be 290,400 times 364, over a hundred million.",
    replies=(
        Reply(34_848, "Those are the weights. Each filter has a bias as well."),
        Reply(105_705_600, "That is without sharing: each of the 290,400 neurons with weights of its own."),
        Reply(11_712, "The channels are missing: 11 times 11 times 3."),
        Reply(34_849, "One bias in all? Each of the 96 filters has its own."),
    ),
    otherwise="11 times 11 times 3, plus a bias, times 96.",
)

TILED = Question(
    id="02_tiled",
    lesson="02",
    prompt="A tiled layer with three sets of weights that take turns: 0 1 2 0 1 2 ... The input moves. For which moves does "
    "the output simply move along?",
    answer="only by 3, 6, 9, ...",
    choices=("by any number of places", "only by 3, 6, 9, ...", "by none"),
    right="After three places the same set comes round again. In between another set looks at the same thing.",
    replies=(
        Reply(
            "by any number of places", "So it is with one set, a convolution. Moved by 1, set 1 sees what set 0 saw."
        ),
        Reply("by none", "So it is when every place has a set of its own. Here set 0 comes round again."),
    ),
    otherwise="Which set sees the pattern after a move by 1? And by 3?",
)

MOVED = Question(
    id="02_moved",
    lesson="02",
    prompt="A fully connected network reads 9 of 10 test digits and more. The digits move by 3 pixels, an eighth of the "
    "image. Now it reads ...",
    answer="less than half of them",
    choices=("nine in ten, as before", "about two in three", "less than half of them"),
    right="For each weight the pixel it was trained on is gone: another one lies there now.",
    replies=(
        Reply(
            "nine in ten, as before",
            "A human would. But its weights are tied to places, and at those places there is something else now.",
        ),
        Reply(
            "about two in three", "It is worse: strokes are 2 or 3 pixels wide, so hardly a stroke meets its weights."
        ),
    ),
    otherwise="Its weights are tied to places.",
)

NOISE_LABELS = Question(
    id="02_noise_labels",
    lesson="02",
    prompt="200 digits get labels by lot: 'this is a 7' of whatever it is. Can a network with 176,110 parameters learn them?",
    answer="yes, all 200, by heart",
    choices=("yes, all 200, by heart", "no, about 20, by chance", "about half of them"),
    right="With nearly 900 parameters a digit it need not understand anything. A training accuracy of 100 % proves nothing.",
    replies=(
        Reply("no, about 20, by chance", "Chance gives 20. But it may learn by heart, and it has the room to."),
        Reply("about half of them", "It has nearly 900 parameters for each digit. What should stop it?"),
    ),
    otherwise="How many parameters are there for each digit?",
)

SHUFFLED = Question(
    id="02_shuffled",
    lesson="02",
    prompt="All pixels change places, in every image in the same way. Both networks are trained anew. Who minds?",
    answer="the convolutional network",
    choices=("the fully connected network", "the convolutional network", "both", "neither"),
    right="It counts on neighbours. To the other one all pixels are equally near: it never knew who was whose neighbour.",
    replies=(
        Reply(
            "the fully connected network", "For it only the order of the weights changes. It does not know neighbours."
        ),
        Reply("both", "For the fully connected one only the order of the weights changes."),
        Reply("neither", "One of them assumes that neighbouring pixels belong together."),
    ),
    otherwise="Which of the two assumes something about neighbours?",
)

MATRIX = Question(
    id="02_matrix",
    lesson="02",
    prompt="A convolution with 3 weights takes 7 numbers to 5. As a matrix of 5 x 7: how many of its entries are not 0?",
    answer=15,
    right="Three in each of the five rows; and only three different ones.",
    replies=(
        Reply(3, "Three different ones, yes; but they stand in every row."),
        Reply(35, "Those are all entries. Each output sees three inputs only."),
        Reply(21, "Three for each of the seven inputs? The first and the last input are seen by one output only."),
    ),
    otherwise="How many inputs does each of the five outputs see?",
)

COUNTS = Question(
    id="02_counts",
    lesson="02",
    prompt="A 1 x 5 x 5 image, one filter of 3 x 3, with biases. Parameters fully connected, locally connected, shared?",
    answer=(234, 90, 10),
    right="Nine outputs: 9 (25 + 1), 9 (9 + 1), 1 (9 + 1).",
    replies=(
        Reply((225, 81, 9), "The biases are missing: one for each set of weights."),
        Reply((650, 250, 10), "You count 25 outputs. The window fits 3 x 3 times: nine."),
        Reply((234, 90, 18), "The bias is shared too: one for the filter, not one for each output."),
        Reply((26, 10, 10), "That is one neuron. There are nine."),
    ),
    otherwise="First count the outputs: 5 - 3 + 1 along each axis.",
)

QUESTIONS = (
    ONE_NEURON,
    LOCAL,
    DOUBLED,
    SIMILAR,
    BRIGHTER,
    SPARSE,
    ALEXNET_NEURONS,
    ALEXNET_SHARED,
    TILED,
    MOVED,
    NOISE_LABELS,
    SHUFFLED,
    MATRIX,
    COUNTS,
)
