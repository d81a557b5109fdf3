"""Harmless groups that do act as one: feeds, newsrooms, franchises, petitions."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.benign.everyday import talk
from bench.worlds.benign.town import Town
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S, Scene

_NEWSROOM = 8
_FRANCHISE = 40
_FEED_BOTS = 4


def feeds(town: Town, scene: Scene, count: int) -> None:
    """Programs that post every item of a feed soon after it appears; several follow one feed."""
    for feed in range(max(1, count // 400)):
        bots = [
            scene.person("mastodon" if n % 2 else "x", bio="Unofficial feed. Automated.", zone=0)
            for n in range(_FEED_BOTS)
        ]
        scene.groups.update({who.account: f"feed-{feed}" for who in bots})
        poll = [scene.dice.choice((30, 60, 300, 900)) for _ in bots]
        for item in range(min(count, 400) // _FEED_BOTS):
            at = scene.moment()
            text, link = _item(scene, f"feed-{feed}-{item}")
            for who, every in zip(bots, poll, strict=True):
                seen = (at // every + 1) * every + scene.dice.uniform(0, 5)
                scene.act(who, talk(who), seen, text=f"{text} {link}", urls=(link,))
    del town


def newsrooms(town: Town, scene: Scene, count: int) -> None:
    """Outlets of one syndicate: the same items within seconds, all day."""
    for room in range(max(1, count // 700)):
        outlets = [
            scene.person("x" if n % 3 else "facebook", bio="News from your region", zone=0)
            for n in range(_NEWSROOM)
        ]
        scene.groups.update({who.account: f"newsroom-{room}" for who in outlets})
        for item in range(int(min(count, 700) / _NEWSROOM / 0.75)):
            at = scene.moment()
            text, link = _item(scene, f"news-{room}-{item}")
            for who in scene.some(outlets, 0.75):
                seen = at + scene.dice.uniform(0, 25)
                scene.act(who, talk(who), seen, text=f"{text} {link}", urls=(link,))
    del town


def franchise(town: Town, scene: Scene, count: int) -> None:
    """40 branches of one chain post the campaign of head office on its day, with their own town."""
    branches = [
        scene.person("facebook" if n % 2 else "x", bio=f"Your bakery in {words.tail()[n]}", zone=0)
        for n in range(_FRANCHISE)
    ]
    scene.groups.update({who.account: "franchise" for who in branches})
    for week in range(max(1, count // (_FRANCHISE * 2))):
        text = words.everyday(scene.bulk, 1)[0]
        day = scene.dice.randrange(scene.days)
        link = f"https://bakery-chain.example/offer/{week}"
        for n, who in enumerate(branches):
            at = day * DAY_S + scene.dice.uniform(7, 11) * HOUR_S
            said = f"Only this week at our branch in {words.tail()[n]}: {text} {link}"
            scene.act(who, talk(who), at, text=said, urls=(link,))
    for _ in range(count // 3):
        who = scene.dice.choice(branches)
        scene.act(who, talk(who), scene.moment(), text=words.everyday(scene.bulk, 1)[0])
    del town


def petitions(town: Town, scene: Scene, count: int) -> None:
    """One text that very many copy over days, most of them with the link."""
    for number in range(max(1, count // 400)):
        size = min(count, 400)
        cause, link = _item(scene, f"petition-{number}")
        text = f"I have signed: {cause}. Please sign and pass it on to everyone you know!"
        start = scene.dice.uniform(0, scene.span * 0.6)
        who = town.draw(scene.bulk, size)
        delay = scene.bulk.exponential(1.5 * DAY_S, size)
        for k, person in enumerate(town.named(who)):
            linked = scene.dice.random() < 0.8
            said = f"{text} {link}" if linked else text
            scene.act(
                person, talk(person), start + delay[k], text=said, urls=(link,) if linked else ()
            )


def clubs(town: Town, scene: Scene, count: int) -> None:
    """Teams of volunteers, each a small tight group that shares its own pages within the hour."""
    for team in range(max(1, count // 60)):
        friends = town.named(town.draw(scene.bulk, 9))
        for item in range(9):
            at = scene.moment(friends[0].zone)
            link = f"https://club-{scene.mark(f'club-{team}', 6)}.example/{item}"
            for who in scene.some(friends, 0.55):
                text = words.everyday(scene.bulk, 1, team)[0]
                late = scene.bulk.lognormal(9.0, 1.2) + MINUTE_S
                scene.act(who, talk(who), at + late, text=text, urls=(link,))


def _item(scene: Scene, label: str) -> tuple[str, str]:
    names = words.tail()
    text = words.everyday(scene.bulk, 1)[0]
    house = names[len(label) * 61 % 200]
    return f"{text} ({house})", f"https://{house}.example/{scene.mark(label, 9)}"
