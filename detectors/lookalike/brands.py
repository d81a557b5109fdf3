"""Brands that sites pretend to be, with the domains that are their own."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from detectors.normalise import canonical_domain, skeleton

MIN_OWN_WORD: Final = 4
"""Shorter names are also parts of sentences: they count beside a word of a lure only."""


class Brand(NamedTuple):
    """label: as it stands in hosts. is_word: an ordinary word or very short, so that it counts only
    beside a word of a lure, and has no misspellings."""

    label: str
    domains: frozenset[str]
    is_word: bool


# Label, then own domains; an asterisk marks an ordinary word. `label.<country>` is the brand's own.
_TABLE: Final = """
paypal paypal.com paypal.me paypalobjects.com
venmo venmo.com
zelle zellepay.com
cashapp cash.app
*stripe stripe.com
klarna klarna.com
payoneer payoneer.com
*wise wise.com transferwise.com
revolut revolut.com
monzo monzo.com
paysafe paysafe.com paysafecard.com
westernunion westernunion.com
moneygram moneygram.com
*visa visa.com
mastercard mastercard.com
americanexpress americanexpress.com aexp.com
*amex americanexpress.com
*discover discover.com
*chase chase.com jpmorganchase.com
jpmorgan jpmorgan.com jpmorganchase.com
wellsfargo wellsfargo.com wf.com
bankofamerica bankofamerica.com bofa.com
bofa bofa.com bankofamerica.com
citibank citi.com citibank.com citibankonline.com
*citi citi.com
capitalone capitalone.com
usbank usbank.com
pnc pnc.com
truist truist.com
*regions regions.com
navyfederal navyfederal.org
usaa usaa.com
schwab schwab.com
*fidelity fidelity.com
*vanguard vanguard.com
robinhood robinhood.com
etrade etrade.com
barclays barclays.com barclays.co.uk barclaycard.co.uk
hsbc hsbc.com hsbc.co.uk
lloyds lloydsbank.com lloydsbankinggroup.com
natwest natwest.com
santander santander.com santander.co.uk
*halifax halifax.co.uk
*nationwide nationwide.co.uk nationwide.com
tsb tsb.co.uk
ing ing.com ing.nl ing.de
rabobank rabobank.com rabobank.nl
abnamro abnamro.com abnamro.nl
bnpparibas bnpparibas.com bnpparibas.net
creditagricole credit-agricole.com credit-agricole.fr
labanquepostale labanquepostale.fr
societegenerale societegenerale.com societegenerale.fr
boursorama boursorama.com
sparkasse sparkasse.de
commerzbank commerzbank.com commerzbank.de
deutschebank deutsche-bank.de db.com
postbank postbank.de
volksbank volksbank.de vr.de
comdirect comdirect.de
intesasanpaolo intesasanpaolo.com
unicredit unicredit.eu unicreditgroup.eu unicredit.it
bbva bbva.com
caixabank caixabank.com caixabank.es
bancolombia bancolombia.com
bradesco bradesco.com bradesco.com.br
*itau itau.com.br itau.com
nubank nubank.com.br
raiffeisen raiffeisen.com raiffeisen.ch raiffeisen.at
postfinance postfinance.ch
ubs ubs.com
scotiabank scotiabank.com
*tangerine tangerine.ca
desjardins desjardins.com
*interac interac.ca
commbank commbank.com.au
westpac westpac.com.au
nedbank nedbank.co.za
sberbank sberbank.com sberbank.ru
google google.com googleapis.com gstatic.com googleusercontent.com withgoogle.com goo.gl
gmail gmail.com
youtube youtube.com youtu.be ytimg.com youtube-nocookie.com
microsoft microsoft.com microsoftonline.com azure.com msn.com windows.com
office365 office365.com office.com
onedrive onedrive.com live.com
sharepoint sharepoint.com
*outlook outlook.com live.com office.com
hotmail hotmail.com live.com
*office office.com
*apple apple.com me.com
icloud icloud.com
itunes itunes.com apple.com
yahoo yahoo.com yimg.com flickr.com
protonmail protonmail.com proton.me
*webmail webmail.com
roundcube roundcube.net
zimbra zimbra.com
adobe adobe.com
docusign docusign.com docusign.net
dropbox dropbox.com dropboxusercontent.com
wetransfer wetransfer.com we.tl
*zoom zoom.us zoom.com
godaddy godaddy.com secureserver.net
namecheap namecheap.com
cpanel cpanel.net cpanel.com
ionos ionos.com ionos.de
ovhcloud ovhcloud.com ovh.com
cloudflare cloudflare.com
github github.com githubusercontent.com
openai openai.com chatgpt.com
chatgpt chatgpt.com openai.com
facebook facebook.com fb.com fbcdn.net fbsbx.com facebook.net
*meta meta.com
instagram instagram.com cdninstagram.com
whatsapp whatsapp.com whatsapp.net wa.me
twitter twitter.com twimg.com x.com
tiktok tiktok.com tiktokcdn.com
snapchat snapchat.com
linkedin linkedin.com licdn.com lnkd.in
telegram telegram.org telegram.me t.me
discord discord.com discord.gg discordapp.com discordapp.net
pinterest pinterest.com pinimg.com
tinder tinder.com gotinder.com
vkontakte vk.com vkontakte.ru
wechat wechat.com
netflix netflix.com nflxext.com netflix.net
spotify spotify.com scdn.co
disneyplus disneyplus.com
hulu hulu.com
twitch twitch.tv
*steam steampowered.com steamcommunity.com
steamcommunity steamcommunity.com
steampowered steampowered.com
roblox roblox.com rbxcdn.com
fortnite fortnite.com epicgames.com
epicgames epicgames.com
playstation playstation.com playstation.net
nintendo nintendo.com nintendo.net
*blizzard blizzard.com battle.net
garena garena.com
freefire freefiremobile.com
pubgmobile pubgmobile.com
amazon amazon.com amazonaws.com media-amazon.com amazon.dev amzn.to
ebay ebay.com ebayimg.com
aliexpress aliexpress.com
alibaba alibaba.com
walmart walmart.com
costco costco.com
shopify shopify.com myshopify.com
etsy etsy.com
mercadolibre mercadolibre.com
mercadolivre mercadolivre.com.br
*allegro allegro.pl
leboncoin leboncoin.fr
vinted vinted.com
*booking booking.com
airbnb airbnb.com
*uber uber.com
fedex fedex.com
dhl dhl.com dhl.de
ups ups.com
usps usps.com
dpd dpd.com dpd.co.uk dpd.de
royalmail royalmail.com
evri evri.com
*hermes hermesworld.com myhermes.co.uk
postnl postnl.nl
laposte laposte.fr laposte.net
chronopost chronopost.fr
correos correos.es
auspost auspost.com.au
canadapost canadapost.ca canadapost-postescanada.ca
swisspost swisspost.com post.ch
inpost inpost.pl
posteitaliane poste.it posteitaliane.it
singpost singpost.com
*ezpass e-zpassny.com ezpassnj.com
att att.com att.net
xfinity xfinity.com
comcast comcast.com comcast.net
verizon verizon.com verizonwireless.com
tmobile t-mobile.com
vodafone vodafone.com vodafone.de vodafone.co.uk
telstra telstra.com telstra.com.au
*optusnet optusnet.com.au optus.com.au
btinternet btinternet.com bt.com
bt bt.com btconnect.com
virginmedia virginmedia.com
swisscom swisscom.ch swisscom.com
telekom telekom.de telekom.com t-online.de
*rogers rogers.com
centurylink centurylink.com
*spectrum spectrum.com spectrum.net
irs irs.gov
hmrc hmrc.gov.uk
govuk gov.uk
ameli ameli.fr
impots impots.gouv.fr
*elster elster.de
*medicare medicare.gov
mygov my.gov.au
coinbase coinbase.com
binance binance.com binance.us binance.org
*kraken kraken.com
kucoin kucoin.com
bitfinex bitfinex.com
bitstamp bitstamp.net
bybit bybit.com
*gemini gemini.com
huobi huobi.com htx.com
cryptocom crypto.com
uphold uphold.com
bitpay bitpay.com
*blockchain blockchain.com blockchain.info
metamask metamask.io
trustwallet trustwallet.com
*ledger ledger.com
trezor trezor.io
*exodus exodus.com
*phantom phantom.app phantom.com
coinbasepro coinbase.com
walletconnect walletconnect.com walletconnect.org walletconnect.network
electrum electrum.org
myetherwallet myetherwallet.com
uniswap uniswap.org
pancakeswap pancakeswap.finance
sushiswap sushi.com
opensea opensea.io
rarible rarible.com
*lido lido.fi
aave aave.com
polkadot polkadot.network polkadot.js.org polkadot.com
ethereum ethereum.org
solana solana.com
tronlink tronlink.org
okx okx.com
imtoken token.im
*safepal safepal.com
rabby rabby.io
raydium raydium.io
*jupiter jup.ag
pumpfun pump.fun
hyperliquid hyperliquid.xyz
arbitrum arbitrum.io arbitrum.foundation
*optimism optimism.io
starknet starknet.io
zksync zksync.io
eigenlayer eigenlayer.xyz
"""
_COUNTRY: Final = 2


@cache
def brands(own: tuple[str, ...] = ()) -> tuple[Brand, ...]:
    """All brands, first those of the organisation.

    own: domains of the organisation; the label of each is the brand. What is no domain is ignored.
    """
    told = (canonical_domain(domain) for domain in own)
    extra = [_brand([domain.partition(".")[0], domain]) for domain in told if domain]
    return (*extra, *(_brand(line.split()) for line in _TABLE.split("\n") if line))


@cache
def by_skeleton(own: tuple[str, ...] = ()) -> dict[str, Brand]:
    """Brands by the look-alike form of their label; the first one of a form counts."""
    found: dict[str, Brand] = {}
    for brand in brands(own):
        found.setdefault(skeleton(brand.label), brand)
    return found


@cache
def own_domains(own: tuple[str, ...] = ()) -> frozenset[str]:
    """Every domain that belongs to a brand."""
    return frozenset().union(*(brand.domains for brand in brands(own)))


def is_own(brand: Brand, domain: str) -> bool:
    """Whether `domain`, the one that somebody registered, is the brand's: listed or `label.cc`."""
    label, _, suffix = domain.partition(".")
    if domain in brand.domains:
        return True
    parts = suffix.split(".")
    return label == brand.label and len(parts[-1]) == _COUNTRY and len(parts) <= _COUNTRY


def _brand(cells: list[str]) -> Brand:
    label = cells[0].lstrip("*")
    is_word = cells[0].startswith("*") or len(label) < MIN_OWN_WORD
    return Brand(label, frozenset(cells[1:]), is_word)
