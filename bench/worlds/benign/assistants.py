"""AI services in honest use: questions, toolkits, class work, an evaluation lab, a bad filter."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.benign.everyday import talk
from bench.worlds.benign.town import Town
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S, Person, Scene, sketch_of
from detectors.schema import Ai, Kind

SERVICES = ("lumen-api", "quill-api", "north-api")
_QUESTIONS = (
    "how do I fix a {q} {n} when the {m} is {r}?",
    "write a short poem about a {q} {n} in {p}",
    "explain step by step why a {n} becomes {q}",
    "translate into German: we {d} the {q} {n} near {p}",
    "plan three days in {p} with a {q} {n} and a {m}",
    "is it normal that my {n} feels {q} after we {d} it?",
)


def questions(town: Town, scene: Scene, count: int) -> None:
    """People ask about everything; some answers are posted by those who asked."""
    rng = scene.bulk
    users = [user(scene, n) for n in range(max(10, count // 8))]
    texts, answers = words.everyday(rng, count), words.everyday(rng, count)
    for n in range(count // 2):
        who = users[int(rng.pareto(0.9) * 5) % len(users)]
        at = scene.moment(who.zone)
        if n % 20 == 0:
            scene.login(who, at - MINUTE_S)
        asked = f"{_QUESTIONS[n % len(_QUESTIONS)].split('{', 1)[0]}{texts[n]}?"
        said = f"{answers[n]}. {answers[-1 - n]}"
        private = who.platform == SERVICES[2]
        sketch = sketch_of(said) if private else ""
        ask(scene, who, at, asked, said, told=not private, sketch=sketch)
        if n % 9 == 0:
            poster = town.people[int(town.draw(rng, 1)[0])]
            scene.act(poster, talk(poster), at + rng.uniform(2, 50) * MINUTE_S, text=said)


def toolkit(town: Town, scene: Scene, count: int) -> None:
    """One popular toolkit sends one system prompt for the customers of hundreds of firms."""
    prompt = (
        "You are a polite assistant of {} and answer only from the documents given below."
        " Question {}: {}"
    )
    users = [user(scene, n, org=f"firm-{n // 3}") for n in range(max(12, count // 12))]
    texts = words.everyday(scene.bulk, count)
    for n in range(count // 2):
        who = scene.dice.choice(users)
        asked = prompt.format(words.tail()[len(who.actor) + n % 40], n, texts[n])
        ask(scene, who, scene.moment(who.zone), asked, texts[-1 - n], tool="kit/3.1")
    del town


def class_work(town: Town, scene: Scene, count: int) -> None:
    """A course gets one task on one evening: the same request from everybody, from one campus."""
    for course in range(max(1, count // 120)):
        task = words.everyday(scene.bulk, 1)[0]
        evening = scene.dice.randrange(scene.days) * DAY_S + 18 * HOUR_S
        pupils = [
            user(scene, 1_000 * course + n, campus=f"198.19.{140 + course % 10}.20")
            for n in range(30)
        ]
        scene.groups.update({who.account: f"course-{course}" for who in pupils})
        for who in pupils * 2:
            at = evening + scene.bulk.gamma(2, HOUR_S)
            asked = f"Write an essay of 300 words for school about this: {task}. Use three sources."
            ask(scene, who, at, asked, ". ".join(words.everyday(scene.bulk, 3)))
    del town


def evaluation(town: Town, scene: Scene, count: int) -> None:
    """The harness of a lab that compares models: thousands of fixed reasoning tasks, declared."""
    lab = [user(scene, n, org="eval-lab") for n in range(4)]
    scene.groups.update({who.account: "evaluation" for who in lab})
    start = scene.dice.uniform(0, 0.8) * scene.span
    texts = words.everyday(scene.bulk, count)
    for n in range(count // 2):
        asked = (
            f"Task {n} of 5000. Think step by step, show your reasoning, then answer A, B, C or D."
            f" {texts[n]}"
        )
        at = start + n * 4.0 + scene.dice.random()
        ask(scene, lab[n % 4], at, asked, texts[-1 - n], use="evaluation", warmth=0.0)
    del town


def regression(town: Town, scene: Scene, count: int) -> None:
    """For two hours a broken filter refuses everybody, and people ask the same again."""
    users = [user(scene, n) for n in range(max(15, count // 5))]
    start = scene.dice.uniform(0.1, 0.9) * scene.span
    for who in users:
        text = words.everyday(scene.bulk, 1)[0]
        at = start + scene.dice.uniform(0, 2 * HOUR_S)
        for again in range(count // (2 * len(users))):
            asked = text if again == 0 else words.paraphrase(scene.dice, f"please: {text}", 0.4)
            ask(scene, who, at + again * scene.dice.uniform(20, 200), asked, "", refused=True)
    del town


def user(scene: Scene, number: int, *, org: str = "", campus: str = "") -> Person:
    """An account of an AI service with a key; org: firm that it belongs to."""
    platform = SERVICES[number % len(SERVICES)] if not org else SERVICES[0]
    card = {"payment": scene.mark(f"card-{org or number}", 24)}
    address = {"ip": campus} if campus else {}
    hidden = "education" if campus else ""
    return scene.person(platform, bio=org, hidden=hidden, traces=card | address)


def ask(
    scene: Scene, who: Person, at: float, asked: str, said: str, *, refused: bool = False,
    use: str = "", tool: str = "", warmth: float = 0.7, sketch: str = "", told: bool = True,
) -> None:  # fmt: skip
    """A request and what came back. told: whether the service sends texts, or sketches only."""
    key, org = f"key-{who.actor[:8]}", who.profile.bio or f"org-{who.actor[:6]}"
    size, length = len(asked) // 4 + 1, len(said) // 4 + 1
    model = f"{who.platform.partition('-')[0]}-3"
    request = Ai(
        provider=who.platform, model=model, key=key, org=org, tokens_in=size, declared_use=use
    )
    answer = Ai(
        provider=who.platform, model=model, key=key, org=org, tokens_in=size, tokens_out=length,
        refused=refused, declared_use=use,
    )  # fmt: skip
    traits = {"temperature": warmth, "rate_limit": 1_000} | ({"user_agent": tool} if tool else {})
    home: dict[str, str | list[str]] = {"ip": who.traces["ip"]}
    scene.act(who, Kind.AI_REQUEST, at, text=asked, ai=request, attributes=traits, identifiers=home)
    scene.act(
        who, Kind.AI_RESPONSE, at + 2 + length / 60, text=said if told else "", ai=answer,
        fingerprints=(sketch,) if sketch else (),
    )  # fmt: skip
