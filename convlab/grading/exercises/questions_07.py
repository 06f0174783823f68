"""The predictions of lesson 07, Neurons that bend. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

STACK = Question(
    id="07_stack",
    lesson="07",
    prompt="Two 3 x 3 convolutions in a row, nothing between them. One single K x K convolution can do the same: K = ?",
    answer=5,
    right="A pixel of the second map sees 3 x 3 of the first, and those together see 5 x 5 of the image. Sums of sums "
    "are sums: one 5 x 5 kernel is enough.",
    replies=(
        Reply(3, "A 3 x 3 kernel sees 3 x 3 pixels. The second one looks at its neighbours' windows as well."),
        Reply(6, "3 + 3, but the two windows share their middle: the second adds one pixel on each side."),
        Reply(9, "A second 3 x 3 kernel adds one pixel on each side, not three."),
    ),
    otherwise="How many pixels wide is the piece of the image that one pixel of the second map depends on?",
)

HAT = Question(
    id="07_hat",
    lesson="07",
    prompt="h(x) = relu(x) - 2 relu(x - 1) + relu(x - 2), three bends added up: h(1.5) = ?",
    answer=0.5,
    right="1.5 - 2 * 0.5 + 0: up to 1, down again, then flat: three bends make a hat, and hats make any curve.",
    replies=(
        Reply(1.5, "That is relu(1.5) alone. From x = 1 on the second one pulls down, twice as steeply."),
        Reply(0, "The hat ends at x = 2, where all three cancel. At 1.5 the last one is still asleep."),
        Reply(1, "That is the top of the hat, at x = 1. At 1.5 it is on its way down."),
    ),
    otherwise="Three numbers: relu(1.5), relu(0.5) and relu(-0.5).",
)

LEAKY = Question(
    id="07_leaky",
    lesson="07",
    prompt="Leaky ReLU with slope 0.1 on the left: what becomes of -2, 0 and 3?",
    answer=(-0.2, 0, 3),
    right="0.1 times -2 on the left; on the right the number itself. (ReLU would give 0, 0, 3.)",
    replies=(
        Reply((0, 0, 3), "That is the plain ReLU. The leaky one lets a tenth of -2 through."),
        Reply((0.2, 0, 3), "The size is right. A negative number stays negative: 0.1 times -2."),
        Reply((-0.2, 0, 0.3), "Positive numbers go through as they are; only the left side is made smaller."),
        Reply((-2.1, 0, 3), "The slope multiplies: 0.1 times -2."),
    ),
    otherwise="Three numbers. Left of 0 multiply by 0.1, right of it leave the number alone.",
)

SLOPE = Question(
    id="07_slope",
    lesson="07",
    prompt="How steep is the sigmoid where it is steepest, at x = 0?",
    answer=0.25,
    tolerance=0.005,
    right="y (1 - y) with y = 0.5. Never more than a quarter: remember it for the next section.",
    replies=(
        Reply(1, "That is the slope of tanh at 0, and of ReLU on the right. The sigmoid is four times flatter."),
        Reply(0.5, "0.5 is its value at 0. Its slope is y (1 - y)."),
        Reply(0, "That is its slope far out. At 0 it rises."),
    ),
    otherwise="The slope is y (1 - y), and y is 0.5 at x = 0.",
)

VANISH = Question(
    id="07_vanish",
    lesson="07",
    prompt="A gradient of 1 travels back through 10 sigmoids, each at its steepest. About how much arrives?",
    answer="a millionth",
    choices=("a tenth", "a hundredth", "a thousandth", "a millionth"),
    right="0.25 to the power of 10 is about 0.00000095. And that is the best case: away from 0 each one is flatter still.",
    replies=(
        Reply("a tenth", "One sigmoid alone takes three quarters away. Ten of them multiply."),
        Reply("a hundredth", "That is about three sigmoids, 0.25 * 0.25 * 0.25 = 0.016. There are seven more."),
        Reply(
            "a thousandth", "That would be a half ten times over, 0.5 to the power of 10. Each one leaves a quarter."
        ),
    ),
    otherwise="Slopes along a path multiply: 0.25 ten times over.",
)

STUCK = Question(
    id="07_stuck",
    lesson="07",
    prompt="A tanh neuron and a ReLU neuron both have the sum 5; both outputs should become 0. Gradient descent, the same "
    "step size. To bring the sum below 1, tanh needs ... as ReLU.",
    answer="over 1000 times as many steps",
    choices=(
        "as many steps",
        "5 times as many steps",
        "50 times as many steps",
        "over 1000 times as many steps",
    ),
    right="At 5 the slope of tanh is 0.00018. It hardly knows which way is down; ReLU has slope 1 however far out it is.",
    replies=(
        Reply(
            "as many steps",
            "A step is as long as the gradient, and the gradient contains the slope. Look at tanh at 5.",
        ),
        Reply("5 times as many steps", "Flatter than that: at 5 the slope of tanh is 1 - tanh(5)^2, about 0.00018."),
        Reply("50 times as many steps", "That holds for a sum of about 3. At 5 tanh is far flatter."),
    ),
    otherwise="The step is proportional to the slope of the unit at its sum.",
)

ZEROS = Question(
    id="07_zeros",
    lesson="07",
    prompt="A network of several ReLU layers begins with all weights and biases 0. After one step of training on a mixed "
    "batch, which numbers of the network have changed?",
    answer="the last biases only",
    choices=("all", "the last layer's weights and biases", "the last biases only", "none"),
    right="All activations are 0, so no weight matters, and zero weights pass no gradient back. Only the last biases move.",
    replies=(
        Reply("all", "The gradient goes back through the weights, and they are 0: nothing arrives in front of them."),
        Reply(
            "the last layer's weights and biases",
            "A weight's gradient is gradient times input. What comes into the last layer?",
        ),
        Reply("none", "Nearly. A bias needs no input: its gradient is the sum of the gradient above it."),
    ),
    otherwise="Gradient of a weight: what comes from above, times what comes in.",
)

HALF = Question(
    id="07_half",
    lesson="07",
    prompt="Sums s spread evenly round 0, as many negative as positive. Which share of the mean of s^2 is left after ReLU?",
    answer=0.5,
    tolerance=0.01,
    right="Half of the numbers become 0, the other half stay. So each layer halves the mean square, unless the weights "
    "make up for it with a factor of 2.",
    replies=(
        Reply(0.25, "Half of the squares become 0; the other half stay as they are, they are not halved too."),
        Reply(1, "Half of the numbers become 0, and their squares with them."),
        Reply(0.7071, "That is the share of the root of the mean square. The mean square itself: half."),
    ),
    otherwise="How many of the squares become 0?",
)

SHIFT = Question(
    id="07_shift",
    lesson="07",
    prompt="100 is added to every score of an image. What do its softmax probabilities do?",
    answer="they stay the same",
    choices=("they stay the same", "they grow", "they become more equal", "the largest comes nearer to 1"),
    right="Every exponential is multiplied by the same exp(100), above and below the line: it cancels. Only differences "
    "of scores count.",
    replies=(
        Reply("they grow", "They always add up to 1, so they cannot all grow."),
        Reply(
            "they become more equal", "That happens if all scores are divided. Adding leaves their differences alone."
        ),
        Reply(
            "the largest comes nearer to 1",
            "That happens if all scores are multiplied. Adding leaves differences alone.",
        ),
    ),
    otherwise="What happens to exp(a) / (exp(a) + exp(b)) if a and b both grow by 100?",
)

START = Question(
    id="07_start",
    lesson="07",
    prompt="10 classes, and a network that knows nothing: it gives each the same probability. Its cross-entropy?",
    answer=2.302585,
    tolerance=0.01,
    right="-log(1/10) = log 10. A training that starts far from log C has a mistake in it: it is the cheapest test there is.",
    replies=(
        Reply(0.1, "That is the probability. The loss is its logarithm, with a minus."),
        Reply(1, "That is the logarithm to base 10. Here, as everywhere, it is the natural one, to base e."),
        Reply(3.3219, "That is the logarithm to base 2, in bits. Here it is the natural one, in nats."),
        Reply(0, "0 is for a network that is sure and right. This one knows nothing."),
        Reply(-2.302585, "The logarithm of 1/10 is negative, and the loss is minus that."),
    ),
    otherwise="Minus the natural logarithm of the probability of the true class.",
)

GRADIENT = Question(
    id="07_gradient",
    lesson="07",
    prompt="Probabilities 0.7, 0.2, 0.1, and the true class is the second. Gradient of the loss by the three scores?",
    answer=(0.7, -0.8, 0.1),
    tolerance=1e-6,
    right="Probabilities minus one-hot, 0.2 - 1 at the true class. They add up to 0: what one score gains the others lose.",
    replies=(
        Reply((-0.7, 0.8, -0.1), "The sign is the other way round: the gradient points uphill, where the loss grows."),
        Reply((0.7, 0.2, 0.1), "Those are the probabilities. At the true class 1 is taken off."),
        Reply((0, -0.8, 0), "The others have a gradient as well: their scores are in the sum below the line."),
        Reply((-0.3, 0.2, 0.1), "1 is taken off at the favourite there. It belongs to the true class, the second."),
        Reply((0, -5, 0), "That is the gradient by the probabilities, -1 / 0.2. By the scores it is simpler."),
    ),
    otherwise="Three numbers: what the network says, minus what it should have said.",
)

QUESTIONS = (STACK, HAT, LEAKY, SLOPE, VANISH, STUCK, ZEROS, HALF, SHIFT, START, GRADIENT)
