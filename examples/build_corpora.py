"""Write the small training corpora that `ousianer init` lays down, from sentence patterns and lists of names.

Every sentence is ours. A slot of a pattern stands for a name, its class in WordNet 3.0 as YAGO writes it (the typing
corpus has all classes above it too) and its type in the AIDA taxonomy; `-` is a name outside that taxonomy.

    python examples/build_corpora.py [-o ousianer_cli/project_files]

The same files come out of every run.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from pathlib import Path

from ousianer_cli.formats.corpus import Mention, Sentence, write_corpus
from ousianer_cli.formats.labelled import Supervision
from ousianer_cli.formats.words import split_words
from ousianer_cli.taxonomy.wordnet import WordNet

HERE = Path(__file__).resolve().parent

FIRST = """Adela Amadou Beatrix Bogdan Camila Chinedu Dagny Davit Elif Emeka Farida Florian Gudrun Hiroshi Ingrid Ismail
Joanna Jorge Karim Katya Leila Lucas Mairead Mehmet Naledi Noor Oksana Pablo Petra Quentin Rania Rasmus Sanjay Sofia
Tendai Tomasz Uma Viktor Wanda Xiomara Yara Zoltan"""
LAST = """Abara Bellweather Castellane Delacroix-Moss Eriksen Farouk Gallardo Hollis Ivanescu Jankowski Kaplan Lindqvist
Marchetti Nakamura O'Hara Pereira Quispe Rosenthal Sandoval Takahashi Underhill Vasquez Wierzba Yilmaz Zielinska Okonjo
Brandt Dufour Mbeki-Hale Stojanov Thorsen Varga"""

# slot: (WordNet class without `wordnet_`, AIDA type, names; no names: a person, made of FIRST and LAST)
SLOTS: dict[str, tuple[str, str, str]] = {
    "person": ("person_100007846", "PER", ""),
    "politician": ("politician_110450303", "PER.Politician", ""),
    "premier": ("prime_minister_109907196", "PER.Politician.HeadOfGovernment", ""),
    "president": ("president_110467179", "PER.Politician.HeadOfGovernment", ""),
    "mayor": ("mayor_110303814", "PER.Politician.Mayor", ""),
    "governor": ("governor_110140314", "PER.Politician.Governor", ""),
    "minister": ("minister_110320863", "PER.ProfessionalPosition.Minister", ""),
    "ambassador": ("ambassador_109787534", "PER.ProfessionalPosition.Ambassador", ""),
    "journalist": ("journalist_110224578", "PER.ProfessionalPosition.Journalist", ""),
    "scientist": ("scientist_110560637", "PER.ProfessionalPosition.Scientist", ""),
    "spokesperson": ("spokesperson_110638385", "PER.ProfessionalPosition.Spokesperson", ""),
    "fireman": ("fireman_110091651", "PER.ProfessionalPosition.Firefighter", ""),
    "officer": ("military_officer_110317007", "PER.MilitaryPersonnel.MilitaryOfficer", ""),
    "police_chief": ("police_commissioner_110448834", "PER.Police.ChiefOfPolice", ""),
    "athlete": ("athlete_109820263", "PER.ProfessionalPosition", ""),
    "musician": ("musician_110339966", "PER.ProfessionalPosition", ""),
    "writer": ("writer_110794014", "PER.ProfessionalPosition", ""),
    "city": (
        "city_108524735",
        "GPE.UrbanArea.City",
        "Lisbon|Osaka|Lagos|Montreal|Bogotá|Krakow|Tunis|Perth|Glasgow|Lyon|Karachi|Houston|Zagreb|Hanoi|Quito|Turin",
    ),
    "village": (
        "village_108672738",
        "GPE.UrbanArea.Village",
        "Hallstatt|Giethoorn|Portloe|Bibury|Oymyakon|Nantlle|Reine",
    ),
    "country": (
        "country_108544813",
        "GPE.Country.Country",
        "France|Brazil|Japan|Egypt|Mexico|Finland|Ghana|Turkey|Vietnam|Peru|Jordan|Denmark|Morocco|Nepal|Iraq|Romania",
    ),
    "state": (
        "state_108654360",
        "GPE.ProvinceState.ProvinceState",
        "Ontario|Bavaria|Ohio|Punjab|Tasmania|Catalonia|Texas|Kerala|Sichuan|Jalisco|Queensland",
    ),
    "river": ("river_109411430", "LOC", "Danube|Rhine|Niger|Mekong|Vistula|Orinoco|Tigris|Loire|Zambezi|Volga"),
    "mountain": (
        "mountain_109359803",
        "LOC.Land",
        "Mount Kenya|Ben Nevis|Mount Etna|Mont Blanc|Mount Fuji|Aconcagua|Elbrus",
    ),
    "island": ("island_109316454", "LOC.Land", "Crete|Gotland|Sumatra|Zanzibar|Sardinia|Tasman Island|Islay|Hokkaido"),
    "sea": ("sea_109426788", "LOC", "Baltic Sea|Red Sea|Adriatic|North Sea|Caspian Sea|Coral Sea"),
    "lake": ("lake_109328904", "LOC", "Lake Geneva|Lake Titicaca|Lake Baikal|Lake Chad|Lake Ontario|Loch Ness"),
    "continent": (
        "continent_109254614",
        "LOC.Land.Continent",
        "Europe|Africa|Asia|South America|North America|Australia",
    ),
    "company": (
        "company_108058098",
        "ORG.CommercialOrganization",
        "Nokia|Lumen Optics|Kestrel Foods|Blue Fjord Energy|Tandem Software|Harlow & Finch|Orion Steel|Rosa Hermanos",
    ),
    "party": (
        "party_108256968",
        "ORG.PoliticalOrganization.Party",
        "National Reform Party|Green Future|Labour Party|People's Alliance|Farmers' Union Party|Liberal Democrats",
    ),
    "team": (
        "team_108208560",
        "ORG.Association.Team",
        "Ajax|Boca Juniors|Real Betis|Northport Wolves|Toronto Raptors|Celtic|River City Comets|Galatasaray",
    ),
    "news_agency": (
        "news_agency_108355075",
        "ORG.CommercialOrganization.NewsAgency",
        "Reuters|Associated Press|Agence France-Presse|Meridian News|Kyodo|Interfax",
    ),
    "broadcaster": (
        "broadcasting_company_108002015",
        "ORG.CommercialOrganization.BroadcastingCompany",
        "BBC|Al Jazeera|Radio Tamarind|Channel Six|NHK|Deutsche Welle",
    ),
    "army": (
        "army_108191230",
        "ORG.MilitaryOrganization.GovernmentArmedForces",
        "Chilean Army|Indian Army|Turkish Armed Forces|Royal Air Force|Canadian Army|Polish Land Forces",
    ),
    "navy": (
        "navy_108191701",
        "ORG.MilitaryOrganization.GovernmentArmedForces",
        "Finnish Navy|Royal Navy|Indian Navy|Chilean Navy",
    ),
    "militia": (
        "militia_108390511",
        "ORG.MilitaryOrganization.NonGovernmentMilitia",
        "Red Valley Brigade|Sons of the Coast|Northern Shield Front|Mountain Liberation Army",
    ),
    "agency": (
        "agency_108337324",
        "ORG.Government.Agency",
        "Ministry of Health|Federal Aviation Administration|Bureau of Fisheries|Ministry of Transport|Tax Office",
    ),
    "legislature": (
        "legislature_108163273",
        "ORG.Government.LegislativeBody",
        "Bundestag|Knesset|Storting|Congress|House of Commons|Senate",
    ),
    "court": (
        "court_108329453",
        "ORG.PoliticalOrganization.Court",
        "Supreme Court|Constitutional Court|Court of Appeal|District Court of Marlow",
    ),
    "university": (
        "university_108286569",
        "ORG",
        "Uppsala University|University of Nantes|Stanford University|University of Ibadan|Kyoto University",
    ),
    "airport": (
        "airport_102692232",
        "FAC.Installation.Airport",
        "Heathrow Airport|Schiphol|Jomo Kenyatta International Airport|O'Hare|Gardermoen|Larkfield Airport",
    ),
    "bridge": (
        "bridge_102898711",
        "FAC.Structure.Bridge",
        "Tower Bridge|Galata Bridge|Old Mill Bridge|Charles Bridge|Øresund Bridge",
    ),
    "street": (
        "street_104334599",
        "FAC.Way.Street",
        "Baker Street|Avenida Corrientes|Orchard Road|Elm Street|Kongens gate",
    ),
    "plaza": ("plaza_108619795", "FAC.Structure.Plaza", "Trafalgar Square|Tahrir Square|Plaza Mayor|Victory Square"),
    "hospital": (
        "hospital_103540595",
        "FAC.Building",
        "Charité|St Mary's Hospital|Groote Schuur Hospital|Lindenhof Hospital",
    ),
    "school": ("school_104146050", "FAC.Building.School", "Maple Grove School|Colegio San Martín|Hilltop Academy"),
    "station": (
        "railway_station_104049098",
        "FAC.Installation.TrainStation",
        "Gare du Nord|Kings Cross|Ueno Station|Central Station",
    ),
    "warship": (
        "warship_104552696",
        "VEH.MilitaryVehicle.MilitaryBoat",
        "HMS Valiant Oak|USS Redstone|INS Kaveri|HNoMS Havørn",
    ),
    "ship": ("ship_104194289", "VEH.Watercraft", "MV Northern Light|Baltic Princess|Ever Calm|Santa Rosalia"),
    "airplane": ("airplane_102691156", "VEH.Aircraft.Airplane", "Boeing 737|Airbus A320|Cessna 172|Embraer 190|ATR 72"),
    "helicopter": ("helicopter_103512147", "VEH.Aircraft.Helicopter", "Black Hawk|Mi-17|Chinook|Super Puma"),
    "tank": ("tank_104389033", "VEH.MilitaryVehicle.Tank", "Leopard 2|M1 Abrams|T-90|Challenger 2"),
    "car": ("car_102958343", "VEH.WheeledVehicle.Car", "Renault Clio|Ford Focus|Lada Niva|Honda Civic"),
    "rocket": ("rocket_104099429", "VEH.Rocket.Rocket", "Ariane 5|Soyuz-2|Long March 5|Electron"),
    "gun": ("firearm_103343853", "WEA.Gun.Firearm", "Kalashnikov|Beretta 92|M16|Uzi"),
    "missile": ("missile_103773504", "WEA.MissileSystem.Missile", "Tomahawk|Scud|Iskander|Exocet"),
    "movie": ("movie_106613686", "-", "The Lighthouse Girl|Casablanca|Seven Winters|Spirited Away|A Short Rain"),
    "book": ("book_106410904", "-", "War and Peace|The Glass Orchard|Don Quixote|Letters from the Delta|Middlemarch"),
    "festival": (
        "festival_100517728",
        "-",
        "Edinburgh Festival|Burning Lanterns Festival|Oktoberfest|Carnival of Venice",
    ),
    "language": ("language_106282651", "-", "Swahili|Portuguese|Welsh|Quechua|Arabic"),
    "award": ("award_106696483", "-", "Nobel Peace Prize|Golden Quill|Booker Prize|Fields Medal"),
}

PATTERNS = """
Mayor {mayor} opened the new tram line in {city} on Monday .
"We will not close a single library," said {mayor}, the mayor of {city}.
The mayor of {city}, {mayor}, met dock workers before the strike.
Prime Minister {premier} flew to {country} to sign the fishing treaty.
{premier}, the head of the government of {country}, lost a vote in the {legislature} by two voices.
President {president} of {country} will visit {city} in the spring.
President {president} thanked the {army} for clearing the snow.
Governor {governor} declared an emergency in {state} after the storm.
Voters in {state} chose {governor} as their governor for a second term.
Finance minister {minister} warned that bread would cost more by winter.
The {agency} is led by {minister}, who became minister in June.
{ambassador}, the ambassador of {country}, was called to the ministry twice in a week.
Lawmaker {politician} of the {party} wants trains to be free on Sundays.
The {party} expelled {politician}, a member of parliament, for missing forty votes.
Reporter {journalist} of {news_agency} was the first to reach the village.
"I kept the camera under my coat," {journalist}, a journalist for {broadcaster}, recalled.
{scientist}, a biologist at {university}, found the beetle under a stone near the {river}.
Physicist {scientist} shared the {award} with two colleagues from {country}.
{spokesperson}, who speaks for {company}, would not say how many jobs are at risk.
Spokesperson {spokesperson} said that {company} had repaired the pipe.
Firefighter {fireman} carried two children out of the {hospital}.
General {officer} of the {army} inspected the troops at the border.
Colonel {officer} said that the patrol had found a {gun} and three radios in the barn.
{police_chief}, the chief of police in {city}, apologised to the families.
Sprinter {athlete} won gold for {country} by a hundredth of a second.
{athlete} scored twice as {team} beat {team} on a wet evening.
The striker {athlete} leaves {team} for a club in {country}.
Singer {musician} gave a last concert in {city} at the {festival}.
The pianist {musician} grew up on {street} and never left {city}.
Novelist {writer} needed nine years for {book}.
{book}, by {writer}, has been translated into {language}.
{person}, who sells oranges near {plaza}, saw the whole parade.
Neighbours said that {person} had lived on {street} since the war.
{person} and {person} were married at {city} in 1987.
A judge of the {court} freed {person} for lack of evidence.
Before joining {company}, {person} studied law at {university}.
Heavy rain fell on {city} and on the hills of {state}.
The {river} is so low that barges carry only half their load.
Farmers along the {river} are waiting for rain, and so are those on {island}.
Two climbers from {country} reached the top of {mountain} at dawn.
Snow closed the road below {mountain} for a week.
The ferry to {island} was late because of fog, and {person} missed the train.
Fishermen from {island} say that the cod has gone.
{lake} is the deepest lake that divers from {city} have explored.
The exhibition will travel to {continent} and then to {continent}.
Exports from {country} to {continent} rose by three per cent.
The village of {village} has ninety people and one bakery.
Goats outnumber people in {village}, says the baker {person}.
{company} will build a factory near {city} and hire four hundred people.
Shares in {company} fell after {news_agency} reported the loss.
{company} bought the smaller {company} for 40 million euros.
Fighters of the {militia} blew up a bridge and fled into the hills.
The {militia} freed its three hostages, {news_agency} reported.
Soldiers of the {army} handed out water in {city}.
The {legislature} passed the budget, with the {party} voting against.
The {court} ordered the {agency} to publish the letters.
Students of {university} marched from {plaza} to the {legislature}.
Flights from {airport} to {city} were cancelled on Friday.
A {airplane} bound for {city} turned back to {airport} with smoke in the cabin.
The {airplane} is twenty years old and flies for a firm in {country}.
Painters need seven years to paint the {bridge} once.
A lorry got stuck under the {bridge} in {city} again.
The bakery on {street} in {city} has closed.
Doctors at {hospital} treated eleven people for burns.
{school} in {city} teaches {language} and chess.
Crowds missed the last train at {station} after the match.
The frigate {warship} of the {navy} left port on Thursday.
The {ship} lost nine containers in a storm on the {sea}.
A {helicopter} took the injured from {mountain} to {hospital}.
Three {tank} tanks of the {army} rolled past {school}.
Police are looking for a grey {car} seen near {station}.
An {rocket} rocket carried the satellite into orbit.
A {missile} missile hit an empty depot outside {city}.
Customs officers found a {gun} in a box of toys from {country}.
{movie} was shot in {city} with actors from {country}.
The film {movie} opens in {continent} next month.
Few visitors to the {festival} speak {language}.
{broadcaster} showed the funeral of {president} live from {city}.
Nobody in the office had slept, and the coffee was cold.
The weather will stay dry until the end of the week.
Prices rose again, though wages did not.
"It could have been much worse," the nurse said.
The committee will meet again after the holidays.
He paid in cash and left without a word.
""".strip().splitlines()


def fill(pattern: str, draw: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    """A sentence from a pattern, and its names as code points [start, end) with their slot; no name comes twice."""
    text, names, used = "", [], set()
    for part in re.split(r"(\{\w+\})", pattern.replace(" .", ".")):
        slot = part[1:-1] if part.startswith("{") else ""
        if not slot:
            text += part
            continue
        choices = SLOTS[slot][2].split("|") if SLOTS[slot][2] else []
        name = ""
        while name in used or not name:
            name = draw.choice(choices) if choices else f"{draw.choice(FIRST.split())} {draw.choice(LAST.split())}"
        used.add(name)
        vowel = re.match(r"[AEIO]|M\d", name) is not None
        text = re.sub(r"\b([Aa])n? $", r"\1n " if vowel else r"\1 ", text)
        names.append((len(text), len(text) + len(name), slot))
        text += name
    return text, names


def sentences(count: int, seed: int, taken: set[str]) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """`count` different sentences, the patterns in turn in a drawn order; no named one that is taken, which grows."""
    draw = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        order = draw.sample(PATTERNS, len(PATTERNS))
        for pattern in order:
            text, names = fill(pattern, draw)
            if len(seen) < count and text not in seen and not (names and text in taken):
                seen.add(text)
                taken.add(text)
                yield text, names


def above(synset: str, wordnet: WordNet) -> tuple[str, ...]:
    """The class and all classes above it, deepest first."""
    if not wordnet.has_lemma(synset):
        raise SystemExit(f"{synset}: WordNet 3.0 has no such noun at this offset")
    return tuple(sorted(wordnet.ancestors(synset), key=lambda name: (name != synset, -wordnet.depth(name), name)))


def corpus_line(
    text: str, names: list[tuple[int, int, str]], doc: str, supervises: Supervision, kind: str, wordnet: WordNet
) -> Sentence:
    """One corpus line; `kind` says which types its mentions carry: `none`, `yago` or `aida`."""
    words = split_words(text)
    starts, ends = {a: i for i, (a, _) in enumerate(words)}, {b: i + 1 for i, (_, b) in enumerate(words)}
    mentions = []
    for start, end, slot in names:
        synset, aida, _ = SLOTS[slot]
        types: tuple[str, ...] = {"none": (), "yago": above(f"wordnet_{synset}", wordnet), "aida": (aida,)}[kind]
        mentions.append(Mention(starts[start], ends[end], types))
    return Sentence(tuple(text[a:b] for a, b in words), tuple(mentions), doc, supervises)


FILES: dict[str, tuple[int, int, Supervision, str]] = {
    "detection.jsonl": (140, 11, "detection", "none"),
    "typing.jsonl": (140, 12, "typing", "yago"),
    "aida_train.jsonl": (140, 13, "both", "aida"),
    "aida_dev.jsonl": (40, 14, "both", "aida"),
}
"""File -> number of sentences, seed, what it supervises, which types."""


def main() -> None:
    """Write the corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=HERE.parent / "ousianer_cli" / "project_files")
    args = parser.parse_args()
    wordnet = WordNet.load()
    taken: set[str] = set()
    for name, (count, seed, supervises, kind) in FILES.items():
        lines = []
        for i, (text, names) in enumerate(sentences(count, seed, taken)):
            if names or supervises != "typing":
                lines.append(corpus_line(text, names, f"{Path(name).stem}-{i:03}", supervises, kind, wordnet))
        print(f"{name}: {write_corpus(args.out / name, lines)} sentences, {sum(len(s.mentions) for s in lines)} names")


if __name__ == "__main__":
    main()
