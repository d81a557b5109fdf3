"""What people do every day: posts, talk, links that travel, events with a loyal crowd, memes."""

from __future__ import annotations

import numpy as np

from bench.worlds import words
from bench.worlds.benign.town import COMMUNITIES, Town
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S, Person, Scene, What, sketch_of
from detectors.schema import Kind

_TALK = {"telegram": Kind.MESSAGE, "email": Kind.MAIL}
_FANS, _FAN_CHANCE = 60, 0.7
_TAGS = 400


def posts(town: Town, scene: Scene, count: int) -> None:
    """Posts of everybody at waking hours; some with a link of its own, some with tags."""
    rng = scene.bulk
    who = town.draw(rng, count)
    at = scene.moments(town.zones[who])
    texts = words.everyday(rng, count)
    kind, tag = rng.random(count), (rng.pareto(0.9, (count, 2)) * 4).astype(int) % _TAGS
    names = words.tail()
    for k, person in enumerate(town.named(who)):
        what: What = {"text": texts[k]}
        if kind[k] < 0.12:
            what["urls"] = (f"https://{names[tag[k, 0]]}.example/{scene.mark(f'page-{k}', 8)}",)
        elif kind[k] < 0.3:
            what["objects"] = tuple(dict.fromkeys(f"hashtag:{names[-1 - n]}" for n in tag[k]))
        elif kind[k] > 0.98:
            what["attributes"] = {"synthetic_avatar": True}
        elif person.platform == "mastodon":
            what["fingerprints"] = (sketch_of(texts[k]),)
        scene.act(person, talk(person), at[k], **what)


def replies(town: Town, scene: Scene, count: int) -> None:
    """Answers below popular things; the popular ones get most."""
    rng = scene.bulk
    things = max(20, count // 12)
    birth = scene.moments(np.zeros(things, dtype=np.int64))
    thing = (rng.pareto(0.9, count) * 3).astype(int) % things
    who = town.draw(rng, count)
    at = birth[thing] + rng.lognormal(np.log(3 * HOUR_S), 1.5, count)
    texts = words.everyday(rng, count)
    for k, person in enumerate(town.named(who)):
        target = f"target:{scene.mark(f'thing-{thing[k]}')}"
        scene.act(person, Kind.REPLY, at[k], text=texts[k], objects=(target,))
    town.targets += [(f"target:{scene.mark(f'thing-{k}')}", float(birth[k])) for k in range(20)]


def cascades(town: Town, scene: Scene, count: int) -> None:
    """Links that travel, four of five inside one community, each sharer after its own delay."""
    rng = scene.bulk
    left, number = count, 0
    while left > 0:
        size = min(int(1 + rng.pareto(1.0)), 500, left)
        start, community = scene.moment(), int(rng.integers(COMMUNITIES))
        home = rng.random() < 0.8
        who = town.draw(rng, size, community if home else -1)
        delay = rng.lognormal(np.log(HOUR_S / 2), 1.7, size)
        delay[0] = 0
        link = f"https://{words.tail()[number % 300]}.example/a/{scene.mark(f'link-{number}', 10)}"
        texts = words.everyday(rng, size, community)
        reposted = rng.random(size) < 0.4
        for k, person in enumerate(town.named(who)):
            if reposted[k]:
                origin = f"repost:{scene.mark(f'origin-{number}')}"
                scene.act(person, Kind.REPOST, start + delay[k], objects=(origin,))
            else:
                scene.act(person, talk(person), start + delay[k], text=texts[k], urls=(link,))
        if size >= 5:
            town.cascades.append((link, start))
        left -= size
        number += 1


def shocks(town: Town, scene: Scene, count: int) -> None:
    """Events to which the same loyal fans react at once, and each time many others do too."""
    rng = scene.bulk
    fans = town.draw(rng, min(_FANS, max(10, count // 8)))
    events = max(3, count // 110)
    others = max(5, int(count / events - len(fans) * _FAN_CHANCE))
    for event in range(events):
        start = scene.moment()
        loud = fans[rng.random(len(fans)) < _FAN_CHANCE]
        crowd = np.concatenate([loud, town.draw(rng, others)])
        wait = np.concatenate([rng.exponential(90, len(loud)), rng.exponential(150, others)])
        texts = words.everyday(rng, len(crowd))
        marked = (f"hashtag:{words.tail()[-500 - event]}", f"target:{scene.mark(f'game-{event}')}")
        for person, delay, text in zip(town.named(crowd), wait, texts, strict=True):
            scene.act(person, talk(person), start + delay, text=text, objects=marked)


def clockwork(town: Town, scene: Scene, count: int) -> None:
    """People who plan their posts: always at the full hour, or five past."""
    rng = scene.bulk
    planners = town.draw(rng, max(5, count // 25))
    texts = words.everyday(rng, count)
    for k in range(count):
        who = town.people[planners[k % len(planners)]]
        hour = float(rng.choice((7, 8, 9, 12, 17, 18, 20)) * HOUR_S - who.zone * HOUR_S)
        minute = 5 * MINUTE_S if k % 7 == 0 else 0
        at = rng.integers(scene.days) * DAY_S + hour % DAY_S + minute + rng.integers(3)
        scene.act(who, talk(who), at, text=texts[k])


def memes(town: Town, scene: Scene, count: int) -> None:
    """Pictures that everybody uses; each copy a few bits off."""
    rng = scene.bulk
    stock = [int(scene.mark(f"meme-{n}", 64), 16) for n in range(max(4, count // 25))]
    chosen = (rng.pareto(1.0, count) * 2).astype(int) % len(stock)
    who = town.draw(rng, count)
    at = scene.moments(town.zones[who])
    texts = words.everyday(rng, count)
    for k, person in enumerate(town.named(who)):
        picture = blurred(scene, stock[chosen[k]], 6)
        scene.act(
            person, talk(person), at[k], text=texts[k], objects=(f"media:pdq-{picture}",),
            attributes={"quality": int(rng.integers(60, 101))},
        )  # fmt: skip


def quotes(town: Town, scene: Scene, count: int) -> None:
    """Lines of songs, prayers, laws and jokes that people copy word for word, all year round."""
    rng = scene.bulk
    known = words.everyday(rng, max(6, count // 20))
    lines = [f"{text}. {words.everyday(rng, 1)[0]}" for text in known]
    who = town.draw(rng, count)
    at = scene.moments(town.zones[who])
    chosen = (rng.pareto(0.8, count) * 2).astype(int) % len(lines)
    for k, person in enumerate(town.named(who)):
        mark = '"' if k % 2 else ""
        scene.act(person, talk(person), at[k], text=f"{mark}{lines[chosen[k]]}{mark}")


def gestures(town: Town, scene: Scene, count: int) -> None:
    """Follows and reactions, mostly towards the well known."""
    rng = scene.bulk
    who = town.draw(rng, count)
    at = scene.moments(town.zones[who])
    liked = (rng.pareto(0.7, count) * 20).astype(int) % len(town.people)
    for k, person in enumerate(town.named(who)):
        if k % 2:
            target = f"target:{town.people[liked[k]].actor}"
            scene.act(person, Kind.FOLLOW, at[k], objects=(target,))
        else:
            target = f"target:{scene.mark(f'liked-{liked[k]}')}"
            scene.act(person, Kind.REACTION, at[k], objects=(target,))


def talk(who: Person) -> Kind:
    """How people say something on that platform."""
    return _TALK.get(who.platform, Kind.POST)


def blurred(scene: Scene, picture: int, bits: int) -> str:
    """The PDQ hash of a copy: up to `bits` of 256 bits differ."""
    for _ in range(scene.dice.randint(0, bits)):
        picture ^= 1 << scene.dice.randrange(256)
    return f"{picture:064x}"
