"""The words a person may find on her paper, and every way she may type them back."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testimony.vault import wordlists

LANGUAGES: Final = ("en", "fr")
both: Final = pytest.mark.parametrize("language", LANGUAGES)


def listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


LONGEST: Final = {"en": 8, "fr": 9}
ALPHABET: Final = {"en": r"[a-z]+", "fr": r"[a-zàâçéèêëîïôöùûü]+"}

# Both languages together, accents aside: a word may not be ugly in the other language either.
UNWANTED: Final = {
    "sex and its trade": listed("""
        anal anus arse ass bait ball balls bang bareback bdsm beaver bed bedroom bend bisou
        bitch bite blow bondage bone boner boob booty bordel bosom bra breast brothel bum bush
        butt call camgirl chatte cherry clam client clit cock cocotte coit con condom coucher
        cougar couille couilles cream crotch cuir cul cum cunt daddy date dating dick dildo
        dominate donation dong dungeon enculer erect escort escorte exotic fellation femdom fess
        fesse fesses fetish finger foreplay foutre french frottage fuck gigolo gland gode grope
        grue hardcore hobo hoe hole hooker horny hotel hourly hump hustle hustler incall jig
        jism john jugs kink kiss kitten knob knocker lap lapdance leather libido lick lingerie
        lit love lover lube lust mac madam madame makeout maquereau massage masseuse melons milf
        minou mistress moan model moist morue mount muff naked negligee nichon nipple nippon nu
        nude nue nympho oral orgasm orgy outcall panties panty passe peach pecker peep penetrate
        penis pet pimp pine piss playmate pole porn porno pouf pouffe poule poupee prostituee
        prostitute proxenete pubis pussy putain pute queue rack ram randy rod rub salope sauna
        screw seduce sein seins semen sex sexe sexy shaft shag shemale slip slut sodomy spank
        sperm spread strap string strip stripper stroke stroll stroller suce sucer sucette suck
        sugar swallow swing swinger tail tapette tapin tart tease thong threesome tickle tit
        tits toy track trade tramp tramping trick trottoir twat unzip vagin vagina viagra
        vibrator vierge virgin vulva vulve wank webcam whip whore willy womb
    """),
    "violence, threat and following": listed("""
        abuse agresser agression aim ambush ammo arme armes arrow assault attack attaque
        attraper axe bat batter battery bayonet beat beaten bleed blood blow bomb bombe brawl
        bruise bullet burn cache cannon catch chain chaine chase choke club cogner coup couteau
        crush cut dagger danger dart detonate drown duel epee escape etrangler explode fight
        fist flee follow force fouet fusil gang grab grenade guard gun hache hammer harm hidden
        hide hit hostage hunt hunter hurt kick kidnap kill killer knife lance lash menace
        missile murder otage pain pistol pistolet poignard poison prey punch quiet rafale rape
        raper rapist rifle saber sabre sang scream secret shadow shoot shot silence silent slap
        slash slave slavery smash spear spy stab stalk stalker steal strangle strike suivre
        surveiller sword target threat torture trap traquer tue tuer victim viol violence
        violent violer violon watch weapon whisper wound wrestle
    """),
    "police, courts, borders and papers": listed("""
        accuse agent alias alibi arrest arreter avocat badge bail bandit barreau baton border
        bust canada cell cellule citizen cop copper cops court crime criminal crook cuff deport
        detain detective detention document douane ecrou enquete evict exile expulser felon fine
        flic fraude frontiere fugitive garde gendarme guilty illegal immigrant inmate inspect
        jail judge juge jury justice lawyer legal loi magistrat mandat menotte migrant mirador
        offense officer papers papier papiers parole passeport passport patrol permis permit
        plainte police policier prison prisoner proces raid refuge refugee refugie report rescue
        robber sanction search secure sejour sentence sheriff siren sirene smuggle snitch steal
        suspect taule temoin thief thug tole traffic trafic trial tribunal verdict visa voleur
        warden warrant witness
    """),
    "drugs, alcohol and tobacco": listed("""
        acid acide addict alcohol alcool ale bar beer biere bong booze bourbon brandy bud
        cannabis champagne cider cidre cigar cigare cigarette coca cocaine cocktail coke crack
        cristal crystal dealer dope drink drog drogue drug drugs drunk gin hash herb herbe hero
        heroin ivre joint keg ketamine lager liqueur liquor meth molly morphine narco needle
        opioid opium overdose pill pills pilule pint pipe poppers pot pub resin resine rhum
        roach rum rye seringue shisha skunk smack smoke sniff snort speed stash stoned syringe
        tabac tabagie tablet tequila tobacco vape vigne vin vodka weed whiskey whisky wine
    """),
    "illness, death and religion": listed("""
        abortion aids ame ange angel autopsy avorter bible biopsy bleeding bury cadavre cancer
        casket cemetery cercueil christ church clinic clinique cocu coffin coma corpse croix
        cross cult curse dead death decede demon deuil devil diable die dieu disease docteur
        doctor dying eglise enfer evil faith fever fievre funeral ghost god grave heaven hell
        herpes hiv holy hopital hospital imam infect islam jesus juif kosher lepre mal maladie
        mass medecin messe mort mosque mosquee mourir mourn mummy nun patient peste pill plague
        pope pray pretre priest psalm rabbi ritual saint satan satin sick sida sin soul suicide
        suicider syphilis temple tomb tombe torah toxic tumeur tumor vaccine viral virus vomit
        voodoo zombie
    """),
    "race, nationality and insults": listed("""
        abruti african arab arabe asian asiat banania batard beauf beur black blanc blanche
        boche bougnoule bougre brown brute chinese chink chinois connard connasse coolie coon
        cracker crapaud cretin cripple debile dindon dumb dyke fag fagot fairy fat fool freak
        garce gay geek gitan gook goy gros grosse gypsy hag homo hungry idiot imbecile indian
        indien jap japan jerk jew juive kike laid lame lazy lesbian lesbo loser mexican midget
        mineur minor moche mongol monkey moron mulatto muslim nain native nazi negre negro niak
        nigger nip noir noire obese oriental paki pansy pedale pede pig porc prude queer
        quenelle raccoon race rat raton redskin retard russian sale sauvage savage singe slag
        slav slob slope spade spaz spic spook squaw stupid swerf terf thick tranny trans trash
        turd turk turkey ugly vache vilain wasp wench wetback white wimp witch worm yellow
        youpin
    """),
    "what could point at somebody": listed("""
        address adresse birthday coyote email hostel motel name nom parapluie prenom street
        trottoir umbrella vitrine
    """),
    "kin": listed("""
        aunt baby bebe brother child cousin dad daughter enfant epouse famille family father
        femme fille fils frere garcon girl husband kid maman mari mere mom mother neveu niece
        oncle orphan orphelin papa parent pere sister soeur son tante uncle veuve widow wife
    """),
    "first names": listed("""
        aaron adam adele adrian agathe agnes ahmed aicha aimee alain albert alex alexis ali
        alice aline alison amanda amber ambre amelie amina amir amy ana anais andre andrea angel
        angela angelique anna anne annie anouk antoine april arnaud arthur ash ashley aspen
        astrid aubrey audrey aurelie aurore austin autumn ava axel baptiste barbara basil
        beatrice ben benoit bernard berthe betty bianca bill billy blake blanche bob bonnie
        bradley brandy brenda brian brooke bruno camille candy capucine carl carla carlos carmen
        carol caroline carter catherine cecile cedric celeste celine chad chantal charity
        charlie charlotte chase cherry chloe chris christian christine chuck cindy claire clara
        claude clement clementine cliff colette colin corinne crystal cynthia daisy dale damien
        dan dana daniel dave david dawn dean deborah delphine denis denise derek destiny diamond
        diana diane dick dolly dominique don donna dora doris dorothy drew duke dylan earl eddy
        edith eduardo elena eli elise eliza elodie eloise emil emile emilie emily emma eric
        erica erin esther ethan etienne eva eve evelyn fabien faith fatima faye felicia felix
        fern fiona flora flore florence florent frank fred gabriel gael gail gaston gene
        genevieve george gerard germain gilles gina ginger glen gloria grace grant greg gustave
        guy hailey hannah harley harmony harry hazel heather hector helen helene henri henry
        holly honore hope hugo hunter ian ines irene iris isaac isabelle ivan ivy jack jacques
        jade james jamie jane jasmin jasmine jason jay jean jeff jenny jerome jerry jessica
        jesus jill jim joan joe joel john johnny jordan jose joseph josh joy juan juanita judith
        judy jules julia julie julien juliette june justin kai karen karim kate kathy katie kay
        kelly ken kevin kim kit kitty kyle lana lance lara laura laure laurel laurent laurie lea
        lee leila lena leo leon leonard leslie lila lilian lilou lily linda lionel lisa liz lola
        lori louis louise luc luca lucas lucie lucille lucy luke luna lydia lynn madeleine
        maggie maia malik manon manuel marc marcel margot marguerite maria marie marina marion
        marjolaine mark martha martin martine mary mason mathieu matt maude maurice max maxime
        may maya megan mei melanie melissa melodie melody mercedes mia michael michel mickey
        miguel mike milan milo mimi ming miranda misty mohamed molly monica morgan nadia nancy
        naomi natalie nathan neil nick nicolas nicole nina noa noah noel nora norman oceane
        odette olive oliver olivia olivier opal oscar owen pam pamela paris pascal pat patricia
        patrick paul paula pauline pearl peggy penny peter phil philippe phoebe pierre poppy
        quentin rachel raphael ray raymond reed regine remi rene renee rex rich richard rick
        rita river rob robert robin rod roger roland romain roman romane romeo ron rosa rosalie
        rose roselyne rosemary roxane roxy roy ruby russell ruth ryan sabine sabrina sally sam
        samantha samuel sandra sandrine sandy sara sarah savannah scarlett scott sean sebastien
        serena serge shane sharon sheila shelly sienna simon simone sky skye sofia solange sonia
        sophie stan stella stephane steve stuart sue summer susan suzanne sven sylvain sylvie
        tamara tanya tara taylor ted teresa terry theo therese thomas tiffany tim tina todd tom
        tony tracy travis trevor trish trixie tyler ursula valentin valentine valerie vanessa
        vera veronica veronique vicky victoire victor victoria vince vincent viola violet
        violette virginie vivian wade walt walter wanda ward wendy will william willow xavier
        yan yann yasmine yves yvette yvonne zack zoe
    """),
    "places, people of note and brands": listed("""
        alberta amazon america asia berlin biden boston brampton bresil britain brossard calgary
        china chine chretien clinton coderre cuba dallas delhi dior disney ebay edmonton egypt
        england europe facebook ford france gates google gucci haiti halifax hamilton harper
        hollande inde india instagram ireland italie italy kenya kodak laval lebel legault lego
        levis london longueuil macron mali manila manitoba maroc mexico mexique michigan
        montreal mulroney musk nigeria nike obama ontario oshawa ottawa pakistan paris pepsi
        perou plante poilievre poland pologne quebec regina reno rome russia russie samsung
        saskatoon senegal singh snapchat spain surrey syrie tchad telegram texas tiktok tinder
        toronto toyota trudeau trump tunis turkey twitter uber ukraine vancouver venise victoria
        vienna vietnam whatsapp windsor winnipeg yahoo york zoom
    """),
    "months and numbers": listed("""
        aout april august avril cent cinq december decembre deux dix douze eight eleven february
        fevrier five four huit hundred january janvier juillet juin july june mai mars may mille
        million neuf nine november novembre october octobre one onze quatre sept september
        septembre seven six ten thirty thousand three trente trois twelve twenty two un vingt
        zero
    """),
}
# What no word may begin with, what no word may hold anywhere, and what no stub may be.
UGLY_BEGINNINGS: Final = listed("""
    abort abus addict adult agress alcool analy arrest assass attaq attrap bais bander baptis
    batard bigot bitch blasph bloody bondag bordel brothel cadav cannabis capot castrat catholi
    cercueil chain chinois chiott cigar clit cocain cochon coloni condom connar connas corps
    crimin crucif cunni danger deport detect deten died dildo divorc domina drog drug drunk ejac
    encul erecti erot esclav escort ethni execut fascis fecal fellat femin fetis fist flagel
    flicaille fouett fouill foutr fraternis fugit garrot genit gestapo gigol goudou guerr
    guillot gynec hang haras haschi heroin hitler homic homos hooker horny hostag illeg immigr
    incest infect injec insult intim islam jail judai juif kidnap killer lesb lubri lynch machet
    maquereau masoch massag masturb matraq menac menott menstru meurtr migran misogy molest morg
    mourn murder musul mutil narco nazi negr nigg nudi orgas orgie overdos pedop penetr penis
    perver pistol poignard policier porn preservat prison profan prostit proxen puber pussy
    putain quickie racis radical ranco rape rapist religio revolv robber sadi saigne salop satan
    scum seduc segreg semen sex shit shoot slav sluts smuggl sodom spank squelet stalk steril
    stigma strangl stupr suicid suspect syphil syring tabass tattoo terroris testic thug tobacco
    tortur traff trafi transex travest trompeur truand tueur urin vagin victim violen violer
    virgin virus voleu vomi voyeur vulv wank weapon whor xenoph
""")
UGLY_ANYWHERE: Final = listed("""
    bitch bougn cocaine connard cunt drogu enfoire faggot fuck killer merde nazi negro nigg
    police polici porn prison putain salope shit slut suicid vagin whore
""")
UGLY_STUBS: Final = listed("""
    anal anus arse bait bitc bite coca cock conn cul cum cunt dead deat dick dies drug fag fuck
    gang gay gode gun hang hash hell hero homo hook horn hump jail jew juif junk kick kill merd
    meth mort murd nazi negr nigg pede peni pimp piss porn pris pros puta pute rape salo sein
    seme sexe shag shit shoo slav slut spic stab stal suck suic terf tits trap turd twat vagi
    viol wank weed whor
""")

FUNCTION_WORDS: Final = {
    "en": listed("""
        about after again also although among and another because been before being both could
        does during each either else every few from have her here him his how into its just less
        many may might more most much must neither never not off often once only other our ours
        over perhaps quite rather same shall she should since some soon such than that the their
        them then there these they this those through thus till too under until upon very was
        were what when where which while who whom whose why will with within without would yet
        you your
    """),
    "fr": listed("""
        afin ainsi alors apres assez aucun aucune aupres aurait aussi autant autre avant avec
        bien cela celle celui cependant ces cet cette chaque chez comme comment dans depuis des
        donc dont elle elles encore enfin ensuite entre est etait etions eux fait hors ici ils
        jamais jusque laquelle lequel les leur leurs lors lorsque mais malgre meme mes moins mon
        nos notre nous par parce parfois parmi pas pendant peu plus plutot pour pourquoi pres
        puis puisque quand que quel quelle qui quoi quoique sans sauf selon ses seulement sinon
        soit son sont sous souvent suis sur surtout tandis tant tel telle tes ton toujours tous
        tout toute tres trop une vers voici voila vos votre vous
    """),
}
# Spelled one way in London and another in Toronto or New York.
SPELLED_TWO_WAYS: Final = listed("""
    aluminium aluminum arbor arbour armor armour ax caliber calibre catalog catalogue center
    centre check cheque chili chilli color colour cosy cozy curb defence defense donut doughnut
    favor favorite favour favourite fiber fibre flavor flavour gauge gray grey harbor harbour
    honor honour humor humour jewellery jewelry kerb labor labour licence license liter litre
    luster lustre meter metre mold mould moustache mustache neighbor neighbour odor odour omelet
    omelette organise organize pajama parlor parlour plough plow practice practise program
    programme pyjama realise realize rumor rumour saber sabre savory savoury theater theatre
    tire traveler traveller tyre vapor vapour yoghurt yogurt
""")
HOMOPHONES: Final = {
    "en": listed("""
        air-heir aisle-isle ant-aunt ate-eight bare-bear base-bass beach-beech bean-been
        beat-beet bee-be bell-belle berry-bury blew-blue board-bored bough-bow brake-break
        bread-bred buy-by bye-buy ceiling-sealing cell-sell cellar-seller cent-scent
        cereal-serial chord-cord chord-cored coarse-course core-corps creak-creek cymbal-symbol
        dear-deer dessert-desert dew-due die-dye doe-dough fair-fare feat-feet fern-firn
        find-fined fir-fur flair-flare flea-flee flew-flu flour-flower foul-fowl four-for
        gait-gate grate-great groan-grown guessed-guest hail-hale hair-hare hall-haul
        hangar-hanger hay-hey heal-heel hear-here higher-hire hoarse-horse hole-whole hour-our
        key-quay knead-need knight-night knot-not know-no larva-lava lead-led leak-leek
        lessen-lesson loan-lone made-maid mail-male main-mane maize-maze mantel-mantle meat-meet
        medal-meddle metal-mettle morning-mourning muscle-mussel naval-navel oar-ore pail-pale
        pain-pane pair-pear palate-palette paw-pour peace-piece peak-peek pedal-petal peer-pier
        plain-plane pole-poll pore-pour pray-prey profit-prophet rain-reign rap-wrap read-reed
        real-reel right-write ring-wring road-rode role-roll root-route rose-rows sail-sale
        scene-seen sea-see seam-seem sew-so shake-sheikh shore-sure side-sighed sleigh-slay
        soar-sore sole-soul some-sum son-sun stair-stare stake-steak steal-steel storey-story
        straight-strait sundae-sunday tail-tale tea-tee team-teem their-there threw-through
        throne-thrown thyme-time tide-tied toad-towed toe-tow told-tolled vain-vein vale-veil
        waist-waste wait-weight wave-waive way-weigh weak-week wear-where weather-whether
        whale-wail whine-wine wood-would yolk-yoke
    """),
    "fr": listed("""
        aile-elle aire-air amande-amende ancre-encre autel-hotel auteur-hauteur bal-balle
        balai-ballet ban-banc bar-barre bond-bon boue-bout cahier-caille camp-quand canne-cane
        cap-cape car-quart ceps-cepe cerf-serre chaine-chene chair-chaire champ-chant
        chaud-chaux cle-clef coeur-choeur coin-coing col-colle compte-conte cor-corps cote-quote
        cou-coup cour-cours court-cour crin-craint cygne-signe date-datte dessein-dessin
        eau-haut etang-etend etre-hetre faim-fin faire-fer fard-phare fil-file filtre-philtre
        flan-flanc foi-foie fond-fonds foret-forer gaz-gaze geai-jet golf-golfe grace-grasse
        gre-gres haie-est houx-ou lac-laque laid-lait lire-lyre lisse-lys livre-livrer maire-mer
        maitre-metre mal-male malle-mal mante-menthe martyr-martyre mie-mi moi-mois mot-maux
        mur-mure nez-ne noix-noie ouie-oui pain-pin paire-pere palais-palet panser-penser
        pate-patte peau-pot peche-pecher plaine-pleine plein-plain poele-poil poids-pois
        poing-point porc-port pouce-pousse puits-puis raisonner-resonner rang-rend reine-renne
        repaire-repere riz-ris roue-roux satire-satyre saut-seau sceau-seau sel-selle sol-sole
        statue-statut taie-tait tante-tente taon-temps teinte-tinte thon-ton thym-teint toi-toit
        tribu-tribut vaine-veine van-vent verre-vert vers-verre vis-vice voie-voix voir-voire
    """),
}


def bare(text: str) -> str:
    """Without accents: what somebody types on a borrowed phone."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


def found_in(language: str, unwanted: frozenset[str]) -> list[str]:
    return [word for word in wordlists.words(language) if {word, bare(word)} & unwanted]


@both
def test_each_list_holds_2048_different_words(language: str) -> None:
    words = wordlists.words(language)
    assert len(words) == len(set(words)) == 2_048


@both
def test_six_words_carry_66_bits(language: str) -> None:
    assert wordlists.WORDS_IN_A_CODE == 6
    assert math.log2(len(wordlists.words(language)) ** wordlists.WORDS_IN_A_CODE) == 66


@both
def test_no_two_words_share_their_first_four_letters(language: str) -> None:
    words = wordlists.words(language)
    assert len({wordlists.stub(word) for word in words}) == len(words)
    assert all(wordlists.stub(word) == bare(word)[:4] for word in words)


@both
def test_words_are_sorted_and_short_and_spelled_with_plain_letters(language: str) -> None:
    words = wordlists.words(language)
    assert list(words) == sorted(words, key=lambda word: (bare(word), word))
    for word in words:
        assert re.fullmatch(ALPHABET[language], word), word
        assert word == unicodedata.normalize("NFC", word), word
        assert 3 <= len(word) <= LONGEST[language], word


@both
@pytest.mark.parametrize("kind", UNWANTED)
def test_no_word_says_or_names_what_a_worried_person_should_not_carry(
    language: str, kind: str
) -> None:
    assert found_in(language, UNWANTED[kind]) == []


@both
def test_no_word_begins_or_hides_or_shortens_to_something_ugly(language: str) -> None:
    plain = [bare(word) for word in wordlists.words(language)]
    assert [word for word in plain if word.startswith(tuple(UGLY_BEGINNINGS))] == []
    assert [word for word in plain for part in UGLY_ANYWHERE if part in word] == []
    assert [word for word in plain if wordlists.stub(word) in UGLY_STUBS] == []


@both
def test_no_word_only_serves_grammar(language: str) -> None:
    assert found_in(language, FUNCTION_WORDS[language]) == []


def test_no_english_word_is_spelled_otherwise_across_an_ocean() -> None:
    assert found_in("en", SPELLED_TWO_WAYS) == []


@both
def test_no_two_words_sound_the_same(language: str) -> None:
    plain = {bare(word) for word in wordlists.words(language)}
    assert [pair for pair in HOMOPHONES[language] if set(pair.split("-", 1)) <= plain] == []


@both
def test_a_code_is_six_words_of_its_language(language: str) -> None:
    code = wordlists.draw(language)
    assert len(code) == wordlists.WORDS_IN_A_CODE
    assert set(code) <= set(wordlists.words(language))


def test_two_codes_are_never_the_same() -> None:
    assert len({wordlists.draw("fr") for _ in range(200)}) == 200


def test_a_language_without_a_list_is_given_english_words() -> None:
    assert wordlists.words("nl") == wordlists.words("en")


def test_the_known_stubs_are_those_of_both_lists() -> None:
    assert wordlists.known_stubs() == {
        wordlists.stub(word) for language in LANGUAGES for word in wordlists.words(language)
    }
    assert wordlists.known_stubs() is wordlists.known_stubs()


@pytest.mark.parametrize(
    "typed",
    [
        "École  BATEAU",
        "ecole-bateau",
        "ecol.bate",
        "  Écol,\tbate ",
        "E\u0301cole bateau",
        "1. école\n2. bateau",
        "1)ecole 2)bateau",
        "① école ② bateau",
        "l'école, l’ bateau",
        "L’ÉCOLE d'bateau",
        "‘école’ 'bateau'",
        "“école” «bateau»",
        "e´cole bat´eau",
        "ec\u00adole bat\u200deau",
        "école\u00a0bateau",
        "école\u200bbateau",
        "ｅｃｏｌｅ ｂａｔｅａｕ",
    ],
)
def test_two_words_are_read_however_they_were_typed(typed: str) -> None:
    assert wordlists.as_typed(typed) == ("ecol", "bate")


@pytest.mark.parametrize(
    ("typed", "stub"),
    [("cœur", "coeu"), ("CŒUR", "coeu"), ("lætitia", "laet"), ("ICI", "ici"), ("ıcı", "ici")],
)
def test_a_ligature_counts_as_its_two_letters(typed: str, stub: str) -> None:
    assert wordlists.stub(typed) == stub
    assert wordlists.as_typed(typed) == (stub,)


def test_an_apostrophe_inside_a_word_does_not_split_it() -> None:
    assert wordlists.as_typed("aujourd’hui d’abord qu'importe") == ("aujo", "abor", "impo")


codes: Final = st.sampled_from(LANGUAGES).flatmap(
    lambda language: st.lists(
        st.sampled_from(wordlists.words(language)),
        min_size=wordlists.WORDS_IN_A_CODE,
        max_size=wordlists.WORDS_IN_A_CODE,
    )
)
spellings: Final = st.sampled_from(
    [
        str,
        str.upper,
        str.title,
        bare,
        wordlists.stub,
        lambda word: wordlists.stub(word).upper(),
        lambda word: unicodedata.normalize("NFD", word),
        lambda word: word.replace("oe", "œ").replace("ae", "æ"),
        lambda word: bare(word).upper().replace("OE", "Œ").replace("AE", "Æ"),
        lambda word: word[:2] + "\u00ad" + word[2:],
        lambda word: word + "s" if len(word) > 3 else word,
        lambda word: f"l’{word}",
        lambda word: f"D'{word}",
        lambda word: f"“{word}”",
    ]
)
separators: Final = st.sampled_from(
    [" ", "   ", "\n", "\t", "\u00a0", "-", " - ", "–", ", ", ",", ". ", ".", "; ", "/", "_", " + "]
)
numberings: Final = st.sampled_from(
    ["", "{}. ", "{}.", "{}) ", "({}) ", "{}: ", "#{} ", "{} ", "{}", "{}- "]
)


@given(code=codes, numbering=numberings, data=st.data())
def test_a_code_survives_every_way_of_typing_it(
    code: list[str], numbering: str, data: st.DataObject
) -> None:
    typed = "".join(
        numbering.format(number) + data.draw(spellings)(word) + data.draw(separators)
        for number, word in enumerate(code, start=1)
    )
    assert wordlists.as_typed(typed) == tuple(map(wordlists.stub, code))


@given(code=codes)
def test_what_is_read_from_a_code_is_known_and_reads_as_itself(code: list[str]) -> None:
    stubs = wordlists.as_typed(" ".join(code))
    assert set(stubs) <= wordlists.known_stubs()
    assert wordlists.as_typed(" ".join(stubs)) == stubs


@given(st.text())
def test_whatever_is_typed_is_read_without_an_error(typed: str) -> None:
    for stub in wordlists.as_typed(typed):
        assert re.fullmatch(r"[a-z]{1,4}", stub)
    assert re.fullmatch(r"[a-z]{0,4}", wordlists.stub(typed))
