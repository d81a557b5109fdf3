"""Reports in layouts of our own invention, and the values that a careful reader takes from them."""

from __future__ import annotations

from dataclasses import dataclass

Thing = tuple[str, str]
DIGEST = "a934d8d273e44f15ccddbcd7180cf99d0fff719acff064f0b080299f9cd83e41"
SHORT = "ca118f05d354d16d50ffe2f421abce38d8bacffc"


@dataclass(frozen=True)
class Sample:
    """form: as it is recognised. taken: values of entities; offered: of what needs a look."""

    name: str
    raw: bytes
    form: str
    taken: tuple[Thing, ...]
    offered: tuple[Thing, ...] = ()
    rows: int = 0


def _sample(
    name: str,
    text: str,
    form: str,
    taken: str,
    *,
    offered: str = "",
    rows: int = 0,
    codec: str = "",
) -> Sample:
    """taken, offered: `type value` on each line."""
    raw = text.encode(codec or "utf-8")
    return Sample(name, raw, form, _things(taken), _things(offered), rows)


def _things(lines: str) -> tuple[Thing, ...]:
    return tuple((line.split()[0], line.split()[1]) for line in lines.strip().splitlines())


LAYOUTS = (
    _sample(
        "semicolons, German names, Windows-1252",
        "Nr;Indikator;Typ;Bemerkung\r\n1;b\xf6se[.]example;Domain;gef\xe4hrlich\r\n"
        "2;hxxps://pay-now[.]example/l\xf6gin;URL;\r\n3;198.51.100[.]7;IP;\r\n",
        "semicolon",
        "domain xn--bse-sna.example\nurl https://pay-now.example/l%C3%B6gin\nip 198.51.100.7",
        rows=3,
        codec="cp1252",
    ),
    _sample(
        "tabs in UTF-16 as spreadsheets save Unicode text",
        "Indicator value\tComment\tFirst seen\nevil[.]example\tseen \u2603\t2026-03-01\n"
        "other(dot)example\t\t\n",
        "tsv",
        "domain evil.example\ndomain other.example",
        rows=2,
        codec="utf-16",
    ),
    _sample(
        "a spreadsheet's clipboard with line breaks in quotes",
        'IOC\tDescription\n"shop-a[.]example\nshop-b[.]example"\t"two shops,\none owner"\n'
        "192.0.2.9\thost\n",
        "tsv",
        "domain shop-a.example\ndomain shop-b.example\nip 192.0.2.9",
        rows=2,
    ),
    _sample(
        "a title, a date and an empty line above a misspelt header",
        "Threat note 14,,\nPublished 2026-05-01,,\nIndicatr,Tactc,Commernts\n"
        "bad[.]example,0. Acquiring assets,x\nworse[.]example,9 Enabling longevty,y\n",
        "csv",
        "domain bad.example\ndomain worse.example",
        rows=2,
    ),
    _sample(
        "no header at all",
        "2026-01-02,md5,d41d8cd98f00b204e9800998ecf8427f,dropper\n"
        "2026-01-03,domain,c2[.]example,server\n",
        "csv",
        "hash md5:d41d8cd98f00b204e9800998ecf8427f\ndomain c2.example",
        rows=2,
    ),
    _sample(
        "one column for each type",
        f"Domain,IP address,SHA-256\nlure[.]example,203.0.113.5,\n,,{DIGEST}\npage[.]example,,\n",
        "csv",
        f"domain lure.example\nip 203.0.113.5\nhash sha256:{DIGEST}\ndomain page.example",
        rows=3,
    ),
    _sample(
        "Markdown tables among headings and text",
        "# Report\n\nWe saw this.\n\n## Domains\n\n| Indicator | Note |\n|---|:--:|\n"
        "| `evil[.]example` | a \\| b |\n| [site.example](https://ref.example/x) | c<br>d |\n\n"
        "Some words between.\n\n## Files\n\nValue | Comment\n--- | ---\n"
        f"{SHORT} | dropper\n",
        "markdown",
        f"domain evil.example\ndomain site.example\nhash sha1:{SHORT}",
        rows=5,
    ),
    _sample(
        "Markdown rows without a rule, bold and autolinks",
        "| Type | Value |\n| url | <https://a.example/x> |\n| domain | **b[.]example** |\n",
        "markdown",
        "url https://a.example/x\ndomain b.example",
        rows=2,
    ),
    _sample(
        "HTML with spans, entities and lists in cells",
        "<h2>Infrastructure</h2><table><tr><th>Type<th>Indicator</tr>"
        "<tr><td rowspan=2>domain</td><td>one&#46;example</td></tr><tr><td>two[.]example</td></tr>"
        "<tr><td>url</td><td>hxxps://three.example/a?b=1&amp;c=2<br>"
        "hxxps://three.example/d</td></tr></table><p>End.</p><script>x.example</script>",
        "html",
        "domain one.example\ndomain two.example\nurl https://three.example/a?b=1&c=2\n"
        "url https://three.example/d",
        rows=4,
    ),
    _sample(
        "a bulleted list under headings with colons",
        "Domains:\n - evil[.]example\n * worse{.}example\n\nE-mail addresses:\n"
        "1. boss[@]crew[.]example\n2) help[at]crew[.]example\n",
        "text",
        "domain evil.example\ndomain worse.example\nemail boss@crew.example\n"
        "email help@crew.example",
        rows=4,
    ),
    _sample(
        "plain lines, each defanged in another way",
        "hxxp[:]//a.example/x\nhttps[://]b.example/y\nc\\.example\nd\uff0eexample\n"
        "e [dot] example\nftp://f[.]example/z\n",
        "text",
        "url http://a.example/x\nurl https://b.example/y\ndomain c.example\ndomain d.example\n"
        "domain e.example\nurl ftp://f.example/z",
        rows=6,
    ),
    _sample(
        "several values in a cell",
        'indicator,notes\n"a.example, b.example; c.example",shops\na.example and d.example,\n',
        "csv",
        "domain a.example\ndomain b.example\ndomain c.example\ndomain a.example\ndomain d.example",
        rows=2,
    ),
    _sample(
        "counts, sentences and a broken link are not taken",
        "Indicator;Comments\n7,704 Facebook accounts;\nUsing short[.]example to hide the target;\n"
        "https://news[.]example/2024/ a-story/ page;\nThey wrote about elections;\n;only a note\n"
        "12 Pages;\n",
        "semicolon",
        "",
        offered="domain short.example\nurl https://news.example/2024/a-story/page",
        rows=6,
    ),
    _sample(
        "links to profiles name the account too",
        "URL,Platform\nhttps://twitter.com/Some_Crew,X\nhttps://t[.]me/some_crew,Telegram\n"
        "https://x.com/some_crew/status/12,X\nfacebook.com/profile.php?id=1234,Facebook\n",
        "csv",
        "url https://twitter.com/Some_Crew\naccount x:some_crew\nurl https://t.me/some_crew\n"
        "account telegram:some_crew\nurl https://x.com/some_crew/status/12\n"
        "url https://facebook.com/profile.php?id=1234\naccount facebook:1234",
        rows=4,
    ),
    _sample(
        "names on platforms",
        "username\tplatform\n@Crew_One\tX\ncrew.two\tTikTok\n",
        "tsv",
        "account x:crew_one\naccount tiktok:crew.two",
        rows=2,
    ),
    _sample(
        "declared types that are wrong",
        "type,value\nip,evil.example\nmd5,198.51.100.1\nandroid_package_name,com.free.video\n"
        "ios_app_id,1234567890\n",
        "csv",
        "app com.free.video\napp 1234567890",
        offered="domain evil.example\nip 198.51.100.1",
        rows=4,
    ),
    _sample(
        "phones and wallets",
        "indicator,type\n+44 20 7946 0018,phone\n"
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq,wallet\n",
        "csv",
        "phone +442079460018\nwallet btc:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        rows=2,
    ),
)
