"""The predictions of lesson 12, AlexNet. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

JUMP = Question(
    id="12_jump",
    lesson="12",
    prompt="The best entry of the ImageNet challenge missed 28.2 % of the test images in 2010, and 25.8 % in 2011. And in "
    "2012, when a convolutional network took part?",
    answer="16.4 %",
    choices=("24.1 %", "16.4 %", "6.7 %", "2.3 %"),
    right="More than nine points in one year, where two and a half had been a good year. From then on every winner was a "
    "convolutional network.",
    replies=(
        Reply("24.1 %", "That would be going on as before. It was a jump."),
        Reply("6.7 %", "That took two years more, and networks three times as deep."),
        Reply("2.3 %", "That is 2017."),
    ),
    otherwise="It was the largest step of all these years.",
)

CONV1 = Question(
    id="12_conv1",
    lesson="12",
    prompt="The first layer: 96 filters of 11 x 11, stride 4, no padding, on images of 227 x 227. How many places along each "
    "axis?",
    answer=55,
    right="(227 - 11)/4 + 1 = 54 + 1, without a remainder.",
    replies=(
        Reply(54, "54 steps, but the first place counts too."),
        Reply(217, "That is stride 1. With stride 4 every fourth place is left."),
        Reply(56, "227/4 is about 56.75, but the last windows would hang over the border: (227 - 11)/4 + 1."),
        Reply(57, "That would take a padding. Here is none: (227 - 11)/4 + 1."),
        Reply(96, "That is the number of filters."),
    ),
    otherwise="Put the numbers into (M - K)/s + 1.",
)

PAPER = Question(
    id="12_paper",
    lesson="12",
    prompt="The paper says 224 x 224. Put 224 into (M - 11)/4 + 1, without rounding:",
    answer=54.25,
    tolerance=0.005,
    right="So the windows do not end at the border: a quarter of a step is left over. The 55 of the paper's own "
    "figure needs 227.",
    replies=(
        Reply(54, "That is rounded. The remainder is the point."),
        Reply(55, "So the paper has it. Count: 224 - 11 = 213, and 213/4?"),
        Reply(53.25, "That is the number of steps. The first place counts too."),
        Reply(56, "That is 224/4."),
    ),
    otherwise="224 - 11 = 213; divide by 4, add 1.",
)

WHERE = Question(
    id="12_where",
    lesson="12",
    prompt="Of AlexNet's 62 million parameters, where are most?",
    answer="in the fully connected layers",
    choices=("in the first convolution", "in the five convolutions", "in the fully connected layers"),
    right="94 in 100, and more than half of all in one layer: fc6 joins 256·6·6 numbers with 4096 units. The convolutions do "
    "most of the *work* all the same.",
    replies=(
        Reply("in the first convolution", "Its 96 filters have 34,944 parameters, a two-thousandth part."),
        Reply("in the five convolutions", "They share their weights over all places: 3.7 million together."),
    ),
    otherwise="Which layers share their weights over places, and which do not?",
)

FC6 = Question(
    id="12_fc6",
    lesson="12",
    prompt="pool5 gives 256 maps of 6 x 6, and fc6 has 4096 units. How many weights, biases left aside?",
    answer=37748736,
    right="256·6·6 = 9,216 numbers, each joined with each of 4,096 units: 37.7 million, three fifths of the whole network.",
    replies=(
        Reply(37752832, "With the 4,096 biases. The weights alone are 4,096 fewer."),
        Reply(9216, "So many numbers go in. Each of the 4096 units has a weight for each."),
        Reply(1048576, "256 maps times 4096 units: and the 6 x 6 places of each map?"),
        Reply(147456, "36 places times 4096 units: and the 256 maps?"),
        Reply(16777216, "That is fc7, from 4096 to 4096 units."),
    ),
    otherwise="How many numbers go in? Each unit has a weight for each of them.",
)

GROUPS = Question(
    id="12_groups",
    lesson="12",
    prompt="conv2: 256 filters of 5 x 5 on 96 maps. In 2012 each GPU held half of the maps, and its filters saw only its own "
    "48. By what factor does that change the number of conv2's weights?",
    answer=0.5,
    right="256 filters as before, but each is 48 maps deep in place of 96. Half of the weights, and half of the work.",
    replies=(
        Reply(0.25, "Each GPU has half of the filters, and each filter sees half of the maps. But there are two GPUs."),
        Reply(1, "Each filter is half as deep: it sees 48 maps, not 96."),
        Reply(2, "Half of the connections are cut, so there are fewer weights."),
    ),
    otherwise="How many filters are there in both together, and how many maps does each of them see?",
)

WHICH = Question(
    id="12_which",
    lesson="12",
    prompt="One slide says AlexNet's top-5 error is 16.4 %, another says 18.2 %. Both are in the paper. What is the "
    "difference?",
    answer="one network, or several averaged",
    choices=("one is a misprint", "one network, or several averaged", "training or test images"),
    right="One network alone misses 18.2 %; the mean of five misses 16.4 %. With two more that were trained on more images it "
    "is 15.4 %.",
    replies=(
        Reply("one is a misprint", "Both are right. What was averaged over what?"),
        Reply(
            "training or test images",
            "Both are of images the network had not been trained on. How many networks answered?",
        ),
    ),
    otherwise="How many networks answered?",
)

AUGMENT = Question(
    id="12_augment",
    lesson="12",
    prompt="From images of 256 x 256 the paper cuts windows of 224 x 224, and counts 32 x 32 places for them. Each may be "
    "mirrored. How many training images does one photograph become?",
    answer=2048,
    right="32·32·2. (Places are in truth 33 x 33, since 256 - 224 = 32 steps and the first place counts: 2,178.) They are very "
    "much alike, of course.",
    replies=(
        Reply(1024, "And each may be mirrored."),
        Reply(64, "32 down *times* 32 across, and mirrored or not."),
        Reply(2178, "Right, in fact: 33 places along each axis. The paper counts 32; take its numbers."),
        Reply(2, "That is the mirror alone. There are many places as well."),
    ),
    otherwise="Places down, times places across, times mirrored or not.",
)

DROPOUT = Question(
    id="12_dropout",
    lesson="12",
    prompt="Four units give 2 4 6 8. Dropout with p = 0.5 drops the second and the third. What is passed on, as this library "
    "has it?",
    answer=(4, 0, 0, 16),
    right="What stays is divided by 1 - p = 0.5, so that the sum keeps its size in the mean. In evaluation nothing is dropped "
    "and nothing divided.",
    replies=(
        Reply((2, 0, 0, 8), "Dropped as it should be; what stays is divided by 1 - p."),
        Reply((1, 0, 0, 4), "What stays grows, to make up for what went."),
        Reply((0, 8, 12, 0), "The second and the third go; the first and the last stay."),
        Reply(
            (1, 2, 3, 4),
            "That is all of them halved, as the paper does it *after* training. In training some are dropped.",
        ),
    ),
    otherwise="Two become 0. The others are divided by 1 - p.",
)

STEPS = Question(
    id="12_steps",
    lesson="12",
    prompt="The learning rate begins at 0.01 and is divided by 10 three times, whenever the error stops falling. Which rate is "
    "it at the end?",
    answer=0.00001,
    tolerance=1e-9,
    right="0.01, 0.001, 0.0001, 0.00001. Large steps first, to get near; small ones then, to get in.",
    replies=(
        Reply(0.0001, "That is after two divisions."),
        Reply(0.001, "That is after one division."),
        Reply(0.00333, "Divided by 10 each time, not by 3 in all."),
        Reply(10, "Divided, not multiplied."),
    ),
    otherwise="0.01, then a tenth of it, three times.",
)

OVERLAP = Question(
    id="12_overlap",
    lesson="12",
    prompt="Exercise: max pooling with windows of 3 x 3 and stride 2 on maps of 13 x 13. How many rows come out?",
    answer=6,
    right="(13 - 3)/2 + 1. Neighbouring windows share a row: AlexNet's pools overlap.",
    replies=(
        Reply(5, "Five steps, but the first window counts too."),
        Reply(7, "Seven would need 15 rows. (13 - 3)/2 + 1."),
        Reply(4, "That is stride 3. The windows begin two rows apart."),
        Reply(6.5, "That is 13/2. Only whole windows count: (13 - 3)/2 + 1."),
        Reply(11, "That is stride 1."),
    ),
    otherwise="(13 - 3)/2 + 1.",
)

QUESTIONS = (JUMP, CONV1, PAPER, WHERE, FC6, GROUPS, WHICH, AUGMENT, DROPOUT, STEPS, OVERLAP)
