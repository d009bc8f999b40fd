//! French texts are set as French is: marks of two parts stay with the word before them, and no apostrophe is straight.

use std::fs;
use std::path::Path;

/// Where people are spoken to.
const TEXTS: [&str; 5] = [
    "src/http/pages/texts/french.rs",
    "src/http/console/texts/french.rs",
    "src/http/console/texts/events.rs",
    "src/demo/texts.rs",
    "src/mail/texts.rs",
];

/// The strings in the French part of a source file. None has a quote in it.
fn strings(source: &str) -> Vec<String> {
    let begin = if source.contains("FRENCH: ") { "FRENCH: " } else { "fn french(" };
    let (_, french) = source.split_once(begin).expect("French texts");
    let french = french.split("#[cfg(test)]").next().unwrap_or(french);
    assert!(!french.contains("\\\""));
    let joined: Vec<_> = french.split("\\\n").map(str::trim_start).collect();
    joined.concat().split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What is wrong with a text: a mark, with what is around it.
fn flaws(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or(' ');
    let flaws = letters.iter().enumerate().filter(|(place, mark)| {
        let (before, after) = (at(place.wrapping_sub(1)), at(place + 1));
        match mark {
            // Of a URL, of an hour or a number in a format, or of a right's name.
            ':' if matches!(after, '/' | '%' | '.') || after.is_alphabetic() => false,
            ':' | '»' => before != '\u{a0}',
            ';' | '?' | '!' => before != '\u{202f}',
            '«' => after != '\u{a0}',
            '\'' => true,
            '.' => after == '.',
            _ => false,
        }
    });
    flaws.map(|(place, _)| letters[place.saturating_sub(8)..letters.len().min(place + 3)].iter().collect()).collect()
}

#[test]
fn french_marks_stay_with_their_words() {
    for (text, good) in [
        ("Bonjour\u{a0}: oui", true),
        ("Bonjour : oui", false),
        ("Bonjour: oui", false),
        ("Oui\u{202f}?", true),
        ("Oui ?", false),
        ("Oui!", false),
        ("«\u{a0}bearer\u{a0}»", true),
        ("« bearer\u{a0}»", false),
        ("par https://", true),
        ("%H:%M UTC", true),
        ("l'adresse", false),
        ("etc...", false),
    ] {
        assert_eq!(flaws(text).is_empty(), good, "{text}");
    }
    for file in TEXTS {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("texts");
        let texts = strings(&source);
        assert!(texts.len() > 10, "{file}");
        for text in &texts {
            assert_eq!(flaws(text), [""; 0], "{file}: {text}");
        }
    }
}
