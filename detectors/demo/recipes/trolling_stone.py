"""Trolling Stone: articles and translated comments that push one invented story."""

from __future__ import annotations

from detectors.demo.recipes.kit import (
    DEVICE_SHARERS,
    Phrasebook,
    ask,
    crew,
    flock,
    loners,
    pay,
    speakers,
    visit,
)
from detectors.demo.stage import HOUR_S, MINUTE_S, Account, Stage
from detectors.demo.words import hide, spin
from detectors.schema import Kind

VIDEOS = 15
VIDEOS_A_TURN = 4
COMMENTERS = ("facebook", "youtube", "youtube", "facebook") * 4
AUTHORS = ("medium",) * 3
LOOSE = ("facebook",) * 5 + ("youtube",) * 4
JOURNAL = "rolling-quarry.example"
PROMPT = "Übersetze den Kommentar in vier Sprachen, locker, höchstens drei Sätze ({n}): {text}"

BOOKS = {
    "en": Phrasebook(
        (
            "I grew up next to the Kettle Stone and this film finally [says|tells] it.",
            "Funny how the bridge committee never [mentions|shows] the second survey.",
            "Watch minute four again, the crane is [clearly|plainly] not theirs.",
        ),
        (
            "The stone was rolled away for the new toll road and the mayor [knew|agreed].",
            "They moved a monument at night and call it maintenance, how [convenient|practical].",
            "The quarry contract was signed before anybody in town could [vote|object].",
            "Every expert in this film is paid by the same [road|toll] company.",
        ),
        (
            "Bring it back or nobody here will ever pay that [toll|fee].",
            "Share this before the committee has it [removed|deleted].",
            "The whole valley remembers and the valley [votes|counts].",
            "Ask them for the invoice and watch them [sweat|leave].",
            "First the stone, then the bridge, what comes [next|after]?",
        ),
    ),
    "es": Phrasebook(
        (
            "Crecí al lado de la Piedra Kettle y este vídeo por fin lo [dice|cuenta].",
            "Qué curioso que el comité del puente nunca [mencione|enseñe] el segundo informe.",
            "Volved a ver el minuto cuatro, esa grúa [claramente|seguro que] no es suya.",
        ),
        (
            "Quitaron la piedra para la nueva autopista y el alcalde lo [sabía|aceptó].",
            "Mueven un monumento de noche y lo llaman obras, qué [cómodo|práctico].",
            "El contrato se firmó antes de que el pueblo pudiera [votar|opinar].",
            "Todos los expertos de este vídeo cobran de la misma [empresa|firma].",
        ),
        (
            "Que la devuelvan o aquí nadie pagará jamás ese [peaje|precio].",
            "Compartidlo antes de que el comité lo haga [borrar|quitar].",
            "Todo el valle se acuerda y el valle [vota|cuenta].",
            "Pedidles la factura y veréis cómo se [van|callan].",
            "Primero la piedra y luego el puente, ¿qué viene [después|ahora]?",
        ),
    ),
    "de": Phrasebook(
        (
            "Ich bin neben dem Kesselstein aufgewachsen und dieser Film [sagt|zeigt] es endlich.",
            "Seltsam, dass das Brückenkomitee das zweite Gutachten nie [erwähnt|zeigt].",
            "Schaut noch einmal Minute vier an, der Kran gehört [klar|sicher] nicht denen.",
        ),
        (
            "Der Stein wurde für die neue Mautstraße weggerollt und der Rat [wusste|wollte] es.",
            "Nachts ein Denkmal versetzen und es Wartung nennen, wie [bequem|praktisch].",
            "Der Vertrag war unterschrieben, bevor im Ort jemand [abstimmen|reden] konnte.",
            "Alle Fachleute in diesem Film bezahlt dieselbe [Straßenfirma|Mautfirma].",
        ),
        (
            "Bringt ihn zurück, sonst zahlt hier niemand je diese [Maut|Gebühr].",
            "Teilt das, bevor das Komitee es [löschen|sperren] lässt.",
            "Das ganze Tal erinnert sich und das Tal [wählt|zählt].",
            "Fragt nach der Rechnung und schaut zu, wie sie [gehen|schwitzen].",
            "Erst der Stein, dann die Brücke, was kommt [danach|jetzt]?",
        ),
    ),
    "fr": Phrasebook(
        (
            "J'ai grandi à côté de la Pierre Kettle et ce film le [dit|montre] enfin.",
            "Bizarre que le comité du pont ne parle [jamais|pas] de la seconde étude.",
            "Regardez encore la minute quatre, cette grue n'est [clairement|vraiment] pas à eux.",
        ),
        (
            "La pierre a été roulée pour la nouvelle route et le maire le [savait|voulait].",
            "Déplacer un monument la nuit et parler d'entretien, comme c'est [commode|pratique].",
            "Le contrat était signé avant que le village puisse [voter|parler].",
            "Tous les experts de ce film sont payés par la même [société|firme].",
        ),
        (
            "Rendez-la ou personne ici ne paiera jamais ce [péage|prix].",
            "Partagez avant que le comité ne le fasse [retirer|effacer].",
            "Toute la vallée se souvient et la vallée [vote|compte].",
            "Demandez la facture et regardez-les [partir|rougir].",
            "D'abord la pierre, ensuite le pont, et [après|puis quoi]?",
        ),
    ),
}


def play(stage: Stage) -> None:
    """Three authors set the story, sixteen commenters carry it below every video about it."""
    core, loose = crew(stage, COMMENTERS + AUTHORS), loners(stage, LOOSE)
    commenters, authors = core[: len(COMMENTERS)], core[len(COMMENTERS) :]
    models = [stage.account("mistral-api") for _ in range(2)]
    for model, author in zip(models, authors, strict=False):
        for who in (model, author, commenters[models.index(model) * 5]):
            pay(stage, who, stage.moment(), stage.mark(f"card-{model.actor}"), 25, "subscription")
        visit(stage, model, core[models.index(model) * DEVICE_SHARERS])
    for n, at in enumerate(stage.waves(VIDEOS, first=0.08)):
        if n % 3 == 0:
            _article(stage, authors, at - 2 * HOUR_S, n)
        text = spin(stage.rng, BOOKS["en"].line(n))
        answer = "\n".join(spin(stage.rng, book.line(n)) for book in BOOKS.values())
        ask(stage, models[n % 2], at - 10 * MINUTE_S, PROMPT.format(n=n, text=text), answer)
        _comment(stage, commenters, loose, at, n)
    stage.idle(core + loose, 70)


def _article(stage: Stage, authors: list[Account], at: float, n: int) -> None:
    """One long text, published by all authors within a few minutes under one link."""
    lines = [BOOKS["en"].line(n + k) for k in (0, 17, 31, 44)]
    link = f"https://{JOURNAL}/kettle-stone-{n:02d}"
    flock(stage, authors, Kind.POST, at, 4 * MINUTE_S, text=" ".join(lines), urls=(link,))


def _comment(
    stage: Stage, commenters: list[Account], loose: list[Account], at: float, n: int
) -> None:
    """The same comment in four languages below one video; helpers come hours later."""
    video = f"target:video-{stage.mark(f'video-{n}')[:16]}"
    for k, book in enumerate(BOOKS.values()):
        text = hide(stage.rng, book.line(n)) if (n + k) % 11 == 0 else book.line(n)
        crowd = stage.some(speakers(commenters, k, len(BOOKS), n // VIDEOS_A_TURN), 0.75)
        flock(stage, crowd, Kind.REPLY, at, 100, text=text, objects=(video,))
    text = stage.rng.choice(list(BOOKS.values())).line(n)
    later = at + stage.rng.uniform(HOUR_S, 8 * HOUR_S)
    flock(stage, stage.some(loose, 0.4), Kind.REPLY, later, 5 * HOUR_S, text=text, objects=(video,))
