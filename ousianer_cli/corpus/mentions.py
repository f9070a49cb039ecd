"""More mentions of an article, as silver builders find them: what is linked or set bold once is often named again.

Wikipedia links a title where it is first named only. Later occurrences of its name in the same article (`again`) and of
its unambiguous other names (`alias`) are mentions too, less surely so; each says how it was found and carries a weight.

A name is found by its words, case and all, in one pass over the text: names of the article by a dict of their first
words, other anchors by hashes of all runs of words at once. The longest run wins, nothing is placed on what is there
already, and a run that reads like a part of a bigger name (`Boston` in `Boston Herald`, `Bank of Boston`,
`New-Boston`) is left alone.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ousianer_cli.corpus.anchor_format import MAX_WORDS
from ousianer_cli.corpus.anchors import AnchorTable, same_line
from ousianer_cli.corpus.article_words import QUOTES, ArticleWords
from ousianer_cli.corpus.name_words import HONORIFICS, LINKING, OPENERS
from ousianer_cli.corpus.placing import Candidate, place_candidates
from ousianer_cli.corpus.split_text import SplitText
from ousianer_cli.corpus.word_hashes import hash_words, ngram_hashes
from ousianer_cli.formats.words import split_words, word_set
from ousianer_cli.settings.prepare_wikipedia import ExpansionSettings, How


@dataclass(frozen=True, slots=True)
class FoundMention:
    """A mention of a title: code points [start, end) of the article's text, the resolved title, how it was found."""

    start: int
    end: int
    title: str
    how: How
    weight: float = 1.0


_NAME_ENDS = word_set("Jr Sr I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI")
_AFTER_NAME = word_set(", Inc Inc. Corporation Corp Corp. Company Ltd Limited Group Records plc AG S.A. F.C. FC")
_PARENTHESIS = re.compile(r"\s*\([^()]*\)\Z")
Name = tuple[str, ...]


def expand_mentions(
    split: SplitText,
    title: str,
    stated: Sequence[FoundMention],
    anchors: AnchorTable | None,
    settings: ExpansionSettings,
    *,
    persons: Container[str] = frozenset(),
) -> list[FoundMention]:
    """The mentions of an article, `stated` and further ones, sorted by start, none of the further ones overlapping.

    `stated` holds every link and bold title of the text, typed or not (no further mention is placed inside one); their
    weights become those of `settings`. `title` is the article's own. Without `anchors` there are no aliases but
    surnames. `persons` are the titles known to be people (for surnames alone). Time grows with the text and what is
    found, not with the number of names.
    """
    kept = [dataclasses.replace(m, weight=settings.weight(m.how)) for m in stated]
    if kept and (settings.again or settings.alias or settings.surnames):
        article = ArticleWords.read(split)
        taken = bytearray(len(article.words))
        since: dict[str, int] = {}
        for mention in stated:
            cover = article.covered(mention.start, mention.end)
            taken[cover.start : cover.stop] = b"\1" * len(cover)
            since[mention.title] = min(since.get(mention.title, cover.start), cover.start)
        names = _names(article, stated, persons)
        candidates: list[Candidate] = []
        if settings.surnames:
            candidates += _occurrences(article, _surnames(article, stated, names, persons), "alias")
        if settings.again:
            candidates += _occurrences(article, names, "again")
        if settings.alias and anchors is not None:
            candidates += _aliases(article, anchors, since, names, persons, settings)
        for c in place_candidates(article, candidates, taken, since):
            start, end = article.spans[c.first][0], article.spans[c.first + c.width - 1][1]
            kept.append(FoundMention(start, end, str(c.title), c.how, settings.weight(c.how)))
    return sorted(kept, key=lambda m: (m.start, m.end))


def _names(article: ArticleWords, stated: Sequence[FoundMention], persons: Container[str]) -> dict[Name, str | None]:
    """The article's own names: what links and bold titles show, and their titles.

    None where two titles have a name, and where it names the title in this place only (`Albanian` for the language).
    """
    titles: dict[Name, set[str]] = defaultdict(set)
    for mention in stated:
        cover = article.covered(mention.start, mention.end)
        if cover and article.words[cover.start] == "the":
            cover = cover[1:]
        shown = tuple(article.words[i] for i in cover)
        if shown and _is_name(article, shown, inside=not article.opens(cover.start)):
            titles[shown].add(mention.title)
        full = _title_words(mention.title)
        if full and full != shown and _is_name(article, full, inside=False):
            titles[full].add(mention.title)
    names: dict[Name, str | None] = {}
    for name, of in titles.items():
        title = next(iter(of))
        names[name] = title if len(of) == 1 and _stays(name, title, title in persons) else None
    return names


def _title_words(title: str) -> Name:
    """The words of a title without what stands in parentheses at its end."""
    plain = _PARENTHESIS.sub("", title)
    return tuple(plain[a:b] for a, b in split_words(plain))


def _stays(name: Name, title: str, person: bool) -> bool:
    """Whether what a link shows names its title elsewhere in the article too.

    A single word that is less than the title often does not: `Albanian` for a language is an adjective the next time,
    `Trenton` for a battle is the town. It stays if it is the title up to a comma (`Lund, Sweden`) or up to a company's
    ending, an acronym, or a person's last name.
    """
    full = _title_words(title)
    if len(name) > 1 or name == full:
        return True
    word = name[0]
    if sum(c.isupper() for c in word) > 1 or (len(full) > 1 and full[0] == word and full[1] in _AFTER_NAME):
        return True
    return person and len(full) > 1 and word in full[1:]


def _is_derived(name: Name, title: str) -> bool:
    """Whether the last word looks made from one of the title's (`Canadian` for `Canada`): mostly an adjective."""
    word, full = name[-1], _title_words(title)
    return word not in full and any(word[:3].lower() == part[:3].lower() for part in full if len(part) > 2)


def _is_name(article: ArticleWords, words: Name, *, inside: bool) -> bool:
    """Whether the words name something, judging by capitals; `inside`: they were seen inside a sentence as they are.

    A capital at the start of a sentence or a title tells nothing: it needs another capital, or the word must stand with
    it inside a sentence somewhere and nowhere in small letters.
    """
    head = words[0]
    if head in QUOTES or words[-1] in QUOTES:
        return False
    if len(words) > 2 * MAX_WORDS or not any(c.isupper() for c in "".join(words)):
        return False
    if any(any(c.isupper() for c in word) for word in words[1:] if len(word) > 1) or any(c.isupper() for c in head[1:]):
        return head not in OPENERS
    if not head[0].isupper() or len(head) < 2:
        return False
    return head.lower() not in article.small and (inside or head in article.inside)


def _surnames(
    article: ArticleWords, stated: Sequence[FoundMention], names: Container[Name], persons: Container[str]
) -> dict[Name, str]:
    """The last word of each person's name, where no other title and no other first name of the article goes with it."""
    bearers: dict[str, set[str]] = defaultdict(set)
    firsts: dict[str, set[str]] = defaultdict(set)
    for mention in stated:
        parts = list(_title_words(mention.title))
        for part in parts:
            bearers[part].add(mention.title)
        if mention.title not in persons or "," in parts:
            continue
        while parts and (parts[-1] in _NAME_ENDS or not parts[-1][0].isalpha()):
            parts.pop()
        if len(parts) > 1 and parts[-1][0].isupper() and len(parts[-1]) > 2 and not LINKING & set(parts):
            firsts[parts[-1]].update(parts[:-1])
    wanted = {s: next(iter(bearers[s])) for s in firsts if len(bearers[s]) == 1 and s.lower() not in article.small}
    for i, word in enumerate(article.words):
        if word in wanted and (before := article.beside(i, -1)) and before[0].isupper():
            known = before in firsts[word] or before in HONORIFICS or before.lower() in OPENERS
            if not known:
                del wanted[word]  # a namesake, or a bigger name
    return {(s,): title for s, title in wanted.items() if (s,) not in names}


def _occurrences(article: ArticleWords, names: Mapping[Name, str | None], how: How) -> Iterator[Candidate]:
    by_head: dict[str, list[tuple[Name, str | None]]] = defaultdict(list)
    for name, title in names.items():
        by_head[name[0]].append((name, title))
    for i, word in enumerate(article.words):
        for name, title in by_head.get(word, ()):
            end = i + len(name)
            if tuple(article.words[i:end]) == name and article.line[i] == article.line[end - 1]:
                yield Candidate(i, len(name), title, how)


def _aliases(
    article: ArticleWords,
    anchors: AnchorTable,
    titles: Container[str],
    names: Container[Name],
    persons: Container[str],
    settings: ExpansionSettings,
) -> Iterator[Candidate]:
    """Anchors of the table in the text: aliases of the article's titles, and longer anchors of others in their way."""
    hashes = hash_words(article.words)
    for n in range(1, MAX_WORDS + 1):
        rows = anchors.rows(ngram_hashes(hashes, n))
        if not len(rows):
            return
        rows[~same_line(article.line, n)] = -1
        for first in np.flatnonzero(rows >= 0).tolist():
            words = tuple(article.words[first : first + n])
            if words in names:
                continue
            entry = anchors.entry(int(rows[first]))
            chance = entry.link_probability or 0.0  # not counted: no alias, unless no probability is asked for
            if entry.title in titles and _is_name(article, words, inside=not article.opens(first)):
                if (
                    entry.commonness >= settings.min_commonness
                    and entry.links >= settings.min_links
                    and chance >= settings.min_link_probability
                    and not _is_derived(words, entry.title)
                    and (
                        words[0] not in _title_words(entry.title) or _stays(words, entry.title, entry.title in persons)
                    )
                ):
                    yield Candidate(first, n, entry.title, "alias")
            elif n > 1:
                yield Candidate(first, n, None, "alias")
