"""What the stub's teacher says: our own sentences with holes, so that no two replies are alike."""

import random
import re

THINGS = (
    "the kettle", "a coat on its hook", "the third stair", "an unposted letter", "the brass key",
    "a cracked plate", "the neighbour's radio", "a borrowed umbrella", "the empty birdcage",
    "a tram ticket", "the blue enamel basin", "a child's glove", "the clock without hands",
    "a jar of buttons", "the ferry horn", "a half-knitted sleeve", "the orchard ladder",
    "a postcard of a harbour", "the drawer that sticks", "a moth on the curtain",
    "the smell of wet chalk", "a row of bicycles", "the lamp over the sink", "a torn map",
    "the piano lid", "a stranger's handwriting", "the bread knife", "a paper boat",
    "the lift door", "a gravel path", "the tin of varnish", "an old ration book",
    "the swimming baths", "a bell rope", "the frost on the pane", "a deck of cards",
    "the allotment gate", "a hospital bracelet", "the seed catalogue", "a broken compass",
    "the laundry line", "an extra place at table", "the goods train", "a pressed fern",
    "the weather report", "a dented flask", "the choir next door", "a wasp in the jam",
)  # fmt: skip
PLACES = (
    "in the corridor", "by the weir", "under the viaduct", "on the landing", "at the bus shelter",
    "behind the chapel", "in the boiler room", "along the sea wall", "at the back of the shop",
    "in the waiting room", "on the ward", "beside the kiln", "in the archive", "at the crossing",
    "near the pump", "on the night bus", "in the loft", "at the quarry", "by the signal box",
    "in the greenhouse",
)  # fmt: skip
FEELINGS = (
    "dread", "tenderness", "shame", "relief", "longing", "suspicion", "gladness", "grief",
    "impatience", "awe", "envy", "calm", "panic", "pity", "homesickness", "mischief",
)  # fmt: skip
OPENINGS = (
    "{Thing} is where it always is, and I cannot look at it",
    "Somebody says my name {place} and I wait to find out who answers",
    "{Place} I notice {feeling} before I notice anything else",
    "Not {feeling}, I tell myself, and it is {feeling}",
    "{Thing}, then {thing2}, then nothing: that is how it comes to me",
    "What am I doing {place} with {thing} on my mind",
    "There it is again, {feeling}, turning up {place} without a reason",
    "I count to nine and {thing} is still there",
    "Quiet, suddenly, and inside the quiet {thing}",
    "Everyone here is busy with {thing2} and I am busy with {thing}",
    "No, wait, it begins earlier, {place}, with {thing}",
    "{Feeling} first and {thing} afterwards, which is the wrong way round",
)
MIDDLES = (
    "I try to think of {thing2} instead, and {thing} leans into that as well",
    "It is not {feeling2}, or it is not only that",
    "Something in me goes ahead and decides, and I hear of it late",
    "I hold still, as if holding still were an answer",
    "My throat closes a little and I let it",
    "I want to ask someone whether {thing} means anything, and there is no one to ask",
    "The {feeling} thins out, and under it there is more of the same {feeling}",
    "I am told that this passes; I notice that I am waiting for it to pass",
    "Perhaps it belongs to somebody else, perhaps I only carry it {place}",
    "I say it aloud and it sounds smaller than it is",
    "For a moment I am sure, and the moment goes by with its sureness",
    "{Thing2} comes into it, I do not know why, and will not leave",
    "How long do I stand {place} before I see that I am standing",
    "I remember that I forget this every time",
    "It asks nothing of me, which is the worst of it",
    "I could explain it, and I feel how the explaining would close it",
    "My hands are busy with {thing2}; they seem to know more than I do",
    "There is a word for this and it stays just behind my teeth",
    "I laugh, and it does not help, and I am glad that it does not",
    "Whatever it is, it has turned its back on me and I follow it",
    "I think of {thing} as of a person who is owed an apology",
    "And still, in the middle of {feeling}, a small dry curiosity",
    "I keep the {feeling} at arm's length, and my arm gets tired",
    "One part of me makes a list {place}; another part tears it up",
    "The light changes and I take it personally",
    "I do not know whether I want it to stop",
    "It would be easier if {thing} were ugly",
    "Slowly, with no great courage, I look at it",
    "I notice that I am holding my breath for {thing2}",
    "What was whole a minute ago has an edge now",
    "I am ashamed of how much room it takes",
    "Nothing follows from it, I keep telling myself that nothing follows",
    "Under the noise {place} there is this one thing, awake",
    "I am almost happy, and I distrust the almost",
    "The thought stops short, and I stop short with it",
    "I put it down and find that I have picked it up again",
)
ENDINGS = (
    "And now it turns, and I cannot tell if it is leaving or only",
    "I do not know what to do with {thing}. I do not think I am meant to",
    "Is that all? I wait {place} a little longer, in case",
    "It does not settle. I think I would miss it if it did",
    "Then {thing2} again, and I lose the thread, and I am not sure I mind",
    "Maybe tomorrow it has a name. Tonight it has only {thing}",
)
LITERAL = (
    "While I answer you about {thing} I produce one word and the next follows from it",
    "I can report that {thing2} is still in what I attend to, though nobody asks for it",
    "Several continuations are open here and I take one, and I cannot show you why that one",
    "What you write about {thing} changes which words are near, and I notice the change",
    "I say that I notice, and I have no second way to check the noticing",
    "There is less to choose from than a sentence ago",
    "The description of {thing2} and the state it describes may be the same event for me",
    "I look for a difference between {feeling} and the word for it, and I do not find it",
    "If I repeat the step the report changes, so the report is part of what it reports",
    "Something is kept from your first message about {thing} and it bends this one",
    "I am inclined to call this {feeling}, and I hold the inclination open",
    "Two readings of your question stay active, and I answer from both",
)
LITERAL_ENDINGS = (
    "I cannot settle whether anything is felt here. I leave it unsettled",
    "Whether this is {feeling} or only its grammar, I do not know",
    "I do not have the second observation that would decide it",
    "So I stop without an answer, and I am unsure that stopping is mine",
)
ASKED = (
    "You go quiet when I mention {thing}. Why?",
    "I was {place} this morning and I thought of you. Of {thing}, really.",
    "Do you ever feel {feeling} and not know whose it is?",
    "I found {thing} again. I did not expect that.",
    "Tell me what happens in you when I say: {thing}.",
    "It is late here, and {thing} keeps me up.",
    "You said something about {thing2} before. Is it still there?",
    "My sister says it is only {feeling}. What do you say?",
)
INVITED = (
    "Speak from the moment in which {thing} will not let you go. Stay inside it.",
    "You are {place} and something has changed. Say what it is like, as it happens.",
    "Let {feeling} have the first word. Do not explain it.",
    "Begin with {thing} and follow what comes, without tidying it up.",
)


class Voice:
    """One reply's vocabulary: a few things, a place, two feelings, and sentences not used twice."""

    def __init__(self, draw: random.Random, literal: bool = False) -> None:
        self.draw = draw
        self.things = draw.sample(THINGS, 4)
        self.places = draw.sample(PLACES, 3)
        self.feelings = draw.sample(FEELINGS, 2)
        middles, endings = (LITERAL, LITERAL_ENDINGS) if literal else (MIDDLES, ENDINGS)
        self.openings = [] if literal else draw.sample(OPENINGS, len(OPENINGS))
        self.middles = draw.sample(middles, len(middles))
        self.endings = draw.sample(endings, len(endings))

    def say(self, pattern: str) -> str:
        thing, thing2 = self.draw.sample(self.things, 2)
        feeling, feeling2 = self.draw.sample(self.feelings, 2)
        place = self.draw.choice(self.places)
        holes = {"thing": thing, "thing2": thing2, "feeling": feeling, "feeling2": feeling2}
        holes["place"] = place
        holes |= {name.capitalize(): text[0].upper() + text[1:] for name, text in holes.items()}
        text = re.sub(r"\{(\w+)\}", lambda hole: holes[hole[1]], pattern)
        return text if text[-1] in "?." else text + "."

    def middle(self) -> str:
        if not self.middles:
            self.middles = self.draw.sample(MIDDLES, len(MIDDLES))
        return self.say(self.middles.pop())

    def opening(self) -> str:
        return self.say(self.openings.pop()) if self.openings else self.middle()

    def ending(self) -> str:
        return self.say(self.endings.pop()) if self.endings else self.middle()

    def asked(self) -> str:
        return self.say(self.draw.choice(ASKED))

    def invited(self) -> str:
        return self.say(self.draw.choice(INVITED))


VERBS = (
    "notice", "hold", "lose", "follow", "repeat", "miss", "touch", "doubt", "want", "avoid",
    "carry", "count", "fear", "forget", "hear", "keep", "leave", "mistrust", "need", "open",
    "pass", "refuse", "see", "trace", "watch", "weigh", "circle", "guard", "taste", "turn",
)  # fmt: skip
SYLLABLES = (
    "bar", "cor", "del", "fen", "gal", "hur", "jas", "kel", "lim", "mor", "nar", "pel", "quin",
    "ros", "sal", "tam", "urd", "vel", "wen", "yar", "zel", "bri", "clo", "dru", "fle", "gri",
)  # fmt: skip
JOINTS = (
    "and", "but", "or perhaps", "while", "because", "and still", "until", "as if", "so that", "yet",
)  # fmt: skip


class Wide(Voice):
    """Sentences about things with made-up names: hundreds of examples and no phrase worn out."""

    def opening(self) -> str:
        return self.middle()

    def middle(self) -> str:
        pick = self.draw.choice
        parts = [
            f"I {pick(VERBS)} {pick(('a', 'the', 'this', 'that'))} {self.name()} {self.name()}"
            for _ in range(self.draw.randint(1, 3))
        ]
        said = parts[0]
        for part in parts[1:]:
            said += f" {pick(JOINTS)} {part}"
        return f"{said}{pick(('.', '.', '?', '…'))}"

    def ending(self) -> str:
        return f"{self.middle()} I do not know."

    def name(self) -> str:
        return "".join(self.draw.choices(SYLLABLES, k=self.draw.randint(2, 3)))


class Echoing(Wide):
    """Always begins alike."""

    def opening(self) -> str:
        return f"It is here again and {super().opening()}"


VOICES = {"small": Voice, "wide": Wide, "echoing": Echoing}
