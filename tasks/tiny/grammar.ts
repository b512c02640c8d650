/**
 * The words of the synthetic posts: who does what to the writer, what was tried, what the writer would like to do.
 * Everything said about a domain fits everyone in it, so any draw reads well. `{name}` is filled from SLOTS,
 * `{he}`, `{him}` and `{his}` agree with who it is about. A deed's first word is written base/third person/-ing.
 */

/** Someone or something that causes trouble; things and animals are "it". */
export interface Actor {
  name: string;
  pronouns: readonly Pronoun[];
}

export type Pronoun = keyof typeof PRONOUNS;

export const PRONOUNS = {
  he: { he: "he", him: "him", his: "his" },
  she: { he: "she", him: "her", his: "her" },
  it: { he: "it", him: "it", his: "its" },
} as const;

export interface Domain {
  actors: readonly Actor[];
  /** Opening sentences. */
  scenes: readonly string[];
  /** What the actor does: "eat/eats/eating my cheese". */
  deeds: readonly string[];
  /** What the writer tried, as a sentence of the post and as a clause of a summary. */
  tries: readonly (readonly [post: string, gist: string])[];
  /** What the writer might do about it, after "to". */
  plans: readonly string[];
}

const all = (...pronouns: Pronoun[]) => (...names: string[]): Actor[] =>
  names.map((name) => ({ name, pronouns }));
const people = all("he", "she"), men = all("he"), women = all("she"), things = all("it");

const TALKING: Domain["tries"] = [
  ["I asked {him} to stop but {he} just laughed.", "asking did not help"],
  ["I talked to {him} twice and nothing changed.", "talking did not help"],
  ["When I say something, {he} gets angry.", "{he} gets angry when I say something"],
  ["I left {him} a note, but {he} never read it.", "{he} ignored my note"],
  ["{He} says sorry and then does it again.", "{he} only says sorry"],
  ["{He} tells me that I am too sensitive.", "{he} says I am too sensitive"],
  ["I have not said anything yet because I hate fights.", "I am afraid to say something"],
];

const FIXING: Domain["tries"] = [
  ["I looked online but nothing worked.", "nothing online worked"],
  ["A friend tried to help and made it worse.", "a friend made it worse"],
  ["I tried everything I could think of.", "I have tried everything"],
  ["The shop wants {amount} dollars to look at it.", "the shop wants {amount} dollars"],
  ["I called for help and waited {hours} hours.", "calling for help took {hours} hours"],
];

export const DOMAINS: readonly Domain[] = [
  {
    actors: people("my roommate", "my flatmate", "my cousin", "my old roommate", "the new tenant"),
    scenes: [
      "We share a small flat in {city}.",
      "I moved in {span_ago} and we split the rent.",
      "Our kitchen is tiny and we share one fridge.",
      "We used to be good friends before we lived together.",
      "I signed a lease for {number} more months.",
    ],
    deeds: [
      "eat/eats/eating my {food}",
      "leave/leaves/leaving dirty plates in the {room}",
      "play/plays/playing loud music at night",
      "use/uses/using my {thing} without asking",
      "bring/brings/bringing strangers to our {room}",
      "forget/forgets/forgetting to pay the rent",
      "smoke/smokes/smoking in the {room}",
      "borrow/borrows/borrowing my {clothes} and losing them",
    ],
    tries: TALKING,
    plans: [
      "move out",
      "buy a lock",
      "find a new place",
      "tell the landlord",
      "hide my {thing}",
      "write some rules",
    ],
  },
  {
    actors: [
      ...people("my boss", "my manager", "my coworker", "my team lead"),
      ...men("the new guy at work"),
    ],
    scenes: [
      "I have worked at a {shop} for {number} years.",
      "I started a new job at a {shop} {span_ago}.",
      "There are only {number} people on my team.",
      "I like my job at the {shop} and the pay is good.",
      "I work late at a {shop} most days.",
    ],
    deeds: [
      "take/takes/taking credit for my {work}",
      "call/calls/calling me on my day off",
      "give/gives/giving me {work} on Friday night",
      "change/changes/changing my shifts without telling me",
      "talk/talks/talking over me in meetings",
      "joke/jokes/joking about my {clothes}",
      "ask/asks/asking me to work on {day}",
      "blame/blames/blaming me for the late {work}",
    ],
    tries: TALKING,
    plans: [
      "quit my job",
      "talk to HR",
      "ask for a raise",
      "look for a new job",
      "change teams",
      "say no next time",
    ],
  },
  {
    actors: [...men("my brother", "my uncle"), ...women("my sister", "my mother in law", "my aunt")],
    scenes: [
      "My family meets every {day} for dinner.",
      "My {age} year old son was there too.",
      "We were close when we were kids in {city}.",
      "My wedding is in {number} months.",
      "My parents always take the other side.",
    ],
    deeds: [
      "ask/asks/asking me for {amount} dollars",
      "tell/tells/telling everyone about my {secret}",
      "visit/visits/visiting without calling first",
      "make/makes/making fun of my {secret}",
      "feed/feeds/feeding my son too much {food}",
      "compare/compares/comparing me to my cousin",
      "break/breaks/breaking my {thing} at every visit",
      "cancel/cancels/canceling our plans at the last minute",
    ],
    tries: TALKING,
    plans: [
      "skip the next dinner",
      "stop visiting",
      "have an honest talk",
      "take a long break",
      "set some limits",
      "ask my dad for help",
    ],
  },
  {
    actors: things("my dog", "my cat", "my puppy", "my kitten", "our old dog"),
    scenes: [
      "I adopted {him} from a shelter {span_ago}.",
      "We live in a small flat in {city}.",
      "I work at a {shop} and get home late.",
      "The vet says that {he} is healthy.",
      "{He} is {number} years old and very sweet.",
    ],
    deeds: [
      "chew/chews/chewing my {clothes}",
      "wake/wakes/waking me up at {clock}",
      "steal/steals/stealing {food} from the table",
      "hide/hides/hiding my {thing} under the bed",
      "scratch/scratches/scratching the door of the {room}",
      "make/makes/making a mess in the {room}",
      "attack/attacks/attacking the vacuum cleaner",
      "run/runs/running away from the {room}",
    ],
    tries: [
      ["I bought {number} new toys and {he} ignores them.", "new toys did not help"],
      ["Long walks only made {him} more awake.", "long walks did not help"],
      ["I tried a spray but {he} seems to like it.", "the spray did not work"],
      ["The trainer wants {amount} dollars for one class.", "the trainer wants {amount} dollars"],
      ["When I say no, {he} looks sad and does it again.", "{he} does not listen"],
    ],
    plans: [
      "hire a trainer",
      "get a second pet",
      "close the door at night",
      "ask the vet again",
      "buy a big cage",
      "get up earlier",
    ],
  },
  {
    actors: [
      ...people("my neighbor", "my landlord"),
      ...men("the man upstairs", "the old man downstairs"),
      ...women("the woman next door"),
    ],
    scenes: [
      "I rent a flat on a quiet street in {city}.",
      "The walls of our building are very thin.",
      "I moved here {span_ago} with my wife.",
      "I work nights at a {shop} and sleep during the day.",
      "We have a baby who is {number} months old.",
    ],
    deeds: [
      "park/parks/parking in my spot",
      "play/plays/playing the {instrument} at {clock}",
      "throw/throws/throwing trash into my garden",
      "complain/complains/complaining about my {thing}",
      "open/opens/opening my mail",
      "knock/knocks/knocking on my door at {clock}",
      "cut/cuts/cutting down my {plant}",
      "let/lets/letting the dog bark all night",
    ],
    tries: TALKING,
    plans: [
      "call the police",
      "build a fence",
      "move away",
      "send a letter",
      "buy ear plugs",
      "talk to a lawyer",
    ],
  },
  {
    actors: people("my professor", "my lab partner", "my classmate", "my teacher", "my study partner"),
    scenes: [
      "I am in my {year} year and I study {subject}.",
      "Our {subject} exam is in {number} weeks.",
      "We have to finish a {subject} project together.",
      "I need a good grade in {subject} to keep my aid.",
      "I moved to {city} to study {subject}.",
    ],
    deeds: [
      "copy/copies/copying my {subject} homework",
      "miss/misses/missing our {day} meetings",
      "lose/loses/losing my {subject} notes",
      "mark/marks/marking my right answers as wrong",
      "send/sends/sending me work at {clock}",
      "ignore/ignores/ignoring my emails about the {subject} project",
      "change/changes/changing the plan for the {subject} project",
      "laugh/laughs/laughing at my questions in {subject} class",
    ],
    tries: TALKING,
    plans: [
      "drop the class",
      "talk to the dean",
      "do it all alone",
      "change groups",
      "study in the library",
      "ask for more time",
    ],
  },
  {
    actors: things("the airline", "my hotel", "the travel agency", "the booking site", "the bus company"),
    scenes: [
      "I booked a trip to {city} for {number} days.",
      "It is my first holiday in {number} years.",
      "We are flying to {city} for a wedding.",
      "I paid {amount} dollars for a trip to {city}.",
      "My parents gave me a trip to {city} as a gift.",
    ],
    deeds: [
      "change/changes/changing my dates for {city}",
      "charge/charges/charging me {amount} dollars more",
      "lose/loses/losing my {bag}",
      "cancel/cancels/canceling my trip to {city}",
      "send/sends/sending me the wrong ticket",
      "ignore/ignores/ignoring my emails about the {bag}",
      "spell/spells/spelling my name wrong",
      "refuse/refuses/refusing to pay me back",
    ],
    tries: [
      ["I called and waited {hours} hours on the phone.", "calling took {hours} hours"],
      ["They only offer me a {amount} dollar voucher.", "they only offer a voucher"],
      ["The woman at the desk was rude to me.", "the desk was rude"],
      ["I sent {number} emails and got no answer.", "my emails got no answer"],
      ["The chat robot does not understand me.", "the chat robot is useless"],
    ],
    plans: [
      "take the train",
      "ask my bank for help",
      "stay at home",
      "write a bad review",
      "sue them",
      "book another trip",
    ],
  },
  {
    actors: things("my laptop", "my phone", "my new computer", "my tablet", "my old printer"),
    scenes: [
      "I bought it {span_ago} for {amount} dollars.",
      "I need it for my {subject} class.",
      "It was a gift from my {family}.",
      "I work from home in {city}.",
      "All my photos of {city} are on it.",
    ],
    deeds: [
      "crash/crashes/crashing when I open my {work}",
      "delete/deletes/deleting my {subject} notes",
      "turn/turns/turning off at {clock}",
      "get/gets/getting hot during {subject} class",
      "lose/loses/losing the connection at {clock}",
      "make/makes/making a strange noise in the {room}",
      "show/shows/showing a blue screen",
      "forget/forgets/forgetting my password",
    ],
    tries: FIXING,
    plans: [
      "buy a new one",
      "ask for my money back",
      "reset everything",
      "take it to a shop",
      "sell it online",
      "borrow one from my {family}",
    ],
  },
  {
    actors: things("my car", "my old bike", "my van", "the used car I bought", "my scooter"),
    scenes: [
      "I bought it {span_ago} for {amount} dollars.",
      "I drive {number} miles to work at a {shop}.",
      "I need it to take my son to school.",
      "There is no bus from my house to {city}.",
      "My {family} told me not to buy it.",
    ],
    deeds: [
      "break/breaks/breaking down on the way to {city}",
      "make/makes/making a loud noise on the highway",
      "lose/loses/losing oil in front of the {shop}",
      "stop/stops/stopping at red lights",
      "smell/smells/smelling like old {food}",
      "fail/fails/failing to start on {day}",
      "use/uses/using too much gas",
      "leak/leaks/leaking when it rains",
    ],
    tries: FIXING,
    plans: [
      "sell it",
      "take the bus",
      "buy a new one",
      "learn to fix it",
      "ask my {family} for a ride",
      "call the seller",
    ],
  },
  {
    actors: [
      ...men("my boyfriend", "my husband"),
      ...women("my girlfriend", "my wife"),
      ...people("my best friend"),
    ],
    scenes: [
      "We have known each other for {number} years.",
      "We met at a {shop} in {city}.",
      "I am {age} and we live in {city}.",
      "We want to go to {city} this summer.",
      "We were very happy until {span_ago}.",
    ],
    deeds: [
      "text/texts/texting an old friend at {clock}",
      "forget/forgets/forgetting my birthday",
      "spend/spends/spending {amount} dollars on games",
      "read/reads/reading the messages on my {thing}",
      "cancel/cancels/canceling our dinner on {day}",
      "hide/hides/hiding letters from me",
      "joke/jokes/joking about my {secret}",
      "buy/buys/buying expensive {clothes}",
    ],
    tries: TALKING,
    plans: [
      "break up",
      "take a break",
      "see a counselor",
      "stop calling",
      "sleep at my {family}'s place",
      "plan a quiet weekend",
    ],
  },
  {
    actors: people("my gym trainer", "my doctor", "my dentist", "my yoga teacher", "my running partner"),
    scenes: [
      "I want to lose {number} pounds before summer.",
      "I hurt my {body} {span_ago}.",
      "I signed up for a race in {city}.",
      "I have been sitting too much at the {shop}.",
      "I pay {amount} dollars every month for this.",
    ],
    deeds: [
      "cancel/cancels/canceling our {day} session",
      "tell/tells/telling me to stop eating {food}",
      "push/pushes/pushing me until my {body} hurts",
      "talk/talks/talking about {subject} all the time",
      "forget/forgets/forgetting about my {body}",
      "come/comes/coming {hours} hours late",
      "sell/sells/selling me useless pills",
      "look/looks/looking at the phone instead of my {body}",
    ],
    tries: TALKING,
    plans: [
      "find somebody else",
      "train at home",
      "ask for my money back",
      "get a second opinion",
      "start swimming",
      "rest for a week",
    ],
  },
  {
    actors: things(
      "my bank",
      "the phone company",
      "my insurance",
      "the power company",
      "my credit card company",
    ),
    scenes: [
      "I try to save {amount} dollars every month.",
      "I lost my job at the {shop} {span_ago}.",
      "We want to buy a house in {city}.",
      "I have been a customer for {number} years.",
      "My {family} had the same trouble in {city}.",
    ],
    deeds: [
      "charge/charges/charging me {amount} dollars by mistake",
      "send/sends/sending my letters to {city}",
      "add/adds/adding {amount} dollars to my bill",
      "block/blocks/blocking my account on {day}",
      "call/calls/calling me at {clock}",
      "lose/loses/losing my papers",
      "ask/asks/asking for the same form",
      "refuse/refuses/refusing to pay for my {thing}",
    ],
    tries: [
      ["I called and waited {hours} hours on the phone.", "calling took {hours} hours"],
      ["Everyone there tells me something else.", "everyone there says something else"],
      ["I sent {number} letters and got no answer.", "my letters got no answer"],
      ["They said it would be fixed in {month}.", "they promised to fix it in {month}"],
      ["The man at the office did not care.", "the office does not care"],
    ],
    plans: [
      "close my account",
      "talk to a lawyer",
      "move to another company",
      "stop paying",
      "write to the papers",
      "go there in person",
    ],
  },
];

export const SLOTS: Readonly<Record<string, readonly string[]>> = {
  food: [
    "cheese",
    "yogurt",
    "leftovers",
    "bread",
    "chocolate",
    "eggs",
    "pizza",
    "fruit",
    "cookies",
    "chicken",
    "pasta",
    "butter",
  ],
  room: ["kitchen", "living room", "bathroom", "hallway", "bedroom", "basement"],
  thing: [
    "phone",
    "towel",
    "bike",
    "headphones",
    "camera",
    "glasses",
    "keys",
    "coffee machine",
    "guitar",
    "blanket",
  ],
  clothes: ["shoes", "jackets", "shirts", "socks", "hats", "sweaters", "boots"],
  shop: [
    "bakery",
    "hospital",
    "bank",
    "school",
    "restaurant",
    "factory",
    "library",
    "hotel",
    "call center",
    "flower shop",
  ],
  work: ["reports", "slides", "ideas", "code", "designs", "drawings", "emails"],
  secret: ["divorce", "salary", "weight", "new haircut", "accent", "cooking", "diet", "blog"],
  city: [
    "Rome",
    "Paris",
    "Boston",
    "Chicago",
    "London",
    "Berlin",
    "Tokyo",
    "Denver",
    "Madrid",
    "Austin",
    "Dublin",
    "Oslo",
  ],
  instrument: ["drums", "piano", "trumpet", "violin", "guitar", "flute"],
  plant: ["roses", "apple tree", "tomatoes", "hedge", "sunflowers"],
  subject: [
    "math",
    "chemistry",
    "history",
    "biology",
    "physics",
    "music",
    "law",
    "art",
    "French",
    "economics",
  ],
  bag: ["bag", "suitcase", "backpack", "guitar", "stroller"],
  family: ["dad", "mom", "brother", "sister", "grandfather", "aunt"],
  body: ["knee", "back", "shoulder", "foot", "wrist", "neck"],
  day: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
  month: ["January", "March", "April", "June", "August", "October", "December"],
  clock: ["3 am", "4 am", "5 am", "midnight", "6 am", "2 am"],
  year: ["first", "second", "third", "last"],
  number: ["two", "three", "four", "five", "six", "seven", "ten"],
  hours: ["two", "three", "four", "five"],
  amount: ["50", "80", "100", "200", "300", "500", "900"],
  age: ["19", "21", "22", "24", "25", "27", "29", "30", "32", "35", "41"],
  span_ago: ["last month", "a year ago", "two years ago", "in {month}", "three weeks ago", "six months ago"],
  span: [
    "for two weeks",
    "for three weeks",
    "for a month",
    "for two months",
    "for months",
    "for half a year",
    "for a year",
    "since {month}",
    "since last summer",
  ],
  often: [
    "every night",
    "every day",
    "all the time",
    "every week",
    "almost every {day}",
    "twice a week",
    "again and again",
  ],
  feeling: [
    "tired",
    "angry",
    "worried",
    "embarrassed",
    "confused",
    "exhausted",
    "sad",
    "stressed",
    "annoyed",
    "helpless",
  ],
  adviser: ["mom", "dad", "best friend", "sister", "coworker", "brother"],
};

/** The sentence that says what happens; `{A}` is the actor, the deed comes as `{base}`, `{does}` or `{doing}`. */
export const TROUBLES = [
  "{A} keeps {doing}.",
  "{A} keeps {doing} {often}.",
  "{A} {does} {often}.",
  "{A} has been {doing} {span}.",
  "The problem is that {a} keeps {doing}.",
  "Lately {a} {does} {often}.",
  "{A} started {doing} {span_ago} and it is getting worse.",
  "I do not understand why {a} keeps {doing}.",
  "It sounds silly, but {a} {does} {often}.",
] as const;

export const FEELINGS = [
  "I am so {feeling}.",
  "It makes me {feeling}.",
  "I feel {feeling} and cannot sleep.",
  "Now I am {feeling} all day.",
  "I was patient at first but now I am {feeling}.",
] as const;

export const PLANS = [
  "I want to {plan}.",
  "Should I {plan}?",
  "My {adviser} says I should {plan}.",
  "Part of me wants to {plan}.",
  "Would it be wrong to {plan}?",
  "I am ready to {plan}.",
] as const;

/** Said before everything else, in some posts. */
export const OPENERS = [
  "I am {age} and new here.",
  "Hi everyone.",
  "I ({age}F) need some help.",
  "I ({age}M) need some advice.",
  "Sorry for the long post.",
  "This is about {a}.",
] as const;

export const CLOSERS = [
  "What should I do?",
  "Please help.",
  "Any ideas?",
  "How would you handle this?",
  "Thanks for reading.",
] as const;

/**
 * Summaries from terse to wordy. A row is drawn with its weight among those whose facts the post has: a summary
 * says nothing that the post does not say. `{Bare}` is the actor without "my" or "the".
 */
export const SUMMARIES: readonly { weight: number; needs: readonly Fact[]; text: string }[] = [
  { weight: 10, needs: [], text: "{Bare} keeps {doing}." },
  { weight: 4, needs: [], text: "{bare} {does}" },
  { weight: 12, needs: [], text: "{A} keeps {doing}." },
  { weight: 5, needs: [], text: "{A} {does} and will not stop." },
  { weight: 7, needs: [], text: "How do I get {a} to stop {doing}?" },
  { weight: 8, needs: ["span"], text: "{A} has been {doing} {span}." },
  { weight: 8, needs: ["often"], text: "{A} {does} {often}." },
  { weight: 9, needs: ["feeling"], text: "{A} keeps {doing} and I am {feeling}." },
  { weight: 4, needs: ["feeling"], text: "I am {feeling} because {a} keeps {doing}." },
  { weight: 9, needs: ["plan"], text: "{A} keeps {doing} and I want to {plan}." },
  { weight: 5, needs: ["plan"], text: "Should I {plan} because {a} keeps {doing}?" },
  { weight: 7, needs: ["gist"], text: "{A} keeps {doing} and {gist}." },
  { weight: 7, needs: ["gist", "plan"], text: "{A} keeps {doing}, {gist}, and now I want to {plan}." },
  {
    weight: 7,
    needs: ["feeling", "plan"],
    text: "{A} keeps {doing}, which makes me {feeling}, so I am thinking I should {plan}.",
  },
  {
    weight: 6,
    needs: ["gist", "feeling"],
    text: "{A} keeps {doing} even though I tried, {gist}, and I am really {feeling} now.",
  },
] as const;

/** What a post may or may not tell. */
export type Fact = "span" | "often" | "feeling" | "plan" | "gist";

/** Said before or after some summaries, most often nothing. */
export const LEADS = { "": 90, "Basically, ": 4, "In short, ": 4, "Help, ": 2 } as const;
export const TAILS = { "": 86, " Any advice?": 6, " Please help!": 4, " That is the TL;DR.": 4 } as const;
