"""The predictions of lesson 01, The cat's brain surgery. The answers are computed anew by the tests."""

from convlab.grading.definition import Question, Reply

FLOOD = Question(
    id="01_flood",
    lesson="01",
    prompt="A cell of the retina: light in a small round centre excites it, light in the ring around it inhibits it, by the "
    "same amount in all. What drives it most?",
    answer="a small spot in the centre",
    choices=("a small spot in the centre", "light all over the screen", "a bright ring around the centre"),
    right="Only what excites is lit. With more light the ring speaks against it.",
    replies=(
        Reply(
            "light all over the screen",
            "Then centre and ring are both lit, and cancel: the cell is hardly better off than in the dark. It measures "
            "differences, not light.",
        ),
        Reply("a bright ring around the centre", "That lights what inhibits, and silences the cell."),
    ),
    otherwise="Add up what each lit part does to the cell.",
)

DRIVE = Question(
    id="01_drive",
    lesson="01",
    prompt="A field of three pixels, -1 2 -1, looks at the light 1 1 0: the sum of the products?",
    answer=1,
    right="-1 + 2 + 0. All lit, 1 1 1, would give 0, and the middle alone, 0 1 0, the most: 2.",
    replies=(
        Reply(0, "That is the answer to 1 1 1, where all three are lit. Here the third one is dark and adds nothing."),
        Reply(2, "That is the middle pixel alone. The first one is lit as well, and its weight is -1."),
        Reply(3, "There the sign of the first weight is lost: -1, not 1."),
    ),
    otherwise="Multiply pixel by pixel, and add up: (-1)(1) + (2)(1) + (-1)(0).",
)

CHANCE = Question(
    id="01_chance",
    lesson="01",
    prompt="A cell has a rate of 40 spikes per second. The same bar is shown ten times, half a second each. How many spikes "
    "does one hear?",
    answer="about 20, sometimes 15, sometimes 25",
    choices=("20 each time", "40 each time", "about 20, sometimes 15, sometimes 25", "anything from 0 to 40"),
    right="Spikes come by chance. With a mean of 20 a trial is off by about 4 or 5, the root of 20.",
    replies=(
        Reply("20 each time", "That is the mean. No two trials are the same: spikes come by chance."),
        Reply("40 each time", "40 is what comes in a whole second, on average."),
        Reply(
            "anything from 0 to 40",
            "Not so wild: counts stay near the mean, within a few times its root. 0 would come about once in 500 million "
            "trials.",
        ),
    ),
    otherwise="The mean is rate times time. Do ten trials agree exactly?",
)

HALFWAY = Question(
    id="01_halfway",
    lesson="01",
    prompt="Two cells like bars at 10 and at 170 degrees. Which orientation lies halfway between them?",
    answer="0 degrees, lying",
    choices=("0 degrees, lying", "90 degrees, upright", "80 degrees"),
    right="170 degrees is the same bar as -10. So orientations are averaged with their angles doubled.",
    replies=(
        Reply("90 degrees, upright", "(10 + 170) / 2 = 90, but draw the two bars: both lie nearly flat."),
        Reply("80 degrees", "That is half of the difference. Draw the two bars: both lie nearly flat."),
    ),
    otherwise="Draw both bars.",
)

NOISE = Question(
    id="01_noise",
    lesson="01",
    prompt="Thousands of pictures of noise, each pixel black or white by the toss of a coin. You lay those on a pile that "
    "were followed by a spike, and take their mean. What does it show?",
    answer="the receptive field",
    choices=("grey everywhere", "the receptive field", "the brightest of the pictures"),
    right="A spike is a little more likely where a picture happens to look like the field. The rest averages out.",
    replies=(
        Reply(
            "grey everywhere",
            "So it is for all pictures. But the cell has chosen among them: those with light in the right places made it "
            "fire more often.",
        ),
        Reply(
            "the brightest of the pictures",
            "A mean of thousands is no single picture. And brightness as such says nothing to this cell.",
        ),
    ),
    otherwise="Which pictures does the cell choose?",
)

WEIGHTED = Question(
    id="01_weighted",
    lesson="01",
    prompt="One pixel was 1, -1, 1, -1 in four pictures; the cell gave 3, 0, 0, 1 spikes. The pixel's mean before a spike?",
    answer=0.5,
    right="(3 - 1) / 4: a picture counts as often as it was answered, and 4 is the number of spikes.",
    replies=(
        Reply(0, "That is the mean of the two pictures that were answered. The first was answered three times."),
        Reply(2, "That is the sum, 3 - 1. Divide by the number of spikes."),
    ),
    otherwise="Write down the pixel once for each spike, and take the mean.",
)

ENERGY = Question(
    id="01_energy",
    lesson="01",
    prompt="The even field says 3 to a picture, the odd field -4. The energy of the complex cell?",
    answer=25,
    right="9 + 16. The sign is gone, and with it the difference between a light and a dark bar.",
    replies=(
        Reply(1, "You added first: (3 - 4) squared. Square each one, then add."),
        Reply(-7, "The square of -4 is 16, not -16."),
        Reply(7, "Those are absolute values, 3 + 4. The energy adds squares."),
        Reply(5, "That is the root of it, the amplitude. The energy is the sum of the squares."),
        Reply(9, "Only the even field? A complex cell lets negative drives count as well."),
    ),
    otherwise="Square both, and add.",
)

PHASE = Question(
    id="01_phase",
    lesson="01",
    prompt="Stripes slide across the screen, at the preferred orientation. How does a complex cell answer?",
    answer="steadily",
    choices=("steadily", "on and off with each stripe", "only at the first stripe"),
    right="What the even field loses the odd field wins: sine squared plus cosine squared is 1.",
    replies=(
        Reply("on and off with each stripe", "So does a simple cell: it cares where the stripes are."),
        Reply("only at the first stripe", "Real cells do get tired. These do not: there is no time in the model."),
    ),
    otherwise="Think of sine squared plus cosine squared.",
)

BLIND = Question(
    id="01_blind",
    lesson="01",
    prompt="The mean of the noise pictures before a spike, now for a complex cell: what does it show?",
    answer="hardly anything",
    choices=("the even field", "both fields", "hardly anything"),
    right="For each picture that drives it there is the negative one, which drives it as much. They cancel in the mean.",
    replies=(
        Reply("the even field", "Its negative drives the cell just as much, and the two cancel in the mean."),
        Reply(
            "both fields",
            "Each of them comes with both signs, equally often. What is the mean of a field and its negative?",
        ),
    ),
    otherwise="Turn a picture that drives the cell into its negative. Does the cell notice?",
)

LENGTH = Question(
    id="01_length",
    lesson="01",
    prompt="A hypercomplex cell answers to a short bar. The bar grows at both ends, far beyond the field. What happens?",
    answer="the answer rises, then falls to almost nothing",
    choices=(
        "the answer rises and stays",
        "the answer rises, then falls to almost nothing",
        "nothing changes",
    ),
    right="The ends reach zones that inhibit. Such a cell asks for a bar that stops: an end, or a corner.",
    replies=(
        Reply("the answer rises and stays", "So it is for simple and complex cells."),
        Reply(
            "nothing changes", "It would have to ignore what lies beyond its field. But there are zones that inhibit."
        ),
    ),
    otherwise="What lies at the two ends of its field?",
)

MILLIMETRES = Question(
    id="01_millimetres",
    lesson="01",
    prompt="Millimetres of cortex for one degree: 17.3 / (E + 0.75), at E degrees from the middle of the view. How many "
    "at E = 10?",
    answer=1.61,
    tolerance=0.02,
    right="Against 23 in the middle. You read a word with the middle; at the rim you see that something moves.",
    replies=(
        Reply(23.07, "That is the middle, E = 0."),
        Reply(2.48, "17.3 / 10 + 0.75: the sum belongs below the line."),
        Reply(1.73, "The 0.75 is missing below the line."),
    ),
    otherwise="17.3 divided by 10.75.",
)

SHEET = Question(
    id="01_sheet",
    lesson="01",
    prompt="A sheet of cells, all with the same field, each looking one pixel further than its neighbour. The picture moves 3 "
    "pixels to the right. What does the pattern of answers on the sheet do?",
    answer="it moves 3 cells to the right",
    choices=("it stays where it is", "it moves 3 cells to the right", "it changes altogether"),
    right="The cells are alike, so what one said its neighbours say now. That is translation equivariance.",
    replies=(
        Reply(
            "it stays where it is", "That would be invariance. The cells are tied to their places; the picture moved."
        ),
        Reply("it changes altogether", "If every cell had weights of its own, yes. Here they are all the same."),
    ),
    otherwise="Which cell sees now what the first cell saw before?",
)

ROWS = Question(
    id="01_rows",
    lesson="01",
    prompt="Bars were shown at 0, 45, 180, 225 and 90 degrees. How many different orientations are that?",
    answer=3,
    right="180 is 0 and 225 is 45: 0, 45 and 90.",
    replies=(
        Reply(5, "As numbers, yes. As bars, 180 lies as 0 does."),
        Reply(4, "One pair found. There are two: 180 and 0, and 225 and ..."),
    ),
    otherwise="Take each modulo 180.",
)

RATE = Question(
    id="01_rate",
    lesson="01",
    prompt="Three trials of half a second gave 12, 15 and 18 spikes. The mean rate in spikes per second?",
    answer=30,
    right="15 spikes a trial, in half a second.",
    replies=(
        Reply(15, "15 a trial. A trial takes half a second."),
        Reply(90, "45 spikes in half a second would be 90, but they came in three trials."),
        Reply(7.5, "You multiplied by the half second. 15 in half a second are more in a whole one."),
        Reply(45, "That is the sum of the spikes."),
    ),
    otherwise="The mean of the three, divided by the seconds of one trial.",
)

QUESTIONS = (
    FLOOD,
    DRIVE,
    CHANCE,
    HALFWAY,
    NOISE,
    WEIGHTED,
    ENERGY,
    PHASE,
    BLIND,
    LENGTH,
    MILLIMETRES,
    SHEET,
    ROWS,
    RATE,
)
