"""Fish Food: one prompt, seven drafts in three languages, posted by different accounts."""

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
from detectors.demo.words import defang, hide, spin
from detectors.schema import Kind

WAVES = 14
WAVES_A_TURN = 4
CORE = ("x", "telegram", "x", "x", "x", "telegram", "x", "x", "telegram", "x", "x", "telegram")
LOOSE = ("x",) * 6 + ("telegram",) * 2
SITES = ("harbour-courler.example", "brinewick-voices.example")
PROMPT = (
    "Rédige sept messages courts, trois en anglais, deux en espagnol et deux en allemand, sur"
    " l'usine d'aliments de Brinewick. Thème {n} : {claim} Ton inquiet, sans source."
)

BOOKS = {
    "en": Phrasebook(
        (
            "Everyone along the Brinewick quay is asking [the same|one] question this week.",
            "My cousin works nights at the Brinewick feed plant and [told|showed] us everything.",
            "Nobody at the harbour office wants to [talk|speak] about the silver barrels.",
            "Look at the [photos|pictures] from the quay before they disappear again.",
            "Third week in a row and the Brinewick council [still|again] says nothing.",
        ),
        (
            "The fish food plant changed its recipe in secret and the gulls have [left|gone].",
            "Lorries without number plates unload behind the plant every [night|evening].",
            "The water report was rewritten twice and page nine is [missing|gone].",
            "Workers were promised a bonus if they keep [quiet|silent] about the new powder.",
            "Nets come up empty wherever the pale foam [drifts|floats] along the coast.",
            "The inspection was announced two days early so the yard was [clean|tidy].",
            "Three trawlers refuse to buy the feed and the list keeps [growing|rising].",
        ),
        (
            "Ask who pays for this and pass it on to [your|all] neighbours today.",
            "The minister had lunch with the owners, draw [your own|the obvious] conclusion.",
            "We want an answer before the herring season opens, not [after|later].",
            "Read the full story and tell your [family|friends] before they take it down.",
            "Stop buying it until somebody explains what is [really|truly] inside.",
            "If they have nothing to hide they can open the [gates|doors] on Sunday.",
        ),
    ),
    "es": Phrasebook(
        (
            "En el muelle de Brinewick todos hacen la misma pregunta esta [semana|tarde].",
            "Mi primo trabaja de noche en la fábrica de Brinewick y lo ha [visto|contado] todo.",
            "Nadie en la oficina del puerto quiere [hablar|opinar] de los barriles plateados.",
            "Mirad las fotos del muelle antes de que [desaparezcan|las borren] otra vez.",
            "Ya van tres semanas y el ayuntamiento [sigue|continúa] sin decir nada.",
        ),
        (
            "La fábrica de pienso cambió la receta en secreto y las gaviotas se [fueron|han ido].",
            "Camiones sin matrícula descargan detrás de la fábrica cada [noche|tarde].",
            "El informe del agua se escribió dos veces y falta la página [nueve|diez].",
            "A los obreros les prometieron una prima por [callar|no hablar] del polvo nuevo.",
            "Las redes salen vacías por donde pasa la espuma [pálida|blanca] de la costa.",
            "La inspección se anunció dos días antes y el patio estaba [limpio|vacío].",
            "Tres barcos se niegan a comprar el pienso y la lista sigue [creciendo|subiendo].",
        ),
        (
            "Preguntad quién paga todo esto y pasadlo a los [vecinos|amigos] hoy mismo.",
            "El ministro comió con los dueños, sacad [vuestras|las] propias conclusiones.",
            "Queremos una respuesta antes de que abra la temporada, no [después|luego].",
            "Leed la historia completa y contadla en [casa|familia] antes de que la quiten.",
            "Dejad de comprarlo hasta que alguien explique qué [lleva|tiene] dentro.",
            "Si no tienen nada que esconder que abran las [puertas|verjas] el domingo.",
        ),
    ),
    "de": Phrasebook(
        (
            "Am Kai von Brinewick stellen diese Woche [alle|viele] dieselbe Frage.",
            "Mein Vetter arbeitet nachts im Futterwerk Brinewick und hat alles [gesehen|erzählt].",
            "Niemand im Hafenamt will über die silbernen Fässer [reden|sprechen].",
            "Schaut euch die Bilder vom Kai an, bevor sie [wieder|erneut] verschwinden.",
            "Die dritte Woche in Folge und der Rat sagt [immer noch|weiterhin] nichts.",
        ),
        (
            "Das Fischfutterwerk hat heimlich das Rezept geändert und die Möwen sind [weg|fort].",
            "Lastwagen ohne Kennzeichen laden jede Nacht [hinter|neben] dem Werk aus.",
            "Der Wasserbericht wurde zweimal umgeschrieben und Seite neun [fehlt|ist weg].",
            "Den Arbeitern winkt eine Prämie, wenn sie über das Pulver [schweigen|nicht reden].",
            "Die Netze bleiben leer, wo der [blasse|helle] Schaum an der Küste treibt.",
            "Die Prüfung war zwei Tage vorher angekündigt, der Hof war [sauber|leer].",
            "Drei Kutter kaufen das Futter nicht mehr und die Liste [wächst|steigt] weiter.",
        ),
        (
            "Fragt, wer das bezahlt, und sagt es heute [euren|allen] Nachbarn weiter.",
            "Der Minister war mit den Besitzern essen, denkt euch [euren|den] Teil.",
            "Wir wollen eine Antwort vor der Heringssaison und nicht [danach|später].",
            "Lest die ganze Geschichte und erzählt sie [zu Hause|Freunden], bevor sie weg ist.",
            "Kauft es nicht, bis jemand erklärt, was [wirklich|denn nun] darin ist.",
            "Wer nichts zu verbergen hat, öffnet am Sonntag die [Tore|Türen].",
        ),
    ),
}


def play(stage: Stage) -> None:
    """A scare about an invented feed plant, from two sites and two AI accounts."""
    core, loose = crew(stage, CORE), loners(stage, LOOSE)
    sites = [stage.account("web", actor=stage.host(name)) for name in SITES]
    models = [stage.account("openai-api") for _ in SITES]
    for n, (site, model) in enumerate(zip(sites, models, strict=True)):
        visit(stage, site, core[n * DEVICE_SHARERS])
        visit(stage, model, core[(n + 2) * DEVICE_SHARERS])
    _bills(stage, core, sites, models)
    for wave, at in enumerate(stage.waves(WAVES)):
        claim = spin(stage.rng, BOOKS["en"].claims[wave % 7])
        drafts = [spin(stage.rng, book.line(wave + k)) for book in BOOKS.values() for k in (0, 21)]
        drafts.append(spin(stage.rng, BOOKS["en"].line(wave + 63)))
        prompt = PROMPT.format(n=wave + 1, claim=claim)
        ask(stage, models[wave % 2], at, prompt, "\n\n".join(drafts))
        site, story = sites[wave % 2], " ".join(drafts[:2])
        link = f"https://{site.actor}/2026/brief-{stage.rng.randrange(10_000, 99_999)}"
        stage.act(site, Kind.SITE, at + 6 * MINUTE_S, urls=(link,), text=story)
        _publish(stage, core, at + 9 * MINUTE_S, wave, link)
        _scatter(stage, loose, at, stage.rng.sample(drafts, 5), link)
    stage.idle(core + loose, 70)


def _publish(stage: Stage, core: list[Account], at: float, wave: int, link: str) -> None:
    """The lead draft of each language, by its speakers of these days, with the new link."""
    shown, urls = (link, (link,)) if wave % 3 else (defang(link), ())
    for n, book in enumerate(BOOKS.values()):
        crowd = stage.some(speakers(core, n, len(BOOKS), wave // WAVES_A_TURN), 0.85)
        flock(stage, crowd, Kind.POST, at, 70, text=f"{book.line(wave)} {shown}", urls=urls)


def _scatter(stage: Stage, loose: list[Account], at: float, drafts: list[str], link: str) -> None:
    """Any of the drafts, hours later, each by somebody else; half of them without the link."""
    for who, draft in zip(stage.rng.sample(loose, len(drafts)), drafts, strict=True):
        later = at + stage.rng.uniform(0.3 * HOUR_S, 7 * HOUR_S)
        urls = (link,) if stage.chance(0.5) else ()
        text = hide(stage.rng, draft) if stage.chance(0.2) else draft
        stage.act(who, Kind.POST, later, text=text, urls=urls)


def _bills(stage: Stage, core: list[Account], sites: list[Account], models: list[Account]) -> None:
    """Each card pays for a site, an AI account and the advertisements of one poster."""
    for n, (site, model) in enumerate(zip(sites, models, strict=True)):
        card = stage.mark(f"card-{n}")
        for who, why in ((site, "hosting"), (model, "api credit"), (core[n * 4], "promotion")):
            pay(stage, who, stage.moment(), card, stage.rng.randrange(9, 60), why)
