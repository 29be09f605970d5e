"""The English documents."""

from __future__ import annotations

from bench.business.blocks import Columns, Document, Fields, Heading, Items, Lines, NewPage, Table, Text

BOAT_HIRE = Document(
    name="boat-hire.pdf",
    language="en",
    title="Boat hire: price list from 1 April 2025",
    head="Oddmere Boatyard, North Shore",
    blocks=[
        Heading("Boats"),
        Table(
            head=["Boat", "Persons", "1 hour", "3 hours", "Whole day", "Deposit"],
            rows=[
                ["Rowing boat", "4", "£14", "£34", "£58", "£20"],
                ["Kayak, single", "1", "£11", "£26", "£42", "£25"],
                ["Kayak, double", "2", "£17", "£41", "£67", "£45"],
                ["Canadian canoe", "3", "£18", "£44", "£72", "£50"],
                ["Pedal boat", "5", "£19", "£47", "–", "£30"],
                ["Sailing dinghy Tern", "3", "£29", "£75", "£118", "£120"],
                ["Electric boat Heron", "6", "£36", "£92", "£155", "£100"],
                ["Electric boat Kestrel", "8", "£48", "£124", "£210", "£160"],
            ],
            align="lrrrrr",
            widths=[32, 13, 13, 13, 16, 13],
        ),
        Heading("Extras"),
        Table(
            head=["Item", "Price", "Per"],
            rows=[
                ["Life jacket, adults and children", "free", "hire"],
                ["Wetsuit", "£9", "day"],
                ["Watertight barrel, 60 litres", "£4", "day"],
                ["Picnic basket for two", "£23", "basket"],
                ["Sailing lesson", "£38", "90 minutes"],
                ["Late return", "£7", "15 minutes or part of them"],
            ],
            align="lrl",
            widths=[42, 15, 43],
            ruled=False,
        ),
        Heading("Reductions"),
        Table(
            head=["Who", "When", "Less"],
            rows=[
                ["Groups with five boats or more", "every day", "10%"],
                ["Members of Oddmere Sailing Club", "every day", "15%"],
                ["School classes", "Monday to Thursday", "25%"],
            ],
            align="llr",
            widths=[50, 35, 15],
            ruled=False,
        ),
        Heading("Hours"),
        Fields(
            [
                ("April to September", "daily, 09:30 to 18:30"),
                ("October", "Saturdays and Sundays, 10:00 to 16:00"),
                ("Last hire", "one hour before closing"),
                ("Bookings", "01632 960 174"),
            ]
        ),
    ],
)

WORKSHOP_LEASE = Document(
    name="workshop-lease.pdf",
    language="en",
    title="Lease of a workshop",
    head="Lease, Unit 7, Orchard Yard",
    serif=True,
    blocks=[
        Text("between Brackenhall Estates Ltd, Nether Wexcombe (the landlord), and Tilda & Rowe Joinery (the tenant)."),
        Heading("1. The premises"),
        Text(
            "The landlord lets to the tenant Unit 7 of Orchard Yard, Nether Wexcombe: a workshop of 184 square metres "
            "on the ground floor, an office of 22 square metres above it, and the parking spaces numbered 12 to 14. "
            "The yard, the loading ramp and the gate are shared with the tenants of the other units."
        ),
        Heading("2. Use"),
        Text(
            "The premises are let as a joinery workshop with a showroom. Wood may be oiled and waxed there. Paint and "
            "lacquer that contain solvents may not be sprayed, because the unit has no extraction for them."
        ),
        Heading("3. Term"),
        Text(
            "The lease begins on 1 May 2025 and runs for five years. It ends on 30 April 2030 without notice being "
            "given. The tenant may ask for one extension of three years; the landlord must be told of this no later "
            "than 31 October 2029."
        ),
        Heading("4. Rent"),
        Text(
            "In the first and second year the rent is £1,450 a month. In the third year and after that it is £1,580 a "
            "month. The office is included. The rent is due on the first working day of the month and is paid by "
            "standing order. Rent that is more than ten days late bears interest at four per cent a year above the "
            "base rate."
        ),
        Heading("5. Service charge"),
        Text(
            "The tenant pays £95 a month towards the running of the yard. The charge covers clearing snow, lighting "
            "the yard, and emptying the shared waste containers. Electricity, water and the removal of sawdust are "
            "not covered; the tenant makes contracts for them in its own name."
        ),
        Heading("6. Deposit"),
        Text(
            "Before the keys are handed over the tenant pays a deposit of £4,350. The landlord keeps it in a separate "
            "account and returns it, with interest, within 28 days of the end of the lease, less the cost of damage "
            "that the tenant has not put right."
        ),
        Heading("7. Ending the lease early"),
        Text(
            "In the first year the tenant may end the lease by giving six months' notice. From the second year on, "
            "three months' notice is enough. The landlord may end the lease early only after the third year, and must "
            "then give twelve months' notice. Notice is given in writing and takes effect at the end of a month."
        ),
        Text(
            "If the rent has not been paid for two months, the landlord may end the lease with fourteen days' notice, "
            "provided that it has sent a reminder first."
        ),
        Heading("8. Repairs"),
        Text(
            "The landlord keeps the roof, the outer walls, the steel frame and the main drains in repair. The tenant "
            "keeps in repair everything inside, including the doors, the windows, the light fittings and the hoist. "
            "The tenant has the hoist inspected once a year and sends the landlord a copy of the report."
        ),
        Heading("9. Alterations"),
        Text(
            "The tenant may put up partitions and shelves. Any work on the steel frame, the floor slab or the "
            "electrical supply needs the landlord's written consent. The landlord answers a request within 15 working "
            "days; if it does not answer, consent counts as given."
        ),
        Heading("10. Noise"),
        Text(
            "Machines may run from 7:00 to 19:00 on Monday to Friday and from 8:00 to 13:00 on Saturday. They may not "
            "run on Sundays and public holidays. Quiet work is allowed at any time."
        ),
        Heading("11. Insurance"),
        Text(
            "The landlord insures the building against fire, storm and burst pipes. The tenant insures the contents "
            "for at least £60,000 and has public liability insurance of at least £2 million. It shows the landlord "
            "both policies every January."
        ),
        Heading("12. Sharing the premises"),
        Text(
            "The tenant may not sublet the premises as a whole. It may let up to 30 square metres to one other craft "
            "business, provided that it gives the landlord the name of that business four weeks in advance."
        ),
        Heading("13. Visits"),
        Text(
            "The landlord may enter the premises after giving 48 hours' notice, between 9:00 and 16:00 on a working "
            "day. In an emergency it may enter at any time."
        ),
        Heading("14. The end of the lease"),
        Text(
            "At the end of the lease the tenant removes its machines, fills the holes of their fixings, sweeps the "
            "premises and returns all keys. It has received five door keys and two gate transmitters. A lost key costs "
            "£18, a lost transmitter £75."
        ),
        Lines(
            ["Nether Wexcombe, 27 March 2025", "For the landlord: the managing director", "For the tenant: a partner"]
        ),
    ],
)

LEAVE_POLICY = Document(
    name="leave-policy.pdf",
    language="en",
    title="Leave and absence",
    head="Marlowe Finch Packaging: staff handbook, section 4",
    blocks=[
        Text("Valid from 1 January 2025. It replaces the version of May 2022."),
        Heading("4.1 Who this applies to"),
        Text(
            "This section applies to everybody who is employed by Marlowe Finch Packaging, full-time or part-time, "
            "from their first day. Agency workers have the leave that their agency gives them."
        ),
        Heading("4.2 Annual leave"),
        Text(
            "The leave year is the calendar year. Public holidays come on top of annual leave. How much leave you have "
            "depends on how long you have been with the company on 1 January:"
        ),
        Table(
            head=["Length of service", "Days of annual leave"],
            rows=[
                ["less than 2 years", "25"],
                ["2 years or more", "26"],
                ["5 years or more", "28"],
                ["10 years or more", "31"],
            ],
            align="lr",
            widths=[60, 40],
        ),
        Text(
            "Part-time staff have a share of these days that corresponds to their working days a week. In your first "
            "year you earn a twelfth of your leave with every complete month."
        ),
        Heading("4.3 Carrying leave over"),
        Text(
            "Up to five days may be carried over into the next year. They have to be taken by 15 April; after that "
            "they lapse. If you could not take leave because you were ill or on parental leave, all of it is carried "
            "over, and you have until the end of that year."
        ),
        Heading("4.4 How to ask for leave"),
        Items(
            [
                "Ask your line manager, using the leave calendar on the intranet.",
                "For a week or more, ask at least four weeks ahead.",
                "For shorter leave, ask at least three working days ahead.",
                "Your manager answers within five working days.",
            ]
        ),
        Text(
            "Leave can be refused when more than a third of a team would be away at the same time. In production no "
            "leave is granted in the two weeks before Christmas, since this is when the most orders are shipped."
        ),
        Heading("4.5 When you are ill"),
        Text(
            "Call your line manager or the gatehouse before 8:30 on the first day of your illness; a text message is "
            "not enough. From the fourth day on we need a note from your doctor. You get full pay for the first eight "
            "weeks of an illness and half pay for the eight weeks after that."
        ),
        Text(
            "If you fall ill while on leave, the days that a doctor has certified are given back to you. After an "
            "absence of more than four weeks you have a talk with your manager about how to return, for example with "
            "shorter hours in the beginning."
        ),
        Heading("4.6 Parents"),
        Text(
            "Mothers, and the main carer of an adopted child, have 20 weeks of leave on full pay. The other parent has "
            "three weeks on full pay, which have to be taken within twelve months of the birth or adoption and may be "
            "split into single weeks. Tell us at least ten weeks in advance."
        ),
        Text(
            "When a child under twelve is ill, each parent may stay at home for up to six paid days a year. No "
            "doctor's note is needed for the first two of them."
        ),
        Heading("4.7 Other paid leave"),
        Table(
            head=["Occasion", "Paid days"],
            rows=[
                ["death of a partner, parent or child", "5"],
                ["death of a grandparent, brother or sister", "2"],
                ["your own wedding or civil partnership", "2"],
                ["moving house, once in two years", "1"],
                ["jury service", "as long as it lasts"],
                ["voluntary work for a charity", "3 a year"],
            ],
            align="lr",
            widths=[65, 35],
        ),
        Heading("4.8 Unpaid leave"),
        Text(
            "After three years with the company you may ask for up to six months of unpaid leave. Your pension "
            "contributions are suspended during this time. Your job is kept open, though not always the same shift."
        ),
        Heading("4.9 Questions"),
        Text(
            "The personnel office answers questions: room 1.12, extension 214, Monday to Thursday from 9:00 to 12:00."
        ),
    ],
)

SHUTTLE_TIMETABLE = Document(
    name="shuttle-timetable.pdf",
    language="en",
    title="Works shuttle: timetable",
    head="Valid from 6 January 2025",
    blocks=[
        Heading("Monday to Friday, to the works"),
        Table(
            head=["Stop", "Bus 1", "Bus 2", "Bus 3", "Bus 4", "Bus 5"],
            rows=[
                ["Railway station", "05:21", "06:16", "07:04", "13:11", "21:12"],
                ["Market Cross", "05:28", "06:23", "07:11", "13:18", "21:19"],
                ["Hospital", "05:34", "–", "07:18", "13:24", "–"],
                ["Gate 2 (Foundry)", "05:43", "06:35", "07:27", "13:33", "21:31"],
                ["Gate 5 (Assembly)", "05:48", "06:40", "07:32", "13:38", "21:36"],
            ],
            align="lrrrrr",
            widths=[30, 14, 14, 14, 14, 14],
        ),
        Heading("Monday to Friday, from the works"),
        Table(
            head=["Stop", "Bus 6", "Bus 7", "Bus 8", "Bus 9", "Bus 10"],
            rows=[
                ["Gate 5 (Assembly)", "06:14", "14:17", "15:52", "17:09", "22:13"],
                ["Gate 2 (Foundry)", "06:19", "14:22", "15:57", "17:14", "22:18"],
                ["Hospital", "–", "14:31", "16:06", "17:23", "–"],
                ["Market Cross", "06:31", "14:37", "16:12", "17:29", "22:30"],
                ["Railway station", "06:38", "14:44", "16:19", "17:36", "22:37"],
            ],
            align="lrrrrr",
            widths=[30, 14, 14, 14, 14, 14],
        ),
        Heading("Saturday"),
        Table(
            head=["Stop", "Out", "Back"],
            rows=[
                ["Railway station", "05:25", "14:50"],
                ["Market Cross", "05:32", "14:41"],
                ["Gate 2 (Foundry)", "05:46", "14:27"],
            ],
            align="lrr",
            widths=[30, 14, 14],
            ruled=False,
        ),
        Heading("Fares"),
        Fields(
            [
                ("With a works pass", "free of charge"),
                ("Apprentices", "free of charge"),
                ("Visitors", "£1.80 a ride, exact change"),
            ]
        ),
        Heading("Please note"),
        Items(
            [
                "No service on Sundays, on public holidays and from 24 December to 1 January.",
                "Bus 3 waits for the train from Stowbridge for up to eight minutes.",
                "Bus 8 runs on school days only.",
                "The shuttle takes 22 passengers. When it is full, the driver calls a taxi at the company's expense.",
                "Lost property is kept at the gatehouse of Gate 2 for three months.",
            ]
        ),
    ],
)

LIFT_INSPECTION = Document(
    name="lift-inspection.pdf",
    language="en",
    title="Lift inspection report",
    head="Ashdown Vale Lift Inspection, form 12-B",
    blocks=[
        Heading("Lift"),
        Fields(
            [
                ("Site", "Harrow Lane Archive, 3 Harrow Lane, Pelbridge"),
                ("Lift number", "L-2 (goods lift, north staircase)"),
                ("Manufacturer", "Korvann Hoists"),
                ("Year of construction", "2011"),
                ("Drive", "traction, machine room in the basement"),
                ("Rated load", "1,050 kg or 14 persons"),
                ("Rated speed", "0.63 m/s"),
                ("Stops", "5"),
            ]
        ),
        Heading("Inspection"),
        Fields(
            [
                ("Inspection date", "4 March 2025"),
                ("Previous inspection", "10 September 2024"),
                ("Next inspection due", "3 September 2025"),
                ("Inspector", "E. Hallam"),
                ("Present for the operator", "the caretaker"),
                ("Trips on the counter", "412,608"),
            ]
        ),
        Heading("Measurements"),
        Fields(
            [
                ("Braking distance, loaded", "112 mm (limit 150 mm)"),
                ("Overspeed governor trips at", "0.88 m/s"),
                ("Wear of rope 1", "4%"),
                ("Wear of rope 2", "7% (limit 10%)"),
                ("Door closing force", "128 N (limit 150 N)"),
                ("Levelling at the stops", "within 6 mm"),
                ("Emergency call answered after", "35 seconds"),
                ("Emergency light lasts", "1 hour 20 minutes"),
            ]
        ),
        Heading("Faults found"),
        Table(
            head=["No.", "Fault", "Class", "Put right by"],
            rows=[
                ["1", "Call button on the third floor does not light up", "minor", "30 April 2025"],
                ["2", "Handrail in the car is loose", "moderate", "18 March 2025"],
                ["3", "Pit ladder is missing a rung", "moderate", "25 March 2025"],
            ],
            align="llll",
            widths=[8, 52, 17, 23],
        ),
        Heading("Result"),
        Fields(
            [
                ("May the lift be used", "yes, while the faults are being put right"),
                ("Re-inspection needed", "no; send photographs of the repairs"),
                ("Sticker number", "AV 20931"),
            ]
        ),
    ],
)

STORAGE_FAQ = Document(
    name="storage-faq.pdf",
    language="en",
    title="Questions and answers about your storage room",
    head="Larch Lane Self Storage",
    serif=True,
    blocks=[
        Columns(
            left=[
                Heading("How long do I have to rent?"),
                Text(
                    "At least four weeks. After that you pay from month to month. If you pay for a whole year in "
                    "advance, you get one month free."
                ),
                Heading("When can I get to my things?"),
                Text(
                    "The building opens with your code every day from 5:00 to 23:00, also on holidays. The office is "
                    "staffed from 9:00 to 17:30 on weekdays and from 9:00 to 13:00 on Saturdays."
                ),
                Heading("What sizes are there?"),
                Text(
                    "Lockers of one cubic metre, and rooms of 2, 4, 6, 10 and 15 square metres. All rooms are 2.80 "
                    "metres high. As a rule of thumb, the contents of a two-room flat need six square metres."
                ),
                Heading("What may I not store?"),
                Items(
                    [
                        "food that spoils, plants and animals",
                        "gas bottles, fireworks and fuel",
                        "weapons",
                        "tyres, if there are more than eight of them",
                    ]
                ),
                Heading("Can I store a motorcycle?"),
                Text(
                    "Yes, in rooms on the ground floor, as long as the tank is empty and the battery has been "
                    "disconnected. Please put a drip tray under it."
                ),
                Heading("Why is there no socket in my room?"),
                Text(
                    "Because our fire insurance does not allow appliances to run unattended. You can charge a "
                    "cordless tool at the office."
                ),
                Heading("Is it heated?"),
                Text(
                    "The temperature never falls below 12 degrees in winter, and humidity is kept under 60 per cent. "
                    "In summer there is ventilation but no cooling."
                ),
            ],
            right=[
                Heading("Are my things insured?"),
                Text(
                    "Up to £2,000 of insurance is included. For every further £1,000 you pay £1.90 a month. Cash, "
                    "jewellery and documents are not insured."
                ),
                Heading("Who else can have a code?"),
                Text(
                    "You may name up to three other people. Each gets a code of their own, so that the log shows who "
                    "came in."
                ),
                Heading("I have forgotten my code. What now?"),
                Text(
                    "Come to the office with an identity card. Outside office hours call 01632 960 388; opening the "
                    "door then costs £20."
                ),
                Heading("What if I lose the key of my padlock?"),
                Text("We cut the lock open for £15 while you are present. A new lock costs £9."),
                Heading("Can you take in deliveries for me?"),
                Text(
                    "Yes, parcels of up to 25 kilograms, and no more than five a week. We keep them at the office for "
                    "ten days."
                ),
                Heading("Are there trolleys?"),
                Text(
                    "Yes, in the entrance hall, free of charge. The goods lift carries 1,500 kilograms. A van can be "
                    "hired from us for £32 for half a day."
                ),
                Heading("What happens if I pay late?"),
                Text(
                    "After ten days your code is blocked until you have paid. After sixty days we may sell what is in "
                    "the room; you get a letter three weeks before that."
                ),
                Heading("How do I move out?"),
                Text(
                    "Tell us two weeks in advance, by e-mail or at the office. Leave the room swept and take your lock "
                    "with you. Your deposit comes back within seven days."
                ),
            ],
        ),
    ],
)

OFFICE_MOVE = Document(
    name="office-move-memo.pdf",
    language="en",
    title="Memo",
    blocks=[
        Fields(
            [
                ("To", "all staff of Accounts, Purchasing and Export"),
                ("From", "Facilities"),
                ("Date", "26 May 2025"),
                ("Subject", "Move from the first to the fourth floor"),
            ]
        ),
        Text(
            "As many of you have noticed, our floor has been giving way beside the lift. The "
            "surveyor has found that water from the kitchen has damaged the joists, and the storey has to be empty "
            "while they are replaced. Accounts, Purchasing and Export therefore move to the fourth floor."
        ),
        Heading("When"),
        Text(
            "The removal firm comes on Friday, 13 June, at 13:00. Please have your desk packed by 11:00 that day, and "
            "work from home in the afternoon. On Monday, 16 June, you start in your new place at the usual time."
        ),
        Heading("Boxes and labels"),
        Text(
            "Each of you gets four boxes; they will be beside the copier from Monday, 9 June. Write your name and the "
            "new room on two sides. So that nothing gets lost, each department has a colour of its own:"
        ),
        Table(
            head=["Department", "Label", "New room", "Desks"],
            rows=[
                ["Accounts", "blue", "4.03", "9"],
                ["Purchasing", "green", "4.07", "6"],
                ["Export", "yellow", "4.11", "7"],
            ],
            align="lllr",
            widths=[34, 22, 22, 22],
        ),
        Heading("What stays and what comes along"),
        Items(
            [
                "Screens, keyboards and telephones are packed by IT. You keep your telephone number.",
                "Chairs come along; put a label under the seat.",
                "Filing cabinets stay. Take out what you need until the autumn.",
                "Plants: please take them home, as the removal firm does not carry them.",
            ]
        ),
        Heading("Network"),
        Text(
            "The file server is switched off from Friday at 15:00 until Saturday at 10:00. E-mail works all the time, "
            "but the ordering system does not."
        ),
        Heading("Questions"),
        Text("Ask Facilities on extension 330, or come to the information meeting in the canteen on 4 June at 12:30."),
    ],
)

VAN_INSURANCE = Document(
    name="van-insurance.pdf",
    language="en",
    title="Your motor policy at a glance",
    head="Quillstone Mutual, business customers",
    blocks=[
        Fields(
            [
                ("Policy number", "QM 48-20715-3"),
                ("Policyholder", "Pell Street Florists"),
                ("Period of insurance", "1 February 2025 to 31 January 2026"),
                ("Premium for the year", "£1,312.40, tax included"),
                ("If paid monthly", "twelve payments of £115.20"),
                ("Cover", "comprehensive"),
            ]
        ),
        Heading("Insured vehicles"),
        Table(
            head=["Vehicle", "Used by", "Kept overnight", "Miles a year", "Excess"],
            rows=[
                ["Van A, built 2019", "shop in Pell Street", "locked garage", "9,000", "£250"],
                ["Van B, built 2023", "wholesale market", "street", "16,000", "£425"],
            ],
            align="lllrr",
            widths=[22, 24, 20, 18, 16],
        ),
        Heading("What is covered"),
        Table(
            head=["Cover", "Up to", "Excess"],
            rows=[
                ["Injury to other people", "no limit", "none"],
                ["Damage to other people's property", "£5,000,000", "none"],
                ["Fire and theft of the vehicle", "market value", "as above"],
                ["Glass", "no limit", "£75"],
                ["Goods carried", "£4,000", "£150"],
                ["Tools left in the vehicle overnight", "£1,500", "£200"],
                ["Keys lost or stolen", "£600", "£50"],
                ["Personal accident of the driver", "£10,000", "none"],
            ],
            align="lrr",
            widths=[54, 26, 20],
        ),
        Text(
            "For drivers under 25 the excess is higher by £300; for those who have held a licence for less than a "
            "year, by £350."
        ),
        Heading("Included services"),
        Items(
            [
                "Replacement van while yours is being repaired in one of our garages, for up to 21 days.",
                "Breakdown assistance at the roadside and at your door; towing up to 40 miles.",
                "Driving in the rest of Europe for up to 45 days a year.",
                "Legal advice by telephone, on working days from 8:00 to 20:00.",
            ]
        ),
        NewPage(),
        Heading("What is not covered"),
        Items(
            [
                "Carrying passengers for money.",
                "Trailers, unless you have told us of them beforehand.",
                "Flowers and plants that spoil because of heat or frost.",
                "Damage to tyres by braking, cuts or bursts.",
                "Theft when the keys were left in the vehicle.",
            ]
        ),
        Heading("Who may drive"),
        Text(
            "The owner of the business and its employees, provided that they are 21 or older and hold a full licence. "
            "Van A may also be driven by the owner's spouse, for private journeys too."
        ),
        Heading("If something happens"),
        Items(
            [
                "Call the claims line at any hour: 01632 960 555.",
                "Tell us within five days, even if you do not want to claim.",
                "Report a theft to the police within 24 hours, and ask for the crime number.",
                "Do not admit that you were at fault.",
            ],
            numbered=True,
        ),
        Heading("Changes and cancellation"),
        Text(
            "Tell us when you buy another vehicle, move your business, or have a new regular driver. You may cancel "
            "within 14 days of receiving the policy and get back everything but £25. After that you may cancel at any "
            "time; we then keep the premium for the days used and a fee of £45, and give back nothing if there has "
            "been a claim."
        ),
    ],
)

BREAD_SHEET = Document(
    name="bread-sheet.pdf",
    language="en",
    title="Production sheet: seeded rye and spelt rolls",
    head="Millrace Bakery, production, issue 6",
    blocks=[
        Heading("Seeded rye, 1 kg loaves"),
        Table(
            head=["Ingredient", "for 30 loaves", "for 60 loaves"],
            rows=[
                ["Rye flour, medium", "9.6 kg", "19.2 kg"],
                ["Wheat flour, strong", "4.8 kg", "9.6 kg"],
                ["Rye sourdough", "6.3 kg", "12.6 kg"],
                ["Water, 34 °C", "9.9 kg", "19.8 kg"],
                ["Sunflower seeds", "1.7 kg", "3.4 kg"],
                ["Linseed", "1.1 kg", "2.2 kg"],
                ["Salt", "330 g", "660 g"],
                ["Fresh yeast", "140 g", "280 g"],
            ],
            align="lrr",
            widths=[50, 25, 25],
        ),
        Items(
            [
                "Soak the seeds in 4 kg of the water (8 kg for 60 loaves) for two hours.",
                "Mix everything for 7 minutes slowly and 2 minutes fast. The dough should come out at 29 °C.",
                "Leave it to rest for 35 minutes, covered.",
                "Scale pieces of 1,140 g, shape them, and roll them in seeds.",
                "Prove in tins for 55 minutes at 32 °C.",
                "Bake with steam at 250 °C for 12 minutes, open the vent, and bake at 205 °C for another 48 minutes.",
                "Check that the core has 97 °C. Tip the loaves out at once, or the crust goes soft.",
                "Slice no earlier than 8 hours after baking.",
            ],
            numbered=True,
        ),
        Fields(
            [
                ("Best before", "6 days from baking"),
                ("Allergens", "rye, wheat (gluten); may contain traces of sesame"),
                ("Packed in", "paper bag no. 4"),
                ("Baked on", "Tuesday, Thursday and Saturday"),
            ]
        ),
        NewPage(),
        Heading("Spelt rolls, 70 g"),
        Table(
            head=["Ingredient", "for 150 rolls", "for 300 rolls"],
            rows=[
                ["Spelt flour, white", "6.5 kg", "13 kg"],
                ["Spelt wholemeal flour", "1.2 kg", "2.4 kg"],
                ["Milk", "4.3 kg", "8.6 kg"],
                ["Butter", "450 g", "900 g"],
                ["Honey", "160 g", "320 g"],
                ["Salt", "155 g", "310 g"],
                ["Fresh yeast", "230 g", "460 g"],
            ],
            align="lrr",
            widths=[50, 25, 25],
        ),
        Items(
            [
                "Mix for 5 minutes slowly and 3 minutes fast. Spelt tears when it is kneaded for longer.",
                "Leave the dough to rest for 20 minutes, fold it, and leave it for another 20 minutes.",
                "Divide into pieces of 82 g and round them.",
                "Prove for 40 minutes at 30 °C, then brush with milk.",
                "Bake with steam at 225 °C for 17 minutes.",
            ],
            numbered=True,
        ),
        Fields(
            [
                ("Best before", "the day of baking"),
                ("Allergens", "spelt (gluten), milk"),
                ("Packed in", "crates of 50"),
                ("Baked on", "every day but Sunday"),
            ]
        ),
        Heading("Faults and their causes"),
        Table(
            head=["What you see", "Likely cause", "Next time"],
            rows=[
                ["Rye: crack along the side", "proved too briefly", "10 minutes more in the tins"],
                ["Rye: wet streak at the base", "sourdough too old", "use it within 18 hours"],
                ["Rolls: flat and wide", "dough too warm", "take milk from the fridge"],
                ["Rolls: pale", "too little steam", "check the water pressure"],
            ],
            align="lll",
            widths=[34, 30, 36],
            ruled=False,
        ),
    ],
)

ROOF_QUOTATION = Document(
    name="roof-quotation.pdf",
    language="en",
    title="Quotation Q-2025-118",
    head="Garrick Slope Roofing, Mill Yard, Tansley Green",
    blocks=[
        Lines(["To: the trustees of Tansley Green Village Hall", "Date: 9 April 2025"]),
        Text(
            "Thank you for showing us the hall on 2 April. We offer to renew the roof of the main building and of the "
            "annexe as follows."
        ),
        Table(
            head=["Item", "Work", "Quantity", "Price each", "Amount"],
            rows=[
                ["1", "Scaffolding, up to eight weeks", "1", "£3,850.00", "£3,850.00"],
                ["2", "Taking off and disposing of the old tiles", "236 m²", "£14.50", "£3,422.00"],
                ["3", "Underlay and battens", "236 m²", "£19.00", "£4,484.00"],
                ["4", "Concrete tiles, slate grey", "236 m²", "£31.00", "£7,316.00"],
                ["5", "Ridge, verge and flashings", "58 m", "£46.00", "£2,668.00"],
                ["6", "Flat roof of the annexe, two layers of felt", "41 m²", "£72.00", "£2,952.00"],
                ["7", "Gutters and downpipes, zinc", "64 m", "£38.00", "£2,432.00"],
                ["", "Net", "", "", "£27,124.00"],
                ["", "VAT 20%", "", "", "£5,424.80"],
                ["", "Total", "", "", "£32,548.80"],
            ],
            align="llrrr",
            widths=[8, 43, 14, 17, 18],
            totals=3,
        ),
        Heading("Alternative"),
        Text(
            "With clay tiles in place of item 4 the total is £37,362.00 including VAT. Clay tiles keep their colour "
            "for longer and weigh 8 kg less per square metre, which would suit the old rafters."
        ),
        Heading("Not included"),
        Items(
            [
                "replacing rotten rafters: £64 per metre, only as needed and after we have shown them to you",
                "removing the bats' nests, for which a permit is needed",
                "lightning conductor",
                "painting the soffits",
            ]
        ),
        NewPage(),
        Heading("When"),
        Text(
            "We could start on Monday, 7 July, and would need six weeks. The hall can be used in the evenings and at "
            "weekends; the car park cannot, because the tiles are stored there."
        ),
        Heading("Payment"),
        Table(
            head=["Instalment", "Share", "When"],
            rows=[
                ["first", "25%", "when the order is placed"],
                ["second", "45%", "when the main roof is watertight"],
                ["third", "30%", "14 days after the work has been accepted"],
            ],
            align="lrl",
            widths=[20, 15, 65],
            ruled=False,
        ),
        Heading("Guarantee"),
        Text(
            "We guarantee our work on the tiled roof for twelve years and on the flat roof for eight years. The maker "
            "of the tiles guarantees them against frost for thirty years. The guarantee ends if others work on the "
            "roof without telling us, for instance to fit solar panels."
        ),
        Heading("Validity"),
        Text("These prices are valid for 60 days from the date of this letter. To accept, sign and return one copy."),
        Lines(["The managing partner, Garrick Slope Roofing", "Telephone 01632 960 241"]),
    ],
)

ENGLISH = (
    BOAT_HIRE,
    WORKSHOP_LEASE,
    LEAVE_POLICY,
    SHUTTLE_TIMETABLE,
    LIFT_INSPECTION,
    STORAGE_FAQ,
    OFFICE_MOVE,
    VAN_INSURANCE,
    BREAD_SHEET,
    ROOF_QUOTATION,
)
