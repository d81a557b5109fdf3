"""Reports, shops and payments of honest people."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.benign.everyday import talk
from bench.worlds.benign.town import Town
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S, Scene
from detectors.schema import Kind

_REASONS = ("spam", "harassment", "fraud", "violence", "impersonation")


def reports(town: Town, scene: Scene, count: int) -> None:
    """Somebody misbehaves and a few people say so, each in own words."""
    rng = scene.bulk
    who = town.draw(rng, count)
    at = scene.moments(town.zones[who])
    texts = words.everyday(rng, count)
    bad = (rng.pareto(0.9, count) * 6).astype(int) % len(town.people)
    for k, person in enumerate(town.named(who)):
        scene.act(
            person, Kind.REPORT, at[k], text=texts[k],
            objects=(f"report-target:{town.people[bad[k]].actor}",),
            attributes={"category": _REASONS[k % len(_REASONS)]},
        )  # fmt: skip


def outrage(town: Town, scene: Scene, count: int) -> None:
    """One truly bad post: hundreds of strangers report it within hours, most by one click."""
    for number in range(max(1, count // 250)):
        start = scene.moment()
        target = f"report-target:{scene.mark(f'bad-{number}')}"
        who = town.draw(scene.bulk, min(count, 250))
        for person in town.named(who):
            at = start + scene.bulk.lognormal(8.0, 1.0)
            own = scene.dice.random() < 0.3
            text = words.everyday(scene.bulk, 1)[0] if own else ""
            scene.act(
                person, Kind.REPORT, at, text=text, objects=(target,),
                attributes={"category": "violence"},
            )  # fmt: skip


def shops(town: Town, scene: Scene, count: int) -> None:
    """Small shops: an advert, a chat with the customer, a payment; for weeks, to one account."""
    for number in range(max(1, count // 60)):
        name = words.tail()[100 + number % 900]
        page = scene.person("facebook", bio=f"{name} - handmade things, ask us by message")
        chat = scene.person("telegram", traces=page.traces)
        scene.groups.update({who.account: f"shop-{number}" for who in (page, chat)})
        account = scene.mark(f"till-{number}", 24)
        for sale in range(min(count, 60) // 5):
            at = scene.moment(page.zone)
            link = f"https://{name}-shop.example/item/{sale}"
            advert = f"New in the shop: {words.everyday(scene.bulk, 1)[0]} {link}"
            scene.act(page, Kind.POST, at, text=advert, urls=(link,))
            buyer = town.people[int(town.draw(scene.bulk, 1)[0])]
            asked = f"Hello, is it still there? {words.everyday(scene.bulk, 1)[0]}"
            scene.act(buyer, talk(buyer), at + scene.dice.uniform(1, 30) * HOUR_S, text=asked)
            scene.act(
                chat, Kind.MESSAGE, at + 31 * HOUR_S,
                text=f"Yes, it is. You can pay by bank transfer, we send it tomorrow. {link}",
                objects=(f"target:{buyer.actor}",),
            )  # fmt: skip
            scene.act(
                chat, Kind.PAYMENT, at + 31 * HOUR_S + scene.dice.uniform(5, 90) * MINUTE_S,
                identifiers={"payment": account}, objects=(f"payer:{buyer.actor}",),
                attributes={"amount": scene.dice.randrange(9, 90), "currency": "EUR"},
            )  # fmt: skip


def subscriptions(town: Town, scene: Scene, count: int) -> None:
    """Cards that pay for something; one card of a family now and then pays for two accounts."""
    rng = scene.bulk
    who = town.draw(rng, count)
    for k, index in enumerate(who.tolist()):
        person = town.people[index]
        home = town.people[max(0, index - 1)] if k % 9 == 0 else person
        same = home.traces["ip"] == person.traces["ip"] and not home.hidden
        card = scene.mark(f"card-{home.actor if same else person.actor}", 24)
        means = "wallet" if k % 14 == 5 else "payment"
        scene.act(
            person, Kind.PAYMENT, scene.moment(person.zone), identifiers={means: card},
            attributes={"amount": 8, "currency": "EUR"},
        )  # fmt: skip


def mails(town: Town, scene: Scene, count: int) -> None:
    """Letters of people, and the same confirmation from one shop to each of its customers."""
    texts = words.everyday(scene.bulk, count)
    writers = [scene.person("email", zone=n % 3) for n in range(max(6, count // 5))]
    for n in range(count):
        who = scene.dice.choice(writers)
        text, links = texts[n], tuple[str, ...]()
        if n % 3 == 0:
            who = writers[n % 5]
            shop = words.tail()[300 + n % 5]
            links = (f"https://{shop}-shop.example/order/{n}",)
            text = f"Dear customer, your order {n} at {shop} was sent today. Thank you for buying"
        scene.act(
            who, Kind.MAIL, scene.moment(who.zone), text=text, urls=links,
            objects=(f"target:{scene.mark(f'reader-{n}')}",),
        )  # fmt: skip
    del town


def sites(town: Town, scene: Scene, count: int) -> None:
    """New web pages of firms and clubs, some of them with a known brand in a path."""
    for n in range(count):
        name = f"{words.tail()[-1 - n % 2_000]}{n % 7 or ''}"
        page = scene.person("web", zone=0, actor=f"{name}-{n}.example")
        link = f"https://{page.actor}/{'login' if n % 5 == 0 else 'welcome'}"
        age = scene.dice.choice((3, 40, 400, 4_000)) * DAY_S
        scene.act(
            page, Kind.SITE, scene.moment(), text=words.everyday(scene.bulk, 1)[0], urls=(link,),
            attributes={"domain_age_days": age // DAY_S},
        )  # fmt: skip
    del town
