"""The German documents."""

from __future__ import annotations

from bench.business.blocks import Columns, Document, Fields, Heading, Items, Lines, NewPage, Table, Text

SATZUNG = Document(
    name="satzung.pdf",
    language="de",
    title="Satzung des Ruderclubs Elmsee e. V.",
    head="Ruderclub Elmsee e. V. – Satzung in der Fassung vom 21. März 2024",
    serif=True,
    blocks=[
        Heading("§ 1 Name, Sitz und Geschäftsjahr"),
        Text(
            "Der Verein führt den Namen „Ruderclub Elmsee e. V.“ und hat seinen Sitz in Unterelmbach. Das "
            "Geschäftsjahr beginnt am 1. April und endet am 31. März des folgenden Jahres."
        ),
        Heading("§ 2 Zweck"),
        Text(
            "Zweck des Vereins ist die Förderung des Rudersports, vor allem der Ausbildung junger Menschen. Der Verein "
            "ist selbstlos tätig; Mittel des Vereins dürfen nur für diesen Zweck verwendet werden."
        ),
        Heading("§ 3 Mitglieder"),
        Text("Der Verein hat"),
        Items(
            [
                "aktive Mitglieder, die das 18. Lebensjahr vollendet haben,",
                "Jugendmitglieder von 10 bis 17 Jahren,",
                "fördernde Mitglieder, die keine Boote benutzen,",
                "Ehrenmitglieder, die von der Mitgliederversammlung ernannt werden.",
            ]
        ),
        Text(
            "Über die Aufnahme entscheidet der Vorstand auf schriftlichen Antrag. Bei Minderjährigen müssen beide "
            "Sorgeberechtigten unterschreiben. Wer mitrudern will, weist nach, dass er 200 Meter schwimmen kann."
        ),
        Heading("§ 4 Ende der Mitgliedschaft"),
        Text(
            "Der Austritt ist zum Ende des Geschäftsjahres möglich und muss dem Vorstand spätestens sechs Wochen "
            "vorher in Textform erklärt werden. Jugendmitglieder können außerdem zum 30. September austreten; hier "
            "genügen zwei Wochen."
        ),
        Text(
            "Ein Mitglied kann vom Vorstand ausgeschlossen werden, wenn es trotz zweier Mahnungen mit dem Beitrag im "
            "Rückstand ist oder dem Verein schweren Schaden zugefügt hat. Gegen den Ausschluss kann es binnen eines "
            "Monats die Mitgliederversammlung anrufen."
        ),
        Heading("§ 5 Beiträge und Arbeitsstunden"),
        Text(
            "Die Höhe der Beiträge beschließt die Mitgliederversammlung in einer Beitragsordnung. Ehrenmitglieder "
            "zahlen keinen Beitrag. Der Beitrag wird am 15. April eingezogen."
        ),
        Text(
            "Aktive Mitglieder leisten im Jahr zehn Arbeitsstunden am Bootshaus und an den Booten, Jugendmitglieder "
            "ab 14 Jahren vier. Für jede Stunde, die nicht geleistet wird, sind 18 Euro zu zahlen. Wer älter als 70 "
            "Jahre ist, braucht keine Arbeitsstunden zu leisten."
        ),
        Heading("§ 6 Mitgliederversammlung"),
        Text(
            "Die ordentliche Mitgliederversammlung findet einmal im Jahr im Mai statt. Der Vorstand lädt mindestens "
            "drei Wochen vorher in Textform ein und teilt die Tagesordnung mit. Anträge müssen eine Woche vor der "
            "Versammlung beim Vorstand eingegangen sein."
        ),
        Text(
            "Eine außerordentliche Versammlung ist einzuberufen, wenn ein Fünftel der Mitglieder es verlangt. Die "
            "Versammlung ist beschlussfähig, wenn mindestens 15 stimmberechtigte Mitglieder anwesend sind."
        ),
        Text(
            "Stimmberechtigt ist, wer 16 Jahre alt ist und dem Verein seit mindestens drei Monaten angehört. Stimmen "
            "können nicht übertragen werden. Fördernde Mitglieder haben beratende Stimme."
        ),
        Heading("§ 7 Mehrheiten"),
        Table(
            head=["Beschluss über", "nötige Mehrheit der abgegebenen Stimmen"],
            rows=[
                ["Wahlen, Beiträge, Entlastung", "einfache Mehrheit"],
                ["Kauf oder Verkauf von Booten über 10.000 Euro", "zwei Drittel"],
                ["Änderung der Satzung", "drei Viertel"],
                ["Auflösung des Vereins", "neun Zehntel"],
            ],
            align="ll",
            widths=[52, 48],
        ),
        Heading("§ 8 Vorstand"),
        Text(
            "Der Vorstand besteht aus der oder dem Vorsitzenden, der Stellvertretung, der Kassenwartin oder dem "
            "Kassenwart, der Ruderwartin oder dem Ruderwart und einer Jugendvertretung. Er wird für drei Jahre "
            "gewählt. Die Jugendvertretung wird von den Jugendmitgliedern für ein Jahr gewählt."
        ),
        Text(
            "Zwei Mitglieder des Vorstands vertreten den Verein gemeinsam. Ausgaben von mehr als 2.500 Euro beschließt "
            "der gesamte Vorstand."
        ),
        Heading("§ 9 Kassenprüfung"),
        Text(
            "Die Mitgliederversammlung wählt zwei Personen, die die Kasse prüfen, für zwei Jahre. Sie dürfen nicht dem "
            "Vorstand angehören."
        ),
        Heading("§ 10 Auflösung"),
        Text(
            "Wird der Verein aufgelöst, so fällt sein Vermögen an die Gemeinde Unterelmbach, die es für die "
            "Jugendpflege zu verwenden hat. Die Boote sind zuvor anderen Rudervereinen zum Kauf anzubieten."
        ),
    ],
)

MIETVERTRAG = Document(
    name="mietvertrag.pdf",
    language="de",
    title="Mietvertrag über eine Wohnung",
    head="Mietvertrag Kastanienweg 9, 2. Obergeschoss links",
    serif=True,
    blocks=[
        Text("zwischen der Hausgemeinschaft Kastanienweg GbR (Vermieterin) und den unten Unterzeichnenden (Mieter)."),
        Heading("§ 1 Mietsache"),
        Text(
            "Vermietet wird die Wohnung im 2. Obergeschoss links des Hauses Kastanienweg 9 in Oberlauingen mit drei "
            "Zimmern, Küche, Bad, Balkon und einem Kellerraum (Nr. 5). Die Wohnfläche beträgt 71,5 m². Dazu gehört der "
            "Stellplatz Nr. 11 im Hof. Die Mieter erhalten drei Haustürschlüssel, drei Wohnungsschlüssel und einen "
            "Kellerschlüssel."
        ),
        Heading("§ 2 Mietzeit und Kündigung"),
        Text(
            "Das Mietverhältnis beginnt am 1. September 2025 und läuft auf unbestimmte Zeit. In den ersten zwölf "
            "Monaten ist die ordentliche Kündigung für beide Seiten ausgeschlossen. Danach können die Mieter mit "
            "einer Frist von drei Monaten kündigen."
        ),
        Text(
            "Für die Vermieterin beträgt die Frist ebenfalls drei Monate; nach fünf Jahren verlängert sie sich auf "
            "sechs und nach acht Jahren auf neun Monate. Die Kündigung muss schriftlich bis zum dritten Werktag des "
            "Monats zugehen."
        ),
        Heading("§ 3 Miete"),
        Table(
            head=["Bestandteil", "monatlich"],
            rows=[
                ["Grundmiete", "842,00 €"],
                ["Vorauszahlung auf Heizung und Warmwasser", "96,00 €"],
                ["Vorauszahlung auf die übrigen Betriebskosten", "69,00 €"],
                ["Stellplatz", "45,00 €"],
                ["Zusammen", "1.052,00 €"],
            ],
            align="lr",
            widths=[70, 30],
            totals=1,
        ),
        Text(
            "Die Miete ist bis zum dritten Werktag des Monats zu überweisen. Die Grundmiete bleibt bis zum 31. August "
            "2027 unverändert. Über die Betriebskosten rechnet die Vermieterin bis Ende Juni für das Vorjahr ab."
        ),
        Heading("§ 4 Kaution"),
        Text(
            "Die Kaution beträgt 2.526,00 € und kann in drei gleichen Monatsraten gezahlt werden, die erste bei der "
            "Übergabe. Sie wird getrennt angelegt und spätestens sechs Monate nach dem Auszug abgerechnet."
        ),
        Heading("§ 5 Kleine Reparaturen"),
        Text(
            "Die Mieter tragen die Kosten kleiner Reparaturen an Teilen, die sie häufig benutzen, wie Wasserhähnen, "
            "Lichtschaltern und Fenstergriffen, bis zu 90 € im Einzelfall und höchstens 400 € im Jahr."
        ),
        Heading("§ 6 Tiere"),
        Text(
            "Kleintiere, die in Käfigen oder Aquarien leben, dürfen ohne Weiteres gehalten werden. Wer einen Hund oder "
            "eine Katze halten möchte, braucht vorher die Zustimmung der Vermieterin. Sie kann widerrufen werden, wenn "
            "das Tier andere Bewohner erheblich stört."
        ),
        Heading("§ 7 Untervermietung"),
        Text(
            "Ein Teil der Wohnung darf untervermietet werden, wenn die Vermieterin einverstanden ist. Die Vermietung "
            "an Feriengäste ist nicht gestattet."
        ),
        Heading("§ 8 Veränderungen der Wohnung"),
        Text(
            "Bohrlöcher in üblicher Zahl sind erlaubt, in den Fliesen des Bades jedoch nur in den Fugen. Bauliche "
            "Veränderungen und das Anbringen einer Markise am Balkon müssen schriftlich vereinbart werden. Beim "
            "Auszug sind Wände, die in kräftigen Farben gestrichen wurden, in hellen Farben zurückzugeben."
        ),
        Heading("§ 9 Hausordnung"),
        Items(
            [
                "Die Nachtruhe dauert von 22 bis 6 Uhr, die Mittagsruhe von 13 bis 15 Uhr.",
                "Das Treppenhaus reinigen die Parteien eines Stockwerks im wöchentlichen Wechsel.",
                "Auf dem Balkon darf nur mit einem Elektrogrill gegrillt werden.",
                "Fahrräder stehen im Fahrradkeller, Kinderwagen unter der Treppe.",
                "Die Waschküche steht jeder Partei an zwei Tagen der Woche zur Verfügung, der Wohnung im 2. "
                "Obergeschoss links dienstags und freitags.",
                "Schnee räumt der Hausmeisterdienst.",
            ]
        ),
        Heading("§ 10 Zutritt"),
        Text(
            "Die Vermieterin darf die Wohnung aus sachlichem Grund nach Anmeldung betreten, die mindestens drei Tage "
            "vorher erfolgen soll. Bei Gefahr gilt das nicht."
        ),
        Heading("§ 11 Rückgabe"),
        Text(
            "Die Wohnung ist besenrein und mit allen Schlüsseln zurückzugeben. Geht ein Haustürschlüssel verloren, "
            "tragen die Mieter die Kosten des neuen Schlüssels von 35 €, nicht aber die einer neuen Schließanlage."
        ),
        Lines(["Oberlauingen, den 7. Juli 2025", "Für die Vermieterin: die Verwaltung", "Die Mieter"]),
    ],
)

PROTOKOLL = Document(
    name="protokoll.pdf",
    language="de",
    title="Protokoll der Eigentümerversammlung",
    head="Wohnungseigentümergemeinschaft Lindengasse 14",
    blocks=[
        Fields(
            [
                ("Datum", "Donnerstag, 3. April 2025"),
                ("Ort", "Nebenraum des Gasthofs am Anger"),
                ("Beginn und Ende", "18:30 Uhr bis 20:55 Uhr"),
                ("Anwesend oder vertreten", "17 von 22 Wohnungen"),
                ("Leitung", "die Hausverwaltung"),
                ("Protokoll", "die Eigentümerin der Wohnung 8"),
            ]
        ),
        Heading("TOP 1: Jahresabrechnung 2024"),
        Text(
            "Die Verwaltung erläutert die Abrechnung. Die Heizkosten sind um 11 % gesunken, die Kosten des Aufzugs um "
            "1.340 € gestiegen, weil zwei Seile ersetzt werden mussten. Die Abrechnung wird mit 16 Stimmen bei einer "
            "Enthaltung genehmigt."
        ),
        Heading("TOP 2: Erneuerung des Dachs"),
        Text("Der Verwaltung liegen drei Angebote vor:"),
        Table(
            head=["Betrieb", "Preis", "Beginn", "Gewährleistung"],
            rows=[
                ["Dachbau Ziegler", "48.900 €", "Oktober 2025", "5 Jahre"],
                ["Zimmerei Kölbl", "52.300 €", "Juli 2025", "10 Jahre"],
                ["Spenglerei Oppelt", "57.150 €", "August 2025", "5 Jahre"],
            ],
            align="lrll",
            widths=[34, 20, 24, 22],
        ),
        Text(
            "Nach längerer Aussprache wird die Zimmerei Kölbl mit 12 gegen 5 Stimmen beauftragt. Den Ausschlag gibt, "
            "dass sie noch vor den Herbststürmen anfangen kann und länger für ihre Arbeit einsteht. Bezahlt wird aus "
            "der Rücklage; eine Sonderumlage ist nicht nötig."
        ),
        Heading("TOP 3: Ladesäulen in der Tiefgarage"),
        Text(
            "Der Antrag, acht Stellplätze mit Ladesäulen auszustatten, wird vertagt. Zunächst soll ein Elektriker "
            "prüfen, ob der Hausanschluss dafür reicht. Für das Gutachten werden bis zu 900 € bewilligt."
        ),
        Heading("TOP 4: Fahrradkeller"),
        Text(
            "Herrenlose Räder werden mit einem gelben Band gekennzeichnet. Was bis zum 15. Juni nicht abgeholt ist, "
            "wird verschenkt. Beschluss: einstimmig."
        ),
        Heading("TOP 5: Grillen im Hof"),
        Text(
            "Der Antrag, das Grillen im Hof ganz zu verbieten, wird mit 4 gegen 13 Stimmen abgelehnt. Erlaubt bleibt "
            "es samstags und sonntags bis 21 Uhr, jedoch nicht mit Holzkohle."
        ),
        Heading("TOP 6: Wahl des Beirats"),
        Text(
            "In den Beirat werden für drei Jahre gewählt: Frau Adlung (Wohnung 3), Herr Yildiz-Brehm (Wohnung 12) und "
            "Frau Sommerkorn (Wohnung 19). Den Vorsitz übernimmt Frau Sommerkorn."
        ),
        Heading("Aufgaben"),
        Table(
            head=["Was", "Wer", "Bis wann"],
            rows=[
                ["Auftrag an die Zimmerei Kölbl erteilen", "Hausverwaltung", "17. April 2025"],
                ["Elektriker mit dem Gutachten beauftragen", "Herr Yildiz-Brehm", "30. April 2025"],
                ["Räder im Keller kennzeichnen", "Hausmeister", "9. Mai 2025"],
                ["Angebote für neue Briefkästen einholen", "Frau Adlung", "1. September 2025"],
                ["Sandkasten neu füllen", "Hausmeister", "23. Mai 2025"],
            ],
            align="lll",
            widths=[50, 26, 24],
        ),
        Text("Die nächste Versammlung findet am 26. März 2026 um 18 Uhr am selben Ort statt."),
    ],
)

RECHNUNG = Document(
    name="rechnung.pdf",
    language="de",
    title="Rechnung Nr. 2025-0387",
    head="Malerwerkstatt Rothkegel, Am Wehr 6, Neuengrund",
    blocks=[
        Lines(["An die", "Gemeinschaftspraxis am Stadtpark", "Parkstraße 22", "Neuengrund"]),
        Fields(
            [
                ("Rechnungsdatum", "10.06.2025"),
                ("Auftrag vom", "22.04.2025"),
                ("Ausgeführt", "19.05.2025 bis 28.05.2025"),
                ("Kundennummer", "10734"),
                ("Ort der Arbeiten", "Praxisräume im Erdgeschoss"),
            ]
        ),
        Table(
            head=["Pos.", "Leistung", "Menge", "Einzelpreis", "Betrag"],
            rows=[
                ["1", "Wände abkleben und grundieren", "148 m²", "3,20 €", "473,60 €"],
                ["2", "Wände zweimal streichen, weiß, scheuerbeständig", "148 m²", "8,90 €", "1.317,20 €"],
                ["3", "Decken streichen", "62 m²", "7,50 €", "465,00 €"],
                ["4", "Türen mit Zargen lackieren, lichtgrau", "5 Stück", "94,00 €", "470,00 €"],
                ["5", "Heizkörper lackieren, weiß", "4 Stück", "58,00 €", "232,00 €"],
                ["6", "Farben, Lacke und Folien", "pauschal", "", "286,40 €"],
                ["7", "Anfahrt", "3", "24,00 €", "72,00 €"],
                ["", "Nettobetrag", "", "", "3.316,20 €"],
                ["", "Umsatzsteuer 19 %", "", "", "630,08 €"],
                ["", "Rechnungsbetrag", "", "", "3.946,28 €"],
                ["", "Anzahlung vom 12.05.2025", "", "", "– 1.200,00 €"],
                ["", "Noch zu zahlen", "", "", "2.746,28 €"],
            ],
            align="llrrr",
            widths=[8, 46, 13, 16, 17],
            totals=5,
        ),
        Text(
            "Bitte überweisen Sie den offenen Betrag bis zum 1. Juli 2025. Bei Zahlung bis zum 18. Juni 2025 können "
            "Sie 2 % Skonto abziehen und zahlen 2.691,35 €. Vom Rechnungsbetrag entfallen ohne Umsatzsteuer 2.957,80 "
            "€ auf Arbeitslohn."
        ),
        Text(
            "Auf die Wandflächen im Wartezimmer geben wir fünf Jahre Gewährleistung, auf die lackierten Flächen zwei "
            "Jahre. Den Farbton der Türen (Lichtgrau) heben wir für Ausbesserungen auf."
        ),
        Fields(
            [
                ("Bank", "Volkskasse Neuengrund"),
                ("Steuernummer", "214/5830/1197"),
                ("Rückfragen", "Frau Rothkegel, Telefon 0000 48 17 20, werktags 7 bis 15 Uhr"),
            ]
        ),
    ],
)

BETRIEBSANWEISUNG = Document(
    name="betriebsanweisung.pdf",
    language="de",
    title="Betriebsanweisung Bandsäge BS 400",
    head="Schreinerei Haidgrund – Nr. 14, Stand 02/2025 – verantwortlich: Werkstattleitung",
    blocks=[
        Heading("Anwendungsbereich"),
        Text(
            "Diese Anweisung gilt für das Arbeiten an der Bandsäge BS 400 in Halle 2. Es dürfen Holz und "
            "Holzwerkstoffe bis zu einer Höhe von 380 mm gesägt werden. Metall, Stein und vereistes Holz dürfen nicht "
            "gesägt werden. An der Maschine arbeiten darf nur, wer 18 Jahre alt und unterwiesen ist; Auszubildende "
            "dürfen es ab 16 Jahren unter Aufsicht eines Meisters."
        ),
        Heading("Gefahren"),
        Items(
            [
                "Schnittverletzungen durch das laufende Sägeband",
                "Umherfliegende Teile, wenn das Sägeband reißt",
                "Gehörschäden: an der Maschine werden 91 dB(A) gemessen",
                "Gesundheitsschäden durch Holzstaub, vor allem von Buche und Eiche",
            ]
        ),
        Heading("Schutzmaßnahmen und Verhaltensregeln"),
        Items(
            [
                "Gehörschutz, Schutzbrille und Sicherheitsschuhe tragen.",
                "Keine Handschuhe, keinen Schmuck und keine weiten Ärmel tragen, weil das Band sie einziehen kann.",
                "Vor dem Einschalten die Absaugung öffnen und die Bandspannung prüfen.",
                "Die obere Bandführung höchstens 10 mm über dem Werkstück einstellen.",
                "Bei Werkstücken, die schmaler als 120 mm sind, den Schiebestock benutzen.",
                "Rundholz nur in der Keillade sägen, damit es sich nicht dreht.",
                "Späne nie mit der Hand entfernen, solange das Band läuft.",
                "Nach dem Ausschalten warten, bis das Band steht. Das dauert bis zu 10 Sekunden.",
            ],
            numbered=True,
        ),
        Heading("Bei Störungen"),
        Items(
            [
                "Reißt das Band, sofort den Not-Aus drücken und zurücktreten. Die Räder laufen bis zu 40 Sekunden "
                "nach.",
                "Den Hauptschalter mit dem Vorhängeschloss sichern.",
                "Die Werkstattleitung rufen, Durchwahl 27. Störungen darf nur sie beheben.",
            ],
            numbered=True,
        ),
        Heading("Erste Hilfe"),
        Columns(
            left=[
                Fields(
                    [
                        ("Notruf", "112"),
                        ("Ersthelferin", "Frau Lohr, Durchwahl 31"),
                        ("Verbandkasten", "Halle 2, neben der Tür zum Lager"),
                        ("Augendusche", "Lackierraum"),
                    ]
                ),
            ],
            right=[
                Text("Abgetrennte Körperteile trocken und kühl, aber nicht auf Eis, mitgeben."),
                Text("Jede Verletzung in das Verbandbuch eintragen, auch eine kleine."),
            ],
        ),
        Heading("Instandhaltung"),
        Table(
            head=["Was", "Wie oft", "Wer"],
            rows=[
                ["Sägeband auf Risse prüfen", "täglich", "wer die Maschine benutzt"],
                ["Absaugschlauch reinigen", "wöchentlich", "Auszubildende"],
                ["Führungsrollen schmieren", "alle 3 Monate", "Werkstattleitung"],
                ["Elektrische Prüfung", "alle 4 Jahre", "Elektrofachkraft"],
                ["Unterweisung", "jährlich", "Meister"],
            ],
            align="lll",
            widths=[42, 22, 36],
        ),
    ],
)

LIEFERSCHEIN = Document(
    name="lieferschein.pdf",
    language="de",
    title="Lieferschein 88 214",
    head="Großhandel Wendlandt für Gastronomiebedarf",
    blocks=[
        Columns(
            left=[Lines(["Empfänger:", "Seehotel Kranichblick", "Warenannahme, Tor 4", "Uferweg 1, Altensee"])],
            right=[
                Fields(
                    [
                        ("Lieferdatum", "14.05.2025"),
                        ("Bestellung", "B-5571 vom 29.04.2025"),
                        ("Kunde", "20 418"),
                        ("Tour", "7, Wagen 3"),
                    ]
                ),
            ],
        ),
        Table(
            head=["Pos.", "Artikel", "Bezeichnung", "bestellt", "geliefert", "offen"],
            rows=[
                ["1", "30-112", "Teller flach, 27 cm, weiß", "144", "144", "0"],
                ["2", "30-114", "Teller tief, 23 cm, weiß", "96", "72", "24"],
                ["3", "30-207", "Kaffeetasse, 0,2 l", "120", "120", "0"],
                ["4", "30-208", "Untertasse, 15 cm", "120", "108", "12"],
                ["5", "41-050", "Weinglas, 0,4 l", "84", "78", "6"],
                ["6", "41-063", "Wasserglas, 0,3 l", "150", "150", "0"],
                ["7", "52-301", "Kochtopf mit Deckel, 20 l", "4", "4", "0"],
                ["8", "52-318", "Bratpfanne, 32 cm", "6", "5", "1"],
                ["9", "77-900", "Spülmittel, Kanister 10 l", "18", "18", "0"],
            ],
            align="lllrrr",
            widths=[8, 13, 40, 13, 14, 12],
        ),
        Heading("Versand"),
        Fields(
            [
                ("Packstücke", "3 Europaletten und 2 Kartons"),
                ("Gesamtgewicht", "642 kg"),
                ("Zurückgenommene Paletten", "2"),
                ("Ankunft", "9:40 Uhr"),
                ("Abfahrt", "10:15 Uhr"),
            ]
        ),
        Heading("Bemerkungen"),
        Items(
            [
                "Pos. 2 und 4 werden in der 23. Kalenderwoche nachgeliefert, Pos. 8 in der 25.",
                "Pos. 5: sechs Gläser waren zerbrochen und wurden wieder mitgenommen. Es gibt dafür eine Gutschrift.",
                "Karton 2 war an einer Ecke eingedrückt; der Inhalt wurde geprüft und ist unbeschädigt.",
                "Mängel bitte innerhalb von fünf Werktagen melden: Telefon 0000 77 31 40.",
            ]
        ),
        Text("Ware erhalten: die Küchenleitung"),
    ],
)

DATENBLATT = Document(
    name="datenblatt.pdf",
    language="de",
    title="Luftentfeuchter Nebelin 20 und Nebelin 35",
    head="Technisches Datenblatt – Feuchtetechnik Isarmoos GmbH",
    blocks=[
        Text(
            "Die Geräte trocknen Keller, Lager und Baustellen. Sie unterscheiden sich in Leistung und Größe; beide "
            "laufen mit dem Kältemittel R290."
        ),
        Table(
            head=["Eigenschaft", "Nebelin 20", "Nebelin 35"],
            rows=[
                ["Entfeuchtung bei 30 °C und 80 %", "20 l am Tag", "35 l am Tag"],
                ["Entfeuchtung bei 20 °C und 60 %", "9,5 l am Tag", "17 l am Tag"],
                ["Geeignet für Räume bis", "65 m²", "110 m²"],
                ["Luftmenge", "180 m³/h", "320 m³/h"],
                ["Leistungsaufnahme", "360 W", "580 W"],
                ["Wassertank", "4,5 l", "7 l"],
                ["Schallpegel in 1 m", "42 dB(A)", "47 dB(A)"],
                ["Breite × Höhe × Tiefe", "34 × 58 × 26 cm", "41 × 66 × 33 cm"],
                ["Gewicht", "13,8 kg", "19,6 kg"],
                ["Kabellänge", "2,5 m", "4 m"],
                ["Füllmenge Kältemittel", "90 g", "140 g"],
                ["Schutzart", "IPX1", "IP24"],
            ],
            align="lrr",
            widths=[46, 27, 27],
        ),
        Heading("Betrieb"),
        Items(
            [
                "Einsatz bei 5 bis 35 °C. Unter 12 °C taut das Gerät alle 45 Minuten selbsttätig ab.",
                "Ist der Tank voll, schaltet das Gerät ab und es leuchtet eine rote Lampe.",
                "Für den Dauerbetrieb einen Schlauch von 12 mm Innendurchmesser anschließen.",
                "Nach dem Transport zwei Stunden aufrecht stehen lassen, damit das Öl in den Verdichter zurückläuft.",
                "An den Seiten 30 cm Abstand zur Wand halten, über dem Gerät 50 cm.",
            ]
        ),
        Heading("Zubehör"),
        Table(
            head=["Zubehör", "Bestellnummer", "passt zu"],
            rows=[
                ["Luftfilter, 2 Stück", "N-101", "Nebelin 20"],
                ["Luftfilter, 2 Stück", "N-102", "Nebelin 35"],
                ["Ablaufschlauch, 5 m", "N-120", "beiden"],
                ["Kondensatpumpe, 4 m Förderhöhe", "N-135", "Nebelin 35"],
                ["Wandhalter", "N-140", "Nebelin 20"],
            ],
            align="lll",
            widths=[46, 27, 27],
            ruled=False,
        ),
        NewPage(),
        Heading("Pflege"),
        Text(
            "Den Luftfilter alle zwei Wochen mit lauwarmem Wasser auswaschen und einmal im Jahr erneuern. Den Tank mit "
            "Essigreiniger säubern. Der Verdichter ist wartungsfrei."
        ),
        Heading("Fehleranzeigen"),
        Table(
            head=["Anzeige", "Bedeutung", "Abhilfe"],
            rows=[
                ["E1", "Fühler für Feuchte defekt", "Kundendienst rufen"],
                ["E2", "Fühler für Temperatur defekt", "Kundendienst rufen"],
                ["E4", "Tank fehlt oder sitzt schief", "Tank bis zum Anschlag einschieben"],
                ["E7", "Kältemittel zu wenig", "Gerät ausschalten, Raum lüften, Kundendienst rufen"],
            ],
            align="lll",
            widths=[14, 38, 48],
        ),
        Heading("Garantie"),
        Text(
            "Wir geben privaten Käufern drei Jahre Garantie und gewerblichen ein Jahr, jeweils ab dem Kaufdatum. Auf "
            "den Verdichter sind es für alle fünf Jahre. Die Garantie gilt nicht für Luftfilter und nicht für "
            "Schäden, die durch Betrieb ohne Filter entstanden sind."
        ),
        Text(
            "Im Garantiefall schicken Sie uns den Kaufbeleg; wir holen das Gerät ab und bringen es in der Regel nach "
            "zehn Werktagen zurück. Das Porto tragen wir."
        ),
    ],
)

HALLENBAD = Document(
    name="hallenbad.pdf",
    language="de",
    title="Hallenbad Mühlau: Öffnungszeiten und Preise",
    head="Gültig ab 15. September 2025",
    blocks=[
        Heading("Öffnungszeiten"),
        Table(
            head=["Tag", "Schwimmbad", "Sauna"],
            rows=[
                ["Montag", "geschlossen", "geschlossen"],
                ["Dienstag", "6:30 – 8:00 und 14:00 – 20:00", "14:00 – 21:30 (Damen)"],
                ["Mittwoch", "14:00 – 21:00", "14:00 – 22:00 (gemischt)"],
                ["Donnerstag", "6:30 – 8:00 und 15:00 – 21:00", "15:00 – 22:00 (Herren)"],
                ["Freitag", "13:00 – 21:30", "13:00 – 22:30 (gemischt)"],
                ["Samstag", "9:00 – 18:00", "10:00 – 19:30 (gemischt)"],
                ["Sonn- und Feiertage", "8:30 – 17:00", "10:00 – 18:30 (gemischt)"],
            ],
            align="lll",
            widths=[28, 38, 34],
            ruled=False,
        ),
        Heading("Eintritt Schwimmbad"),
        Table(
            head=["", "2 Stunden", "Tageskarte", "Zehnerkarte"],
            rows=[
                ["Erwachsene", "5,20 €", "7,80 €", "46,00 €"],
                ["Ermäßigt (Studierende, Rentner, Schwerbehinderte)", "4,10 €", "6,30 €", "37,00 €"],
                ["Kinder von 4 bis 15 Jahren", "2,90 €", "4,40 €", "26,00 €"],
                ["Kinder unter 4 Jahren", "frei", "frei", "–"],
                ["Familie (2 Erwachsene, bis zu 3 Kinder)", "12,50 €", "18,00 €", "–"],
            ],
            align="lrrr",
            widths=[46, 17, 18, 19],
        ),
        Heading("Sauna (mit Schwimmbad)"),
        Table(
            head=["", "3 Stunden", "Tageskarte", "Zehnerkarte"],
            rows=[
                ["Erwachsene", "14,50 €", "19,00 €", "130,00 €"],
                ["Ermäßigt", "12,00 €", "16,50 €", "108,00 €"],
            ],
            align="lrrr",
            widths=[46, 17, 18, 19],
        ),
        Heading("Verleih"),
        Fields(
            [
                ("Handtuch", "3,00 € und 10,00 € Pfand"),
                ("Bademantel", "5,50 € und 20,00 € Pfand"),
                ("Schwimmbrille", "nur Verkauf, 9,90 €"),
                ("Verlorener Schrankschlüssel", "25,00 €"),
            ]
        ),
        Heading("Hinweise"),
        Items(
            [
                "Kassenschluss ist eine Stunde vor Ende der Öffnungszeit.",
                "Mittwochs ist Warmbadetag: das Wasser hat dann 31 °C, sonst 28 °C.",
                "Kinder unter 8 Jahren nur in Begleitung einer Person ab 16 Jahren.",
                "Freitags von 17 bis 19 Uhr sind drei Bahnen für den Schwimmverein gesperrt.",
                "Heiligabend, Silvester und Neujahr geschlossen; Revision vom 3. bis 16. August 2026.",
                "Wassergymnastik: donnerstags 18:15 Uhr, Zuschlag 3,50 €.",
            ]
        ),
    ],
)

GERMAN = (
    SATZUNG,
    MIETVERTRAG,
    PROTOKOLL,
    RECHNUNG,
    BETRIEBSANWEISUNG,
    LIEFERSCHEIN,
    DATENBLATT,
    HALLENBAD,
)
