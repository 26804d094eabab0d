//! The texts that claims are anchored in: sentences, and where they stand.

use affiant::model::digest::Digest;

use crate::random::{Random, Stream};
use crate::words::LANGUAGES;

/// A sentence without its full stop, and what its many anchors say of it: its text as JSON, the SHA-256 of its bytes.
pub struct Sentence {
    pub text: String,
    pub quote: String,
    pub sha256: String,
}

impl Sentence {
    fn new(text: String) -> Self {
        let quote = serde_json::Value::from(text.as_str()).to_string();
        Self { quote, sha256: Digest::of(text.as_bytes()).to_string(), text }
    }
}

/// A language: its tag, its words, and sentences made of them.
pub struct Language {
    pub tag: &'static str,
    words: Vec<&'static str>,
    sentences: Vec<Sentence>,
}

/// One place where a sentence stands.
#[derive(Clone, Copy)]
pub struct Occurrence<'a> {
    start: usize,
    pub sentence: &'a Sentence,
}

impl Occurrence<'_> {
    /// The bytes it takes.
    pub fn span(&self) -> (usize, usize) {
        (self.start, self.start + self.sentence.text.len())
    }
}

/// A text, and all places in its body that may be anchored. The first sentence of the body is also its last.
pub struct Text<'a> {
    pub content: String,
    pub occurrences: Vec<Occurrence<'a>>,
    pub parts: Vec<Part>,
}

/// A stretch of a text, in bytes.
pub struct Part {
    pub role: &'static str,
    pub span: (usize, usize),
}

const MARKS: [(&str, &str); 4] = [("“", "”"), ("«", "»"), ("‘", "’"), ("\"", "\"")];
const ENDINGS: [&str; 8] = [". ", ". ", ". ", ".\u{a0}", "! ", "? ", "… ", " — "];
/// What trips tools that count anything but bytes: four bytes in one character, a decomposed letter, a hard space.
const ODDITIES: [&str; 3] = ["🌊", "кра\u{438}\u{306}", "7\u{a0}km"];

impl Language {
    const SENTENCES: usize = 6_000;

    /// Every language, with its sentences.
    pub fn all(seed: u64) -> Vec<Self> {
        let language = |(n, (tag, words)): (usize, (&'static str, &'static str))| {
            let mut random = Random::new(seed, Stream::Language, n);
            let mut language = Self { tag, words: words.split_whitespace().collect(), sentences: Vec::new() };
            for _ in 0..Self::SENTENCES {
                let sentence = Sentence::new(language.sentence(&mut random));
                language.sentences.push(sentence);
            }
            language
        };
        LANGUAGES.into_iter().enumerate().map(language).collect()
    }

    /// A new sentence of seven to nineteen words, without its full stop.
    pub fn sentence(&self, random: &mut Random) -> String {
        let mut words: Vec<String> = (0..7 + random.below(13)).map(|_| random.pick(&self.words).to_string()).collect();
        let spot = random.below(words.len() - 1);
        match random.below(20) {
            0..=4 => {
                let (open, close) = random.pick(&MARKS);
                words[spot].insert_str(0, open);
                words[spot + 1].push_str(close);
            }
            5..=8 => words[spot] = (1 + random.below(400)).to_string(),
            9..=11 => words[spot] = random.pick(&ODDITIES).to_string(),
            _ => {}
        }
        let text = words.join(" ");
        let mut letters = text.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
    }
}

impl<'a> Text<'a> {
    const MEDIAN_BYTES: f64 = 6_000.0;
    const SIGMA: f64 = 0.6;

    /// A title, a body, and for some texts what a page wraps around them; those are told apart in `parts`.
    pub fn draw(random: &mut Random, language: &'a Language, languages: &'a [Language]) -> Self {
        let wrapped = random.percent(20);
        let end_of_line = if random.percent(6) { "\r\n" } else { "\n" };
        let length = random.log_normal(Self::MEDIAN_BYTES, Self::SIGMA).clamp(400.0, 200_000.0) as usize;
        let mut text =
            Self { content: String::with_capacity(length + 1_000), occurrences: Vec::new(), parts: Vec::new() };

        text.content.push_str(&random.pick(&language.sentences).text);
        let title = (0, text.content.len());
        text.content.push_str(end_of_line);
        text.content.push_str(end_of_line);
        let start = text.content.len();
        text.fill(random, length, end_of_line, |random| {
            let spoken = if random.percent(5) { random.pick(languages) } else { language };
            random.pick(&spoken.sentences)
        });
        if wrapped {
            let body = (start, text.content.len());
            text.content.push_str(end_of_line);
            let start = text.content.len();
            text.content.push_str("Menu · Subscribe · Read also: ");
            text.content.push_str(&random.pick(&language.sentences).text);
            let chrome = (start, text.content.len());
            let parts = [("title", title), ("body", body), ("chrome", chrome)];
            text.parts = parts.into_iter().map(|(role, span)| Part { role, span }).collect();
        }
        if random.percent(50) {
            text.content.push_str(end_of_line);
        }
        text
    }

    /// Adds sentences until the text is `length` bytes long and holds two different ones, then the first again.
    fn fill(
        &mut self,
        random: &mut Random,
        length: usize,
        end_of_line: &str,
        mut draw: impl FnMut(&mut Random) -> &'a Sentence,
    ) {
        let first = draw(random);
        self.stand(first);
        while self.content.len() < length || self.other_than(&first.text).is_none() {
            if random.percent(18) {
                self.content.push('.');
                self.content.push_str(end_of_line);
                self.content.push_str(end_of_line);
            } else {
                let ending = *random.pick(&ENDINGS);
                self.content.push_str(ending);
            }
            let again = random.percent(8);
            self.stand(if again { random.pick(&self.occurrences).sentence } else { draw(random) });
        }
        self.content.push_str(". ");
        self.stand(first);
        self.content.push('.');
    }

    fn stand(&mut self, sentence: &'a Sentence) {
        self.occurrences.push(Occurrence { start: self.content.len(), sentence });
        self.content.push_str(&sentence.text);
    }

    /// Where the first sentence stands for the first and for the last time.
    pub fn refrain(&self) -> (Occurrence<'a>, Occurrence<'a>) {
        (self.occurrences[0], self.occurrences[self.occurrences.len() - 1])
    }

    /// The first place where other words stand.
    pub fn other_than(&self, words: &str) -> Option<Occurrence<'a>> {
        self.occurrences.iter().copied().find(|occurrence| occurrence.sentence.text != words)
    }
}
