"""The predictions of lesson 10, Training. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

STEP = Question(
    id="10_step",
    lesson="10",
    prompt="The loss is 2 w^2, so its slope is 4 w. From w = 3, one step with learning rate 0.1: where is w then?",
    answer=1.8,
    right="The slope is 12, the step 0.1 * 12 = 1.2, against the slope.",
    replies=(
        Reply(4.2, "That is uphill. The slope is positive, so the loss falls to the left: subtract."),
        Reply(-9, "That is the whole slope, 12. Multiply it by the learning rate first."),
        Reply(2.7, "You took w for the slope. The slope of 2 w^2 is 4 w, at 3 that is 12."),
        Reply(2.9, "That is a step of 0.1. The learning rate is multiplied by the slope, 12."),
        Reply(1.2, "That is the length of the step. Where does it lead, from 3?"),
    ),
    otherwise="Slope at 3, times 0.1, subtracted from 3.",
)

LIMIT = Question(
    id="10_limit",
    lesson="10",
    prompt="The same loss, slope 4 w. Above which learning rate does the walk fly off, further out with every step?",
    answer=0.5,
    right="A step multiplies w by 1 - 4 lr. At 0.5 that is -1: from side to side for ever. Above it, further out every time.",
    replies=(
        Reply(0.25, "There w is multiplied by 1 - 1 = 0: it arrives in one step. A little more only overshoots."),
        Reply(1, "At 1 w is multiplied by -3: it is long gone. When is the factor exactly -1?"),
        Reply(4, "That is the slope for each unit of w. By what does a step multiply w?"),
        Reply(0.1, "There w shrinks by the factor 0.6 in each step."),
    ),
    otherwise="A step multiplies w by a fixed number. When is that number below -1?",
)

VELOCITY = Question(
    id="10_velocity",
    lesson="10",
    prompt="Momentum 0.9, and the gradient is 1 in every step. What does the velocity v come to in the end?",
    answer=10,
    right="When it no longer changes, v = 0.9 v + 1, so 0.1 v = 1. Down a straight slope momentum makes steps ten times as "
    "long.",
    replies=(
        Reply(1, "That is the first step. The next one is 0.9 * 1 + 1, and so on."),
        Reply(1.9, "That is the second step. It goes on growing."),
        Reply(0.9, "v takes up the new gradient in full: 0.9 v + 1."),
        Reply(9, "Nearly: v = 0.9 v + 1. Solve for v."),
        Reply(0.1, "The other way round: 1 divided by 1 - 0.9."),
    ),
    otherwise="In the end v is the same before and after: v = 0.9 v + 1.",
)

DECAY = Question(
    id="10_decay",
    lesson="10",
    prompt="A weight of 2, gradient 0, learning rate 0.1, weight decay 0.5, no momentum: the weight after one step?",
    answer=1.9,
    right="The decay is a gradient of 0.5 * 2 = 1; the step is 0.1 of it.",
    replies=(
        Reply(2, "The loss has no wish, but the decay has: it adds 0.5 * 2 to the gradient."),
        Reply(1, "That is the decay in full. It goes through the learning rate like any gradient."),
        Reply(1.5, "The decay is 0.5 *times the weight*, and then times the learning rate."),
        Reply(1.95, "The decay is 0.5 times the weight, and the weight is 2."),
        Reply(2.1, "Decay shrinks weights: it pulls them towards 0."),
    ),
    otherwise="Gradient plus 0.5 times the weight, times 0.1, subtracted.",
)

BATCHES = Question(
    id="10_batches",
    lesson="10",
    prompt="1,437 digits in batches of 32, nothing left out: how many steps has an epoch?",
    answer=45,
    right="44 batches hold 1,408; the last 29 make a shorter one.",
    replies=(
        Reply(44, "Those are the whole batches, 1,408 digits. What about the rest?"),
        Reply(1437, "That is one step for each image. A step is taken for each batch."),
        Reply(32, "That is the number of images in a batch."),
        Reply(1, "That would be one step with all images."),
    ),
    otherwise="1,437 divided by 32, and the rest counts too.",
)

PARAMETERS = Question(
    id="10_parameters",
    lesson="10",
    prompt="A 3 x 3 convolution from 3 to 16 channels, ReLU, max pooling to 1 x 1, a linear layer from 16 to 4. With biases, "
    "how many parameters?",
    answer=516,
    right="16 * 3 * 9 + 16 = 448 for the convolution, 16 * 4 + 4 = 68 for the linear layer, none for ReLU and pooling.",
    replies=(
        Reply(496, "Those are the weights. Add 16 and 4 biases."),
        Reply(228, "A filter looks at all three channels: 27 weights, not 9."),
        Reply(448, "That is the convolution alone. The linear layer has 16 * 4 weights and 4 biases."),
        Reply(212, "A filter has 27 weights, one for each channel and tap, and there are biases, too."),
        Reply(512, "Almost: the linear layer has 4 biases, too."),
        Reply(500, "Almost: the convolution has 16 biases, too."),
    ),
    otherwise="Filters times channels times taps, plus biases; then inputs times classes, plus biases.",
)

SHAPE = Question(
    id="10_shape",
    lesson="10",
    prompt="A batch of 8 pictures, 3 x 5 x 5 each. After the convolution (16 filters, 3 x 3, padding 1), ReLU, and max pooling "
    "5 x 5: what shape?",
    answer=(8, 16, 1, 1),
    right="Padding 1 keeps 5 x 5, and one window covers all of it. 8 pictures, 16 numbers each: how strongly each filter found "
    "its feature, somewhere.",
    replies=(
        Reply((8, 16, 5, 5), "That is before the pooling."),
        Reply((8, 3, 1, 1), "Channels come from the filters of the convolution: 16."),
        Reply((16, 8, 1, 1), "The batch comes first."),
        Reply((8, 16, 3, 3), "That would be a convolution without padding and no pooling yet."),
        Reply((16, 1, 1), "That is one picture of the eight."),
        Reply((8, 4, 1, 1), "That is after the linear layer."),
    ),
    otherwise="Images, then filters, then what is left of rows and columns.",
)

FIRST_LOSS = Question(
    id="10_first_loss",
    lesson="10",
    prompt="Four classes, random small weights, no step taken yet: about what is the cross-entropy?",
    answer=1.39,
    right="A network that knows nothing gives each class about 1/4, and -log(1/4) = log 4 = 1.39. If the first loss is far "
    "from it, something is wrong before the training has begun.",
    replies=(
        Reply(0, "0 would be a network that is right and sure of it."),
        Reply(0.25, "That is the probability of the true class. The loss is minus its logarithm."),
        Reply(2.3, "That is log 10, for ten classes."),
        Reply(2, "That is the logarithm to base 2. The loss is in nats: the natural logarithm."),
        Reply(
            0.75,
            "That is the share of wrong guesses. The loss is minus the logarithm of the probability of the true class.",
        ),
        Reply(4, "Minus the logarithm of 1/4: about 1.4."),
    ),
    otherwise="It gives each class a probability of about 1/4; the loss is minus the natural logarithm of that.",
    tolerance=0.05,
)

HEART = Question(
    id="10_heart",
    lesson="10",
    prompt="Eight patches with labels drawn by lot, and the network of 516 parameters. After 400 steps, how many are right?",
    answer="yes, all eight",
    choices=("yes, all eight", "about a quarter of them", "none"),
    right="It learns them by heart: there is nothing to understand, but 516 weights are more than enough to keep eight labels "
    "apart.",
    replies=(
        Reply(
            "about a quarter of them",
            "That is what it gets on *new* images with such labels. These eight it sees in every step, and it has 516 weights "
            "to tell them apart.",
        ),
        Reply("none", "Not even chance is that bad: guessing gets two of eight."),
    ),
    otherwise="It sees the same eight images in every step, and has 516 weights.",
)

CURVES = Question(
    id="10_curves",
    lesson="10",
    prompt="Another training: the loss on the training images falls and falls, the loss on held-out images falls, turns, and "
    "rises. What is it?",
    answer="overfitting",
    choices=("overfitting", "too small a learning rate", "wrong labels"),
    right="It learns what is true of these images only. More images, augmentation, weight decay, or stopping at the turn help.",
    replies=(
        Reply("too small a learning rate", "Then both would fall, slowly. Here one falls and the other rises."),
        Reply("wrong labels", "Then the training loss would hardly fall, at least not soon."),
    ),
    otherwise="What can be learnt from the training images that is not true of others?",
)

ZEROS = Question(
    id="10_zeros",
    lesson="10",
    prompt="All weights and biases of the ConvNet begin at 0. What does it learn?",
    answer="nothing but the last bias",
    choices=("everything", "nothing but the last bias", "only the convolution"),
    right="The convolution gives 0, so the linear weights have nothing to multiply and no gradient; and through weights of 0 "
    "no gradient comes back to the convolution. Only the last biases learn how common each class is.",
    replies=(
        Reply(
            "everything",
            "Follow the gradient back: through linear weights of 0 nothing passes, and what the linear weights would multiply "
            "is 0, too.",
        ),
        Reply(
            "only the convolution",
            "Its gradient comes back through the linear weights, and those are 0: nothing passes.",
        ),
    ),
    otherwise="Which gradients are products with something that is 0?",
)

AXIS = Question(
    id="10_axis",
    lesson="10",
    prompt="scores (8, 4): 8 images, 4 classes. Along which axis must a softmax add up, so that each image's probabilities "
    "sum to 1?",
    answer=1,
    right="Axis 1 runs over the classes. A sum over axis 0 mixes the images of the batch, and the loss still looks reasonable.",
    replies=(Reply(0, "Axis 0 runs over the images: then each *class* adds up to 1 over the batch."),),
    otherwise="Shape (8, 4): axis 0 has the 8 images, axis 1 the 4 classes.",
)

QUESTIONS = (
    STEP,
    LIMIT,
    VELOCITY,
    DECAY,
    BATCHES,
    PARAMETERS,
    SHAPE,
    FIRST_LOSS,
    HEART,
    CURVES,
    ZEROS,
    AXIS,
)
