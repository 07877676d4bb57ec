"""In which language Parley speaks to a customer of whom no channel, app or person has told one. Pure."""

from collections.abc import Mapping, Sequence

from gateway.policy import Held

_FIRST: Mapping[str, str] = {
    "de": "AT CH DE LI", "fr": "BF BJ CD CG CI FR GA GN LU MC ML NE SN TG",
    "es": "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE", "pt": "AO BR CV GW MZ PT ST TL",
    "it": "IT SM VA", "nl": "BE NL SR", "pl": "PL", "ja": "JP", "zh": "CN", "zh-Hant": "HK MO TW",
    "ar": "AE BH DZ EG IQ JO KW LB LY MA OM PS QA SA SD SY TN YE",
}  # fmt: skip
"""Countries (ISO 3166) by their only language, or that of most people there (Unicode CLDR, territory information)."""
_OF = {country: language for language, countries in _FIRST.items() for country in countries.split()}


def spoken(locale: str, urns: Sequence[str], country: str, held: Held, words: str = "") -> str:
    """The customer's own locale (BCP 47) where it is known, else the language to try; "" where nothing tells one.

    The `words` they have written tell it before their number's country, and that before the `country` (ISO 3166) they
    are known to be in: who writes ARRET reads French.
    """
    if locale:
        return locale
    there = _OF.get(held.place(tuple(urns), "", "").country or country, "")
    by_words = held.words.languages(words) if words else frozenset()
    return next(iter(by_words)) if len(by_words) == 1 else there
