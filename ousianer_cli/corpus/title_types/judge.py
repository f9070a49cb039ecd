"""Which classes hold of a mention or a title whose labels come from several sources that disagree.

Each source has its own noise, so labels are weighed before they are believed:
1. each label becomes WordNet synsets (tables for DBpedia and FIGER, the offset for YAGO);
2. each source votes for the kinds its synsets belong to (person, group, place, work, …); the kind with most weight
   wins, and synsets of other kinds are dropped (a theatre that YAGO calls a person);
3. within the kind, weak labels (a YAGO class guessed from a category's head noun, FIGER's `person-author`) stay only
   where a stronger source bears them out;
4. what is left is cut to its most specific synsets, all of which hold, with a weight that says how far the sources
   are trusted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Protocol

from ousianer_cli.taxonomy.wordnet import GUESS_MARK, WordNet, correct_sense, read_label_table

# The kinds that exclude one another, each by the synsets at its top; the first that matches counts. A structure is a
# place: sources call the same airport a location, a facility or a building.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("person", ("wordnet_person_100007846",)),
    ("creature", ("wordnet_organism_100004475",)),
    (
        "place",
        (
            "wordnet_location_100027167",
            "wordnet_structure_104341686",
            "wordnet_facility_103315023",
            "wordnet_way_104564698",
            "wordnet_geological_formation_109287968",
            "wordnet_land_109334396",
            "wordnet_body_of_water_109225146",
        ),
    ),
    ("group", ("wordnet_group_100031264",)),
    ("work", ("wordnet_communication_100033020", "wordnet_creation_103129123", "wordnet_medium_106254669")),
    ("thing", ("wordnet_artifact_100021939", "wordnet_matter_100020827", "wordnet_natural_object_100019128")),
    ("event", ("wordnet_event_100029378",)),
)

_PERSON = "wordnet_person_100007846"
_TEAM = "wordnet_team_108208560"
_CLUB = "wordnet_club_108227214"  # YAGO calls sports teams clubs, a society by WordNet; said of a team it misleads

# FIGER labels that Freebase hands out too freely: believed only with the support of YAGO or DBpedia, or where they
# are the only thing known of the person.
_FREE_FIGER = frozenset(
    {"person-author", "person-actor", "person-artist", "person-engineer", "person-soldier", "person-doctor"}
    | {"government-government"}
)
# FIGER's tops say no more than the kind; they never outvote anything within it.
_COARSE_FIGER = frozenset({"location", "person", "organization", "building", "event", "product"})

# Head nouns that a category uses for a fact about a person, not for what kind of person he is, or in another sense.
_IDLE_GUESSES = frozenset(
    word
    for line in (
        "alumnus fellow expatriate emigrant atheist agnostic deist honoree survivor prisoner convert citizen winner",
        "laureate victim vegan vegetarian brat son daughter man woman boy girl opponent advocate officer commander",
        "knight soldier ambassador scout spy rector practitioner participant owner companion peer employee witness",
        "disciple master expert traveller user contestant competitor medalist adoptee civilian objector resister",
        "quaker pacifist skeptic sceptic baritone contralto soprano mezzo-soprano countertenor idol hero secretary",
        "murderer criminal planter socialite pioneer billionaire millionaire executive fighter defender guard",
        "forward center back nominee candidate recipient descendant immigrant refugee exile member associate friend",
        "patient sufferer relative spouse wife husband sibling twin child orphan dropout graduate student pupil",
        "native resident personality celebrity figure leader saint martyr virgin consort chief count head",
        "administrator captain president worker director manager",
    )
    for word in line.split()
)
_SENSES_IN_CATEGORIES = {
    # The guess takes a noun's first sense; Wikipedia's categories of people mean these.
    ("director", "10014939"): "wordnet_film_director_110088200",
    ("producer", "10292316"): "wordnet_producer_110480018",
    ("minister", "09983572"): "wordnet_minister_110320863",
    ("queen", "02313008"): "wordnet_queen_110499355",
    ("count", "13591761"): "wordnet_count_109969218",
    ("president", "10468559"): "wordnet_president_110467179",
    ("club", "08079613"): "wordnet_club_108227214",
    ("range", "05125377"): "wordnet_range_109403734",
}

_YAGO_SENSES = {"wordnet_director_110014939": "wordnet_film_director_110088200"}
"""A sense YAGO itself takes for its Wikipedia categories of film directors."""

_VAGUE_PLACES = frozenset(
    (
        "wordnet_location_100027167",
        "wordnet_region_108630039",
        "wordnet_region_108630985",
        "wordnet_area_108497294",
        "wordnet_site_108651247",
        "wordnet_district_108552138",
        "wordnet_zone_108688247",
    )
)
"""True of nearly all places, yet above few of WordNet's (a sea is no `location`, a city no `site`): of use only when
alone."""

_VOTES = {"table": {"yago": 3.0, "dbpedia": 2.0, "figer": 2.0}, "def": {"yago": 1.0, "dbpedia": 1.5, "figer": 2.0}}
_VOTE_COARSE, _VOTE_GUESS, _VOTE_FREE = 0.8, 0.5, 0.4
_MAX_TYPES = 12
_WEIGHT_TABLE, _WEIGHT_FIGER_ALONE, _WEIGHT_GUESS, _WEIGHT_DEFINITION = 1.0, 0.7, 0.5, 0.4


class LabelCounts(Protocol):
    """Where the judge counts the labels it does not use."""

    labels_dropped: Counter[str]
    """reason -> labels"""
    unknown_labels: Counter[str]
    """labels in no table"""


class TypeJudge:
    """Turns one mention's labels into synsets that hold, and a weight."""

    def __init__(self, wordnet: WordNet | None = None) -> None:
        self.wordnet = wordnet or WordNet.load()
        self.tables = {"dbpedia": read_label_table("dbpedia"), "figer": read_label_table("figer")}
        self._kinds: dict[str, str] = {}
        self._tops = [(kind, {self.wordnet.synset(t) for t in tops}) for kind, tops in _KINDS]

    def kind(self, type_id: str) -> str:
        """The kind a canonical synset belongs to; `other` for the rest (diseases, awards, …)."""
        kind = self._kinds.get(type_id)
        if kind is None:
            above = self.wordnet.ancestors(type_id)
            kind = next((name for name, tops in self._tops if tops & above), "other")
            self._kinds[type_id] = kind
        return kind

    def judge(self, labels: Mapping[str, str], src: str, counts: LabelCounts) -> tuple[tuple[str, ...], float] | str:
        """The types and weight of a mention, or the reason why it has none.

        Args:
            labels: source (`yago`, `dbpedia`, `figer`) -> comma-separated labels, maybe empty.
            src: `table` or `def`.
            counts: takes the labels that were dropped and those in no table.
        """
        wordnet, dropped = self.wordnet, Counter[str]()
        stated: dict[str, set[str]] = {"yago": set(), "dbpedia": set(), "figer": set()}
        coarse: set[str] = set()
        free: set[str] = set()
        guessed: set[str] = set()
        figer = set(filter(None, labels.get("figer", "").split(",")))
        for label in filter(None, labels.get("yago", "").split(",")):
            if label.startswith(GUESS_MARK):
                guess = self._guess(label)
                guessed.update(guess)
                dropped["YAGO class guessed from a category, idle or of unsure sense"] += not guess
            else:
                sense = correct_sense(_YAGO_SENSES.get(label, label), wordnet)
                if sense is None and wordnet.find(label) is None:
                    counts.unknown_labels[f"yago {label}"] += 1
                elif sense is None:
                    dropped["YAGO class in a sense known to be wrong"] += 1
                else:
                    stated["yago"].add(sense)
        for source in ("dbpedia", "figer"):
            for label in filter(None, labels.get(source, "").split(",")):
                senses = self.tables[source].get(label)
                if senses is None:
                    counts.unknown_labels[f"{source} {label}"] += 1
                    continue
                dropped[f"{source} label without use"] += not senses
                if source == "figer" and label in _COARSE_FIGER:
                    coarse.update(senses)
                elif source == "figer" and label in _FREE_FIGER:
                    free.update(senses)
                else:
                    stated[source].update(senses)

        votes: defaultdict[str, float] = defaultdict(float)
        # An occupation without FIGER's own `person` is often a band's.
        band_like = bool(figer) and "person" not in figer and any(f.startswith("person-") for f in figer)
        for source, ids in stated.items():
            for kind in {self.kind(t) for t in ids}:
                if not (band_like and kind == "person" and source == "figer" and src == "table"):
                    votes[kind] += _VOTES[src][source]
        for ids, vote in ((coarse, _VOTE_COARSE), (guessed, _VOTE_GUESS), (free, _VOTE_FREE)):
            for kind in {self.kind(t) for t in ids}:
                votes[kind] += vote
        if not votes:
            return "no label with a use"
        (winner, best), *others = sorted(votes.items(), key=lambda item: -item[1])
        if others and others[0][1] >= best * (0.5 if src == "def" else 1.0):
            return "sources disagree on the kind"
        if winner == "person" and band_like and not (stated["yago"] or stated["dbpedia"]):
            return "FIGER's occupation without FIGER's person (often a band)"

        def of_kind(ids: set[str]) -> set[str]:
            kept = {t for t in ids if self.kind(t) == winner}
            dropped["of another kind than the trusted sources"] += len(ids) - len(kept)
            return kept

        strong = of_kind(stated["yago"]) | of_kind(stated["dbpedia"])
        types = strong | of_kind(stated["figer"])
        free, coarse, guessed = of_kind(free), of_kind(coarse), of_kind(guessed)
        closure = wordnet.closure(types)
        specific = bool(types - {_PERSON})
        borne_out = {t for t in free if t in closure or (not specific and len(free) == 1)}
        dropped["FIGER label too freely given, not borne out"] += len(free) - len(borne_out)
        types |= borne_out | coarse
        if winner == "person" and free:
            types.add(_PERSON)
        # A guess may only refine: below a stated type that is no mere top, or below person.
        anchors = {t for t in types if wordnet.depth(t) >= 5} | ({_PERSON} & wordnet.closure(types))
        refined = {t for t in guessed if anchors & wordnet.ancestors(t)}
        alone = not types
        if alone:
            refined = guessed
        dropped["YAGO class guessed from a category, not borne out"] += len(guessed) - len(refined)
        types |= refined
        if not types:
            return "no label survived"
        counts.labels_dropped.update({k: v for k, v in dropped.items() if v})
        if any(_TEAM in wordnet.ancestors(t) for t in types):
            types.discard(_CLUB)
        direct = wordnet.most_specific(types - _VAGUE_PLACES or types)
        if len(direct) > _MAX_TYPES:
            counts.labels_dropped["beyond the number of types a mention may have"] += len(direct) - _MAX_TYPES
            direct = direct[:_MAX_TYPES]
        if src == "def":
            weight = _WEIGHT_DEFINITION
        elif alone:
            weight = _WEIGHT_GUESS
        elif strong:
            weight = _WEIGHT_TABLE
        else:
            weight = _WEIGHT_FIGER_ALONE
        return direct, weight

    def _guess(self, label: str) -> set[str]:
        body = label.lstrip(GUESS_MARK).removeprefix("wordnet_")
        lemma, _, number = body.rpartition("_1")
        better = _SENSES_IN_CATEGORIES.get((lemma, number))
        if better is not None:
            return {self.wordnet.synset(better)}
        if lemma in _IDLE_GUESSES:
            return set()
        sense = correct_sense(label, self.wordnet)
        return set() if sense is None else {sense}
