"""Links: those to files, categories and other languages are cut out; where the others lead."""

from __future__ import annotations

import re
from collections import Counter

from ousianer_cli.formats.mediawiki import NAMESPACES
from ousianer_cli.formats.titles import title_and_section
from ousianer_cli.formats.wikitext.page import (
    CATEGORIES,
    FILES,
    LANGUAGE_LINKS,
    MAX_TITLE,
    OTHER_NAMESPACES,
    SAME_PAGE,
    UNCLOSED,
    Page,
    line_end,
)
from ousianer_cli.formats.words import word_set

_LANGUAGES = word_set(
    """
    aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb ba ban bar
    bat-smg bbc bcl bdr be be-tarask be-x-old bew bg bh bi bjn blk bm bn bo bpy br bs btm bug bxr ca cbk-zam cdo ce
    ceb ch cho chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee el eml eo es et eu ext
    fa fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gsw gu guc gur guw gv
    ha hak haw he hi hif ho hr hsb ht hu hy hyw hz ia iba id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa
    kab kbd kbp kcg kg kge ki kj kk kl km kn knc ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li lij
    lld lmo ln lo lrc lt ltg lv lzh mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mos mr mrj ms mt mus mwl my
    myv mzn na nah nan nap nb nds nds-nl ne new ng nia nl nn no nov nqo nr nrm nso nup nv ny oc olo om or os pa pag pam
    pap pcd pcm pdc pfl pi pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara rsk ru rue rup rw sa sah sat sc
    scn sco sd se sg sgs sh shi shn si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw syl szl szy ta tay tcy
    tdd te tet tg th ti tig tk tl tly tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo vro wa
    war wo wuu xal xh xmf yi yo yue za zea zgh zh zh-classical zh-min-nan zh-yue zu
    """
)
_PROJECTS = word_set(
    """
    wikt wiktionary s wikisource commons c q wikiquote b wikibooks n wikinews v wikiversity voy wikivoyage species
    wikispecies meta m mw d wikidata f foundation wikimedia wmf incubator phab phabricator mail mailarchive bugzilla
    doi pmid hdl iarchive google imdbname imdbtitle wikia wikicities wikipediawikipedia testwiki toollabs toolforge
    sourceforge rfc issn tools outreach strategy nost otrs ticket gerrit uncyclopedia memoryalpha memory-alpha metawiki
    """
)
_PREFIX = re.compile(r"\s*(:?)\s*(\w[\w -]{0,24}?)[\s_]*:")
_LINK_MARKS = re.compile(r"\[\[+|\]\]+")
# Other Wikipedias' names for the same, where no English title begins so.
_FILE_LIKE = word_set("file image media datei fichier archivo bestand ficheiro plik tiedosto файл ファイル 파일")
_CATEGORY_LIKE = word_set("category kategorie catégorie categoría kategoria categorie категория")
# A caption is not longer; what looks so is one link that never ends and another's end.
_MAX_FILE_LINK = 20_000


def _dropped_link(text: str, start: int) -> str | None:
    """Why a link that begins (after its brackets) at `start` shows nothing in the text, or None."""
    prefix = _PREFIX.match(text, start, start + 60)
    if prefix is None or prefix[1]:
        return None
    name = " ".join(prefix[2].replace("_", " ").split()).lower()
    if name in _FILE_LIKE:
        return FILES
    if name in _CATEGORY_LIKE:
        return CATEGORIES
    return LANGUAGE_LINKS if name in _LANGUAGES else None


def cut_links(text: str, page: Page) -> str:
    """The text without links to files, categories and other languages."""
    if "[[" not in text:
        return text
    stack: list[int] = []
    cuts: list[tuple[int, int, str]] = []

    def cut(begin: int, end: int, reason: str) -> None:
        while cuts and cuts[-1][0] >= begin:
            cuts.pop()
        cuts.append((begin, end, reason))

    unclosed: list[tuple[int, int, str]] = []
    for run in _LINK_MARKS.finditer(text):
        begin, end = run.span()
        if text[begin] == "[":
            stack.extend(range(begin + (end - begin) % 2, end, 2))
            continue
        for close in range(begin + (end - begin) % 2 + 2, end + 1, 2):
            if not stack:
                break
            start = stack.pop()
            reason = _dropped_link(text, start + 2)
            if reason is None:
                continue
            if close - start <= _MAX_FILE_LINK:
                cut(start, close, reason)
            else:
                unclosed.append((start, -1, reason))
    for start in stack:
        reason = _dropped_link(text, start + 2)
        if reason is not None:
            unclosed.append((start, -1, reason))
    out: list[str] = []
    at = 0
    for begin, end, reason in sorted([*cuts, *unclosed]) if unclosed else cuts:
        if begin < at:
            continue
        if end < 0:
            page.drop(UNCLOSED)
        out.append(text[at:begin])
        page.drop(reason)
        at = end if end >= 0 else line_end(text, begin)
    out.append(text[at:])
    return "".join(out)


LINK_TRAIL = re.compile(r"[a-z]+")
"""Letters right after a link that a page shows as part of it."""


def link_target(raw: str, left_out: Counter[str]) -> tuple[str | None, str | None]:
    """The article that a link leads to, and the section; "" for a link that is no anchor for a counted reason, None for
    one without a target.
    """
    raw = raw.strip()
    while prefix := _PREFIX.match(raw):
        name = " ".join(prefix[2].replace("_", " ").split()).lower()
        if name in ("w", "en"):
            raw = raw[prefix.end() :]
            continue
        if name in _NOT_ARTICLES:
            left_out[OTHER_NAMESPACES] += 1
            return "", None
        break
    if raw.startswith("#"):
        left_out[SAME_PAGE] += 1
        return "", None
    target, section = title_and_section(raw)
    if not target or target.startswith("/") or len(target) > MAX_TITLE or not _NO_TITLE.isdisjoint(target):
        return None, None
    return target, section


_NOT_ARTICLES = frozenset(NAMESPACES) | _LANGUAGES | _PROJECTS | _FILE_LIKE | _CATEGORY_LIKE
_NO_TITLE = frozenset("[]{}|<>")
