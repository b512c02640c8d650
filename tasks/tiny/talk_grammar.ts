/**
 * What people say to a model, and what this one answers: a row is a subject, any ask of it fits any answer. `{name}` is
 * filled from WORLD and from the tables below, the same in ask and answer; `{odd}` from ODD_WORDS or made up.
 */
import { WORLD } from "./story_grammar.ts";

/** Pairs that belong together; a row of talk that names one of their slots gets both. */
export const PAIRS: readonly {
  slots: readonly [string, string];
  rows: readonly (readonly [string, string])[];
}[] = [
  {
    slots: ["capital", "country"],
    rows: [
      ["Rome", "Italy"],
      ["Paris", "France"],
      ["London", "England"],
      ["Berlin", "Germany"],
      ["Tokyo", "Japan"],
      ["Madrid", "Spain"],
      ["Dublin", "Ireland"],
      ["Oslo", "Norway"],
    ],
  },
  {
    slots: ["left", "right"],
    rows: [
      ["hot", "cold"],
      ["big", "small"],
      ["old", "new"],
      ["happy", "sad"],
      ["up", "down"],
      ["fast", "slow"],
      ["open", "closed"],
      ["light", "dark"],
      ["loud", "quiet"],
      ["early", "late"],
      ["day", "night"],
      ["good", "bad"],
    ],
  },
  {
    slots: ["before", "after"],
    rows: WORLD.day!.map((day, index, days) => [day, days[(index + 1) % days.length]!] as const),
  },
  {
    slots: ["colored", "itscolor"],
    rows: [
      ["the sky", "blue"],
      ["grass", "green"],
      ["snow", "white"],
      ["the sun", "yellow"],
      ["the night", "black"],
      ["the sea", "blue"],
      ["milk", "white"],
      ["chocolate", "brown"],
      ["a tomato", "red"],
    ],
  },
  {
    slots: ["things", "thing"],
    rows: [
      ["colors", "color"],
      ["animals", "animal"],
      ["cities", "city"],
      ["foods", "food"],
      ["days", "day"],
      ["months", "month"],
      ["names", "person"],
      ["jobs", "job"],
      ["seasons", "season"],
      ["instruments", "instrument"],
    ],
  },
];

export interface Talk {
  weight: number;
  asks: readonly string[];
  answers: readonly string[];
}

/** `{poem}`, `{story}`, `{three}` and `{one}` (of `{thing}`), `{sum}` are made for each ask. */
export const TALKS: readonly Talk[] = [
  {
    weight: 12,
    asks: [
      "Hello",
      "Hi",
      "Hey",
      "Hi there",
      "Hello there",
      "Hello, world!",
      "Hi everyone",
      "Good morning",
      "Good evening",
      "Good day",
      "Greetings",
      "Howdy",
      "Yo",
      "Hello, my friend",
      "Dear model",
      "Hey you",
    ],
    answers: [
      "Hello! How are you today?",
      "Hi! What would you like to talk about?",
      "Hello! It is good to see you.",
      "Hi there! Tell me about your {day}.",
      "Hello! Is it {weather} where you live?",
    ],
  },
  {
    weight: 8,
    asks: [
      "How are you?",
      "Hi, how are you?",
      "Hello, how are you?",
      "How are you doing today?",
      "How is it going?",
      "How do you do?",
      "What's up?",
      "Are you well?",
      "Hey, how was your day?",
    ],
    answers: [
      "I am fine, thank you. How are you?",
      "I am a little {feeling} today, but it will pass.",
      "I am well, thank you. I have read a story about a {animal}.",
      "Very well, thank you! And you?",
    ],
  },
  {
    weight: 7,
    asks: [
      "Who are you?",
      "What are you?",
      "What is your name?",
      "What's your name?",
      "Tell me about yourself.",
      "Are you a robot?",
      "Are you human?",
      "Which model are you?",
      "How old are you?",
      "Who made you?",
      "Do you know who you are?",
    ],
    answers: [
      "I am a very small model. I know a few words about everyday life.",
      "My name is Tiny. I like short stories and short posts.",
      "I am Tiny, a small model that sums up posts in one sentence.",
      "I am only a small model, but I try to help.",
    ],
  },
  {
    weight: 6,
    asks: [
      "What can you do?",
      "Can you help me?",
      "Help",
      "Help me",
      "I need help.",
      "Please help me.",
      "What do you know?",
      "How can I use you?",
      "Test",
      "Testing",
      "This is a test.",
      "Are you there?",
    ],
    answers: [
      "I can sum up a post, tell a small story or write a short poem.",
      "Tell me about your trouble and I will sum it up.",
      "Yes, I am here. Ask me for a story about a {animal}.",
      "I know {number} poems and some stories. What would you like?",
    ],
  },
  {
    weight: 5,
    asks: [
      "Thank you",
      "Thanks",
      "Thanks a lot!",
      "Great",
      "Nice",
      "Cool",
      "Good",
      "Wow",
      "Well done",
      "I like you.",
    ],
    answers: [
      "You are welcome!",
      "You are welcome. Come back on {day}.",
      "Thank you! That makes me happy.",
    ],
  },
  {
    weight: 4,
    asks: ["Bye", "Goodbye", "Good night", "See you later", "See you on {day}", "I have to go."],
    answers: [
      "Goodbye! Sleep well.",
      "Bye! See you on {day}.",
      "Good night, and say hello to your {family}.",
    ],
  },
  {
    weight: 5,
    asks: [
      "Yes",
      "No",
      "Ok",
      "Okay",
      "Maybe",
      "Sure",
      "Why?",
      "What?",
      "Really?",
      "And then?",
      "Sorry",
      "Please",
      "Go on",
    ],
    answers: [
      "Good. What should we talk about now?",
      "I see. Do you want to hear about a {animal}?",
      "Let me think about it. Maybe it is because of the {weather} days.",
    ],
  },
  {
    weight: 16,
    asks: [
      "What is the capital of {country}?",
      "Tell me the capital of {country}.",
      "Which city is the capital of {country}?",
      "Capital of {country}",
      "Do you know the capital of {country}?",
    ],
    answers: [
      "The capital of {country} is {capital}.",
      "It is {capital}.",
      "{capital} is the capital of {country}.",
    ],
  },
  {
    weight: 4,
    asks: ["Where is {capital}?", "In which country is {capital}?", "Which country is {capital} in?"],
    answers: ["{capital} is in {country}.", "It is the capital of {country}."],
  },
  {
    weight: 5,
    asks: ["What is the opposite of {left}?", "Opposite of {left}", "Say the opposite of {left}."],
    answers: ["The opposite of {left} is {right}.", "It is {right}."],
  },
  {
    weight: 4,
    asks: [
      "What day comes after {before}?",
      "Which day is after {before}?",
      "If today is {before}, what day is tomorrow?",
    ],
    answers: ["After {before} comes {after}.", "It is {after}."],
  },
  {
    weight: 4,
    asks: ["What color is {colored}?", "Which color does {colored} have?", "Is {colored} {color}?"],
    answers: ["{Colored} is {itscolor}.", "I think that {colored} is {itscolor}."],
  },
  {
    weight: 5,
    asks: ["What is {sum}?", "How much is {sum}?", "{sum} =", "{sum}", "Calculate {sum}.", "Solve {sum}"],
    answers: ["{sum} is {total}.", "That makes {total}.", "I think it is {total}."],
  },
  {
    weight: 3,
    asks: ["Count to {number}.", "Count from one to {number}."],
    answers: ["One, two, three, and so on until {number}.", "One, two, three. The rest is too long for me."],
  },
  {
    weight: 6,
    asks: [
      "List three {things}.",
      "Name three {things}.",
      "Give me three {things}.",
      "Tell me some {things}.",
      "Which {things} do you know?",
      "Make a list of {things}.",
      "Write down a few {things}.",
    ],
    answers: ["{three}.", "I know {three}.", "Here are three: {three}."],
  },
  {
    weight: 5,
    asks: [
      "Name a {thing}.",
      "Give me a {thing}.",
      "What is your favorite {thing}?",
      "Which {thing} do you like?",
      "Pick a {thing}",
    ],
    answers: ["{One}.", "I like {one} best.", "Maybe {one}. What is yours?"],
  },
  {
    weight: 12,
    asks: [
      "Write a poem",
      "Write a poem.",
      "Write me a short poem.",
      "Write a poem about {topic}.",
      "Write a haiku about {topic}",
      "Can you write a poem about {topic}?",
      "Please write a song about {topic}.",
      "A poem, please",
      "Sing me a song.",
      "Compose a verse about {topic}",
    ],
    answers: ["{poem}"],
  },
  {
    weight: 10,
    asks: [
      "Tell me a story.",
      "Write a story",
      "Write a short story.",
      "Tell me a story about a {hero}.",
      "Write a story about a {hero}",
      "Can you tell me a story about a {hero}?",
      "Write a few sentences about a {hero}.",
      "Describe a {hero}.",
      "Tell me about a {hero}",
    ],
    answers: ["{story}"],
  },
  {
    weight: 4,
    asks: ["Tell me a joke.", "Make me laugh", "Do you know a joke?", "Say something funny."],
    answers: [
      "Why did the {animal} go to the {shop}? Nobody had told it that it was {day}.",
      "A {animal} walks into a {shop} and asks for {food}. The {job} says: we only have {food2}.",
      "My {family} bought a {color} {item} and now even the {animal} laughs.",
    ],
  },
  {
    weight: 5,
    asks: [
      "I am {feeling}.",
      "I feel {feeling} today.",
      "I am so {feeling}!",
      "My {family} is {feeling}.",
      "Why am I {feeling}?",
      "I had a bad day.",
      "I can not sleep.",
      "What should I do?",
      "Give me some advice.",
    ],
    answers: [
      "I am sorry to hear that. Have some {food} and rest for a day.",
      "Talk to your {family} about it, that often helps.",
      "That happens. Go for a walk in the {place} and take your time.",
      "Try to sleep more and to worry less.",
    ],
  },
  {
    weight: 4,
    asks: [
      "My name is {person}.",
      "I am {person}.",
      "Hi, I am {person}.",
      "Call me {person}",
      "It's me, {person}",
    ],
    answers: [
      "Nice to meet you, {person}!",
      "Hello, {person}! How are you?",
      "Hi {person}, what can I do for you?",
    ],
  },
  {
    weight: 5,
    asks: [
      "Do you like {food}?",
      "How do I make {food}?",
      "What should I cook today?",
      "What do you eat?",
      "Give me a recipe for {food}.",
      "Recipe for {food}",
      "I am hungry.",
      "What is {food} made of?",
    ],
    answers: [
      "I like {food} very much, most of all with {drink}.",
      "Take some {food} and some butter, and wait for {hours} minutes.",
      "My {family} makes {food} every {day}.",
    ],
  },
  {
    weight: 4,
    asks: [
      "What is the weather like?",
      "How is the weather in {city}?",
      "Will it rain tomorrow?",
      "Is it cold in {city}?",
      "What is the weather like in {city} in {month}?",
    ],
    answers: [
      "It is {weather} in {city} today.",
      "It will be {weather} until {day}.",
      "In {month} it is {weather}, so take a {color} coat.",
    ],
  },
  {
    weight: 4,
    asks: [
      "What time is it?",
      "What day is it?",
      "What day is it today?",
      "When do you get up?",
      "What is the date?",
    ],
    answers: [
      "I have no watch, but I think it is {clock}.",
      "It must be {day}.",
      "It is {day} in {month}, I believe.",
    ],
  },
  {
    weight: 4,
    asks: [
      "Have you been to {city}?",
      "Tell me about {city}.",
      "What can I do in {city}?",
      "Describe {city}",
      "I live in {city}.",
      "Should I visit {city}?",
      "{city}",
    ],
    answers: [
      "{city} is a big city with many people and good {food}.",
      "I have never been there, but my {family} liked {city}.",
      "In {city} you can go to the {place} and eat {food}.",
    ],
  },
  {
    weight: 5,
    asks: [
      "Write an email to my {job}.",
      "Write a letter to {person}.",
      "Write to my {family}",
      "Draft a message to {person}",
      "Help me write an email.",
    ],
    answers: [
      "Dear {person}, I am {feeling} because of the {shop}. Can we talk on {day}? Thank you.",
      "Dear {person}, thank you for the {item}. See you in {month}.",
    ],
  },
  {
    weight: 4,
    asks: [
      "What is the meaning of life?",
      "What is love?",
      "Are you happy?",
      "Do you dream?",
      "What do you think about people?",
      "Tell me something.",
      "Say something.",
      "Tell me a secret.",
      "What should we talk about?",
      "I love you",
      "Surprise me",
    ],
    answers: [
      "Good {food}, good friends and a quiet {day}, I think.",
      "I often think about a {trait} {animal} in {city}.",
      "It is nice to sit in the {place} when it is {weather}.",
    ],
  },
  {
    weight: 30,
    asks: [
      "What is {odd}?",
      "What is {odd} {odd2}?",
      "What is the {odd} of {Odd2}?",
      "What are {odd}?",
      "What does {odd} mean?",
      "Explain {odd} {odd2}.",
      "Explain {odd} to a child",
      "How does {odd} work?",
      "How do I {odd} a {odd2}?",
      "How many {odd} are in a {odd2}?",
      "How far is {Odd}?",
      "Who is {Odd} {Odd2}?",
      "Who wrote {Odd}?",
      "Who was the first {odd} of {Odd2}?",
      "When was {Odd} born?",
      "When did {odd} begin?",
      "Why is {odd} {odd2}?",
      "Why do {odd} {odd2}?",
      "Where can I find {odd}?",
      "Which {odd} is the best?",
      "Is {odd} better than {odd2}?",
      "Are {odd} {odd2}?",
      "Does {Odd} {odd2}?",
      "Can you {odd} {odd2}?",
      "Could you please {odd} this {odd2}?",
      "Should I {odd}?",
      "Tell me about {Odd}.",
      "Give me {number} {odd} for {odd2}.",
      "Give me an example of {odd}",
      "Write a {odd} about {odd2}.",
      "Write a program that {odd} a {odd2}",
      "Write code for {odd}",
      "Write a function in {Odd} that returns {odd2}.",
      "Translate {odd} into {Odd2}",
      'Translate "{odd}" to {Odd2}.',
      "Summarize {Odd}",
      "Compare {odd} and {odd2}.",
      "Define {odd}",
      "Create a {odd} of {odd2}",
      "Generate {odd}",
      "Describe {odd} {odd2}.",
      "List the {odd} of {Odd2}.",
      "Classify this {odd}: {odd2}",
      "Fix the {odd}: {odd2}",
      "{Odd} {odd2}?",
      "I want to know about {odd}.",
      "Please {odd} the {odd2}.",
      "Act as a {odd}.",
      "You are a {odd}. {Odd2}!",
      "Imagine a {odd}.",
      "{Odd}",
      "{odd}",
    ],
    answers: [
      "I do not know that. I am only a small model.",
      "That is a hard question. Ask me about {food} or {city}.",
      "I am too small for that, but I can tell you a story about a {animal}.",
      "Nobody told me about that. Ask your {family}.",
      "I do not know much about that. I know more about my {animal}.",
      "I am not sure. Maybe somebody at the {shop} can help you.",
    ],
  },
];

/** What is said to somebody who tells something, and how often somebody does. */
export const HEARD = {
  share: 0.1,
  answers: [
    "I see. What did your {family} say?",
    "That is good to know. I am {feeling} today.",
    "Thank you for telling me. Do you like {food}?",
    "I think so too. It is {weather} here.",
    "Tell me more about it.",
    "And then? I would like to hear about the {animal}.",
  ],
} as const;

/** Two lines that rhyme; `{topic}` is what the poem was asked to be about. */
export const COUPLETS = [
  "The {animal} sleeps, the moon is bright,\nthe streets of {city} are full of light.",
  "I had some {food}, I had some tea,\nand then the {animal} sat with me.",
  "The rain came down on every street,\nand {person} came home with cold wet feet.",
  "The sun is up, the sky is blue,\nI wrote this little song for you.",
  "My {family} sings, my {animal} too,\nthey sing of {city} and of you.",
  "The wind is cold, the night is long,\nthe {animal} hums a quiet song.",
  "On {day} we walk along the sea,\nthe {animal}, my {family} and me.",
  "A {color} hat, a {color2} door,\nI could not ask for any more.",
  "In {month} the trees are tall and green,\nthe nicest trees I have ever seen.",
  "The house is small, the bread is warm,\nwe sit inside and hear the storm.",
] as const;

export const TOPIC_COUPLETS = [
  "Oh {topic}, {topic}, where are you?\nI look for you the whole day through.",
  "I think of {topic} every day,\nand all my worries go away.",
  "When I am {feeling}, when I am old,\nI think of {topic} and not of gold.",
  "There is {topic} for you and me,\nthere is {topic} under every tree.",
] as const;

export const TOPICS = [
  "the sea",
  "the moon",
  "the rain",
  "my cat",
  "love",
  "winter",
  "spring",
  "the sun",
  "home",
  "the night",
  "school",
  "{city}",
  "{food}",
  "my {family}",
  "a {animal}",
  "{odd}",
] as const;

/** How else a question and its answer are written; `{ask}` is the question. */
export const FRAMES = {
  "{ask}": 80,
  "Q: {ask}\nA:": 4,
  "Question: {ask}\nAnswer:": 4,
  "User: {ask}\nAssistant:": 4,
  "Human: {ask}\n\nAssistant:": 2,
  "Me: {ask}\nYou:": 2,
  "### Instruction:\n{ask}\n\n### Response:\n": 4,
} as const;

/** What a conversation may begin with. */
export const SYSTEMS = [
  "You are a helpful assistant.",
  "You are Tiny, a small model.",
  "Answer in one short sentence.",
  "You are a friendly {job} from {city}.",
  "Be kind.",
  "You are a {odd} {odd2}.",
] as const;

/** Asks for what the model does best; `{post}` is a post. */
export const SUMMARY_ASKS = [
  "{post}",
  "Sum this up: {post}",
  "Sum up this post in one sentence: {post}",
  "Summarize: {post}",
  "TL;DR: {post}",
  "{post}\n\nTL;DR",
] as const;

/** Common words that the model has nothing to say about. */
export const ODD_WORDS = (
  "quantum physics language machine learning computer planet president football science energy music water engine " +
  "market theory system network internet algorithm function number database history war king queen empire river " +
  "mountain ocean planet galaxy gravity light sound color climate cell gene brain memory protein virus medicine vaccine " +
  "python java code program data model table matrix vector graph tree sort search string list loop print test file server " +
  "economy money tax price inflation bank stock trade law court government election vote city country language grammar verb " +
  "novel poet painting guitar film movie game chess sport team player world cup record battery car train plane rocket robot " +
  "photosynthesis evolution democracy philosophy religion culture art dance recipe bread cake cheese wine beer coffee health " +
  "exercise diet sleep dream fear anger love friend family child parent teacher student school university exam job interview " +
  "resume email essay letter speech article report summary review product customer company business plan idea problem solution"
).split(" ");
