"""The example documents' texts, with their names marked: `[[name|TYPE]]`, or `[[name|-]]` outside the types.

All people, parties, companies, ships and events in them are invented; well-known places and organisations appear in
commonplace roles. A blank line parts paragraphs, a line end parts the sentences (LTF segments) of one paragraph.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One document: its id, its marked-up text, and how its LTF is laid out.

    `layout` is `plain` (every paragraph a P), `news` (first line HEADLINE, second DATELINE, the rest TEXT), or `forum`
    (the text is source markup in the manner of TAC 2015 releases). `gzipped` stores the file as `.ltf.xml.gz`.
    """

    id: str
    layout: str
    text: str
    gzipped: bool = False


EXAMPLES: tuple[Example, ...] = (
    Example(
        "ex_nw_ferry",
        "news",
        """\
Ferry runs aground off [[Aegina|LOC.Land]], passengers taken ashore

[[ATHENS|GPE.UrbanArea.City]], November 3

A car ferry with 214 people on board ran aground near the island of [[Aegina|LOC.Land]] early on Sunday.
The [[Agia Thalia|VEH.Watercraft]] had left [[Piraeus|GPE.UrbanArea.City]] an hour before and was on its way to \
[[Poros|LOC.Land]].
Nobody was badly hurt, the [[Hellenic Coast Guard|ORG.Government.LawEnforcementAgency]] said.

Fishing boats from the village of [[Perdika|GPE.UrbanArea.Village]] reached the ship first.
"We heard the horn and simply went," said [[Stavros Melanidis|PER]], who took eleven people on his boat, the \
[[Little Despina|VEH.Watercraft.Boat]].
Two passengers with broken arms were brought to [[Tzaneio Hospital|FAC.Building]].

The owner, [[Saronikos Lines|ORG.CommercialOrganization.Corporation]], blamed a failure of the steering gear.
[[Eleni Vourla|PER.ProfessionalPosition.Spokesperson]], a spokeswoman for the company, said that the captain had \
served with it for nineteen years.
The ship was built in [[Norway|GPE.Country.Country]] in 1996 and repaired last spring at a yard in \
[[Perama|GPE.UrbanArea.City]].

Shipping minister [[Nikos Karavasilis|PER.ProfessionalPosition.Minister]] promised a report within ten days.
Traffic in the [[Saronic Gulf|LOC]] went on as usual by noon, while a tug waited beside the wreck for calmer weather \
from the [[Aegean Sea|LOC]].
""",
    ),
    Example(
        "ex_nw_checkpoint",
        "plain",
        """\
Shelling was reported on Tuesday night along the road between [[Slavhorod|GPE.UrbanArea.City]] and \
[[Kramatorsk|GPE.UrbanArea.City]], in the east of [[Ukraine|GPE.Country.Country]].
Residents of [[Veselivka|GPE.UrbanArea.Village]] said that a column of at least six [[T-72|VEH.MilitaryVehicle.Tank]] \
tanks passed the school before dawn.
"The windows shook for an hour," said [[Halyna Petrusenko|PER.ProfessionalPosition]], a retired teacher.

Colonel [[Andriy Dovhal|PER.MilitaryPersonnel.MilitaryOfficer]], who speaks for the \
[[Ukrainian Ground Forces|ORG.MilitaryOrganization.GovernmentArmedForces]] in the district, said that a \
[[Mi-8|VEH.Aircraft.Helicopter]] helicopter was hit by a missile from a shoulder-fired \
[[Igla|WEA.MissileSystem.SurfaceToAirMissile]] launcher and landed safely in a field.
He did not say who had fired it.
A unit that calls itself the [[Steppe Falcon Battalion|ORG.MilitaryOrganization.NonGovernmentMilitia]] claimed the \
attack in a message which could not be checked.
Its leader, [[Maksim Orlenko|PER.Combatant]], is wanted by a court in [[Dnipro|GPE.UrbanArea.City]].

Monitors of the [[Organization for Security and Co-operation in Europe|ORG.International.MonitoringGroup]] counted \
forty-one \
explosions from their camera at the [[Zolote Bridge|FAC.Structure.Bridge]].
The [[OSCE|ORG.International.MonitoringGroup]] asked both sides to keep heavy guns, such as the \
[[D-30 howitzer|WEA.Gun.Artillery]], behind the line agreed in [[Minsk|GPE.UrbanArea.City]].

In [[Geneva|GPE.UrbanArea.City]], the [[United Nations|GPE.OrganizationOfCountries.OrganizationOfCountries]] said \
that about four hundred families \
had left the valley of the [[Donets|LOC]] since Friday.
""",
    ),
    Example(
        "ex_nw_election",
        "plain",
        """\
[[Marta Kowalczyk-Reid|PER.Politician]] won the vote for mayor of [[Dunmore Bay|GPE.UrbanArea.City]] by \
just 312 ballots, the electoral office announced on Monday.
She will follow [[Conor Haldane|PER.Politician.Mayor]], who has led the city since 2011.

The candidate of the [[Harbour Alliance|ORG.PoliticalOrganization.Party]] had promised to reopen the railway station \
and to freeze bus fares.
Her rival [[Desmond Pyle|PER.Politician]] of the [[Civic Union Party|ORG.PoliticalOrganization.Party]] asked for a \
second count in three wards.
"Every paper must be looked at again," he told [[Radio Skerry|ORG.CommercialOrganization.BroadcastingCompany]].

Most people voted at [[St Brendan's School|FAC.Building.School]] and in the old \
[[Corn Exchange|FAC.Building.VotingFacility]], where queues reached the corner of [[Mill Street|FAC.Way.Street]].
The [[Dunmore Bay City Council|ORG.Government.Council]] has thirty-one seats; the new mayor can count on fourteen.

Prime Minister [[Fergus Tallant|PER.Politician.HeadOfGovernment]] congratulated her by telephone from \
[[Brussels|GPE.UrbanArea.City]], where leaders of the \
[[European Union|GPE.OrganizationOfCountries.OrganizationOfCountries]] were meeting.
Political scientist [[Aoife Brannigan|PER.ProfessionalPosition.Scientist]] of \
[[Trinity College Dublin|ORG]] said that the result showed how little national debates matter by the sea.
[[Kowalczyk-Reid|PER.Politician]] was born in [[Poland|GPE.Country.Country]], speaks fluent [[Irish|-]] \
and wrote a popular book, \
[[The Tide Clerk|-]], about her first years in [[Ireland|GPE.Country.Country]].
""",
    ),
    Example(
        "ex_nw_earthquake",
        "plain",
        """\
An earthquake of magnitude 5.9 woke people across central [[Chile|GPE.Country.Country]] at 3:40 a.m. on Thursday.
It was felt from [[Valparaíso|GPE.UrbanArea.City]] to the foothills of the [[Andes|LOC.Land]], and dishes fell from \
shelves as far away as [[Mendoza|GPE.UrbanArea.City]] in [[Argentina|GPE.Country.Country]].

Two workers were hurt when a wall came down at the [[Cerro Pardo|FAC.Installation]] copper mine, its operator \
[[Minera Quillay|ORG.CommercialOrganization.Corporation]] said.
Firefighter [[Lautaro Ibáñez|PER.ProfessionalPosition.Firefighter]] and his crew dug for six hours and brought both \
out alive.
"One of them asked me for the football score," he said.

The [[University of Chile|ORG]] counted eighty aftershocks by noon.
Seismologist [[Renata Oyarzún|PER.ProfessionalPosition.Scientist]] explained that the [[Nazca Plate|LOC]] slides \
under [[South America|LOC.Land.Continent]] by some seven centimetres a year.

Flights from [[Arturo Merino Benítez Airport|FAC.Installation.Airport]] left with short delays, but \
[[Route 68|FAC.Way.Highway]] stayed closed near [[Curacaví|GPE.UrbanArea.City]] because of fallen rock.
Governor [[Isidora Fuenzalida|PER.Politician.Governor]] opened schools as shelters, and the \
[[Red Cross|ORG.International]] sent blankets from [[Santiago|GPE.UrbanArea.City]].
A concert of the [[Festival of the Grape|-]] was called off.
No tsunami was expected in the [[Pacific Ocean|LOC]], the navy's [[Hydrographic Service|ORG.Government.Agency]] said.
""",
    ),
    Example(
        "ex_nw_protest",
        "plain",
        """\
Police used tear gas on Saturday to clear [[Freedom Square|FAC.Structure.Plaza]] in \
[[Tbilisi|GPE.UrbanArea.City]], where students had camped for nine days.
They demand that the [[Parliament of Georgia|ORG.Government.LegislativeBody]] withdraw a bill on university fees, \
known as the [[Fair Seats Act|-]].

[[Nino Abashvili|PER.Protester.ProtestLeader]], a nineteen-year-old who leads the \
[[Open Lecture Movement|ORG.PoliticalOrganization]], was carried away by four officers and freed after midnight.
"They took my megaphone, so I sang," she told reporters in front of [[City Court|FAC.Building.GovernmentBuilding]].
Her brother [[Luka Abashvili|PER]] was treated for a cut at [[Ingorokva Clinic|FAC.Building]].

[[Giorgi Meladze|PER.Police.ChiefOfPolice]], the city's chief of police, said that bottles had been thrown from the \
roof of the [[Hotel Rustaveli|FAC.Building]].
A photographer for [[Caucasus Wire|ORG.CommercialOrganization.NewsAgency]], \
[[Tamar Jikia|PER.ProfessionalPosition.Journalist]], said that she had seen none.
She was struck by a canister fired from a [[Cobra|VEH.MilitaryVehicle]] armoured car.

Smaller marches took place in [[Kutaisi|GPE.UrbanArea.City]], in [[Batumi|GPE.UrbanArea.City]] on the \
[[Black Sea|LOC]], and before the embassy of [[Georgia|GPE.Country.Country]] in [[Berlin|GPE.UrbanArea.City]].
[[Amnesty International|ORG.International.MonitoringGroup]] called on the \
[[Ministry of Internal Affairs|ORG.Government.Agency]] to name the officers in command on \
[[Rustaveli Avenue|FAC.Way.Street]].
""",
    ),
    Example(
        "ex_nw_company",
        "plain",
        """\
[[Brightwater Robotics|ORG.CommercialOrganization.Manufacturer]] will close its plant in \
[[Leipzig|GPE.UrbanArea.City]] and move \
some 600 jobs to [[Hungary|GPE.Country.Country]], chief executive [[Annika Sölle|PER.ProfessionalPosition]] told \
investors on Wednesday.
Shares of the company fell by eight per cent on the [[Frankfurt Stock Exchange|ORG.CommercialOrganization]].

The firm builds driverless forklifts, among them the [[Ox 3|VEH.WheeledVehicle]], for customers such as \
[[Siemens|ORG.CommercialOrganization.Manufacturer]] and [[Volvo|ORG.CommercialOrganization.Manufacturer]].
It lost a large order last year to [[Hanbit Motion|ORG.CommercialOrganization.Manufacturer]] of \
[[South Korea|GPE.Country.Country]].

The union [[IG Metall|ORG.Association]] called for a strike from Monday.
"This site made a profit in every single quarter," said works council member [[Jens Pohlmann|PER.ProfessionalPosition]].
[[Saxony|GPE.ProvinceState.ProvinceState]]'s economy minister, \
[[Carola Wendt|PER.ProfessionalPosition.Minister]], offered a loan, but [[Sölle|PER.ProfessionalPosition]] turned it \
down.

The new hall will stand near [[Debrecen International Airport|FAC.Installation.Airport]], beside the \
[[M35|FAC.Way.Highway]] motorway.
Parts will go by rail through [[Slovakia|GPE.Country.Country]] and the [[Czech Republic|GPE.Country.Country]].
Analyst [[Oluwaseun Adeyemi|PER.ProfessionalPosition]] of [[Northgate Bank|ORG.CommercialOrganization.Corporation]] \
wrote in the \
[[Rhine Business Journal|ORG.CommercialOrganization.NewsAgency]] that wages along the \
[[Tisza|LOC]] are half of those in [[Germany|GPE.Country.Country]].
""",
    ),
    Example(
        "ex_df_stadium",
        "forum",
        """\
<?xml version="1.0" encoding="utf-8"?>
<doc id="ex_df_stadium">
<headline>
Is the new stand at [[Kilnbrook Park|FAC.Installation]] a mistake?
</headline>
<post author="[[terrace_tom|PER]]" datetime="2014-08-02T09:14:00" id="p1">
So [[Kilnbrook Rovers|ORG.Association.Team]] want to spend nine million on a stand while \
[[Priya Dattani|PER.ProfessionalPosition]] still \
has no contract. She scored twenty goals last season &amp; half of [[Leeds|GPE.UrbanArea.City]] came to watch.

The council in [[Kilnbrook|GPE.UrbanArea.City]] should say no. Parking on [[Foundry Lane|FAC.Way.Street]] is bad enough.
</post>
<post author="[[Old Red|PER]]" datetime="2014-08-02T10:51:00" id="p2">
<quote orig_author="terrace_tom">
So Kilnbrook Rovers want to spend nine million on a stand while Priya Dattani still has no contract.
</quote>
Not quite. The money comes from [[Pennine Brewing|ORG.CommercialOrganization.Manufacturer]], and it may only be used \
for bricks. \
Their boss [[Gareth Illingworth|PER.ProfessionalPosition]] said so on \
[[BBC Radio Leeds|ORG.CommercialOrganization.BroadcastingCompany]]. \
See <a href="http://www.example.com/stand">this piece</a> in the \
[[Kilnbrook Courier|ORG.CommercialOrganization.NewsAgency]].
</post>
<post author="[[m_okafor|PER]]" datetime="2014-08-02T18:20:00" id="p3">
I moved here from [[Nigeria|GPE.Country.Country]] in 2009 and sat in the old stand at my first match, a cup tie with \
[[Sheffield United|ORG.Association.Team]]. It smelled of pies. <img src="http://www.example.com/old.jpg"/>
Let them build it, but keep the clock. The [[River Aire|LOC]] floods every winter anyway, and then \
[[Manchester|GPE.UrbanArea.City]] fans can row over in a boat.
</post>
</doc>
""",
    ),
    Example(
        "ex_nw_spaceprobe",
        "plain",
        """\
A small probe built by students reached orbit on Friday aboard a [[Falcon 9|VEH.Rocket.Rocket]] rocket from \
[[Cape Canaveral|LOC.Land]] in [[Florida|GPE.ProvinceState.ProvinceState]].
The satellite will count insects of light, as its makers call meteors, over [[Africa|LOC.Land.Continent]] for two years.

"I have not slept since [[Nairobi|GPE.UrbanArea.City]]," said [[Wanjiru Kamotho|PER.ProfessionalPosition.Scientist]], \
the physicist who leads the team at the [[University of Nairobi|ORG]].
[[NASA|ORG.Government.Agency]] carried the probe without a fee, and the \
[[European Space Agency|ORG.International]] lent an antenna near [[Malindi|GPE.UrbanArea.City]] on the \
[[Indian Ocean|LOC]].

Signals were first heard by an amateur in [[New Zealand|GPE.Country.Country]], [[Rewi Tamahana|PER]], who had built \
his dish from a fence.
The second pass went over [[Lake Victoria|LOC]] and was picked up in [[Kampala|GPE.UrbanArea.City]].

[[Kamotho|PER.ProfessionalPosition.Scientist]]'s plan began with a paper in the journal [[Nature|-]] that she read \
as a schoolgirl in [[Nyeri County|GPE.ProvinceState.ProvinceState]].
Her mother sold the family's [[Toyota Hilux|VEH.WheeledVehicle.Truck]] to pay for the first year of studies.
Next spring the group will show its data at a meeting in [[Vienna|GPE.UrbanArea.City]], and a film about it, \
[[Fireflies at Six Hundred Kilometres|-]], is to be shown in [[Kenya|GPE.Country.Country]] and \
[[Austria|GPE.Country.Country]].
""",
        gzipped=True,
    ),
    Example(
        "ex_nw_cycling",
        "plain",
        """\
[[Ilse van Rompaey|PER.ProfessionalPosition]] of [[Belgium|GPE.Country.Country]] won the fourth stage of the \
[[Tour of Tyrol|-]] on \
Thursday, eleven seconds ahead of [[Giulia Ferrante|PER.ProfessionalPosition]].
The 138-kilometre ride from [[Innsbruck|GPE.UrbanArea.City]] climbed twice to the [[Brenner Pass|LOC.Land]] and ended \
in \
[[Bolzano|GPE.UrbanArea.City]], in the north of [[Italy|GPE.Country.Country]].

Rain made the descent along the [[Eisack|LOC]] dangerous.
Four riders of [[Team Halvorsen|ORG.Association.Team]] fell at the same bend, and \
[[Maren Lunde|PER.ProfessionalPosition]] was taken to \
[[Brixen Hospital|FAC.Building]] with a broken collarbone.
The team's car, a [[Skoda Octavia|VEH.WheeledVehicle.Car]], slid into a vineyard without hurting anyone.

"I thought of my father, who drove a lorry over this pass every week," said the winner, who rides for \
[[Kempen Cycling Club|ORG.Association.Team]].
Last year she broke her wrist in [[Spain|GPE.Country.Country]] and missed the [[Olympic Games|-]].

The race goes on to [[Lake Garda|LOC]] on Friday and finishes on Sunday on [[Piazza Walther|FAC.Structure.Plaza]].
Its director, [[Hannes Oberrauch|PER.ProfessionalPosition]], said that the road over the [[Alps|LOC.Land]] would stay \
closed to cars until \
noon.
[[Eurosport|ORG.CommercialOrganization.BroadcastingCompany]] shows the last hour live.
""",
    ),
    Example(
        "ex_nw_airport",
        "plain",
        """\
The main runway of [[Hargeisa Airport|FAC.Installation.Airport]] was shut for five hours on Monday after a cargo \
plane lost a wheel on landing.
The [[Antonov An-26|VEH.Aircraft.CargoAircraft]] had come from [[Djibouti|GPE.Country.Country]] with medicine for the \
[[World Food Programme|ORG.International]] and carried a crew of four.

Captain [[Yusuf Warsame|PER.ProfessionalPosition]] brought it to a stop on the grass.
[[Hodan Abdi|PER.ProfessionalPosition.Paramedic]], a paramedic who ran to the machine, said that the men climbed out \
laughing.

Passengers of an [[Ethiopian Airlines|ORG.CommercialOrganization.Corporation]] flight to \
[[Addis Ababa|GPE.UrbanArea.City]] \
waited in the heat.
Among them was [[Pauline Desrochers|PER.ProfessionalPosition.Ambassador]], the ambassador of \
[[Canada|GPE.Country.Country]], who had visited a well near the town of [[Berbera|GPE.UrbanArea.City]].

Guards of the [[Somaliland Police|ORG.Government.LawEnforcementAgency]] found a rusty \
[[AK-47|WEA.Gun.Firearm]] and a box of cartridges under the cargo and took two men away.
A judge will hear them in [[Hargeisa|GPE.UrbanArea.City]] next week, the daily \
[[Geeska Times|ORG.CommercialOrganization.NewsAgency]] reported.

The carrier, [[Red Dune Air|ORG.CommercialOrganization.Corporation]], is registered in \
[[Sharjah|GPE.UrbanArea.City]] and flies old machines all over the [[Horn of Africa|LOC.Position.Region]].
In 2019 one of them, a [[Let L-410|VEH.Aircraft.Airplane]], went down in the [[Gulf of Aden|LOC]]; nobody was \
aboard but a goat, which swam.
""",
    ),
    Example(
        "ex_wb_flood",
        "plain",
        """\
Two days of rain have put half of [[Sylhet|GPE.UrbanArea.City]] under water, and the level of the \
[[Surma|LOC]] is still rising.
The army sent boats to [[Sunamganj District|GPE.ProvinceState.ProvinceState]], where about 90,000 people have no power.

"My cow is on the roof and I am on the cow," joked farmer [[Rafiq Talukdar|PER.ProfessionalPosition]] when a boat of \
the \
[[Bangladesh Army|ORG.MilitaryOrganization.GovernmentArmedForces]] reached him.
His neighbours had spent the night on [[Keane Bridge|FAC.Structure.Bridge]].

[[BRAC|ORG.Association]] and [[UNICEF|ORG.International]] handed out rice and tablets to clean water.
Doctor [[Nasreen Chowdhury|PER.ProfessionalPosition]] of [[Osmani Medical College Hospital|ORG]] warned of \
cholera.
The hospital's only pump, she said, is older than [[Bangladesh|GPE.Country.Country]].

Heavy rain in the hills of [[Meghalaya|GPE.ProvinceState.ProvinceState]], across the border in \
[[India|GPE.Country.Country]], fills the rivers within hours.
[[Cherrapunji|GPE.UrbanArea.City]], one of the wettest places in [[Asia|LOC.Land.Continent]], had 60 centimetres in a \
day.
Meteorologist [[Arindam Lyngdoh|PER.ProfessionalPosition.Scientist]] expects a pause by the weekend.

Prime Minister [[Selim Kazi|PER.Politician.HeadOfGovernment]] flew over the district in a helicopter, an \
[[AW139|VEH.Aircraft.Helicopter]], and promised new dykes.
Radio journalist [[Mitali Deb|PER.ProfessionalPosition.Journalist]] of \
[[Haor FM|ORG.CommercialOrganization.BroadcastingCompany]] reminded her listeners in [[Bengali|-]] that he had \
promised them in 2017 as well.
""",
    ),
    Example(
        "ex_nw_harbour",
        "plain",
        """\
A patrol boat of the [[Royal Navy|ORG.MilitaryOrganization.GovernmentArmedForces]], \
[[HMS Ardent Gull|VEH.MilitaryVehicle.MilitaryBoat]], stopped a yacht with two tonnes of cocaine west of \
[[Gibraltar|GPE.ProvinceState.ProvinceState]] on Sunday.
The [[Solaria II|VEH.Watercraft.Yacht]] sailed under the flag of [[Malta|GPE.Country.Country]] and had left \
[[Cartagena|GPE.UrbanArea.City]], [[Colombia|GPE.Country.Country]], three weeks earlier.

Investigators believe that the cargo belonged to the \
[[Black Anchor Gang|ORG.CriminalOrganization.CriminalOrganization]], which runs bars along the \
[[Costa del Sol|LOC.Position.Region]].
Its suspected head, [[Ramón Ibarra Quesada|PER]], was arrested the same evening at a villa in \
[[Marbella|GPE.UrbanArea.City]].
[[Europol|ORG.Government.LawEnforcementAgency]] had followed his [[Mercedes|VEH.WheeledVehicle.Car]] for a year.

Prosecutor [[Beatriz Lozano|PER.ProfessionalPosition]] said that a [[Glock 19|WEA.Gun.Firearm]], three fake passports \
and a signed copy of \
[[Moby-Dick|-]] were found.
The [[National Police|ORG.Government.LawEnforcementAgency]] of [[Spain|GPE.Country.Country]] expects more arrests in \
[[Rotterdam|GPE.UrbanArea.City]] and [[Hamburg|GPE.UrbanArea.City]].

The yacht lies at a naval base, [[HM Dockyard|FAC.Installation.MilitaryInstallation]], below the \
[[Rock of Gibraltar|LOC.Land]].
Commander [[Philippa Thorne|PER.MilitaryPersonnel.MilitaryOfficer]] praised a young sailor, \
[[Dev Raman|PER.MilitaryPersonnel]], who had noticed that the boat lay far too deep in the \
[[Atlantic|LOC]].
[[Ibarra|PER]]'s lawyer told [[Reuters|ORG.CommercialOrganization.NewsAgency]] that his client only sails for his \
health.
""",
    ),
)

FEEDBACK = """\
Mayor [[Ondine Falk|PER.Politician.Mayor]] cut the ribbon before the rain began.
Judges at the [[Maritime Court of Westhaven|ORG.PoliticalOrganization.Court]] will hear the captain on Friday.
The [[Nordkap Queen|VEH.Watercraft]] was towed to [[Skagen|GPE.UrbanArea.City]] with its engine on fire.
[[Bashir Al-Amin|PER.ProfessionalPosition.Journalist]] reports for [[Sahel Newswire|\
ORG.CommercialOrganization.NewsAgency]] from the desert.
Nobody crosses the [[Ironwater Bridge|FAC.Structure.Bridge]] after dark.
Her first novel, [[A House of Salt|-]], sold eleven copies.
Marchers left [[Bolívar Square|FAC.Structure.Plaza]] singing in [[Guaraní|-]].
The [[Coalition for the Coast|ORG.PoliticalOrganization.Party]] wants six seats in the [[Senedd|\
ORG.Government.LegislativeBody]].
"""
"""A person's corrections, marked up in the same way, a sentence a line."""
