"""Words with which false sites press people: to sign in, to pay, to connect a wallet."""

from __future__ import annotations

from typing import Final


def words(text: str) -> frozenset[str]:
    """A table of words."""
    return frozenset(text.split())


# As a whole token of a name.
TOKENS: Final = words(
    """
    access account accounts acct activate activation alert alerts app appeal apps assist auth
    authenticate authentication bank banking billing bonus bridge center centre check checkpoint
    claim client clients cloud com community compliance confirm confirmation connect contact
    copyright customer customers dapp dapps dashboard delivery desk device dex doc docs document
    documents drop earn ebanking email entry event exchange extension file files finance fix form
    free funds gift giveaway help helpdesk home id identity inbox info information install invoice
    kyc login logins logon mail manage meta migrate migration mint mobile my myaccount nft notice
    notification official online pack package page pages parcel pass password pay payment payments
    portal post pro profile protect protection recover recovery rectify redeem refund register
    release reset resolve restore restricted review reward rewards safe secure secured security
    server service services session setup sign signin signon signup sso stake staking start status
    suite support swap sync system tax team token track tracking transfer unlock update updates
    upgrade user validate validation vault verification verified verify view voucher wallet
    wallets web web3 webapp webmail whitelist
    """
)
# Of those, the ones that hardly stand in an honest name: also without a brand beside them.
PRESSING: Final = words(
    """
    acct activate activation airdrop appeal auth authenticate authentication billing checkpoint
    claim compliance confirm confirmation dapp dapps ebanking giveaway helpdesk kyc login logins
    logon migrate migration myaccount password recover recovery rectify redeem refund restore
    restricted secure secured signin signon sso stake staking swap sync unlock update updates
    validate validation verification verified verify voucher wallet wallets web3 webmail whitelist
    """
)
# Beside them an ordinary word or a very short name is meant as a brand: "apple-id", "ups-tracking".
LURES: Final = PRESSING | words("account bank card customer delivery id pay support track tracking")
# Long enough to be no accident inside a longer word; no words of a trade, as "crypto" or "bank".
INSIDE: Final = (
    "airdrop", "authent", "billing", "claim", "confirm", "connect", "dapp", "deliver", "giveaway",
    "helpcenter", "login", "logon", "migrat", "parcel", "password", "payment", "rectif", "recover",
    "refund", "reward", "secure", "signin", "staking", "support", "unlock", "update", "validat",
    "verif", "wallet", "webmail", "whitelist",
)  # fmt: skip
# Pages that do not want to be found by these words misspell them.
MISSPELT: Final = words(
    """
    account authenticate connect extension login logon password recovery secure signin support
    update verify wallet
    """
)
# Honest words that are one letter away from those.
NO_LURES: Final = words(
    """
    accounts ballet connects logic logo logos mallet pallet supports updated
    updates valet walled wallets
    """
)
# Scripts and folders of kits; words of a path count only in short segments, headlines are long.
PATH: Final = words(
    """
    account activate auth authenticate banking billing captcha card checkpoint confirm
    confirmation connexion credentials login logon myaccount otp paiement passe passwd password
    payment recovery secure security session signin sso suivi unlock update validate validation
    verif verification verify wallet webmail webscr
    """
)
# Words that a change of one or two letters makes of a brand, or that read like one.
ORDINARY: Final = words(
    """
    altruist arena email evolution evolutionary finance goggle interest mobile openair papal
    revolution revolutionary telegraaf telegraph titter twister
    """
)
# Segments behind which a site files what it writes about others.
SHELVES: Final = words(
    """
    brand brands categories category companies company label labels news search tag tagged tags
    topic topics wiki
    """
)
