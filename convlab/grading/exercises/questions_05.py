"""The predictions of lesson 05, Channels and feature maps. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

ONE_FILTER = Question(
    id="05_one_filter",
    lesson="05",
    prompt="A colour image of 3 x 5 x 5 (channels, rows, columns) and one filter of 3 x 2 x 2, stride 1, no padding: the "
    "shape of the output?",
    answer=(1, 4, 4),
    right="One filter makes one map: its three channels are added up. 5 - 2 + 1 = 4 places along each axis.",
    replies=(
        Reply(
            (3, 4, 4),
            "The filter does meet three channels, but it adds its three sums into one number: one filter, one map.",
        ),
        Reply((4, 4), "Right size. A layer counts its maps too, even if there is only one: (1, 4, 4)."),
        Reply((1, 3, 3), "5 - 2 = 3 steps, but the first place counts too."),
        Reply((3, 3, 3), "One filter makes one map, and 5 - 2 = 3 steps have 4 places."),
        Reply((1, 5, 5), "As large as the image? Then windows would hang over the border: that takes padding."),
        Reply((2, 4, 4), "The filter also has three channels, as many as the image: it cannot slide along them."),
    ),
    otherwise="The filter slides along rows and columns only. At each place it sees all channels and gives one number.",
)

SLIDE = Question(
    id="05_slide",
    lesson="05",
    prompt="nn.Conv2d(3, 16, kernel_size=2, stride=1, padding=1) on an image of 3 x 5 x 5: the shape of the output?",
    answer=(16, 6, 6),
    right="16 filters, 16 maps; 5 + 2 - 2 + 1 = 6 places along each axis. An even kernel with padding 1 lets the map grow.",
    replies=(
        Reply(
            (16, 5, 5),
            "So says the slide. Count along one row: the padded image has 7 pixels, and a kernel of width 2 has how many "
            "places there?",
        ),
        Reply((16, 4, 4), "That is without padding. With one zero on either side a row has 7 pixels."),
        Reply((16, 7, 7), "7 is the padded image. A kernel of width 2 has one place less than that."),
        Reply((3, 6, 6), "Right size. But it is the filters that make maps: 16 of them."),
        Reply((48, 6, 6), "A filter does not give a map for each channel: it adds its three up. 16 filters, 16 maps."),
    ),
    otherwise="Maps first: as many as there are filters. Then (M + 2p - K)/s + 1 along each axis.",
)

SLIDE_INPUT = Question(
    id="05_slide_input",
    lesson="05",
    prompt="The slide's output is 16 x 5 x 5. Which square input, how many pixels along each side, gives that with kernel 2, "
    "stride 1, padding 1?",
    answer=4,
    right="4 + 2 - 2 + 1 = 5. An even kernel with padding 1 gives one pixel more than it got.",
    replies=(
        Reply(5, "5 gives 5 + 2 - 2 + 1 = 6, as we have just seen. One less, then."),
        Reply(6, "6 gives 7. With this layer the map grows by one pixel, so go the other way."),
        Reply((4, 4), "4 along each side, yes; one number is enough."),
    ),
    otherwise="Solve M + 2 - 2 + 1 = 5 for M.",
)

SLIDE_PARAMETERS = Question(
    id="05_slide_parameters",
    lesson="05",
    prompt="The same layer, nn.Conv2d(3, 16, kernel_size=2): how many numbers does it learn, biases included?",
    answer=208,
    right="16 x 3 x 2 x 2 = 192 weights and 16 biases. The size of the image does not occur.",
    replies=(
        Reply(192, "Those are the weights. Each filter has a bias too."),
        Reply(80, "That forgets the channels: each filter has three kernels of 2 x 2, not one."),
        Reply(64, "That is 16 kernels of 2 x 2: each filter has three of them, one for each channel, and a bias."),
        Reply(12, "That is one filter without its bias. There are 16."),
        Reply(13, "That is one filter with its bias. There are 16."),
        Reply(240, "A bias for every kernel is too many: one for each filter."),
        Reply(193, "Every filter has a bias of its own, not only the layer."),
    ),
    otherwise="One filter: 3 kernels of 2 x 2, and one bias. There are 16 filters.",
)

DEPTH = Question(
    id="05_depth",
    lesson="05",
    prompt="A 3 x 32 x 32 image goes through six 5 x 5 filters, and what comes out through ten more 5 x 5 filters. How many "
    "channels has each of these ten filters?",
    answer=6,
    right="As many as the first layer made maps. Six maps in, so six kernels in every filter.",
    replies=(
        Reply(3, "Three is the depth of the photograph. The second layer does not see it: it sees six maps."),
        Reply(
            10, "Ten is how many filters there are, and so how many maps they make. Each must be as deep as its input."
        ),
        Reply(1, "A filter always goes through the whole depth of its input."),
        Reply(28, "28 is the height and the width of the first maps. How many maps are there?"),
        Reply(5, "5 is the height and the width of the filters. Their depth is that of their input."),
        Reply(18, "Six filters make six maps, each one a sum over the three colours: not three maps each."),
    ),
    otherwise="A filter goes through the whole depth of its input. What is the input of the second layer?",
)

PARAMETERS = Question(
    id="05_parameters",
    lesson="05",
    prompt="Ten 5 x 5 filters, stride 1, padding 2, on a 3 x 32 x 32 image: how many parameters, biases included?",
    answer=760,
    right="Each filter has 5 x 5 x 3 = 75 weights and 1 bias; 76 x 10. Stride, padding and image size play no part.",
    replies=(
        Reply(750, "Those are the weights: each of the ten filters has a bias too."),
        Reply(260, "The filters are 5 x 5 and as deep as the image: three channels, so 75 weights each."),
        Reply(250, "The filters are 5 x 5 and as deep as the image: three channels, so 75 weights each. And a bias."),
        Reply(780, "One bias for each filter, not one for each of its kernels."),
        Reply(751, "Every filter has a bias of its own."),
        Reply(76, "That is one filter. There are ten."),
        Reply(10240, "That is how many numbers come out, 10 x 32 x 32. They are computed, not learned."),
    ),
    otherwise="One filter: 5 x 5 weights for each of the three channels, and one bias. Then ten of them.",
)

MULTIPLICATIONS = Question(
    id="05_multiplications",
    lesson="05",
    prompt="One filter of 3 x 5 x 5 visits every place of a 3 x 32 x 32 image, stride 1, no padding. How many "
    "multiplications?",
    answer=58800,
    right="28 x 28 places, 5 x 5 x 3 products at each: 784 x 75.",
    replies=(
        Reply(76800, "32 x 32 places? Without padding the filter has only 28 along each axis."),
        Reply(19600, "Each place costs 75 products, not 25: the filter sees three channels."),
        Reply(75, "That is the work at one place. There are 28 x 28 of them."),
        Reply(76, "That is what one filter learns. How often is each weight used?"),
        Reply(784, "That is the number of places. Each one costs 75 multiplications."),
        Reply(59584, "The bias is added, not multiplied: 75 multiplications at each place."),
        Reply(54675, "32 - 5 = 27 steps, but the first place counts too: 28."),
    ),
    otherwise="How many places has the filter, and how many products does it form at each?",
)

DOUBLING = Question(
    id="05_doubling",
    lesson="05",
    prompt="You double the channels of a layer, in and out: 64 in, 64 out becomes 128 in, 128 out. How many times as many "
    "multiplications?",
    answer=4,
    right="Twice as many filters, each twice as deep. Weights grow by the same factor; the maps only double.",
    replies=(
        Reply(2, "Twice as many filters make it 2. But each filter also has twice as many channels to go through."),
        Reply(8, "The kernel's height and width stay the same, so only two of the factors double."),
        Reply(16, "Rows and columns stay the same. Which factors of O OH OW C KH KW double?"),
        Reply(1, "The product O OH OW C KH KW contains both numbers of channels."),
    ),
    otherwise="Multiplications are O OH OW C KH KW. Which of these six double?",
)

ONE_BY_ONE = Question(
    id="05_one_by_one",
    lesson="05",
    prompt="64 maps of 56 x 56 go through 32 filters of 1 x 1: the shape of the output?",
    answer=(32, 56, 56),
    right="32 filters, 32 maps. A 1 x 1 window fits at every pixel, so the size stays.",
    replies=(
        Reply((64, 56, 56), "The number of maps is the number of filters: 32."),
        Reply((2048, 56, 56), "Each filter adds up its 64 channels and makes one map: 32 maps, not 32 times 64."),
        Reply((96, 56, 56), "The maps of the input do not pass through. 32 filters make 32 maps."),
        Reply((32, 1, 1), "1 x 1 is the window. It visits all 56 x 56 pixels."),
        Reply((32, 55, 55), "56 - 1 = 55 steps, but the first place counts too."),
        Reply((56, 56, 32), "Right numbers, in the order of the slides; in our arrays the maps come first."),
    ),
    otherwise="As many maps as filters. And how many places has a window of one pixel?",
)

SHARING = Question(
    id="05_sharing",
    lesson="05",
    prompt="Call every output number a neuron. Five filters: five neurons look at the same place of the image, one in each "
    "map. What do two of these five have in common?",
    answer="the window",
    choices=("the window", "the weights", "both", "neither"),
    right="They see the same 75 numbers and judge them differently. Those with the same weights sit in the same map, "
    "at other places.",
    replies=(
        Reply(
            "the weights",
            "Neurons of the same map have the same weights, at different places. These five sit in five maps, each "
            "with a filter of its own.",
        ),
        Reply("both", "Then they would give the same number, and one of them would do. Five maps, five filters."),
        Reply("neither", "They sit above the same pixel, one behind the other: what lies below them?"),
    ),
    otherwise="Which filter made the map that a neuron sits in? And what lies below it?",
)

BATCH = Question(
    id="05_batch",
    lesson="05",
    prompt="Eight images, x (8, 3, 5, 5), and 16 filters, w (16, 3, 3, 3), stride 1, no padding: the shape of the output?",
    answer=(8, 16, 3, 3),
    right="Eight images go in and eight come out, each with 16 maps of 5 - 3 + 1 rows and columns. The 3 is summed away.",
    replies=(
        Reply((8, 16, 5, 5), "5 x 5 stays 5 x 5 only with padding 1."),
        Reply((16, 8, 3, 3), "Right numbers; images come first, then maps: (N, O, OH, OW)."),
        Reply((8, 48, 3, 3), "A filter does not give a map for each channel: it adds its three up."),
        Reply((8, 3, 3, 3), "It is the filters that make maps: 16 of them."),
        Reply((16, 3, 3), "That is one image. There are eight, each computed on its own."),
        Reply((1, 16, 3, 3), "The images are not added up. Each gets its own maps."),
        Reply((8, 16, 2, 2), "5 - 3 = 2 steps, but the first place counts too."),
    ),
    otherwise="N and O go through; C is summed away; H and W shrink.",
)

QUESTIONS = (
    ONE_FILTER,
    SLIDE,
    SLIDE_INPUT,
    SLIDE_PARAMETERS,
    DEPTH,
    PARAMETERS,
    MULTIPLICATIONS,
    DOUBLING,
    ONE_BY_ONE,
    SHARING,
    BATCH,
)
