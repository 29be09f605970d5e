"""The German documents of the second library."""

from __future__ import annotations

from bench.business.blocks import Columns, Document, Fields, Heading, Items, Lines, NewPage, Table, Text

AUSSCHREIBUNG = Document(
    name="ausschreibung.pdf",
    language="de",
    title="Öffentliche Ausschreibung: Winterdienst 2025 bis 2028",
    head="Gemeinde Hohenrauth, Bauamt – Vergabenummer 2025-17",
    blocks=[
        Fields(
            [
                ("Auftraggeberin", "Gemeinde Hohenrauth, Marktplatz 2"),
                ("Laufzeit", "15. Oktober 2025 bis 30. April 2028, Verlängerung um zwei Winter möglich"),
                ("Angebote bis", "Mittwoch, 9. Juli 2025, 11:00 Uhr"),
                ("Fragen der Bieter bis", "27. Juni 2025"),
                ("Bindefrist", "29. August 2025"),
                ("Zuschlag voraussichtlich", "24. Juli 2025, nach der Sitzung des Gemeinderats"),
                ("Form", "elektronisch über die Vergabeplattform; Papier wird nicht angenommen"),
            ]
        ),
        Heading("1. Lose"),
        Table(
            head=["Los", "Gebiet", "Fahrbahn", "Gehwege", "Plätze", "Fahrzeuge mindestens"],
            rows=[
                ["1", "Ortskern", "8,4 km", "11,9 km", "4.200 m²", "2"],
                ["2", "Oberrauth und Birkhöfe", "17,6 km", "3,1 km", "650 m²", "3, davon 1 mit Schneeketten"],
                ["3", "Gewerbegebiet Süd", "6,2 km", "5,4 km", "7.800 m²", "2"],
                ["4", "Schulen und Kindergärten", "–", "2,7 km", "5.350 m²", "1 schmales (bis 1,30 m)"],
            ],
            align="llrrrl",
            widths=[7, 26, 13, 13, 14, 27],
        ),
        Text(
            "Angebote können für ein Los oder mehrere abgegeben werden. Ein Bieter erhält höchstens zwei Lose. "
            "Nachlässe für den Fall, dass zwei Lose erteilt werden, sind zulässig; Nebenangebote sind es nicht."
        ),
        Heading("2. Leistung"),
        Items(
            [
                "Bereitschaft vom 1. November bis 31. März, täglich von 3:00 bis 22:00 Uhr. Im Oktober und April wird "
                "nur auf Abruf gefahren.",
                "Bei Schneefall oder Glätte beginnt die Arbeit spätestens 45 Minuten nach dem Abruf, in Los 2 "
                "spätestens 60 Minuten danach.",
                "Hauptstraßen und Buslinien sind bis 5:30 Uhr geräumt, Schulwege bis 7:00 Uhr, alles Übrige bis 9:00 "
                "Uhr. An Sonn- und Feiertagen verschiebt sich das um eine Stunde.",
                "Geräumt wird ab 4 cm Schnee, auf Gehwegen ab 2 cm.",
                "Auf Fahrbahnen wird Feuchtsalz gestreut, 15 g je m² und bei Eisregen bis 30 g. Auf Gehwegen und "
                "Plätzen sind nur Splitt und Sand erlaubt, auf Treppen ausnahmsweise Salz.",
                "Der Splitt wird bis zum 15. April aufgekehrt und entsorgt, in Los 4 bis zum Ende der Osterferien.",
                "Jeder Einsatz wird mit Satellitenortung aufgezeichnet; die Daten werden vier Jahre lang aufbewahrt.",
            ]
        ),
        Text(
            "Das Salz stellt die Gemeinde im Bauhof bereit (Silo mit 120 m³), den Splitt besorgt der Auftragnehmer. "
            "Hydranten, Schächte und Zufahrten der Feuerwehr bleiben frei. Schnee darf nicht in den Rauthbach "
            "geschoben werden."
        ),
        Heading("3. Vergütung"),
        Text(
            "Bezahlt werden eine Pauschale für die Bereitschaft, in fünf Raten von November bis März, und die "
            "Einsätze nach Stunden. Je Winter sind 35 Einsätze je Los zugesichert; für jeden, der weniger anfällt, "
            "werden 40 % des mittleren Preises eines Einsatzes vergütet. Ab dem 71. Einsatz erhöht sich der "
            "Stundensatz um 6 %. Rechnungen werden monatlich gestellt und binnen 21 Tagen bezahlt. Ab dem zweiten "
            "Winter folgen die Preise zu 70 % dem Tariflohn und zu 30 % dem Preis von Diesel."
        ),
        Heading("4. Nachweise"),
        Table(
            head=["Nachweis", "Anforderung", "Vorlage"],
            rows=[
                ["Referenzen", "zwei Aufträge über je mindestens 10 km aus den letzten fünf Jahren", "mit dem Angebot"],
                ["Haftpflichtversicherung", "3 Mio. € für Personen, 1 Mio. € für Sachen", "vor dem Zuschlag"],
                ["Steuern und Sozialabgaben", "Bescheinigungen, nicht älter als sechs Monate", "mit dem Angebot"],
                ["Fahrzeugliste", "Kennzeichen, Baujahr, Abgasnorm; mindestens Euro 5", "mit dem Angebot"],
                ["Personal", "Führerscheine und jährliche Schulung", "bis 1. Oktober 2025"],
                ["Streupläne", "Karte mit den Touren und Zeiten", "bis 15. September 2025"],
            ],
            align="lll",
            widths=[25, 50, 25],
        ),
        Heading("5. Wertung"),
        Table(
            head=["Kriterium", "Gewicht", "Höchstens"],
            rows=[
                ["Preis", "60 %", "60 Punkte"],
                ["Ausfallkonzept", "18 %", "18 Punkte"],
                ["Zeit bis zum Beginn", "12 %", "12 Punkte"],
                ["Antrieb und Alter der Fahrzeuge", "10 %", "10 Punkte"],
            ],
            align="lrr",
            widths=[52, 24, 24],
            ruled=False,
        ),
        Text(
            "Das günstigste Angebot erhält im Kriterium Preis die volle Punktzahl; ein doppelt so teures erhält keine "
            "Punkte, dazwischen wird geradlinig gerechnet. Angebote mit weniger als 8 Punkten im Ausfallkonzept "
            "scheiden aus. Bei gleicher Summe entscheidet der Preis, danach das Los."
        ),
        Heading("6. Vertragsstrafen"),
        Table(
            head=["Verstoß", "Strafe"],
            rows=[
                ["Beginn um mehr als 15 Minuten zu spät", "150 € je Einsatz"],
                ["Tour ausgelassen", "600 € je Tour"],
                ["Salz auf Gehwegen", "250 € je Fall"],
                ["Einsatz nicht aufgezeichnet", "80 € je Einsatz"],
                ["Splitt nicht rechtzeitig aufgekehrt", "100 € je Tag"],
                ["Rufnummer nicht besetzt", "120 € je Fall"],
            ],
            align="lr",
            widths=[65, 35],
        ),
        Text(
            "Die Strafen sind auf 5 % der Vergütung eines Winters begrenzt. Nach drei ausgelassenen Touren in einem "
            "Winter darf die Gemeinde fristlos kündigen. Sonst können beide Seiten jeweils bis zum 31. Mai zum Ende "
            "des Monats Juni kündigen."
        ),
        Heading("7. Unteraufträge und Sicherheit"),
        Text(
            "Bis zu 30 % der Leistung dürfen weitergegeben werden; die Firmen sind im Angebot zu nennen. Als "
            "Sicherheit ist eine Bürgschaft von 5.000 € je Los zu stellen. Sie wird zwei Monate nach dem Ende des "
            "Vertrags zurückgegeben. Ein Ersatzfahrzeug muss binnen drei Stunden zur Stelle sein."
        ),
        Heading("8. Ortsbesichtigung und Auskunft"),
        Text(
            "Am 17. Juni 2025 um 14 Uhr werden die Strecken gemeinsam abgefahren; Treffpunkt ist der Bauhof. Für Los "
            "2 ist die Teilnahme Pflicht. Auskunft gibt Herr Dannecker ausschließlich über die Plattform."
        ),
        Heading("9. Einsätze und Salz in den letzten Wintern"),
        Table(
            head=["Los", "2022/23", "2023/24", "2024/25", "Salz 2022/23", "Salz 2023/24", "Salz 2024/25"],
            rows=[
                ["1", "52", "38", "61", "94 t", "66 t", "112 t"],
                ["2", "74", "55", "83", "171 t", "128 t", "196 t"],
                ["3", "47", "33", "58", "73 t", "49 t", "88 t"],
                ["4", "44", "35", "53", "1 t", "1 t", "2 t"],
            ],
            align="lrrrrrr",
            widths=[10, 15, 15, 15, 15, 15, 15],
        ),
        Heading("10. Rügen"),
        Text(
            "Wer einen Fehler in den Unterlagen erkennt, rügt ihn binnen zehn Kalendertagen beim Bauamt. Hilft die "
            "Gemeinde nicht ab, kann der Bieter binnen 15 Kalendertagen die Nachprüfung beim Landratsamt verlangen."
        ),
    ],
)

ELTERNBRIEF = Document(
    name="elternbrief.pdf",
    language="de",
    title="Klassenfahrt der 7b an den Trollensee",
    head="Tannberg-Realschule Wiesental, Schulstraße 30",
    serif=True,
    blocks=[
        Text("Wiesental, den 10. März 2025"),
        Text("Liebe Eltern der 7b,"),
        Text(
            "wie beim Elternabend besprochen, fahren wir von Montag, dem 23. Juni, bis Freitag, dem 27. Juni 2025, in "
            "das Schullandheim Haus Reiherhorst am Trollensee. Von den 26 Kindern der Klasse haben Sie bisher 24 "
            "angemeldet. Begleitet wird die Fahrt von Frau Nessler, Herrn Obermoser und dem Schulsozialarbeiter Herrn "
            "Tadic."
        ),
        Heading("Anreise und Rückkehr"),
        Text(
            "Wir treffen uns am Montag um 7:40 Uhr auf dem Parkplatz an der Turnhalle; der Bus fährt um 8:00 Uhr "
            "pünktlich ab und braucht etwa dreieinhalb Stunden. Für die Fahrt braucht Ihr Kind ein Vesper, das erste "
            "warme Essen gibt es abends um 18 Uhr. Am Freitag sind wir gegen 15:30 Uhr zurück. Wer sein Kind früher "
            "abholen muss, schreibt uns das bitte bis zum 13. Juni."
        ),
        Heading("Kosten"),
        Table(
            head=["Posten", "je Kind"],
            rows=[
                ["Unterkunft mit Vollpension, vier Nächte", "168,00 €"],
                ["Bus", "57,00 €"],
                ["Kanutour mit Führer", "29,50 €"],
                ["Kletterwald", "18,00 €"],
                ["Eintritt Glashütte", "6,50 €"],
                ["Bettwäsche", "7,00 €"],
                ["Zuschuss des Fördervereins", "– 20,00 €"],
                ["Zusammen", "266,00 €"],
            ],
            align="lr",
            widths=[70, 30],
            totals=1,
        ),
        Text(
            "Die Anzahlung von 80 € haben fast alle überwiesen. Der Rest von 186 € ist bis zum 16. Mai auf das "
            "Schulkonto zu zahlen, bitte mit dem Namen des Kindes. Wer Bürgergeld, Wohngeld oder den Kinderzuschlag "
            "erhält, kann die Fahrt vom Amt bezahlen lassen; das Formular gibt es im Sekretariat bei Frau Huld, die "
            "es bis zum 4. April zurück braucht. Auch in anderen Fällen finden wir einen Weg: Sprechen Sie mich an, "
            "es bleibt unter uns."
        ),
        Text(
            "Wenn Sie nach dem 1. April absagen, behält das Haus 50 % der Unterkunft ein, ab dem 2. Juni 80 %. Das "
            "Geld für den Bus bekommen Sie dann nicht zurück, das für Kanu und Kletterwald schon. Als Taschengeld "
            "empfehlen wir 25 €, höchstens 35 €."
        ),
        Heading("Was in die Tasche gehört"),
        Columns(
            left=[
                Items(
                    [
                        "feste Schuhe und Turnschuhe, die nass werden dürfen",
                        "Regenjacke und ein warmer Pullover",
                        "Badesachen und zwei Handtücher",
                        "Hausschuhe",
                        "Trinkflasche, ein Liter",
                    ]
                ),
            ],
            right=[
                Items(
                    [
                        "Sonnencreme und Mütze",
                        "Taschenlampe für die Nachtwanderung",
                        "Krankenkassenkarte und Kopie des Impfpasses",
                        "Medikamente, beschriftet und bei Frau Nessler abgegeben",
                        "kein Messer, kein Haarspray",
                    ]
                ),
            ],
        ),
        NewPage(),
        Heading("Programm"),
        Table(
            head=["Tag", "Vormittag", "Nachmittag", "Abend"],
            rows=[
                ["Montag", "Fahrt", "Zimmer beziehen, Rallye im Ort", "Kennenlernspiele"],
                ["Dienstag", "Kletterwald, Gruppe 1", "Kletterwald, Gruppe 2; Basteln", "Lagerfeuer"],
                ["Mittwoch", "Kanutour ab 9:15 Uhr", "Baden an der Nordbucht", "Nachtwanderung"],
                ["Donnerstag", "Glashütte Altbrunn", "Fußballturnier", "Abschlussfest bis 22:30 Uhr"],
                ["Freitag", "Putzen bis 9:30 Uhr", "Rückfahrt ab 12:00 Uhr", ""],
            ],
            align="llll",
            widths=[15, 27, 31, 27],
        ),
        Text(
            "Für die Kanutour muss ein Kind das Schwimmabzeichen in Bronze haben; wer es nicht hat, wandert mit Herrn "
            "Tadic um den See. Fällt die Tour wegen Gewitter aus, wird sie am Donnerstagnachmittag nachgeholt. In den "
            "Kletterwald dürfen nur Kinder, deren Eltern die beiliegende Erklärung unterschrieben haben."
        ),
        Heading("Regeln"),
        Items(
            [
                "Handys bleiben in einer Kiste und werden täglich von 17:00 bis 17:45 Uhr ausgegeben.",
                "Um 22:00 Uhr ist Nachtruhe, am letzten Abend um 23:00 Uhr.",
                "In den Ort geht niemand allein, sondern in Gruppen von mindestens drei Kindern und mit Abmeldung.",
                "Gebadet wird nur, wenn eine Lehrkraft und der Rettungsschwimmer des Hauses dabei sind.",
                "Wer raucht, Alkohol trinkt oder andere quält, wird abgeholt, auf Kosten der Eltern.",
            ]
        ),
        Heading("Essen und Gesundheit"),
        Text(
            "Das Haus kocht jeden Tag auch ohne Fleisch. Schweinefleisch gibt es nicht. Unverträglichkeiten tragen "
            "Sie bitte auf dem Rückmeldebogen ein; gemeldet sind bisher zweimal Gluten und einmal Nüsse. Nach jedem "
            "Ausflug suchen wir die Kinder nach Zecken ab; mit Ihrer Unterschrift auf dem Bogen dürfen wir sie "
            "entfernen. Die nächste Arztpraxis liegt 900 Meter vom Haus, das Krankenhaus in Altbrunn 14 Kilometer."
        ),
        Heading("Erreichbarkeit"),
        Fields(
            [
                ("Haus Reiherhorst", "0000 55 18 30, Rezeption 7 bis 20 Uhr"),
                ("Frau Nessler unterwegs", "0000 91 44 07, nur in dringenden Fällen"),
                ("Neuigkeiten", "jeden Abend ab 20 Uhr in der Schul-App"),
                ("Zimmer", "sechs Vierbettzimmer, ein Zweibettzimmer"),
            ]
        ),
        Text(
            "Die Zimmer teilen die Kinder am 11. Juni selbst ein. Ein letzter Elternabend zur Fahrt ist am Dienstag, "
            "dem 3. Juni, um 19:30 Uhr in Raum 214. Den Rückmeldebogen brauchen wir bis zum 28. März."
        ),
        Text("Mit freundlichen Grüßen"),
        Lines(["Katrin Nessler, Klassenlehrerin", "Jens Obermoser, Sport"]),
    ],
)

HAUSRAT = Document(
    name="hausratpolice.pdf",
    language="de",
    title="Versicherungsschein Hausrat",
    head="Nordfurt Versicherung auf Gegenseitigkeit",
    blocks=[
        Fields(
            [
                ("Versicherungsnummer", "HR 7 204 518"),
                ("Versicherungsnehmerin", "Theresa Holdinghausen"),
                ("Versicherungsort", "Färbergraben 21, 3. Stock rechts, Ebersfelde"),
                ("Wohnfläche", "94 m²"),
                ("Beginn", "1. August 2025, 0 Uhr"),
                ("Ablauf", "31. Juli 2028, danach jährlich"),
                ("Tarif", "Komfort, Bedingungen HR 2024"),
                ("Versicherungssumme", "65.000 € (gleitend, ohne Abzug bei Unterversicherung)"),
                ("Selbstbeteiligung", "150 € je Schaden, bei Elementarschäden 500 €"),
            ]
        ),
        Heading("Beitrag"),
        Table(
            head=["Baustein", "jährlich", "vierteljährlich", "monatlich"],
            rows=[
                ["Hausrat Komfort", "118,40 €", "30,50 €", "10,35 €"],
                ["Fahrräder bis 3.000 €", "64,20 €", "16,55 €", "5,60 €"],
                ["Elementarschäden", "41,90 €", "10,80 €", "3,65 €"],
                ["Glas", "27,60 €", "7,10 €", "2,40 €"],
                ["Nachlass, da drei Jahre ohne Schaden", "– 12,10 €", "– 3,10 €", "– 1,05 €"],
                ["Zusammen", "240,00 €", "61,85 €", "20,95 €"],
            ],
            align="lrrr",
            widths=[46, 18, 18, 18],
            totals=1,
        ),
        Text(
            "Vereinbart ist die jährliche Zahlung zum 1. August durch Lastschrift. Die Versicherungsteuer ist "
            "enthalten."
        ),
        Heading("Was bis zu welcher Höhe ersetzt wird"),
        Table(
            head=["Sachen und Kosten", "höchstens", "Besonderheit"],
            rows=[
                ["Hausrat durch Feuer, Leitungswasser, Sturm, Einbruch", "65.000 €", "Neuwert"],
                ["Schmuck, Münzen, Pelze", "13.000 €", "außerhalb des Tresors 6.500 €"],
                ["Bargeld", "1.500 €", "im Tresor 4.000 €"],
                ["Fahrräder und Anhänger", "3.000 €", "je Rad; Diebstahl rund um die Uhr"],
                ["Kinderwagen und Rollstühle", "1.200 €", "auch aus dem Treppenhaus"],
                ["Wäsche und Gartenmöbel im Freien", "800 €", "nur bei Diebstahl"],
                ["Sachen im Auto", "600 €", "von 6 bis 22 Uhr; keine Elektronik"],
                ["Sachen auf Reisen", "10.000 €", "bis zu sechs Monate lang"],
                ["Raub unterwegs", "10.000 €", "Bargeld davon 750 €"],
                ["Überspannung durch Blitz", "20.000 €", ""],
                ["Gefriergut nach Stromausfall", "400 €", ""],
                ["Hotel, wenn die Wohnung unbewohnbar ist", "110 € am Tag", "100 Tage lang"],
                ["Aufräumen und Entsorgen", "15.000 €", ""],
                ["Schlösser nach Verlust der Schlüssel", "350 €", "nur bei Einbruch oder Raub"],
                ["Arbeitszimmer, auch beruflich genutzt", "5.000 €", "Handelsware 1.000 €"],
            ],
            align="lrl",
            widths=[48, 17, 35],
        ),
        Heading("Was nicht versichert ist"),
        Items(
            [
                "Schäden durch Sturmflut, Grundwasser und Rückstau, wenn die Rückstauklappe fehlt.",
                "Diebstahl aus unverschlossenen Räumen.",
                "Bruch von Handys, Brillen und Hohlgläsern; im Baustein Glas auch Kratzer und Aquarien über 300 Liter.",
                "Räder, die nicht abgeschlossen waren. Ein Speichenschloss genügt nicht.",
                "Fahrräder, die schneller als 25 km/h unterstützen oder ein Kennzeichen brauchen.",
                "Sachen von Untermietern.",
                "Sengschäden von weniger als 50 €.",
            ]
        ),
        Heading("Ihre Pflichten"),
        Items(
            [
                "Bleibt die Wohnung länger als 60 Tage leer, sagen Sie uns das vorher.",
                "In der kalten Jahreszeit heizen Sie alle Räume oder sperren und leeren die Leitungen.",
                "Beim Verlassen der Wohnung schließen Sie Fenster und Türen; ein gekipptes Fenster gilt als offen. "
                "Wir kürzen die Leistung in diesem Fall um 30 %.",
                "Teilen Sie uns einen Umzug spätestens beim Einzug mit. Zwei Monate lang sind beide Wohnungen "
                "versichert.",
                "Ein Gerüst am Haus, das länger als drei Wochen steht, ist zu melden.",
                "Belege für Gegenstände über 500 € bewahren Sie auf, bei Rädern auch die Rahmennummer.",
            ],
            numbered=True,
        ),
        Heading("Im Schadenfall"),
        Table(
            head=["Schaden", "Melden bei", "Frist"],
            rows=[
                ["Einbruch, Raub, Diebstahl eines Rads", "Polizei und uns", "24 Stunden / 3 Tage"],
                ["Brand, Blitz, Explosion", "uns", "3 Tage"],
                ["Leitungswasser", "uns und dem Vermieter", "sofort"],
                ["Sturm, Hagel, Überschwemmung", "uns", "7 Tage"],
                ["Bruch von Glas", "uns", "14 Tage"],
            ],
            align="lll",
            widths=[44, 30, 26],
        ),
        Text(
            "Die Liste der gestohlenen Sachen erhalten Polizei und wir binnen zehn Tagen. Heben Sie beschädigte "
            "Sachen auf, bis wir sie gesehen haben. Bis 1.000 € genügen Fotos. Wir zahlen binnen zwei Wochen, nachdem "
            "wir den Schaden anerkannt haben; nach einem Monat können Sie einen Abschlag verlangen. Taucht ein "
            "gestohlenes Rad wieder auf, können Sie es behalten und die Entschädigung zurückgeben."
        ),
        Heading("Kündigung und Widerruf"),
        Text(
            "Sie können den Vertrag binnen 14 Tagen widerrufen. Zum Ablauf kann mit einer Frist von drei Monaten "
            "gekündigt werden, nach einem Schaden binnen eines Monats, nachdem wir entschieden haben. Erhöhen wir den "
            "Beitrag, können Sie binnen sechs Wochen kündigen. Ziehen zwei Personen zusammen, die beide versichert "
            "sind, so endet auf Wunsch der jüngere Vertrag."
        ),
        Heading("Ansprechpartner"),
        Fields(
            [
                ("Betreuung", "Agentur Sievertsen, Kirchplatz 4, Ebersfelde, 0000 23 61 90"),
                ("Schaden", "0000 80 12 12, Tag und Nacht"),
                ("Notdienst für Schlüssel und Rohre", "0000 80 12 77, bis 250 € im Jahr frei"),
                ("Beschwerden", "beschwerde@nordfurt.example"),
            ]
        ),
    ],
)

FERTIGUNGSAUFTRAG = Document(
    name="fertigungsauftrag.pdf",
    language="de",
    title="Fertigungsauftrag 40-7712",
    head="Metallbau Ochsenreither, Werk 2 – Ausdruck vom 05.05.2025",
    blocks=[
        Columns(
            left=[
                Fields(
                    [
                        ("Erzeugnis", "Bankgestell Parkus, dreisitzig"),
                        ("Zeichnung", "PK-3-018, Index D"),
                        ("Stückzahl", "48"),
                        ("Werkstoff", "S235JR"),
                        ("Oberfläche", "verzinkt und pulverbeschichtet"),
                        ("Farbe", "RAL 7016, matt"),
                    ]
                ),
            ],
            right=[
                Fields(
                    [
                        ("Kunde", "Stadtgärtnerei Lohwingen"),
                        ("Kundenauftrag", "25-0339, Pos. 2"),
                        ("Start", "12.05.2025"),
                        ("Endtermin", "20.06.2025"),
                        ("Liefertermin", "27.06.2025"),
                        ("Dringlichkeit", "B"),
                    ]
                ),
            ],
        ),
        Heading("Stückliste"),
        Table(
            head=["Pos.", "Teil", "Maß in mm", "je Stück", "gesamt", "Lagerplatz"],
            rows=[
                ["10", "Rechteckrohr, Fuß", "60 × 40 × 3, lang 412", "4", "192", "R-04-2"],
                ["20", "Rechteckrohr, Längsträger", "60 × 40 × 3, lang 1.640", "2", "96", "R-04-3"],
                ["30", "Flachstahl, Sitzauflage", "40 × 8, lang 436", "3", "144", "F-11-1"],
                ["40", "Flachstahl, Lehne", "40 × 8, lang 520", "3", "144", "F-11-2"],
                ["50", "Fußplatte", "100 × 80 × 8", "4", "192", "P-02-5"],
                ["60", "Strebe, Rundstahl", "Ø 16, lang 688", "2", "96", "S-07-1"],
                ["70", "Kappe, Kunststoff", "60 × 40", "4", "192", "K-20-9"],
                ["80", "Schlossschraube M8 × 55, A2", "", "18", "864", "N-15-3"],
                ["90", "Hutmutter M8, A2", "", "18", "864", "N-15-6"],
            ],
            align="lllrrl",
            widths=[8, 28, 26, 12, 12, 16],
        ),
        Heading("Arbeitsgänge"),
        Table(
            head=["Gang", "Tätigkeit", "Platz", "Rüsten", "je Stück", "Termin"],
            rows=[
                ["010", "Rohre sägen", "Säge 1", "20 min", "3,5 min", "13.05."],
                ["020", "Flachstahl scheren und lochen", "Stanze 3", "35 min", "2,8 min", "14.05."],
                ["030", "Fußplatten laserschneiden", "Laser", "15 min", "1,2 min", "14.05."],
                ["040", "Lehnen biegen, 14°", "Presse 2", "45 min", "4,0 min", "16.05."],
                ["050", "Heften in Vorrichtung V-118", "Schweißplatz 4", "30 min", "9,5 min", "20.05."],
                ["060", "Schweißen, MAG", "Schweißplatz 4", "10 min", "22,0 min", "28.05."],
                ["070", "Putzen, Entlüftungslöcher bohren", "Bank 6", "5 min", "7,5 min", "30.05."],
                ["080", "Verzinken (auswärts)", "Zinkwerk Torgler", "–", "–", "10.06."],
                ["090", "Pulverbeschichten", "Halle 3", "40 min", "6,0 min", "16.06."],
                ["100", "Prüfen, Kappen einsetzen", "Prüfplatz", "10 min", "5,0 min", "18.06."],
                ["110", "Verpacken", "Versand", "15 min", "4,5 min", "20.06."],
            ],
            align="lllrrr",
            widths=[9, 35, 19, 12, 13, 12],
        ),
        Heading("Anweisungen"),
        Items(
            [
                "Zu Gang 010: Grat innen und außen entfernen. Reststücke über 400 mm zurück ins Lager, kürzere in den "
                "Schrott.",
                "Zu Gang 040: Die ersten zwei Lehnen mit der Schablone L-31 vergleichen, danach jede zehnte.",
                "Zu Gang 060: Draht G3Si1, 1,0 mm; Gas mit 18 % CO2, 12 Liter in der Minute; 150 bis 165 Ampere. "
                "Zuerst die Füße, dann die Lehne, damit sich die Träger nicht verziehen.",
                "Zu Gang 070: In jedes Rohr zwei Löcher von 10 mm, sonst kann es im Zinkbad platzen.",
                "Zu Gang 080: In Gestellen zu 12 Stück anliefern, dienstags oder donnerstags bis 10 Uhr. Schicht "
                "mindestens 70 µm.",
                "Zu Gang 090: Vor dem Beschichten sweepen. Pulver mit 25 kg Vorrat bestellen; 180 °C, 20 Minuten. "
                "Schicht 60 bis 90 µm.",
                "Zu Gang 110: Sechs Gestelle auf eine Palette, dazwischen Schaum von 10 mm. Die Schrauben liegen in "
                "Beuteln zu 18 Stück bei; die Latten liefert der Kunde selbst.",
            ]
        ),
        Heading("Prüfmaße"),
        Table(
            head=["Merkmal", "Soll", "Grenzen", "Umfang", "Mittel"],
            rows=[
                ["Sitzhöhe", "450 mm", "± 3 mm", "jedes 5. Stück", "Bandmaß"],
                ["Länge über alles", "1.720 mm", "± 4 mm", "jedes 5. Stück", "Bandmaß"],
                ["Abstand der Lochreihen", "545 mm", "± 1 mm", "jedes Stück", "Lehre L-40"],
                ["Neigung der Lehne", "104°", "± 1°", "jedes 10. Stück", "Winkelmesser"],
                ["Ebenheit der Füße", "0 mm", "höchstens 2 mm", "jedes Stück", "Richtplatte"],
                ["Zinkschicht", "85 µm", "mindestens 70 µm", "3 je Gestell", "Messgerät M-7"],
                ["Pulverschicht", "75 µm", "60 bis 90 µm", "5 je Los", "Messgerät M-7"],
                ["Haftung", "Gt 0", "höchstens Gt 1", "1 je Los", "Gitterschnitt"],
            ],
            align="lrlll",
            widths=[27, 14, 21, 20, 18],
        ),
        Text(
            "Weicht ein Maß ab, wird das Stück mit einem roten Anhänger gesperrt und Frau Breitkopf (Qualität, "
            "Durchwahl 318) gerufen. Bis zu drei gesperrte Stücke darf der Meister nacharbeiten lassen; ab dem "
            "vierten entscheidet die Werkleitung, ob der Auftrag angehalten wird."
        ),
        Heading("Stand"),
        Table(
            head=["Gang", "gut", "Ausschuss", "Zeit gebraucht", "Zeit geplant", "erledigt von"],
            rows=[
                ["010", "48", "0", "3 h 5 min", "3 h 8 min", "Herr Zeidler"],
                ["020", "48", "2", "3 h 20 min", "2 h 49 min", "Frau Amrhein"],
                ["030", "48", "0", "1 h 10 min", "1 h 13 min", "Herr Quint"],
                ["040", "48", "5", "5 h 15 min", "3 h 57 min", "Frau Amrhein"],
            ],
            align="lrrrrl",
            widths=[10, 9, 15, 21, 19, 26],
        ),
        Text(
            "Bei Gang 040 rissen fünf Lehnen an der Biegekante, weil der Flachstahl quer zur Walzrichtung geschnitten "
            "war. Der Lieferant Stahlhandel Uhlig ersetzt das Material. Bei Gang 020 stand die Stanze 25 Minuten, "
            "weil ein Stempel gebrochen war."
        ),
        Heading("Freigaben"),
        Fields(
            [
                ("Arbeitsvorbereitung", "S. Immel, 02.05.2025"),
                ("Konstruktion", "Dr. Vögtlin, 29.04.2025"),
                ("Materialkosten je Stück", "61,35 €"),
                ("Fremdleistung je Stück", "27,80 €"),
                ("Verzinkerei, Ansprechpartner", "Herr Pospischil, 0000 62 09 44"),
            ]
        ),
        Heading("Versand"),
        Fields(
            [
                ("Anschrift", "Stadtgärtnerei Lohwingen, Tor 2, Am Gleisdreieck 17"),
                ("Anliefern", "Montag bis Donnerstag, 7:00 bis 11:30 Uhr"),
                ("Gewicht je Gestell", "31,4 kg, mit Schrauben 32,6 kg"),
                ("Gewicht je Palette", "218 kg"),
                ("Fahrzeug", "7,5 Tonnen mit Ladebordwand"),
                ("Papiere", "Lieferschein zweifach, Werkszeugnis 2.2, Protokoll der Zinkschicht"),
                ("Empfängerin", "Frau Dornbusch, 0000 48 70 33"),
            ]
        ),
        Heading("Änderungen seit Index C"),
        Items(
            [
                "Strebe von 14 auf 16 mm verstärkt, nach einem Bruch in Lohwingen im August 2024.",
                "Lochabstand von 540 auf 545 mm geändert, damit die Latten mit 20 mm Fuge liegen.",
                "Kappen nun aus Polyethylen statt PVC.",
            ]
        ),
    ],
)

HANDBUCH = Document(
    name="mitarbeiterhandbuch.pdf",
    language="de",
    title="Willkommen im Büro: Handbuch für alle, die hier arbeiten",
    head="Ingenieurbüro Rabenstein und Töchter – Ausgabe Januar 2025",
    serif=True,
    blocks=[
        Heading("1. Ihre ersten Tage"),
        Text(
            "Am ersten Tag kommen Sie um 9:30 Uhr zum Empfang. Sie bekommen einen Ausweis, einen Laptop und eine "
            "Patin oder einen Paten, die Ihnen die ersten sechs Wochen zur Seite stehen. Bringen Sie die "
            "Steuernummer, die Bankverbindung und eine Bescheinigung der Krankenkasse mit. Die Probezeit dauert sechs "
            "Monate; nach drei Monaten gibt es ein Gespräch, wie es bisher läuft. In der Probezeit kann jede Seite "
            "mit einer Frist von zwei Wochen kündigen, danach mit sechs Wochen zum Ende eines Quartals."
        ),
        Heading("2. Arbeitszeit"),
        Text(
            "Die Woche hat 38 Stunden. Kommen können Sie zwischen 6:30 und 9:30 Uhr, gehen zwischen 14:30 und 20:00 "
            "Uhr. Von 9:30 bis 14:30 Uhr sollen alle erreichbar sein, freitags nur bis 12:30 Uhr. Nach sechs Stunden "
            "ist eine Pause von 30 Minuten vorgeschrieben, nach neun Stunden eine von 45 Minuten. Mehr als zehn "
            "Stunden am Tag darf niemand arbeiten."
        ),
        Text(
            "Das Zeitkonto darf zwischen minus 15 und plus 60 Stunden stehen. Bis zu zwei Tage im Monat können Sie "
            "damit frei nehmen. Was am 31. Dezember über 40 Stunden liegt, wird mit dem Gehalt im Februar ausgezahlt. "
            "Überstunden am Samstag bringen einen Zuschlag von 25 %, an Sonn- und Feiertagen von 60 %; sie müssen "
            "vorher genehmigt sein."
        ),
        Heading("3. Arbeiten von zu Hause"),
        Text(
            "Nach der Probezeit können Sie bis zu drei Tage in der Woche zu Hause arbeiten, Auszubildende einen. "
            "Mittwochs ist Bürotag. Für Stuhl, Tisch und Bildschirm zahlen wir einmalig bis zu 450 €, für Strom und "
            "Internet 20 € im Monat. Aus dem europäischen Ausland dürfen Sie im Jahr 25 Tage arbeiten, wenn Sie es "
            "vier Wochen vorher anmelden; aus anderen Ländern geht es nicht, weil dort unsere Versicherung nicht gilt."
        ),
        Heading("4. Geld"),
        Table(
            head=["Leistung", "Betrag", "Wer und wann"],
            rows=[
                ["Gehalt", "laut Vertrag", "am 27. des Monats"],
                ["Weihnachtsgeld", "55 % eines Gehalts", "im November, ab einem Jahr im Büro"],
                ["Urlaubsgeld", "620 €", "im Juni; Auszubildende 310 €"],
                ["Fahrkarte für Bus und Bahn", "zu 75 % bezahlt", "ab dem ersten Monat"],
                ["Vermögenswirksame Leistungen", "34 € im Monat", "nach der Probezeit"],
                ["Zuschuss zur Betriebsrente", "22 %", "auf das, was Sie einzahlen"],
                ["Zuschuss zum Mittagessen", "3,80 € am Tag", "höchstens 15 Tage im Monat"],
                ["Kinderbetreuung", "bis 140 € im Monat", "bis zur Einschulung"],
                ["Prämie für eine Empfehlung", "1.500 €", "wenn die Probezeit bestanden ist"],
                ["Jubiläum, 10 Jahre", "800 €", "und ein freier Tag"],
                ["Jubiläum, 20 Jahre", "1.800 €", "und drei freie Tage"],
            ],
            align="lrl",
            widths=[38, 24, 38],
        ),
        Heading("5. Dienstrad"),
        Text(
            "Nach der Probezeit können Sie über das Büro ein Fahrrad leasen, das zwischen 750 und 6.000 € kostet. Der "
            "Vertrag läuft 36 Monate; die Rate wird vom Bruttolohn abgezogen. Die Versicherung bezahlt das Büro, "
            "ebenso eine Inspektion im Jahr bis 90 €. Am Ende können Sie das Rad für 18 % des Kaufpreises übernehmen. "
            "Wer vorher kündigt, führt den Vertrag selbst weiter oder gibt das Rad gegen eine Gebühr von 290 € zurück."
        ),
        Heading("6. Weiterbildung"),
        Text(
            "Jede und jeder hat im Jahr fünf Tage und 1.600 € für Kurse, Tagungen und Bücher. Was nicht genutzt wird, "
            "kann bis zur Hälfte ins nächste Jahr übertragen werden. Kostet ein Kurs mehr als 3.000 €, wird ein "
            "Vertrag geschlossen: Wer binnen zweier Jahre kündigt, zahlt anteilig zurück. Sprachkurse bezahlen wir "
            "zur Hälfte. Für die Prüfung zur Schweißfachingenieurin oder zum Schweißfachingenieur gibt es zusätzlich "
            "zehn freie Tage."
        ),
        Heading("7. Krankheit"),
        Text(
            "Melden Sie sich bis 8:45 Uhr bei Ihrer Teamleitung, per Telefon oder Nachricht. Ein Attest brauchen wir "
            "ab dem dritten Tag; die Daten rufen wir bei der Kasse ab. Ist Ihr Kind krank, können Sie im Jahr bis zu "
            "acht Tage zu Hause bleiben, bei vollem Gehalt. Wer länger als sechs Wochen fehlt, wird zu einem Gespräch "
            "über die Rückkehr eingeladen; es ist freiwillig."
        ),
        Heading("8. Urlaub"),
        Text(
            "Sie haben 30 Tage Urlaub im Jahr, ab dem 50. Lebensjahr 32. Der 24. und der 31. Dezember sind frei und "
            "werden nicht angerechnet. Zwei Wochen am Stück sollten es mindestens einmal sein. Bis Ende Februar trägt "
            "das Team seine Wünsche ein. Resturlaub verfällt am 30. Juni. Zwischen Weihnachten und Neujahr ist das "
            "Büro geschlossen; dafür sind drei Tage vom Urlaub oder vom Zeitkonto zu nehmen."
        ),
        Heading("9. Technik und Daten"),
        Items(
            [
                "Kennwörter haben mindestens 14 Zeichen. Sie müssen nicht regelmäßig geändert werden, wohl aber nach "
                "einem Verdacht.",
                "Der Laptop darf auch privat benutzt werden, das Diensttelefon nicht im Ausland außerhalb der EU.",
                "Pläne werden nur auf Laufwerk P gespeichert; dort wird alle vier Stunden gesichert.",
                "Baustellenfotos löschen wir nach drei Jahren, Pläne nach 30 Jahren.",
                "Verlorene Geräte melden Sie sofort der IT, Durchwahl 500, nachts dem Wachdienst.",
                "Neue Laptops gibt es alle vier Jahre; den alten können Sie für 120 € kaufen.",
            ]
        ),
        Heading("10. Auf der Baustelle"),
        Text(
            "Helm, Weste und Sicherheitsschuhe sind Pflicht. Schuhe ersetzen wir alle 18 Monate bis 160 €, eine "
            "Schutzbrille mit Sehstärke alle drei Jahre bis 220 €. Auf Gerüste geht nur, wer die jährliche "
            "Unterweisung im März mitgemacht hat. Zu zweit arbeiten wir in Schächten, über Wasser und nach Einbruch "
            "der Dunkelheit. Für Fahrten mit dem eigenen Auto gibt es 38 Cent je Kilometer, für jede Person, die "
            "mitfährt, 3 Cent mehr. Wer länger als acht Stunden draußen ist, erhält 16 € Verpflegung, bei "
            "Übernachtung 32 €."
        ),
        Heading("11. Das Haus"),
        Columns(
            left=[
                Fields(
                    [
                        ("Türen offen", "6:00 bis 20:30 Uhr"),
                        ("Alarmanlage", "ab 21:00 Uhr scharf"),
                        ("Empfang", "8:00 bis 17:00 Uhr"),
                        ("Kaffee und Obst", "frei"),
                        ("Stellplätze", "22, vier mit Ladesäule"),
                        ("Duschen", "Untergeschoss, Raum U 03"),
                    ]
                ),
            ],
            right=[
                Fields(
                    [
                        ("Ersthelfer", "Herr Kallweit, Frau Özkan-Ried"),
                        ("Ruheraum", "2. Stock, bis 40 Minuten"),
                        ("Hunde", "zwei Tage in der Woche, nach Absprache"),
                        ("Pakete", "private bis 10 kg, am Empfang"),
                        ("Verlorener Ausweis", "15 €"),
                        ("Hausmeister", "Durchwahl 512"),
                    ]
                ),
            ],
        ),
        Text(
            "Die Stellplätze werden jeden Freitag um 12 Uhr für die folgende Woche verlost; wer einen "
            "Schwerbehindertenausweis hat oder mindestens drei Personen mitnimmt, bekommt immer einen. Laden kostet "
            "31 Cent je Kilowattstunde. Im Sommer, wenn die Räume wärmer als 30 Grad sind, dürfen alle ab 13 Uhr "
            "gehen."
        ),
        Heading("12. Wenn etwas nicht stimmt"),
        Text(
            "Sprechen Sie zuerst mit Ihrer Teamleitung oder mit dem Betriebsrat (Herr Sandrock, Raum 1.07, "
            "Sprechstunde dienstags von 13 bis 15 Uhr). Für vertrauliche Hinweise gibt es die Kanzlei Wolters-Heyn, "
            "die außerhalb des Büros sitzt. Sie bestätigt den Eingang binnen sieben Tagen und antwortet binnen drei "
            "Monaten. Beratung bei Sorgen bietet ein Verein, bis zu fünf Stunden im Jahr, ohne dass wir erfahren, wer "
            "dort war."
        ),
        Heading("13. Wenn Sie gehen"),
        Text(
            "Geben Sie am letzten Tag Ausweis, Laptop, Telefon und Helm am Empfang ab; die Schuhe behalten Sie. Das "
            "Zeugnis bekommen Sie spätestens drei Wochen danach, ein Zwischenzeugnis auf Wunsch jederzeit. Was auf "
            "dem Zeitkonto steht, wird in den letzten acht Wochen abgebaut oder ausgezahlt. Ihr Postfach leiten wir "
            "30 Tage lang an Ihre Vertretung weiter und löschen es nach 90 Tagen."
        ),
        Text(
            "Wer in Rente geht, kann bis zu zwei Jahre lang mit 10 Stunden in der Woche weiterarbeiten. Zum "
            "Sommerfest am ersten Freitag im Juli und zur Feier am 12. Dezember sind alle Ehemaligen eingeladen."
        ),
    ],
)

FRACHTTARIF = Document(
    name="frachttarif.pdf",
    language="de",
    title="Haustarif Stückgut 2025",
    head="Spedition Marquardsen & Löhr, Depot Kaltensund – gültig ab 1. April 2025",
    blocks=[
        Heading("Zonen nach Postleitzahl der Empfänger"),
        Table(
            head=["Zone", "Postleitzahlen", "Laufzeit", "Abholung bis"],
            rows=[
                ["A", "23, 24, 25", "1 Tag", "16:30 Uhr"],
                ["B", "17 bis 22, 27, 28", "1 Tag", "15:00 Uhr"],
                ["C", "10 bis 16, 26, 29 bis 34, 37 bis 39, 49", "2 Tage", "15:00 Uhr"],
                ["D", "01 bis 09, 35, 36, 40 bis 48, 50 bis 59, 98, 99", "2 Tage", "14:00 Uhr"],
                ["E", "60 bis 97", "3 Tage", "13:00 Uhr"],
                ["F", "Inseln ohne Brücke", "4 Tage", "11:00 Uhr"],
            ],
            align="lllr",
            widths=[10, 52, 18, 20],
        ),
        Heading("Fracht je Sendung"),
        Table(
            head=["bis kg", "Zone A", "Zone B", "Zone C", "Zone D", "Zone E", "Zone F"],
            rows=[
                ["30", "24,10 €", "26,80 €", "31,40 €", "34,90 €", "39,20 €", "58,00 €"],
                ["50", "28,60 €", "32,10 €", "38,70 €", "43,30 €", "49,10 €", "71,50 €"],
                ["75", "33,40 €", "37,90 €", "46,20 €", "52,60 €", "59,80 €", "86,00 €"],
                ["100", "38,90 €", "44,50 €", "54,80 €", "62,70 €", "71,90 €", "102,50 €"],
                ["150", "47,20 €", "54,30 €", "67,50 €", "78,10 €", "90,40 €", "128,00 €"],
                ["200", "55,10 €", "63,80 €", "79,90 €", "93,20 €", "108,60 €", "153,50 €"],
                ["300", "68,40 €", "79,60 €", "101,30 €", "118,50 €", "139,70 €", "198,00 €"],
                ["500", "91,70 €", "107,90 €", "138,60 €", "163,80 €", "194,20 €", "276,00 €"],
                ["750", "116,30 €", "137,20 €", "178,40 €", "212,00 €", "252,90 €", "361,50 €"],
                ["1.000", "138,50 €", "163,70 €", "214,10 €", "255,60 €", "306,40 €", "439,00 €"],
                ["1.500", "177,90 €", "210,80 €", "277,30 €", "332,70 €", "400,50 €", "auf Anfrage"],
                ["2.500", "246,20 €", "292,40 €", "386,90 €", "466,10 €", "563,80 €", "auf Anfrage"],
            ],
            align="rrrrrrr",
            widths=[10, 15, 15, 15, 15, 15, 15],
        ),
        Text(
            "Alle Preise ohne Umsatzsteuer. Zum Gewicht zählt mindestens: je Lademeter 1.750 kg, je Kubikmeter 330 "
            "kg, je Europalette 400 kg, je Halbpalette 200 kg. Darf nichts auf die Palette gestellt werden, gilt das "
            "Doppelte."
        ),
        Text(
            "Wer mehr als 60 Sendungen im Monat aufgibt, erhält 5 % Nachlass auf die Fracht, ab 150 Sendungen 9 %. "
            "Die Zuschläge sind davon ausgenommen."
        ),
        Heading("Maut je angefangene 100 kg"),
        Table(
            head=["", "Zone A", "Zone B", "Zone C", "Zone D", "Zone E", "Zone F"],
            rows=[["Maut", "0,85 €", "1,40 €", "2,60 €", "3,35 €", "4,70 €", "1,95 €"]],
            align="lrrrrrr",
            widths=[10, 15, 15, 15, 15, 15, 15],
            ruled=False,
        ),
        Heading("Zuschläge"),
        Table(
            head=["Leistung", "Preis", "je"],
            rows=[
                ["Zustellung bis 8 Uhr (nur Zonen A und B)", "49,00 €", "Sendung"],
                ["Zustellung bis 10 Uhr", "32,00 €", "Sendung"],
                ["Zustellung bis 12 Uhr", "19,50 €", "Sendung"],
                ["Zustellung am Samstag", "68,00 €", "Sendung"],
                ["Fester Tag", "11,00 €", "Sendung"],
                ["Anruf vor der Zustellung", "4,20 €", "Sendung"],
                ["Privathaushalt", "14,80 €", "Sendung"],
                ["Hebebühne", "17,50 €", "Sendung"],
                ["Tragen ins Haus, zwei Personen", "55,00 €", "angefangene halbe Stunde"],
                ["Zweiter Zustellversuch", "60 %", "der Fracht"],
                ["Rücksendung", "90 %", "der Fracht"],
                ["Überlänge, 2,40 bis 4 m", "28,00 €", "Packstück"],
                ["Überlänge, 4 bis 6 m", "64,00 €", "Packstück"],
                ["Gefahrgut", "21,00 €", "Sendung und Klasse"],
                ["Gefahrgut in begrenzten Mengen", "6,50 €", "Sendung"],
                ["Nachnahme, höchstens 2.500 €", "13,00 €", "Sendung"],
                ["Wartezeit ab der 21. Minute", "12,00 €", "angefangene Viertelstunde"],
                ["Avis auf Papier, Ablieferbeleg per Post", "3,10 €", "Beleg"],
                ["Lagerung ab dem 4. Werktag", "5,40 €", "Palette und Tag"],
            ],
            align="lrl",
            widths=[52, 16, 32],
        ),
        Heading("Diesel"),
        Text(
            "Liegt der Preis im Vormonat zwischen 1,20 und 1,30 € je Liter, gilt der Tarif ohne Zuschlag. Je volle 5 "
            "Cent darüber kommen 1,2 % auf die Fracht hinzu, je volle 5 Cent darunter werden 0,8 % abgezogen."
        ),
        Heading("Paletten"),
        Table(
            head=["Ladehilfe", "Tausch", "nicht getauscht", "Miete am Tag"],
            rows=[
                ["Europalette", "2,30 €", "16,50 €", "0,28 €"],
                ["Gitterbox", "9,80 €", "145,00 €", "1,15 €"],
                ["Halbpalette", "1,90 €", "12,00 €", "0,22 €"],
                ["Einwegpalette", "–", "–", "–"],
            ],
            align="lrrr",
            widths=[34, 22, 22, 22],
            ruled=False,
        ),
        Heading("Haftung und Versicherung"),
        Text(
            "Wir haften mit 8,33 Sonderziehungsrechten je Kilogramm. Auf Wunsch versichern wir die Ware bis 50.000 € "
            "je Sendung; das kostet 1,4 Promille des Wertes, mindestens 5,90 €, für Glas, Keramik und Bildschirme das "
            "Dreifache. Nicht befördert werden Umzugsgut, lebende Tiere, Kunst, Bargeld und alles, was auf unter 5 °C "
            "gekühlt werden muss."
        ),
        Text(
            "Sichtbare Schäden schreibt der Empfänger auf den Beleg, verdeckte meldet er binnen sieben Tagen. Eine "
            "verspätete Sendung wird bis zum Dreifachen der Fracht ersetzt. Ist sie nach 20 Tagen nicht da, gilt sie "
            "als verloren."
        ),
        Heading("Aufträge"),
        Fields(
            [
                ("Anmelden", "im Portal bis eine Stunde vor der Abholung"),
                ("Absagen", "frei bis 9 Uhr am Tag der Abholung, danach 25,00 €"),
                ("Zahlung", "14 Tage, rein netto"),
                ("Disposition", "Frau Clausnitzer, 0000 37 20 15, 6:30 bis 18:00 Uhr"),
                ("Schäden", "Herr Wenzlaff, 0000 37 20 48"),
            ]
        ),
    ],
)

LAUTERSBACH = Document(
    name="lautersbach-bericht.pdf",
    language="de",
    title="Der Lautersbach fünf Jahre nach dem Umbau",
    head="Wasserverband Obere Lauter, Bericht an die Mitglieder, Februar 2025",
    serif=True,
    blocks=[
        Heading("Wie es früher war"),
        Text(
            "Im Jahr 1934 wurde der Lautersbach zwischen Mühlhag und Niederschwand auf einer Länge von 5,8 Kilometern "
            "begradigt; nach dem Umbau war er noch 4,1 Kilometer lang. Die Wiesen sollten trocken werden, und sie "
            "wurden es. Dafür floss das Wasser doppelt so schnell, und die Sohle grub sich bis 1990 um 1,6 Meter ein. "
            "In Niederschwand standen 1978, 1997 und 2013 die Keller unter Wasser, zuletzt in 63 Häusern. Der Schaden "
            "von 2013 betrug 2,4 Millionen Euro, der von 1997 knapp 900.000 Euro."
        ),
        Text(
            "Von den 19 Fischarten, die der Lehrer Anselm Greif im Jahr 1911 aufgeschrieben hatte, fand eine "
            "Untersuchung im Jahr 2012 noch sieben. Die Bachmuschel war seit den sechziger Jahren verschwunden, der "
            "Eisvogel brütete zuletzt 1986. An drei Wehren, in Mühlhag, an der Sägmühle und am Rechen, kam kein Fisch "
            "vorbei."
        ),
        Heading("Der Weg zum Umbau"),
        Text(
            "Der Verband beschloss den Umbau im November 2014 mit 31 gegen 9 Stimmen. Am längsten dauerte der Erwerb "
            "der Flächen: 74 Grundstücke mit zusammen 38 Hektar gehörten 52 Eigentümern. 44 von ihnen verkauften, "
            "sechs tauschten, und zwei haben ihr Land verpachtet, bis zum Jahr 2050. Im Mittel wurden 2,15 Euro je "
            "Quadratmeter bezahlt. Die Genehmigung kam im August 2018, ein Jahr später als erwartet, weil auf einer "
            "Wiese bei der Sägmühle ein seltener Falter lebt und die Trasse dort um 60 Meter verlegt werden musste."
        ),
        Text(
            "Gebaut wurde von April 2019 bis Oktober 2020, in zwei Abschnitten. Der Bach bekam 23 Schleifen und ist "
            "nun 6,3 Kilometer lang. Die Sohle wurde um 90 Zentimeter angehoben, und auf jeder Seite blieb ein "
            "Streifen von 15 Metern ohne Nutzung. Das Wehr in Mühlhag und der Rechen wurden abgerissen. An der "
            "Sägmühle, die noch Strom erzeugt, führt eine Rampe aus Steinen von 85 Metern Länge um das Wehr herum. "
            "Dabei wurden 96.000 Kubikmeter Erde bewegt; der größte Teil wurde auf Äckern verteilt, ein kleiner dient "
            "als Lärmschutz an der Landstraße."
        ),
        Heading("Was es gekostet hat"),
        Text(
            "Veranschlagt waren 4,6 Millionen Euro, ausgegeben wurden 5,3 Millionen. Die Mehrkosten gehen vor allem "
            "auf Altlasten zurück: Bei Niederschwand lag eine vergessene Müllkippe unter der Wiese, deren Beseitigung "
            "480.000 Euro kostete. Das Land trug 65 Prozent, der Bund aus einem Programm für Auen 15 Prozent, der "
            "Verband 12 Prozent. Den Rest gaben die Gemeinden und eine Stiftung. Für die Pflege rechnet der Verband "
            "mit 28.000 Euro im Jahr; 2024 waren es 31.500 Euro, weil nach dem Sturm im Juli viele Weiden geschnitten "
            "werden mussten."
        ),
        Heading("Hochwasser"),
        Text(
            "Die Aue kann heute 410.000 Kubikmeter Wasser aufnehmen, vorher waren es 130.000. Wie gut das wirkt, "
            "zeigte sich im Juni 2024, als in zwei Tagen 118 Liter je Quadratmeter fielen, mehr als im Jahr 2013 mit "
            "104 Litern. Der Pegel in Niederschwand stieg auf 2,31 Meter, 2013 waren es 3,08 Meter gewesen. Die Welle "
            "brauchte von Mühlhag bis Niederschwand neuneinhalb Stunden, früher vier. Vollgelaufen sind fünf Keller, "
            "alle in der Gerbergasse, wo das Wasser aus dem Kanal kam und nicht aus dem Bach."
        ),
        NewPage(),
        Heading("Tiere und Pflanzen"),
        Text(
            "Bei der Befischung im September 2024 wurden 14 Arten gefunden, 2021 waren es elf. Am häufigsten ist die "
            "Elritze mit 46 Prozent, es folgen Schmerle und Döbel. Die Äsche ist zurück, die Barbe nicht; ihr fehlen "
            "die tiefen Gumpen. Von 1.200 Bachforellen, die 2021 markiert wurden, hat ein Zehntel die Rampe an der "
            "Sägmühle durchschwommen. Ein Netz von Sonden zählt dort seit 2022 mit: Im Frühjahr 2024 waren es 3.870 "
            "Fische, im Jahr davor 2.950."
        ),
        Text(
            "Von der Bachmuschel wurden im Mai 2022 800 Jungtiere ausgesetzt, die in einer Zuchtstation in Hainsprung "
            "herangewachsen waren. Im Herbst 2024 lebten davon noch etwa 300."
        ),
        Text(
            "An den Steilufern brüten vier Paare des Eisvogels, im vergangenen Jahr mit 17 Jungen. Der Biber kam von "
            "selbst, im Winter 2022. Seine zwei Familien haben fünf Dämme gebaut; einer davon, bei der Kläranlage, "
            "wurde im März 2024 mit Erlaubnis um 40 Zentimeter abgesenkt, weil das Wasser in einen Keller drückte. "
            "Für Bäume, die er fällt, zahlt der Verband den Obstbauern bis zu 180 Euro je Stamm."
        ),
        Text(
            "Auf den Streifen am Ufer wurden 9.400 Erlen, Weiden und Eschen gepflanzt. Die Eschen sind fast alle an "
            "einem Pilz gestorben und wurden durch Flatterulmen ersetzt. Das Springkraut, das aus Asien stammt und "
            "alles überwuchert, wird jedes Jahr im Juli von Freiwilligen ausgerissen; 2024 waren 86 Helferinnen und "
            "Helfer an vier Samstagen dabei, und die Fläche ging von 3,2 auf 1,9 Hektar zurück."
        ),
        Heading("Wasser"),
        Text(
            "Das Wasser ist im Sommer um 2,4 Grad kühler als vor dem Umbau, weil es schattiger ist und mehr "
            "Grundwasser zutritt. An heißen Tagen wurden am Pegel Niederschwand höchstens 19,8 Grad gemessen. Der "
            "Gehalt an Nitrat sank von 34 auf 22 Milligramm je Liter; das Ziel sind 15 Milligramm. Phosphat hat sich "
            "kaum verändert, da es aus der Kläranlage kommt, die erst 2027 eine vierte Stufe erhält. Das Grundwasser "
            "unter den Wiesen steht im Mittel um 55 Zentimeter höher. Drei Landwirte haben deshalb Ausgleich "
            "bekommen, zusammen 41.000 Euro."
        ),
        Heading("Menschen am Bach"),
        Text(
            "Ein Weg von 3,5 Kilometern führt von Mühlhag bis zur Sägmühle, mit zwei Stegen und einem Turm von 11 "
            "Metern Höhe, von dem man die Biberdämme sieht. Der Turm ist von Mitte Februar bis Ende Juni gesperrt, "
            "weil daneben der Schwarzstorch brütet. Auf dem linken Ufer sind Hunde erlaubt, an der Leine; das rechte "
            "Ufer bleibt den Tieren. Baden darf man an der Kiesbank unterhalb des Stegs 2. Boote sind nicht erlaubt. "
            "Im Jahr 2024 zählte ein Gerät am Steg 1 rund 27.000 Besuche, ein Drittel davon im Mai und Juni. "
            "Führungen gibt es von April bis Oktober am ersten Sonntag des Monats um 14 Uhr; sie kosten nichts, um "
            "Spenden wird gebeten. Schulen können den Koffer mit Keschern und Lupen für zwei Wochen ausleihen."
        ),
        Text(
            "Bei einer Umfrage unter 640 Haushalten im Herbst 2023 nannten 78 Prozent den Umbau gelungen, 9 Prozent "
            "misslungen. Vor dem Bau waren nur 41 Prozent dafür gewesen. Am meisten wird über Mücken geklagt, am "
            "zweitmeisten über zu wenige Parkplätze: Am Wochenende reichen die 24 Plätze in Mühlhag nicht aus."
        ),
        Heading("Was noch zu tun ist"),
        Items(
            [
                "Bis 2026 wird der Zufluss Erlengraben auf 700 Metern geöffnet, der heute in einem Rohr fließt. "
                "Kosten: 390.000 Euro.",
                "Im Herbst 2025 werden sechs Gumpen von bis zu 1,8 Metern Tiefe ausgebaggert, damit die Barbe "
                "wiederkommt.",
                "In Mühlhag entstehen 16 weitere Parkplätze, mit Schotter statt Asphalt.",
                "Die Rampe an der Sägmühle erhält bis Juni eine Rinne für Niedrigwasser, da sie 2022 drei Wochen lang "
                "trocken lag.",
                "Der nächste Bericht erscheint 2030.",
            ]
        ),
        Lines(
            [
                "Für den Verband: Dr. Hedwig Lamprecht-Soyer, Geschäftsführerin",
                "Geschäftsstelle: Altes Zollhaus, Mühlhag, Telefon 0000 74 05 51",
            ]
        ),
    ],
)

MORE_GERMAN = (
    AUSSCHREIBUNG,
    ELTERNBRIEF,
    HAUSRAT,
    FERTIGUNGSAUFTRAG,
    HANDBUCH,
    FRACHTTARIF,
    LAUTERSBACH,
)
