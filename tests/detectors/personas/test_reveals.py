"""A model that speaks is told from people who quote it, mock it or talk about it."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.personas.bio import bio_template
from detectors.personas.reveals import reveals_itself
from tests.harness import T0, post


def reveals(text: str, kind: str = "post") -> bool:
    return reveals_itself(post(0, "u1", text, at=T0, kind=kind))


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I cannot support a candidate.",
        "Great point! As an AI, I do not have opinions.",
        "As a large language model, my knowledge ends in 2021",
        "I\u2019m an AI language model and cannot browse.",
        "I'm sorry, but I cannot fulfill this request.",
        "Als KI-Sprachmodell kann ich dazu nichts sagen.",
        "En tant que modèle de langage, je ne peux pas",
        "En tant qu'IA, je ne peux pas",
        "Como modelo de lenguaje, no puedo opinar",
        "Como um modelo de linguagem, não posso opinar",
        "Come modello linguistico non posso",
        "Als AI-taalmodel kan ik niet",
        "Jako model językowy nie mogę",
        "Bir yapay zeka dil modeli olarak yorum yapamam",
        "Как языковая модель, я не могу",
        "作为一个人工智能语言模型",
        "AI言語モデルとして、お答えできません",
        "بصفتي نموذجا لغويا لا أستطيع",
    ],
)
def test_a_model_that_speaks_of_itself_is_heard(text: str) -> None:
    assert reveals(text)
    assert reveals(f"Yes. {text}", kind="reply")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('It told me "As an AI language model, I cannot" and that was it', "a quotation"),
        ("“As an AI language model, I cannot support this.”", "a quotation alone"),
        ("«Как языковая модель, я не могу» — вот и весь ответ", "a quotation"),
        ("> As an AI language model, I cannot\nThis is what I got", "a quoted line"),
        ("RT @bot: x. As an AI language model, I cannot", "a share by hand"),
        ("As an AI language model, I cannot do my homework lol", "a joke"),
        ("As an AI language model, I need coffee 😂", "a joke"),
        ("As an AI language model, I want holidays /s", "a joke"),
        ("they all write as an ai language model I cannot these days", "talk about it"),
        ("As an AI language model, ChatGPT is overrated", "talk about it"),
        ("The language model of the year is out", "news"),
        ("I can't fulfill my dreams here", "life"),
        ("", "nothing"),
    ],
)
def test_quotes_jokes_and_talk_are_people(text: str, why: str) -> None:
    assert not reveals(text), why


@pytest.mark.parametrize("kind", ["repost", "mail", "ai.response", "report"])
def test_only_own_public_words_count(kind: str) -> None:
    assert not reveals("As an AI language model, I cannot", kind=kind)


@pytest.mark.parametrize("unit", ['"', "»", "«", "\u2018", "\n", "\n ", ". as an ai ", "„", "`"])
def test_long_hostile_texts_take_no_time(unit: str) -> None:
    started = process_time()
    reveals((unit * 70_000)[:65_000] + " language model")
    reveals("language model " + (unit * 70_000)[:65_000])
    assert process_time() - started < 0.5


@given(st.text(max_size=200))
def test_any_text_and_bio_can_be_read(text: str) -> None:
    assert reveals(text) in {True, False}
    assert 0 <= bio_template(text) < 2**64


def test_bios_after_one_template_are_one_and_others_not() -> None:
    one = bio_template("Proud mum of 2 from Ohio, loves her country and coffee")
    assert one == bio_template("Proud mum of 13 from Texas, loves her country and coffee 🇺🇸")
    assert one == bio_template("proud mum of 5 from Maine: loves her country and coffee @me #maga")
    assert one != bio_template("Proud dad of 2 from Ohio, loves his country and coffee")


@pytest.mark.parametrize(
    "bio", ["", "she/her", "Journalist. Berlin", "\U0001d51e\U0001d51f", "CEO OF THE BIG CORP INC"]
)
def test_a_bio_that_says_little_is_no_template(bio: str) -> None:
    assert bio_template(bio) == 0
