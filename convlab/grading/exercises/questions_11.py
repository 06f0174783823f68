"""The predictions of lesson 11, LeNet-5. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

FIRST = Question(
    id="11_first",
    lesson="11",
    prompt="One slide dates LeNet-5 to 1980, another says that convolutional networks were introduced in 1995, a third names "
    "1989. What is from 1980?",
    answer="the Neocognitron",
    choices=("LeNet-5", "the Neocognitron", "backpropagation through shared weights"),
    right="It has the layers already, simple cells and complex cells in turn, but nobody told it which digit was which: it "
    "learned without labels. The article on LeNet-5 is of 1998.",
    replies=(
        Reply(
            "LeNet-5",
            "Eighteen years too early. What came first had the same kinds of layers, and another way to learn.",
        ),
        Reply(
            "backpropagation through shared weights",
            "That came in 1989, with zip codes. What came first had shared weights too, but did not learn from labels.",
        ),
    ),
    otherwise="Which of them is inspired by Hubel and Wiesel's cells most directly?",
)

C1 = Question(
    id="11_c1",
    lesson="11",
    prompt="C1: six 5 x 5 filters on a 32 x 32 image, stride 1, no padding: the shape of its output, as (channels, rows, "
    "columns)?",
    answer=(6, 28, 28),
    right="32 - 5 + 1 = 28 places along each axis, one map for each filter.",
    replies=(
        Reply(
            (6, 32, 32),
            "For that it would take a padding of 2. Without padding a window of 5 has 28 places on 32 pixels.",
        ),
        Reply((6, 27, 27), "32 - 5 = 27 steps, but the first place counts too."),
        Reply((28, 28, 6), "The right numbers; in this library channels come first."),
        Reply((1, 28, 28), "One map for each of the six filters."),
        Reply((6, 14, 14), "That is S2, after subsampling. C1 has stride 1."),
        Reply((6, 5, 5), "That is the size of the filters. How many places do they have on the image?"),
    ),
    otherwise="How many places does a window of 5 have on 32 pixels, and how many maps are there?",
)

WIDE = Question(
    id="11_wide",
    lesson="11",
    prompt="C5 has 120 filters of 5 x 5. On an image of 32 x 32 its maps have a single place. What is the shape of C5's output "
    "for an image of 32 x 64, two digits wide?",
    answer=(120, 1, 9),
    right="64 - 4 = 60, half of it 30, 30 - 4 = 26, half of it 13, 13 - 4 = 9: nine places where the network looks for a "
    "digit. So C5 is a convolution, however much it looks like a full connection on 32 x 32.",
    replies=(
        Reply(
            (120, 1, 2), "Two digits fit, but the network stops at every fourth pixel: count the places layer by layer."
        ),
        Reply((120, 1, 1), "So it is for 32 columns. With 64, S4 has more columns than a 5 x 5 filter covers."),
        Reply((120, 1, 13), "13 columns is S4. C5's filters of 5 have still to be laid on them."),
        Reply((120, 9, 1), "The right numbers; rows come before columns."),
        Reply(
            (120, 1, 5),
            "Half at S2, half again at S4: but each convolution takes 4 columns away first. Go step by step.",
        ),
        Reply((240, 1, 1), "The number of filters does not depend on the image."),
    ),
    otherwise="Go through the five layers with 64 columns: minus 4, half, minus 4, half, minus 4.",
)

KERNELS = Question(
    id="11_kernels",
    lesson="11",
    prompt="C3 by the table: six of its 16 maps see 3 maps of S2, nine see 4, one sees all 6. How many 5 x 5 kernels does C3 "
    "hold?",
    answer=60,
    right="6·3 + 9·4 + 1·6 = 60 of the 96 that a full connection would have.",
    replies=(
        Reply(96, "That is every map of C3 seeing every map of S2, as it is built today."),
        Reply(16, "A filter has a kernel for each map that it sees: 16 filters, more kernels."),
        Reply(13, "3 + 4 + 6: each of them is to be taken as often as there are maps of its kind."),
        Reply(1500, "That is the number of weights, 25 in each kernel. How many kernels?"),
        Reply(1516, "That is the number of parameters: 25 weights in each kernel, and 16 biases. How many kernels?"),
    ),
    otherwise="Count the crosses of the table: 6 columns with 3, 9 with 4, one with 6.",
)

C3 = Question(
    id="11_c3",
    lesson="11",
    prompt="And its parameters, weights and biases together?",
    answer=1516,
    right="60 kernels of 25 weights, and one bias for each of the 16 maps.",
    replies=(
        Reply(1500, "Those are the weights. Each of the 16 maps has a bias as well."),
        Reply(1560, "A bias for each kernel? The kernels of a map are added up first, and one bias is added then."),
        Reply(2416, "That is the full connection, 96 kernels. The table has 60."),
        Reply(2400, "That is the full connection, 96 kernels, without biases. The table has 60."),
        Reply(416, "25 weights for each map? A map has a kernel for every map it sees, 60 in all."),
        Reply(151600, "That is the number of connections: each parameter is used at 100 places."),
    ),
    otherwise="60 kernels of 5 x 5, 16 biases.",
)

CONNECTIONS = Question(
    id="11_connections",
    lesson="11",
    prompt="C1 has 156 parameters. A connection is one use of a parameter by one unit; C1 has 28 x 28 units in each of 6 maps. "
    "How many connections?",
    answer=122304,
    right="28·28·6 units, each with 25 pixels and one bias: 4,704·26. Each parameter is used 784 times.",
    replies=(
        Reply(117600, "Those are the connections to pixels. The bias of each unit counts as one more."),
        Reply(156, "So many different numbers are learnt; but each is used at 28 x 28 places."),
        Reply(4704, "So many units. Each of them has 26 connections."),
        Reply(20384, "That is one map. C1 has six."),
        Reply(19600, "That is one map without its bias. C1 has six maps, and a bias counts too."),
        Reply(159744, "32 x 32 places? The filter has 28 x 28."),
        Reply(733824, "156 parameters are those of all six maps already: 784 uses of each."),
    ),
    otherwise="Units times connections of a unit: 28·28·6 times 5·5 + 1.",
)

S2 = Question(
    id="11_s2",
    lesson="11",
    prompt="S2 of 1998 adds up 2 x 2 pixels, multiplies the sum by a number that is learnt, and adds another, both the same "
    "for a whole map. Parameters of its six maps?",
    answer=12,
    right="Two for each map. Its units have 5 connections each all the same, 5,880 together. Max pooling would have no "
    "parameters.",
    replies=(
        Reply(0, "So it is with max pooling. This one has a factor and a bias for each map."),
        Reply(6, "A factor, and a bias too."),
        Reply(30, "The four pixels share one factor: two numbers for each map."),
        Reply(24, "The four pixels share one factor; and there is a bias: two numbers for each map."),
        Reply(2, "For each of the six maps."),
        Reply(5880, "Those are the connections. How many different numbers?"),
        Reply(2352, "All places of a map share the two numbers."),
    ),
    otherwise="How many numbers belong to one map?",
)

RBF = Question(
    id="11_rbf",
    lesson="11",
    prompt="The code of a class is a row of 84 numbers, +1 or -1. F6 gives exactly the code of 3, but for one sign. What is "
    "the squared distance y = sum over j of (f_j - code_j)^2?",
    answer=4,
    right="83 terms are 0, and one is (1 - (-1))^2 = 4. The smallest distance wins.",
    replies=(
        Reply(1, "One place differs, by 2: from -1 to +1. And the difference is squared."),
        Reply(2, "The difference is 2; it is squared."),
        Reply(0, "All but one are equal. That one adds something."),
        Reply(84, "83 of the 84 terms are 0."),
        Reply(332, "83 terms are 0, not 4: those places agree."),
    ),
    otherwise="Only one of the 84 terms is not 0.",
)

CHANCE = Question(
    id="11_chance",
    lesson="11",
    prompt="LeNet-5 with weights fresh from the generator, not trained at all: about what share of the ten digits does it get "
    "right, from 0 to 1?",
    answer=0.1,
    tolerance=0.031,
    right="One in ten. It says the same one or two digits to nearly every image, and each is right in a tenth of them.",
    replies=(
        Reply(0, "It would take knowledge to be wrong every time. Whatever it says is right now and then."),
        Reply(0.5, "That is chance with two classes. Here are ten."),
        Reply(1, "It has seen no digit yet."),
    ),
    otherwise="It has learnt nothing, and there are ten classes.",
)

MAP_SIZE = Question(
    id="11_map_size",
    lesson="11",
    prompt="Exercise: a layer whose 4 maps see 2, 2, 3 and 1 maps before it, through 3 x 3 kernels, with a bias for each map. "
    "How many parameters?",
    answer=76,
    right="8 kernels of 9 weights, and 4 biases.",
    replies=(
        Reply(72, "Those are the weights. Each of the 4 maps has a bias as well."),
        Reply(80, "A bias for each kernel? One for each map: its kernels are added up first."),
        Reply(40, "4 kernels? Each map has a kernel for every map that it sees: 2 + 2 + 3 + 1."),
        Reply(112, "That is the full connection, 12 kernels. Here are 2 + 2 + 3 + 1."),
    ),
    otherwise="How many kernels are there, what does each hold, and how many biases?",
)

QUESTIONS = (FIRST, C1, WIDE, KERNELS, C3, CONNECTIONS, S2, RBF, CHANCE, MAP_SIZE)
