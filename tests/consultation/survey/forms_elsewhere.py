"""Workbooks as tools and people elsewhere make them: the same constructs, in our own words.

Each is built the way one family of XLSForms is: pyxform's and ODK's examples, Kobo's form builder,
SurveyCTO's spreadsheets, and forms that grew over years in somebody's office. What comes out of
each stands beside it, in ``forms/NAME.txt``.
"""

import io

import openpyxl
from openpyxl.styles import Font

YES_NO = [["yes_no", "yes", "Yes"], ["yes_no", "no", "No"]]
CHOICE_HEAD = ["list_name", "name", "label"]


def made(survey, choices=(), settings=(), *, others=(), polish=None):
    """The bytes of a workbook; each sheet is a list of rows, the heads first."""
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for line in survey:
        book.active.append(line)
    for title, lines in (("choices", choices), ("settings", settings), *others):
        if lines:
            sheet = book.create_sheet(title)
            for line in lines:
                sheet.append(line)
    if polish:
        polish(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def office_hours():
    """pyxform's small examples: two languages, hints, “or other”, numbers kept as floats."""
    return made(
        [
            ["type", "name", "label::English (en)", "label::French (fr)", "hint::English (en)",
             "hint::French (fr)", "required"],
            ["text", "what_first", "What should the office do first?",
             "Que doit faire le bureau en premier?", "A few words are enough.",
             "Quelques mots suffisent.", "no"],
            ["select_one yes_no", "been_there", "Have you been to the office?",
             "Êtes-vous venue au bureau?", None, None, True],
            ["select_one days or_other", "day", "Which day suits you?", "Quel jour vous convient?",
             None, None, "yes"],
            ["select_multiple needs or_other", "needs", "What do you need there?",
             "De quoi avez-vous besoin?", None, None, None],
            ["integer", "minutes", "How many minutes is the way?", "Combien de minutes de trajet?",
             None, None, None],
        ],
        [
            ["list_name", "name", "label::English (en)", "label::French (fr)"],
            ["yes_no", "yes", "Yes", "Oui"],
            ["yes_no", "no", "No", "Non"],
            ["days", 1.0, "Monday", "Lundi"],
            ["days", 2.0, "Thursday", "Jeudi"],
            ["needs", "advice", "Advice", "Des conseils"],
            ["needs", "tea", "Tea and a chair", "Un thé et une chaise"],
        ],
        [["form_title", "form_id", "default_language", "version"],
         ["Office hours", "office_hours", "English (en)", 2026.0]],
    )  # fmt: skip


def every_widget():
    """ODK's form of all widgets: each type once, with what it would record."""
    head = ["type", "name", "label", "appearance", "parameters", "calculation", "choice_filter"]
    rows = [
        ["start", "begun"],
        ["end", "ended"],
        ["today", "day"],
        ["deviceid", "phone"],
        ["phonenumber", "number"],
        ["username", "who"],
        ["audit", "audit"],
        ["text", "line", "One line about the shelter"],
        ["text", "page", "As much as you like about the shelter", "multiline"],
        ["integer", "beds", "How many beds are there?"],
        ["decimal", "cost", "What does a night cost?"],
        ["range", "calm", "How calm is it?", None, "start=1 end=5 step=1"],
        ["range", "share", "Of a hundred nights, how many were calm?", None,
         "start=0 end=100 step=5"],
        ["range", "half", "How warm is it?", None, "start=1 end=5 step=0.5"],
        ["date", "when", "When did it open?"],
        ["date", "month", "In which month did you hear of it?", "month-year"],
        ["time", "hour", "When does it close?"],
        ["dateTime", "moment", "When did you write this?"],
        ["select_one rooms", "room", "Which room is best?", "minimal"],
        ["select_one rooms", "room_pictures", "Which room looks best?", "image-map"],
        ["select_multiple rooms", "rooms", "Which rooms do you use?", "columns"],
        ["rank rooms", "order", "Put the rooms in order"],
        ["note", "thanks", "That was the last room."],
        ["geopoint", "spot", "Where is it?"],
        ["geoshape", "area", "What ground does it cover?"],
        ["image", "picture", "A picture of the door"],
        ["audio", "sound", "The sound of the hall"],
        ["video", "film", "A film of the stairs"],
        ["file", "paper", "The house rules"],
        ["barcode", "code", "The code at the door"],
        ["acknowledge", "ok", "I have read this"],
        ["calculate", "sum", None, None, None, "${beds} * 2"],
        ["hidden", "secret", None],
    ]  # fmt: skip
    return made(
        [head, *rows],
        [CHOICE_HEAD, ["rooms", "hall", "Hall"], ["rooms", "kitchen", "Kitchen"],
         ["rooms", "yard", "Yard"]],
        [["form_title"], ["The shelter, all of it"]],
    )  # fmt: skip


def nested_groups():
    """Groups three deep, each with its own ``relevant``, as in long household forms."""
    return made(
        [
            ["type", "name", "label", "relevant", "constraint", "required"],
            ["select_one yes_no", "rents", "Do you rent the place where you work?"],
            ["begin_group", "renting", "Renting", "${rents} = 'yes'"],
            ["integer", "rent", "How much is the rent?", None, ". >= 0 and . <= 9999"],
            ["select_multiple repairs", "broken", "What is broken?"],
            ["begin_group", "mending", "Mending",
             "selected(${broken}, 'door') or selected(${broken}, 'heat')"],
            ["select_one yes_no", "asked", "Did you ask anybody to mend it?", None, None, "true()"],
            ["begin_group", "answer", "The answer", "${asked} = 'yes' and ${rent} > 300"],
            ["text", "said", "What was said?", "not(selected(${broken}, 'none'))"],
            ["select_one yes_no", "mended", "Was it mended?", "count-selected(${broken}) >= 2"],
            ["end_group"],
            ["integer", "weeks", "How many weeks did it take?", "${mended} != 'no'"],
            ["end_group"],
            ["text", "rest", "Anything else about the rent?"],
            ["end_group"],
            ["select_one yes_no", "again", "May we ask you again?", "string-length(${rest}) > 0"],
        ],
        [CHOICE_HEAD, *YES_NO, ["repairs", "door", "The door"], ["repairs", "heat", "The heating"],
         ["repairs", "none", "Nothing"]],
    )  # fmt: skip


def kobo_builder():
    """Kobo's form builder: scores, rankings and a matrix in types of its own, and its own ids."""
    return made(
        [
            ["type", "name", "label", "required", "kobo--score-choices", "kobo--rank-items",
             "kobo--rank-constraint-message", "kobo--matrix_list", "$kuid", "$autoname"],
            ["start", "start", None, None, None, None, None, None, "aa1"],
            ["end", "end", None, None, None, None, None, None, "aa2"],
            ["begin_score", "offices", "How well did each office listen?", "true", "well", None,
             None, None, "bb1", "offices"],
            ["score__row", "clinic", "The clinic", "true", None, None, None, None, "bb2", "clinic"],
            ["score__row", "town", "The town hall", "true", None, None, None, None, "bb3", "town"],
            ["end_score"],
            ["begin_rank", "wishes", "What should change first?", "false", None, "wish",
             "Each wish once", None, "cc1", "wishes"],
            ["rank__level", "first", "First", None, None, None, None, None, "cc2"],
            ["rank__level", "second", "Second", None, None, None, None, None, "cc3"],
            ["end_rank"],
            ["begin_kobomatrix", "visits", "Each office in turn", None, None, None, None, "office",
             "dd1"],
            ["select_one often", "often", "How often?", None, None, None, None, None, "dd2"],
            ["integer", "times", "How many times?", None, None, None, None, None, "dd3"],
            ["end_kobomatrix"],
            ["begin literacytest", "reading", "Read this aloud"],
            ["text", "words", "Words"],
            ["end literacytest"],
        ],
        [CHOICE_HEAD, ["well", "badly", "Badly"], ["well", "well", "Well"],
         ["wish", "rent", "Fair rent"], ["wish", "police", "No raids"],
         ["office", "bank", "The bank"], ["office", "court", "The court"],
         ["often", "never", "Never"], ["often", "weekly", "Every week"]],
        [["form_title", "style"], ["Who listens", "pages theme-grid"]],
    )  # fmt: skip


def tables():
    """The two ways of a table: ``table-list``, and a head over rows without labels."""
    return made(
        [
            ["type", "name", "label", "hint", "appearance", "relevant"],
            ["begin group", "staff", "How is the work?", None, "table-list"],
            ["select_one agree", "fair", "The shifts are fair", "Think of this month."],
            ["select_one agree", "safe", "The place is safe"],
            ["text", "why", "Why?"],
            ["end group"],
            ["begin group", "ways", "Ways to work", None, "field-list"],
            ["select_one agree", "ways_head", "Say how much you agree", None, "label"],
            ["select_one agree", "alone", "I like to work alone", None, "list-nolabel"],
            ["select_one agree", "pairs", "I like to work in pairs", None, "list-nolabel"],
            ["end group"],
            ["begin group", "bare", None, None, "table-list minimal", "${fair} = 'little'"],
            ["select_multiple agree", "several", "Which of these are words you use?"],
            ["select_one agree", "loud", "It is too loud"],
            ["end group"],
        ],
        [CHOICE_HEAD, ["agree", "little", "A little"], ["agree", "much", "Much"], *YES_NO],
    )  # fmt: skip


def repeats():
    """A roster with a repeat, and questions that look into it."""
    return made(
        [
            ["type", "name", "label", "repeat_count", "calculation", "relevant"],
            ["integer", "visits", "How many visits from officials were there this year?"],
            ["begin repeat", "visit", "One visit", "${visits}"],
            ["text", "who", "Which office sent them?"],
            ["begin group", "inside", "Inside"],
            ["select_one yes_no", "paper", "Did they show a paper?"],
            ["end group"],
            ["end repeat"],
            ["calculate", "papers", None, None, "count(${visit})"],
            ["text", "how", "How did you feel afterwards?", None, None, "${papers} > 0"],
            ["text", "with_paper", "What did the paper say?", None, None, "${paper} = 'yes'"],
            ["begin loop over offices", "each", "Each"],
            ["select_one yes_no", "came", "Did they come back?"],
            ["end loop"],
            ["select_one yes_no", "lawyer", "Did a lawyer help?", None, None, "${visits} > 2.5"],
        ],
        [CHOICE_HEAD, *YES_NO, ["offices", "tax", "Tax"], ["offices", "police", "Police"]],
    )  # fmt: skip


def cascades():
    """Places in places: filters, files and searches for the answers."""
    return made(
        [
            ["type", "name", "label", "choice_filter", "appearance", "parameters"],
            ["select_one region", "region", "Which region?"],
            ["select_one town", "town", "Which town?", "region = ${region}"],
            ["select_one_from_file streets.csv", "street", "Which street?"],
            ["select_multiple_from_file shops.xml", "shops", "Which shops?"],
            ["select_one towns", "searched", "Find the town", None, "search('towns')"],
            ["select_multiple region", "mixed", "Which regions do you work in?", None, None,
             "randomize=true"],
        ],
        [
            ["list_name", "name", "label", "region"],
            ["region", "north", "North"],
            ["region", "south", "South"],
            ["town", "hill", "Hill town", "north"],
            ["town", "port", "Port town", "south"],
            ["town", "mill", "Mill town", "south"],
            ["towns", "name_key", "name"],
        ],
        [["form_title"], ["Where we work"]],
    )  # fmt: skip


def three_languages():
    """Three languages, one from right to left, with media, answers in sentences and messages."""
    return made(
        [
            ["type", "name", "label::English (en)", "label::Français (fr)", "label::العربية (ar)",
             "hint::English (en)", "guidance_hint::English (en)", "media::image::English (en)",
             "constraint", "constraint_message::English (en)", "required_message::English (en)",
             "default", "read_only"],
            ["text", "call_you", "What would the group call itself?",
             "Comment le groupe s’appellerait-il?", "ماذا تسمّي المجموعة نفسها؟"],
            ["note", "hello", "Thank you. You said: ${call_you}.",
             "Merci. Vous avez dit : ${call_you}.", "شكرًا. قلت: ${call_you}."],
            ["integer", "members", "How many people are in the group?",
             "Combien de personnes dans le groupe?", "كم شخصًا في المجموعة؟", "A guess is fine.",
             "Read this aloud.", "circle.png", ". > 0 and . < 500", "Between 1 and 499.",
             "We need a number.", 10, "no"],
            ["select_one meets", "meets", "Where do you meet?", "Où vous réunissez-vous?", None],
        ],
        [
            ["list_name", "name", "label::English (en)", "label::Français (fr)",
             "label::العربية (ar)", "media::image::English (en)"],
            ["meets", "office", "At the office", "Au bureau", "في المكتب", "office.png"],
            ["meets", "park", "In a park", "Dans un parc", "في حديقة"],
        ],
        [["form_title", "default_language"], ["A group of our own", "English (en)"]],
    )  # fmt: skip


def grown_over_years():
    """An old form: other names for columns and types, odd order, blank rows, hidden parts."""

    def polish(book):
        sheet = book["survey"]
        sheet.column_dimensions["F"].hidden = True
        sheet.merge_cells("A6:B6")
        sheet["A1"].font = Font(bold=True)
        book["old plans"].sheet_state = "hidden"

    return made(
        [
            ["Label:English", "LABEL:French", "Name ", "TYPE", "Relevance", "office use only",
             "bind:constraint"],
            ["Which office did you go to?", "À quel bureau?", "Q1", "select one from offices",
             None, "check!", None],
            [None],
            ["What did you want?", "Que vouliez-vous?", "Q2", "select all that apply from whys"],
            ["How old was the form, in years?", "Quel âge avait le formulaire?", "Q3", "int",
             "${Q1} = 1", None, ".<=40"],
            [None],
            ["Say more", "Dites-en plus", "Q4", "add text prompt",
             "selected(${Q2},'2') and ${Q1}!=2"],
            ["Which office is nearest?", "Quel bureau est le plus proche?", "Q5",
             "select one from offices or specify other", "${Q3} > 5"],
        ],
        [
            ["list name", "value", "caption:English", "caption:French"],
            ["offices", 1, "Town hall", "Mairie"],
            ["offices", 2, "Job centre", "Centre d’emploi"],
            ["whys", "1", "A paper", "Un papier"],
            ["whys", "2", "Money", "De l’argent"],
            ["whys", "-99", "I would not say", "Je ne dis pas"],
        ],
        [["form title", "form id"], ["Offices, old and new", "Offices"]],
        others=[("old plans", [["Plan", "Year"], ["Ask about rent", 2019]]),
                ("Sheet3", [["nothing"]])],
        polish=polish,
    )  # fmt: skip


def survey_house():
    """SurveyCTO's spreadsheets: rows switched off, audits, cases, defaults, formulas."""
    return made(
        [
            ["type", "name", "label", "relevance", "disabled", "default", "read only",
             "minimum_seconds", "calculation", "required", "media:image"],
            ["start", "starttime"],
            ["text audit", "audit_text"],
            ["caseid", "caseid"],
            ["speed violations count", "speed"],
            ["begin group", "meeting", "The meeting", "${starttime} != ''"],
            ["text", "place", "Where was the meeting?", None, None, "the office"],
            ["integer", "people", "How many came?", None, None, None, None, 5, None,
             "${place} = 'x'"],
            ["text", "old_question", "Is this still asked?", None, "yes"],
            ["text", "total", '="People: "&B8', None, None, None, "yes"],
            ["end group"],
            ["begin group", "later", "Later", None, "yes"],
            ["text", "later_one", "One", None, "yes"],
            ["end group", None, None, None, "yes"],
            ["select_one yes_no", "minutes_kept", "Were minutes kept?", "today() > '2026-01-01'"],
            ["select_one yes_no", "paper", "On paper?", "if(${people} > 3, true(), false())"],
            ["select_one yes_no", "shared", "Were they shared?", "${minutes_kept} = ${paper}"],
        ],
        [CHOICE_HEAD, *YES_NO],
        [["form_title", "form_id", "version", "public_key", "submission_url", "default_language"],
         ["Meetings", "meetings", 2611281000, "MIIBIjAN", "https://example.org/send", "english"]],
    )  # fmt: skip


def checks():
    """Constraints in the many ways they are written."""
    return made(
        [
            ["type", "name", "label", "constraint", "hint"],
            ["integer", "hours", "How many hours is a shift?", ".>=0 and .<=24"],
            ["integer", "days", "How many days a week?", "(. > 0) and (7 >= .)"],
            ["integer", "odd", "How many rooms?", ". >= 1 or . = -99"],
            ["integer", "more", "How many on the busiest day?", ". >= ${hours}"],
            ["integer", "never", "How many at most?", ". > 9 and . < 3"],
            ["text", "short", "In ten letters?", "string-length(.) <= 10"],
            ["text", "shape", "Which bus line?", "regex(., '^[0-9]{3}$')"],
            ["text", "both", "In a few words?", "string-length(.) < 41 and not(contains(., '@'))"],
            ["date", "since", "Since when?", ". <= today()"],
            ["date", "between", "When did you begin?",
             ". >= date('1990-01-01') and . <= date('2026-12-31')"],
            ["select_multiple who", "who", "Who helps you?",
             "not(selected(., 'none') and count-selected(.) > 1)"],
            ["select_multiple who", "who_if", "Who should help you?",
             "if(selected(., 'nobody'), count-selected(.) = 1, true())"],
            ["select_multiple who", "who_few", "Who else?", "count-selected(.) <= 2"],
            ["percentage", "part", "What part of a week?"],
        ],
        [CHOICE_HEAD, ["who", "union", "The union"], ["who", "friends", "Friends"],
         ["who", "nobody", "Nobody"], ["who", "none", "None of these"]],
    )  # fmt: skip


def entities_and_words():
    """A form for ODK Central: entities, trigger, settings of a server, and no sheet of answers."""
    return made(
        [
            ["type", "name", "label", "save_to", "trigger", "calculation", "appearance"],
            ["text", "Group-Name", "What is the group about?", "title"],
            ["text", "group.name", "And in one word?"],
            ["text", "quotes", 'Is it “ours”, "theirs" or ’nobody’s’?'],
            ["integer", "seats", "How many seats has the room?", None, None, None, "thousands-sep"],
            ["calculate", "twice", None, None, "${seats}", "${seats} * 2"],
            ["text", "drawn", "Draw the room", None, None, None, "signature"],
        ],
        (),
        [["form_title", "instance_name", "auto_send"],
         ["A very long title that goes on about rooms and groups and rooms and groups until "
          "nobody who opens the page will read it to the end of it", "${seats}", "true"]],
        others=[("entities", [["list_name", "label"], ["groups", "${seats}"]])],
    )  # fmt: skip


FORMS = {
    form.__name__: form
    for form in (
        office_hours, every_widget, nested_groups, kobo_builder, tables, repeats, cascades,
        three_languages, grown_over_years, survey_house, checks, entities_and_words,
    )
}  # fmt: skip

PYXFORM_REFUSES = {"kobo_builder", "survey_house"}
"""Kobo and SurveyCTO turn types of their own into others before pyxform sees them."""
