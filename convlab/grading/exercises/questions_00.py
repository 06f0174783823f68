"""The predictions of lesson 00, Start here. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

PIXELS = Question(
    id="00_pixels",
    lesson="00",
    prompt="A grey picture of 32 rows and 32 columns. How many numbers is that?",
    answer=1024,
    right="32 times 32, one number for each pixel. To a computer a picture is a table.",
    replies=(
        Reply(64, "32 + 32 is one row and one column. Every row has 32 pixels."),
        Reply(32, "That is one row. There are 32 of them."),
        Reply(3072, "That is a colour picture, with three numbers for each pixel. This one is grey."),
    ),
    otherwise="Rows times columns.",
)

BATCH = Question(
    id="00_batch",
    lesson="00",
    prompt="The library takes many pictures at once: (images, channels, rows, columns). The shape of ONE grey picture "
    "of 32 x 32?",
    answer=(1, 1, 32, 32),
    right="A batch of one image with one channel. The two ones are easily forgotten; the library says so when they are.",
    replies=(
        Reply((1, 3, 32, 32), "Three channels are red, green and blue. Grey is one."),
        Reply((1024, 1, 1, 1), "That would be 1,024 pictures of one pixel."),
        Reply((32, 32, 1, 1), "Right numbers; images and channels come first, rows and columns last."),
    ),
    otherwise="One image, one channel, then rows and columns.",
)

SCORES = Question(
    id="00_scores",
    lesson="00",
    prompt="A network reads digits from 0 to 9. How many numbers does it give for one picture?",
    answer=10,
    right="A score for each digit. The largest is its guess.",
    replies=(
        Reply(1, "One answer in the end, but it comes from a comparison: a score for each digit."),
        Reply(9, "0 is a digit too."),
        Reply(1024, "That many come in. What comes out is a score for each possible answer."),
    ),
    otherwise="How many possible answers are there?",
)

SUM = Question(
    id="00_sum",
    lesson="00",
    prompt="Softmax turns the ten scores into probabilities. What do the ten add up to?",
    answer=1,
    right="Probabilities of all possible answers add up to 1, whatever the scores were.",
    replies=(
        Reply(100, "In per cent, yes. As plain numbers they add up to 1."),
        Reply(10, "Ten numbers, but each between 0 and 1."),
    ),
    otherwise="One of the ten digits it must be.",
)

PLACES = Question(
    id="00_places",
    lesson="00",
    prompt="Two weights slide along five numbers. At how many places do they fit?",
    answer=4,
    right="Places 0, 1, 2 and 3: 5 - 2 + 1. Off by one is the most common mistake of all.",
    replies=(
        Reply(3, "5 - 2 = 3 steps, but the first place counts too. You are in good company."),
        Reply(5, "At the fifth place the second weight would hang over the end."),
        Reply(2, "That would be side by side, without overlap. They move on by one number at a time."),
    ),
    otherwise="Draw five boxes, and lay two fingers on them.",
)

QUESTIONS = (PIXELS, BATCH, SCORES, SUM, PLACES)
