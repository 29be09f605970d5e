"""The English documents of the second library."""

from __future__ import annotations

from bench.business.blocks import Columns, Document, Fields, Heading, Items, Lines, NewPage, Table, Text

ALLOTMENT_MINUTES = Document(
    name="allotment-minutes.pdf",
    language="en",
    title="Minutes of the committee meeting",
    head="Fallowgate Allotment Society",
    blocks=[
        Fields(
            [
                ("Date", "Tuesday, 11 February 2025"),
                ("Place", "Scout hut, Quarry Road"),
                ("Opened and closed", "19:05 and 21:20"),
                ("In the chair", "Maureen Tidewell"),
                ("Minutes", "Jonah Prewitt"),
                ("Also present", "Ines Calloway (treasurer), Frank Odell (shop), Dilys Marchbank, Tom Ruddle"),
                ("Apologies", "Sunil Karrow, Bea Ottley"),
                ("Plots let", "118 of 124"),
            ]
        ),
        Heading("1. Minutes of 14 January"),
        Text(
            "Approved with one change: the hedge at the south gate was cut by the tenants of plots 1 to 8 and not by "
            "the council."
        ),
        Heading("2. Treasurer's report"),
        Table(
            head=["Account", "1 January", "11 February"],
            rows=[
                ["Current account", "£3,418.60", "£5,902.15"],
                ["Reserve", "£8,250.00", "£8,275.40"],
                ["Key deposits", "£1,416.00", "£1,440.00"],
                ["Shop float", "£160.00", "£95.00"],
            ],
            align="lrr",
            widths=[50, 25, 25],
        ),
        Text(
            "Rents for 2025 have come in from 103 tenants. The other 15 owe £612 between them. They get a reminder on "
            "20 February and a second letter on 10 March. Whoever has not paid by 31 March loses the plot."
        ),
        Heading("3. Leak in the main"),
        Text(
            "The new meter shows that 41 cubic metres ran away in December and 58 in January. Tom has traced the leak "
            "to the path between plots 66 and 67. Three firms have looked at it:"
        ),
        Table(
            head=["Firm", "Price", "Could start", "Guarantee"],
            rows=[
                ["Hexley Pipework", "£1,140", "3 March", "5 years"],
                ["B. Swann & Daughter", "£965", "14 April", "2 years"],
                ["Northmoor Drains", "£1,020", "28 April", "5 years"],
            ],
            align="lrll",
            widths=[36, 18, 24, 22],
        ),
        Text(
            "Hexley Pipework gets the job, although it is the dearest, because the others can only come after "
            "planting has begun. The taps, which usually run from 1 March, will be turned on on Saturday, 22 March. "
            "Until then there is rainwater in the tanks at the north gate."
        ),
        Heading("4. Bonfires"),
        Text(
            "From now on fires may only be lit from October to March, on the first weekend of the month, and not "
            "before 15:00. Carried by four votes to two."
        ),
        Heading("5. Hens on plot 31"),
        Text(
            "Mr Dacre asked to keep eight hens. He may have six and no cockerel, in a run of at least 12 square "
            "metres. The committee looks at this again in September."
        ),
        NewPage(),
        Heading("6. Waiting list"),
        Text(
            "There are 47 names on the list. The person at the top has been waiting since June 2022; the average is "
            "20 months. Six plots are free: 9, 22, 23, 58, 90 and 112. The first five are offered as half plots, so "
            "that ten people can start. Plot 112 is under water and is left as it is until the ditch has been dug out."
        ),
        Heading("7. Break-ins"),
        Text(
            "In the night of 25 January three sheds were broken open, on plots 14, 15 and 40. A strimmer, two pairs "
            "of loppers and a pump were taken. Sunil had proposed a camera at the south gate. This was turned down, "
            "because it would have had the gardens of Ferris Lane in view. Instead the code of the padlocks is "
            "changed four times a year rather than once, first on 1 March."
        ),
        Heading("8. Spring fair"),
        Items(
            [
                "Saturday, 17 May, from 10:00 to 15:00. Stallholders can set up from 8:30.",
                "There are 35 tables. One costs £6 for tenants and £14 for everyone else.",
                "Dilys runs the plant sale, Bea the cakes. Half of what the cakes bring goes to the air ambulance.",
                "Cover for the day costs £88, which the society pays out of the table money.",
                "If it rains hard, the fair is put off to 24 May.",
            ]
        ),
        Heading("9. Shop"),
        Text(
            "The shop opens on 2 March and then every Sunday from 10:00 to 12:00. Frank has fixed these prices for "
            "the season:"
        ),
        Table(
            head=["Goods", "Size", "2024", "2025"],
            rows=[
                ["Compost, peat-free", "50 litres", "£4.90", "£5.40"],
                ["Compost for seeds", "30 litres", "£5.10", "£5.60"],
                ["Chicken manure pellets", "10 kg", "£7.80", "£8.20"],
                ["Bone meal", "5 kg", "£9.50", "£9.50"],
                ["Bamboo canes", "10 of 2.4 m", "£6.20", "£6.90"],
                ["Netting", "4 m by 6 m", "£11.00", "£11.80"],
                ["Seed potatoes", "2.5 kg", "£4.30", "£4.75"],
            ],
            align="llrr",
            widths=[40, 24, 18, 18],
        ),
        Heading("10. Actions"),
        Table(
            head=["What", "Who", "By"],
            rows=[
                ["Place the order with Hexley Pipework", "Tom Ruddle", "14 February"],
                ["Send the reminders", "Ines Calloway", "20 February"],
                ["Change the padlocks and tell the tenants", "Maureen Tidewell", "1 March"],
                ["Write to the people on the list", "Jonah Prewitt", "7 March"],
                ["Get a price for digging out the ditch", "Dilys Marchbank", "8 April"],
                ["Book the band for the fair", "Bea Ottley", "15 March"],
            ],
            align="lll",
            widths=[50, 28, 22],
            ruled=False,
        ),
        Text("The next meeting is on Tuesday, 8 April, at 19:00 in the same place."),
    ],
)

KILN_MANUAL = Document(
    name="kiln-manual.pdf",
    language="en",
    title="Emberline 60 and Emberline 100",
    head="Operating manual for electric kilns, edition 4",
    blocks=[
        Heading("1. Technical data"),
        Table(
            head=["", "Emberline 60", "Emberline 100"],
            rows=[
                ["Chamber", "60 litres", "102 litres"],
                ["Chamber, width × depth × height", "36 × 36 × 46 cm", "44 × 44 × 53 cm"],
                ["Outside, width × depth × height", "67 × 78 × 92 cm", "76 × 87 × 101 cm"],
                ["Highest temperature", "1,280 °C", "1,300 °C"],
                ["Power", "4.8 kW", "7.2 kW"],
                ["Supply", "230 V, one phase", "400 V, three phases"],
                ["Fuse", "25 A", "3 × 16 A"],
                ["Weight, empty", "88 kg", "127 kg"],
                ["Shelves included", "2 whole", "2 whole, 2 half"],
                ["Heating elements", "4", "6"],
            ],
            align="lrr",
            widths=[40, 30, 30],
        ),
        Heading("2. Where to put it"),
        Items(
            [
                "Let a qualified electrician connect the kiln. The Emberline 60 may not be run from an extension lead.",
                "Leave 30 cm to the wall on all sides of the Emberline 60 and 45 cm around the Emberline 100. Above "
                "both there must be 120 cm.",
                "The floor must not burn. On a wooden floor lay a cement board of 20 mm that sticks out by 25 cm on "
                "every side.",
                "The room needs an opening to the outside of 200 square centimetres. The vent hood (part 60-410) "
                "takes away the fumes of glazes.",
                "The air in the room must stay between 5 and 40 °C.",
            ]
        ),
        Heading("3. Before the first firing"),
        Text(
            "Paint the upper side of the shelves with two coats of batt wash and leave them to dry for a day. Then "
            "fire the empty kiln with programme 1. A smell, and hair cracks of up to 1 mm in the bricks, are normal. "
            "Do not paint the bricks or the elements."
        ),
        Heading("4. Loading"),
        Text(
            "Put the lowest shelf on three props of 25 mm. Leave 20 mm between the pots and the elements. In a glaze "
            "firing the pots stand at least 5 mm apart, in a biscuit firing they may touch and be stacked. Everything "
            "that is loaded must be dry: a pot that feels cold against the cheek is still damp and may burst. Load no "
            "more than 35 kg into the Emberline 60 and no more than 60 kg into the Emberline 100."
        ),
        NewPage(),
        Heading("5. Programmes"),
        Table(
            head=["No.", "Use", "Up to", "Soak", "Emberline 60", "Emberline 100"],
            rows=[
                ["1", "First firing, empty", "1,050 °C", "60 min", "8 h 10 min", "9 h 20 min"],
                ["2", "Biscuit, thin", "980 °C", "10 min", "9 h 40 min", "10 h 50 min"],
                ["3", "Biscuit, thick", "1,000 °C", "20 min", "12 h 30 min", "13 h 45 min"],
                ["4", "Earthenware glaze", "1,060 °C", "15 min", "7 h 25 min", "8 h 35 min"],
                ["5", "Stoneware glaze", "1,240 °C", "25 min", "9 h 15 min", "11 h 5 min"],
                ["6", "Decals and lustre", "780 °C", "12 min", "5 h 20 min", "6 h 10 min"],
                ["7", "Glass fusing", "805 °C", "18 min", "14 h 0 min", "15 h 30 min"],
            ],
            align="llrrrr",
            widths=[8, 28, 14, 13, 18, 19],
        ),
        Text(
            "The times run from the start to the end of the soak, with a full load. Cooling takes another 14 hours in "
            "the Emberline 60 and 19 hours in the Emberline 100. Programmes 8 to 20 are free for your own."
        ),
        Heading("6. Firing"),
        Items(
            [
                "Close the lid and turn the bolt until it clicks. Leave the bung out.",
                "Turn the main switch to I. The display shows the temperature in the chamber.",
                "Choose a programme with the arrows and press START. To begin later, hold START for three seconds and "
                "set the hours, up to 24.",
                "Put the bung in at 600 °C; in programme 6 leave it out to the end.",
                "The controller beeps three times when the soak is over. The kiln switches itself off.",
                "Do not open the lid above 120 °C. Below 200 °C you may take out the bung to speed up the cooling.",
            ],
            numbered=True,
        ),
        Text(
            "If the power fails, the controller goes on by itself when the temperature has fallen by less than 50 °C. "
            "Otherwise it stops and shows F6."
        ),
        Heading("7. Messages"),
        Table(
            head=["Shown", "Meaning", "What to do"],
            rows=[
                ["F1", "The lid is not locked", "Turn the bolt until it clicks"],
                ["F2", "It heats too slowly", "Check the fuses; an element may be worn out"],
                ["F3", "Thermocouple broken", "Switch off and replace it (part 60-125)"],
                ["F4", "Thermocouple connected the wrong way round", "Have the wires swapped"],
                ["F5", "The controller is too hot, above 65 °C", "Air the room, wait for an hour"],
                ["F6", "Power failure during the firing", "Press STOP and start again"],
                ["F8", "Too hot by more than 20 °C", "Switch off and call the service: a relay is stuck"],
            ],
            align="lll",
            widths=[11, 41, 48],
        ),
        NewPage(),
        Heading("8. Care"),
        Table(
            head=["Part", "What", "How often"],
            rows=[
                ["Chamber", "vacuum out dust and crumbs", "every 5 firings"],
                ["Grooves of the elements", "vacuum with the brush", "every 20 firings"],
                ["Shelves", "scrape off glaze, coat again", "every 10 firings"],
                ["Thermocouple", "look for flaking", "every 50 firings"],
                ["Thermocouple", "replace", "every 150 firings"],
                ["Elements", "measure resistance", "once a year"],
                ["Lid seal", "replace", "every 3 years"],
                ["Relays", "replace, by an electrician", "every 500 firings"],
            ],
            align="lll",
            widths=[34, 38, 28],
        ),
        Text(
            "Elements last for about 120 firings to stoneware temperature, or 300 to earthenware temperature. Replace "
            "all of them together. A drop of glaze on an element has to be removed before the next firing, since it "
            "eats through the wire. Broken bricks are mended with kiln cement, which dries for 48 hours."
        ),
        Heading("9. Parts"),
        Table(
            head=["Part", "Number", "for the 60", "for the 100"],
            rows=[
                ["Element", "60-110 / 100-110", "£46", "£58"],
                ["Thermocouple, type S", "60-125", "£129", "£129"],
                ["Relay", "60-131", "£27", "£27"],
                ["Lid seal", "60-140 / 100-140", "£31", "£39"],
                ["Shelf, whole", "60-201 / 100-201", "£42", "£66"],
                ["Set of 12 props", "60-230", "£24", "£24"],
                ["Batt wash, 1 kg", "60-305", "£14", "£14"],
                ["Vent hood", "60-410", "£385", "£385"],
            ],
            align="llrr",
            widths=[32, 32, 18, 18],
        ),
        Heading("10. Guarantee and service"),
        Text(
            "The kiln is guaranteed for three years, the controller for five. Elements, thermocouples and shelves "
            "wear out and are guaranteed for six months. The guarantee does not cover damage by glaze that has run, "
            "by firings above the highest temperature, or by moving the kiln."
        ),
        Fields(
            [
                ("Service by telephone", "01632 960 612, Monday to Thursday, 8:30 to 16:00"),
                ("Parts", "parts@emberline.example"),
                ("Type plate", "on the back, below the cable"),
            ]
        ),
    ],
)

TRAVEL_RULES = Document(
    name="travel-rules.pdf",
    language="en",
    title="Travel and expenses",
    head="Corrigan Vale Instruments: rules for staff, no. 8, from 1 March 2025",
    serif=True,
    blocks=[
        Heading("1. Before you travel"),
        Text(
            "Every trip that costs more than £150 or lasts longer than a day is approved beforehand by your head of "
            "department, and every trip outside Europe by the finance director as well. Book through the travel desk, "
            "at least 14 days ahead for flights and 7 days ahead for trains. What you book elsewhere is only refunded "
            "if it was cheaper by £20 or more."
        ),
        Heading("2. Trains and flights"),
        Text(
            "By train you travel in standard class. First class is allowed when the journey takes longer than three "
            "and a half hours, or when the ticket costs no more than a standard one. Between Glasgow, Newcastle and "
            "London the train is taken and not the plane."
        ),
        Text(
            "Flights are booked in economy. On flights of more than six hours you may book premium economy, and on "
            "flights of more than ten hours business class, if you work on the day of arrival. Seats and one piece of "
            "luggage are refunded, lounges and upgrades are not. Air miles belong to you."
        ),
        Heading("3. Cars, bicycles and taxis"),
        Table(
            head=["By", "Per mile", "Note"],
            rows=[
                ["Own car, first 8,000 miles a year", "45p", "5p more for each colleague who rides along"],
                ["Own car, after that", "27p", "likewise"],
                ["Own electric car", "42p", "charging at the office is free"],
                ["Motorcycle", "26p", ""],
                ["Bicycle", "22p", "also for the way between two sites"],
            ],
            align="lrl",
            widths=[38, 14, 48],
        ),
        Text(
            "Hired cars are of the compact class, and of the middle class when three or more people travel. Take the "
            "company's insurance, not the hirer's. Parking and tolls are refunded; fines are not. A taxi may be taken "
            "after 22:00, with luggage of more than 20 kg, or where there is no bus within half a mile. Tips for "
            "taxis are refunded up to 10%."
        ),
        Heading("4. Hotels and meals"),
        Text(
            "These are the highest amounts. A hotel may cost up to 20% more during a trade fair, if the travel desk "
            "agrees. For meals you get the allowance without receipts. It covers breakfast with a quarter, and lunch "
            "and dinner with three eighths each; a meal that somebody else pays for is deducted."
        ),
        Table(
            head=["Country or city", "Hotel a night", "Meals, whole day", "Meals, day of travel"],
            rows=[
                ["London", "£175", "£48", "£32"],
                ["United Kingdom otherwise", "£115", "£40", "£27"],
                ["Ireland", "£140", "£45", "£30"],
                ["France, Paris", "£170", "£52", "£35"],
                ["France otherwise", "£120", "£46", "£31"],
                ["Germany and Austria", "£125", "£44", "£29"],
                ["Switzerland", "£190", "£66", "£44"],
                ["Italy and Spain", "£118", "£42", "£28"],
                ["Denmark, Norway, Sweden", "£165", "£61", "£41"],
                ["Poland and the Czech Republic", "£95", "£35", "£23"],
                ["United States and Canada", "£185", "£58", "£39"],
                ["Japan", "£160", "£54", "£36"],
            ],
            align="lrrr",
            widths=[37, 19, 22, 22],
        ),
        Text(
            "If you stay with friends or family you get £30 a night in place of the hotel, which you may spend on a "
            "present. Laundry is refunded from the fifth night, up to £25 a week. The minibar and films are not."
        ),
        Heading("5. Guests"),
        Text(
            "When you take customers out, the bill may come to £55 a head, drinks included, and there may be no more "
            "of us at the table than of them. Write the names of the guests and what was talked about on the back of "
            "the bill. Presents may cost up to £40 and are bought by the sales office. Officials of any country are "
            "not given anything."
        ),
        Heading("6. Telephone and internet"),
        Text(
            "Use the company's telephone; abroad outside Europe the travel desk gives you a card with 5 gigabytes. "
            "Internet in trains, planes and hotels is refunded up to £12 a day. Private calls home are free for up to "
            "15 minutes a day."
        ),
        Heading("7. Time"),
        Text(
            "Travelling on a working day counts as working time, up to ten hours. On Saturdays and Sundays half of "
            "the travelling time is credited. Whoever lands after midnight need not be at work before 11:00, and "
            "after a journey across five time zones or more has the next day off."
        ),
        Heading("8. Claiming"),
        Items(
            [
                "Claim within 30 days of your return, in the expenses app. After 90 days nothing is refunded.",
                "Photograph every receipt over £10. If one is lost, write a note of your own; this is possible three "
                "times a year.",
                "Foreign money is converted at the rate of your card statement or, if you paid in cash, at that of "
                "the first day of the trip.",
                "Claims that are approved by Wednesday are paid on Friday of the following week.",
                "Your head of department approves claims up to £1,000, the finance director those above.",
            ],
            numbered=True,
        ),
        Heading("9. Advances and company cards"),
        Text(
            "Whoever travels more than six times a year gets a company card, with a limit of £3,000 a month. It may "
            "not be used for private purchases or for drawing more than £100 in cash. For a single trip you can have "
            "an advance of up to 80% of the expected costs; ask for it five working days ahead. A lost card is "
            "blocked by calling the bank and then told to the finance office on the same day."
        ),
        Heading("10. When something goes wrong"),
        Columns(
            left=[
                Fields(
                    [
                        ("Travel desk", "extension 440, 8:00 to 17:30"),
                        ("At night", "01632 960 733"),
                        ("Illness abroad", "policy TR-88160, card in the travel pack"),
                    ]
                ),
            ],
            right=[
                Text(
                    "Luggage is insured for up to £1,800, laptops of the company in full. Report a loss to the "
                    "carrier before you leave the airport. If a flight is cancelled, the compensation belongs to you, "
                    "not to the company."
                ),
            ],
        ),
        Heading("11. Adding private days"),
        Text(
            "You may add up to five private days to a trip, if this makes it no dearer. Compare the fares on the day "
            "of booking and attach the comparison. The private days are leave. From the first of them on, the "
            "company's insurance no longer applies and you pay for the hotel yourself."
        ),
    ],
)

BRASS_WEEKEND = Document(
    name="brass-weekend.pdf",
    language="en",
    title="Harrowby Brass Weekend",
    head="Programme, 20 to 22 June 2025",
    blocks=[
        Heading("Friday, 20 June"),
        Table(
            head=["Time", "Where", "What", "Ticket"],
            rows=[
                ["17:00", "Market place", "Opening with the Harrowby Youth Band", "free"],
                ["18:30", "Corn Hall", "Talk: How a cornet is made (Edda Vickery)", "£5"],
                ["19:45", "St Oswin's Church", "Silver Larks: Music for ten brass", "£18"],
                ["21:30", "Mill courtyard", "Late set: The Slow Valves", "£9"],
            ],
            align="lllr",
            widths=[12, 24, 50, 14],
        ),
        Heading("Saturday, 21 June"),
        Table(
            head=["Time", "Where", "What", "Ticket"],
            rows=[
                ["9:30", "School, room 4", "Workshop: Breathing for beginners", "£12"],
                ["9:30", "School, gym", "Workshop: Playing in a street band", "£15"],
                ["11:00", "Market place", "Parade of the nine bands to the river meadow", "free"],
                ["12:15", "River meadow", "Picnic concert: Tansy Colliery Band", "free"],
                ["14:00", "Corn Hall", "Contest, second section (six bands)", "£10"],
                ["16:30", "Corn Hall", "Contest, first section (three bands)", "£14"],
                ["17:00", "School, room 4", "Instrument clinic: bring your dented horn", "free"],
                ["20:00", "St Oswin's Church", "Gala: Aldous Brass Quintet with Miriam Stopes, organ", "£24"],
                ["22:15", "Mill courtyard", "Dance: Balkan night with Orkestra Plum", "£11"],
            ],
            align="lllr",
            widths=[12, 24, 50, 14],
        ),
        Heading("Sunday, 22 June"),
        Table(
            head=["Time", "Where", "What", "Ticket"],
            rows=[
                ["8:00", "River meadow", "Sunrise chorales, played from the water", "free"],
                ["10:00", "St Oswin's Church", "Service with the Harrowby Town Band", "free"],
                ["11:30", "Corn Hall", "Family concert: The Tuba Who Was Afraid", "£6"],
                ["13:00", "Market place", "Come and play: everybody who owns an instrument", "free"],
                ["15:00", "St Oswin's Church", "Silver Larks: Serenades", "£16"],
                ["17:30", "Corn Hall", "Prizes and final concert of the winners", "£13"],
            ],
            align="lllr",
            widths=[12, 24, 50, 14],
        ),
        Text("Doors open half an hour before the concerts. The clinic and the workshops start on the dot."),
        NewPage(),
        Columns(
            left=[
                Heading("Tickets"),
                Fields(
                    [
                        ("Weekend pass", "£72"),
                        ("Day pass Friday", "£26"),
                        ("Day pass Saturday", "£45"),
                        ("Day pass Sunday", "£29"),
                        ("Under 16", "half price, family concert £3"),
                        ("Under 5", "free, on a lap"),
                        ("Players in a contest band", "day pass £15"),
                    ]
                ),
                Text(
                    "Passes cover everything but the workshops. Tickets are sold in the bookshop in Weir Street from "
                    "12 May, and at the doors if any are left. They can be given back until 6 June for a fee of £2 "
                    "each."
                ),
                Heading("The contest"),
                Text(
                    "Each band plays a set piece and one of its own choice. First section: up to 28 players, 25 "
                    "minutes. Second section: up to 32 players, 18 minutes. The three judges sit behind a screen. The "
                    "winner of the first section gets £1,500 and the Fenwick Cup, the second £600. In the second "
                    "section the prizes are £700 and £300. The prize for the best soloist, £200, is given by the "
                    "bookshop."
                ),
                Heading("Set pieces"),
                Fields(
                    [
                        ("First section", "A. Brockhurst, Weir Variations"),
                        ("Second section", "L. Tamm, Three Fields"),
                    ]
                ),
            ],
            right=[
                Heading("Getting here"),
                Text(
                    "Trains from Stenbury run every hour at 12 minutes past and take 34 minutes. The last train back "
                    "leaves at 23:05, on Sunday at 21:40. A bus for guests of the late concerts leaves the Mill at "
                    "0:15 on Friday and at 1:00 on Saturday; it costs £4. Cars can be left in the field beside the "
                    "rugby club, ten minutes on foot. The market place is closed to traffic from Friday noon to "
                    "Sunday 20:00."
                ),
                Heading("Food"),
                Text(
                    "There are stalls on the river meadow from 11:00 to 19:00. The Mill serves supper until 21:00; "
                    "tables must be booked. Contest bands get a meal in the school between 12:30 and 14:30."
                ),
                Heading("Good to know"),
                Items(
                    [
                        "The church and the Corn Hall have ramps. The Mill courtyard has cobbles and three steps.",
                        "Seats in the church are numbered, elsewhere they are not.",
                        "If it rains, the picnic concert moves to the gym and the Mill concerts to the Corn Hall.",
                        "Ear plugs for children are lent out at the desk for a deposit of £5.",
                        "First aid is beside the fountain.",
                        "Dogs are welcome outdoors.",
                        "No photographs with flash during the contest.",
                    ]
                ),
                Heading("Helpers"),
                Text(
                    "Whoever helps for two shifts of four hours gets a weekend pass and a shirt. Write to "
                    "helpers@harrowbybrass.example by 25 May."
                ),
            ],
        ),
        Heading("Where the bands can park, warm up and play"),
        Table(
            head=["Band", "Section", "Coach park", "Warm-up", "On stage"],
            rows=[
                ["Oxley Moor Band", "second", "A", "13:20", "14:00"],
                ["Kettlewick Works", "second", "A", "13:45", "14:25"],
                ["Tansy Colliery Band", "second", "B", "14:10", "14:50"],
                ["Garth and District", "second", "B", "14:35", "15:15"],
                ["Lune Valley Silver", "second", "A", "15:00", "15:40"],
                ["Pryce's Foundry", "second", "C", "15:20", "16:00"],
                ["Saltmere City", "first", "C", "15:45", "16:30"],
                ["Hollin Temperance", "first", "B", "16:20", "17:05"],
                ["Dunholm Brass", "first", "C", "16:55", "17:40"],
            ],
            align="llrrr",
            widths=[34, 16, 18, 16, 16],
            ruled=False,
        ),
    ],
)

DELIVERY_TERMS = Document(
    name="delivery-terms.pdf",
    language="en",
    title="Terms of sale and delivery",
    head="Penhallow Roasters Ltd, for cafés, shops and offices – version of 3 February 2025",
    serif=True,
    blocks=[
        Heading("1. What these terms cover"),
        Text(
            "These terms apply to all orders of coffee, tea, syrups and equipment by businesses. A buyer's own terms "
            "apply only where we have agreed to them in writing. Private customers buy under the terms of the online "
            "shop."
        ),
        Heading("2. Orders"),
        Text(
            "Orders placed by 11:00 on a working day are roasted that afternoon and leave us on the following working "
            "day. Orders for blends made to a buyer's own recipe take four working days more. An order can be changed "
            "or cancelled free of charge until we have confirmed it; after that, and until it leaves us, we charge "
            "15% of its value. Orders for Christmas must reach us by 2 December."
        ),
        Text(
            "The smallest order is 6 kg of coffee or goods worth £90. Below that we add a handling charge of £7.50. "
            "Coffee is sold in bags of 1 kg and in sacks of 10 kg; whoever takes at least 60 kg in one delivery gets "
            "4% off, and from 150 kg on 7% off. The discount does not apply to decaffeinated coffee and to equipment."
        ),
        Heading("3. Prices"),
        Text(
            "Prices are those of the list that is valid on the day of the order, without VAT. Since the price of "
            "green coffee moves, we may change the list at the start of each quarter, and tell buyers 21 days ahead. "
            "A buyer who has agreed a yearly quantity keeps the price for twelve months, unless the market price "
            "rises by more than 18%; in that case both sides may end the agreement."
        ),
        Heading("4. Delivery"),
        Text(
            "Within 25 miles of Polwidden Quay we deliver with our own van, on Tuesdays and Fridays, free of charge "
            "from £60. Elsewhere on the mainland a carrier brings the goods within two working days; this costs £8.90 "
            "up to 30 kg and £16.40 up to 70 kg, and nothing from £220. To islands, and to addresses north of the "
            "Great Glen, it takes up to five working days and costs £14.50 more. Machines and grinders are brought on "
            "a pallet for £48; a lift to an upper floor has to be arranged beforehand."
        ),
        Text(
            "Somebody has to be there to receive the goods between 7:00 and 16:00. If nobody is, the carrier tries "
            "once more on the next day; a third attempt costs £11. Our van may leave the goods in a place that the "
            "buyer has named, at the buyer's risk. If we are late by more than five working days, the buyer may "
            "cancel the order or ask for 5% off, unless the delay was caused by strikes, weather or the authorities."
        ),
        Heading("5. Risk and title"),
        Text(
            "The risk passes to the buyer when the goods are handed over. The goods remain ours until they have been "
            "paid in full. The buyer may use and resell them in the meantime, but not pledge them."
        ),
        Heading("6. Payment"),
        Text(
            "The first three orders are paid in advance. After that invoices are due within 30 days. Those who pay "
            "within 8 days may deduct 2%, and those who pay by direct debit 2.5%. When a payment is late we charge "
            "£12 for the second reminder and interest at eight per cent a year above the base rate. If more than £750 "
            "is overdue, we deliver only against payment in advance. Invoices come by e-mail; one on paper costs "
            "£1.80."
        ),
        Heading("7. Checking the goods"),
        Text(
            "The buyer counts the parcels on arrival and notes on the carrier's list whatever is missing or crushed. "
            "Missing or damaged goods are reported to us within three working days, with a photograph. Faults that "
            "cannot be seen at once are reported within ten working days of being noticed, and at the latest six "
            "months after delivery."
        ),
        Text(
            "If the complaint is justified, we replace the goods or give back the price, as the buyer prefers. For "
            "coffee that tastes faulty we need 200 g of it back. A colour that differs slightly from the last roast, "
            "and weights that differ by up to 1.5%, are not faults."
        ),
        Heading("8. Returns"),
        Text(
            "Coffee that is in order is not taken back, since it is roasted to order. Unopened syrups and tea can be "
            "returned within 14 days, equipment that has not been used within 28 days; we deduct 10% for restocking, "
            "and the buyer pays for the carriage. Empty sacks are taken back by our van, and we pay 40p for each. The "
            "plastic tubs carry a deposit of £3."
        ),
        Heading("9. Keeping"),
        Text(
            "Coffee is best between 7 and 60 days after roasting and must be sold within 9 months. It is kept dry, "
            "below 22 °C, and not next to spices or cleaning agents. Ground coffee is best used within 14 days of "
            "opening, whole beans within 30 days."
        ),
        Heading("10. Equipment on loan"),
        Text(
            "Those who buy at least 40 kg a month may have a grinder on loan, and from 90 kg a month a two-group "
            "espresso machine. The loan lasts for two years at first. We service the machine every six months; "
            "descaling, and the filter, which is changed every four months or after 8,000 litres, are up to the "
            "buyer. If less than the agreed quantity is bought in three months running, we charge £65 a month for the "
            "machine and £20 for the grinder, or take them back. Loaned equipment is insured by the buyer for £4,200 "
            "and £900 respectively. If it breaks down, we send somebody within two working days, or bring another one."
        ),
        Heading("11. Training"),
        Text(
            "With the first order two people can take part in a barista day in Polwidden Quay free of charge. Further "
            "places cost £85 each. We come to the buyer's premises for £240 for half a day and £410 for a whole day, "
            "plus 45p a mile. A course that is cancelled less than seven days ahead is charged at half its price."
        ),
        Heading("12. Liability"),
        Text(
            "We are liable without limit for injury and for what the law does not let us exclude, and otherwise up to "
            "the value of the order, but no more than £10,000 a year. We are not liable for lost profit. Machines "
            "that have been opened by others, or run without a filter, are no longer covered by the guarantee of 24 "
            "months."
        ),
        Heading("13. Ending the business relation"),
        Text(
            "A standing order can be ended at any time, with effect from the second delivery after that. Agreements "
            "on a yearly quantity can be ended with two months' notice to the end of the agreed year, loans of "
            "equipment with six weeks' notice after the first two years. Loaned equipment is collected by us; the "
            "buyer cleans it first, or pays £90 for the cleaning."
        ),
        Lines(
            [
                "Penhallow Roasters Ltd, The Old Sail Loft, Polwidden Quay",
                "orders@penhallow.example, 01632 960 455, weekdays 7:30 to 16:30",
            ]
        ),
    ],
)

WATER_CHARGES = Document(
    name="water-charges.pdf",
    language="en",
    title="Water and sewerage charges 2025/26",
    head="Dunmere Valley Water – from 1 April 2025 to 31 March 2026",
    blocks=[
        Heading("Standing charge a year"),
        Table(
            head=["Size of the meter", "Water", "Sewerage", "Both"],
            rows=[
                ["15 mm (most homes)", "£38.20", "£61.40", "£99.60"],
                ["20 mm", "£52.70", "£84.90", "£137.60"],
                ["25 mm", "£88.10", "£139.60", "£227.70"],
                ["40 mm", "£196.00", "£305.50", "£501.50"],
                ["50 mm and more", "£342.00", "£517.00", "£859.00"],
                ["No meter", "£214.30", "£268.90", "£483.20"],
            ],
            align="lrrr",
            widths=[40, 20, 20, 20],
        ),
        Heading("Price per cubic metre (1,000 litres)"),
        Table(
            head=["Customer", "Water", "Sewerage", "Both"],
            rows=[
                ["Homes", "£1.87", "£2.31", "£4.18"],
                ["Businesses, up to 1,000 a year", "£1.79", "£2.20", "£3.99"],
                ["Businesses, above 1,000 a year", "£1.61", "£2.02", "£3.63"],
                ["Farms, for cattle and fields", "£1.44", "–", "£1.44"],
                ["Builders, from a standpipe", "£2.05", "–", "£2.05"],
            ],
            align="lrrr",
            widths=[40, 20, 20, 20],
        ),
        Text(
            "We assume that 92% of the water that a home uses goes down the drain, and have allowed for this in the "
            "price of sewerage."
        ),
        Heading("Other charges"),
        Table(
            head=["What", "Charge", "Remark"],
            rows=[
                ["Having a meter put in", "free", "homes only; within 12 weeks"],
                ["Moving a meter", "£145", ""],
                ["Testing a meter", "£72", "returned if it is wrong by more than 4%"],
                ["Extra reading", "£18", "one a year is free"],
                ["New connection, 25 mm", "£640", "plus £58 per metre of trench"],
                ["New connection, 32 mm", "£795", "plus £58 per metre of trench"],
                ["Turning the water off and on again", "£56", "£104 outside working hours"],
                ["Hire of a standpipe", "£4.30 a day", "deposit £250"],
                ["Visit that you cancel on the day", "£22", ""],
                ["Payment that the bank returns", "£12", ""],
                ["Clearing a drain inside your boundary", "£135", "per hour or part of one"],
            ],
            align="lrl",
            widths=[40, 18, 42],
            ruled=False,
        ),
        Heading("Paying"),
        Items(
            [
                "With a meter you get a bill in April and October, without one a single bill in March.",
                "You may pay in ten instalments from April to January. By direct debit you pay £6 less a year.",
                "Bills are due within 21 days. If you cannot pay, ring us before then: we can spread a debt over up "
                "to 24 months.",
                "Homes are never cut off. Businesses are, 35 days after the second reminder.",
            ]
        ),
        Heading("Paying less"),
        Table(
            head=["Scheme", "For whom", "What you get"],
            rows=[
                ["WaterLow", "households with less than £19,500 a year", "35% off the whole bill"],
                [
                    "Ceiling",
                    "three or more children under 19, or a skin or kidney disease, and a meter",
                    "you pay £486 a year at most",
                ],
                ["Rain rebate", "no rain from your roof goes into our sewer", "£34.50 a year"],
                [
                    "Leak allowance",
                    "pipe mended within 28 days of our letter, once in two years",
                    "the lost water is not charged",
                ],
                ["Trial meter", "homes that have changed to a meter", "back to the old charge within 18 months"],
            ],
            align="lll",
            widths=[20, 46, 34],
        ),
        Text(
            "Only one of WaterLow and the ceiling can be had at a time. Both have to be applied for again every two "
            "years. Send a copy of your last tax or benefit letter; for the ceiling the signature of a doctor or "
            "pharmacist is enough."
        ),
        Heading("If we let you down"),
        Table(
            head=["What happened", "Home", "Business"],
            rows=[
                ["We missed an appointment", "£30", "£30"],
                ["No water for more than 12 hours without warning", "£40", "£80"],
                ["For each further 12 hours", "£20", "£40"],
                ["Low pressure, twice in 28 days", "£25", "£25"],
                ["A letter not answered within 10 working days", "£25", "£25"],
                ["Sewage inside the building", "the year's sewerage, at least £190", "the same"],
                ["Sewage in the garden", "half of it, at least £95", "the same"],
            ],
            align="lrr",
            widths=[46, 34, 20],
        ),
        Text(
            "We pay this by ourselves within 20 working days; if we do not, you get another £15. Nothing is paid if "
            "the cause is a drought or somebody else's digging."
        ),
        Heading("Your area"),
        Table(
            head=["Area", "Hardness, mg/l", "Hardness is called", "Comes from", "Meters are read in"],
            rows=[
                ["Upper Dunmere", "48", "soft", "Scarth reservoir", "March and September"],
                ["Dunmere town", "112", "moderately soft", "Scarth and Holm Well", "April and October"],
                ["Abbot's Leys", "236", "hard", "Holm Well", "May and November"],
                ["Carrow Coast", "305", "very hard", "Carrow boreholes", "February and August"],
            ],
            align="lrlll",
            widths=[19, 15, 19, 23, 24],
        ),
        Heading("Questions that we are often asked"),
        Columns(
            left=[
                Heading("Who looks after which pipe?"),
                Text(
                    "We do up to and including the stop tap at the edge of your land. From there on the pipe is "
                    "yours, also under the drive. Shared drains are ours."
                ),
                Heading("I am moving. What do I do?"),
                Text(
                    "Tell us five working days before, with the reading on the day. If you do not, you pay until the "
                    "next reading or until somebody else signs up."
                ),
                Heading("Is my meter running although everything is off?"),
                Text(
                    "Close all taps, write down the red figures and look again after half an hour. If they have "
                    "moved, call us."
                ),
            ],
            right=[
                Heading("My water is cloudy."),
                Text(
                    "Let it stand. If it clears from below, it is air and harmless. If it is brown, run the kitchen "
                    "tap for ten minutes; after that, ring us."
                ),
                Heading("May I fill a pool?"),
                Text("Yes, unless there is a hosepipe ban. A pool of 3.6 metres holds about 6.5 cubic metres."),
                Heading("How do I reach you?"),
                Text("Bills 01632 960 820, weekdays 8:00 to 18:00. Leaks and floods 01632 960 821, day and night."),
            ],
        ),
    ],
)

GRANT_APPLICATION = Document(
    name="grant-application.pdf",
    language="en",
    title="Application for a community grant",
    head="Tolland Bridge Community Fund, form CG-3",
    blocks=[
        Heading("A. Applicant"),
        Fields(
            [
                ("Name of the group", "Mend It, Tolland Bridge"),
                ("Legal form", "unincorporated association, since 19 September 2021"),
                ("Members", "64, of whom 23 repair"),
                ("Contact", "Rosalind Amery, secretary"),
                ("Address", "8 Cooper's Steps, Tolland Bridge"),
                ("Telephone", "01632 960 907"),
                ("Bank account in the name of", "Mend It; two signatures needed"),
                ("Earlier grants from us", "£750 in 2022 (sewing machines), £1,200 in 2023 (van hire)"),
                ("Received on", "28 March 2025"),
                ("Reference", "CG-25-041"),
            ]
        ),
        Heading("B. Project"),
        Fields(
            [
                ("Title", "A workshop in the old fire station"),
                ("Place", "Fire station, Wharf Street, bays 2 and 3 (95 square metres)"),
                ("Begins", "1 July 2025"),
                ("Opens to the public", "13 September 2025"),
                ("Ends", "30 June 2026"),
                ("People reached", "about 1,900 a year"),
                ("Amount asked for", "£3,900"),
            ]
        ),
        Text(
            "Since 2021 we have repaired things together with their owners, on the last Saturday of each month in the "
            "library. In 2024 people brought us 1,126 things; 71% of them could be mended, 18% could not, and for 11% "
            "a part had to be ordered. Most were lamps and kettles (342), clothes (287), bicycles (205) and radios "
            "(96). The library closes for rebuilding in July, and its carpet does not suit us anyway. The town lets "
            "us have two bays of the fire station for £1 a year until 2031. With a place of our own we can open every "
            "week: on Wednesdays from 16:00 to 20:00 and on Saturdays from 10:00 to 14:00."
        ),
        Heading("C. Costs"),
        Table(
            head=["Item", "Amount", "Based on"],
            rows=[
                ["Workbenches, four", "£1,280", "quotation of Lathe & Lark"],
                ["Tools and test equipment", "£1,940", "list enclosed"],
                ["Electrical work", "£2,365", "quotation of Fennimore Electrics"],
                ["Shelves", "£540", "price on the internet"],
                ["Training of volunteers", "£690", "six evenings at £115"],
                ["Printing and posters", "£185", "estimate"],
                ["Total", "£7,000", ""],
            ],
            align="lrl",
            widths=[40, 18, 42],
            totals=1,
        ),
        Heading("D. Money"),
        Table(
            head=["From", "Amount", "Certain?"],
            rows=[
                ["Own savings", "£1,150", "yes"],
                ["Parish council", "£1,000", "promised on 6 March"],
                ["Donations from members", "£640", "£410 received so far"],
                ["Cake stall and raffle", "£310", "no, planned for May"],
                ["Community Fund (this application)", "£3,900", ""],
                ["Total", "£7,000", ""],
            ],
            align="lrl",
            widths=[40, 18, 42],
            totals=1,
        ),
        Heading("E. How you will know that it has worked"),
        Items(
            [
                "1,500 repairs in the first year, of which at least 70% succeed.",
                "Twelve new repairers, half of them under 30.",
                "Three tonnes of waste avoided, weighed at the door.",
                "Two courses for schools in each term.",
            ]
        ),
        Heading("F. Running costs after the grant"),
        Text(
            "Electricity and heating will come to about £1,450 a year, insurance to £380 and small parts to £520. We "
            "pay this from the donation box, which brought £2,180 in 2024, and from members' subscriptions of £12 a "
            "year. Nobody is paid."
        ),
        Heading("G. Risks"),
        Table(
            head=["Risk", "What we do about it"],
            rows=[
                ["Electric shock", "every appliance is tested before and after; two of us are electricians"],
                ["Too few repairers in the holidays", "closed in the first three weeks of August"],
                ["Quotation is exceeded", "up to £400 from savings; beyond that fewer shelves"],
                ["Neighbours complain of noise", "no grinding after 19:00; bay door kept shut"],
            ],
            align="ll",
            widths=[36, 64],
        ),
        Heading("H. Declarations"),
        Fields(
            [
                ("Protection of children", "policy of 2 May 2024, enclosed"),
                ("Insurance", "public liability £5 million, until 30 November 2025"),
                ("Accounts", "enclosed for 2023 and 2024, examined by P. Lowther"),
                ("Landlord's consent", "letter of the town of 17 February 2025"),
                ("Building permit", "not needed"),
            ]
        ),
        Heading("For the Fund's use"),
        Fields(
            [
                ("Checked by", "G. Whitcombe, 4 April 2025"),
                ("Visit", "15 April 2025, 17:30, with two trustees"),
                ("Score", "need 8, plan 7, value for money 9 (of 10 each)"),
                ("Recommended", "£3,500, without the posters and with fewer tools"),
                ("To be decided on", "21 May 2025"),
                ("Paid out", "60% at once, 30% when opened, 10% after the report"),
                ("Report due", "31 August 2026"),
            ]
        ),
    ],
)

MORE_ENGLISH = (
    ALLOTMENT_MINUTES,
    KILN_MANUAL,
    TRAVEL_RULES,
    BRASS_WEEKEND,
    DELIVERY_TERMS,
    WATER_CHARGES,
    GRANT_APPLICATION,
)
