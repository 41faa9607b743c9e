use super::{
    firm::{Name, Number},
    random::Random,
    words_chinese::{CN_BRAND, CN_FORMS},
};

/// What people do to a name when they write it down again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    Typo,
    Form,
    Width,
    Case,
    Order,
}

impl Mistake {
    pub(crate) const ALL: [Self; 5] =
        [Self::Typo, Self::Form, Self::Width, Self::Case, Self::Order];
}

impl Name {
    /// As the firm writes it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Latin { words, form, land }
                if matches!(land.country, "FR") && words.len() == 2 =>
            {
                // Before or after: by the length of the name, so that it is always the same.
                if words.concat().len().is_multiple_of(2) {
                    format!("{form} {}", words.join(" "))
                } else {
                    format!("{} {form}", words.join(" "))
                }
            }
            Self::Latin { words, form, .. } => format!("{} {form}", words.join(" ")),
            Self::Chinese { town, brand, trade, form } => format!("{town}{brand}{trade}{form}"),
        }
    }

    /// As somebody else wrote it; not at all changed where the mistake is none for this name.
    pub(crate) fn mistaken(&self, random: &mut Random, mistakes: &[Mistake]) -> String {
        let mut name = self.clone();
        if mistakes.contains(&Mistake::Form) {
            name.other_form(random);
        }
        if mistakes.contains(&Mistake::Typo) {
            name.typo(random);
        }
        let mut text = match (&name, mistakes.contains(&Mistake::Order)) {
            (Self::Latin { words, form, .. }, true) => {
                let at = 1 + random.below(words.len() - 1);
                let (first, last) = words.split_at(at);
                format!("{} {} {form}", last.join(" "), first.join(" "))
            }
            (Self::Chinese { town, brand, trade, form }, true) => {
                if random.happens(50) {
                    format!("{brand}{trade}（{town}）{form}")
                } else {
                    format!("{brand}（{town}）{trade}{form}")
                }
            }
            (_, false) => name.written(),
        };
        if mistakes.contains(&Mistake::Case) {
            text = if random.happens(50) { text.to_uppercase() } else { text.to_lowercase() };
        }
        if mistakes.contains(&Mistake::Width) {
            text = text.chars().map(wide).collect();
        }
        text
    }

    /// Whether this kind of mistake changes the name at all.
    pub(crate) fn can(&self, mistake: Mistake) -> bool {
        match (self, mistake) {
            (Self::Chinese { brand, .. }, Mistake::Width | Mistake::Case) => brand.is_ascii(),
            _ => true,
        }
    }

    fn other_form(&mut self, random: &mut Random) {
        match self {
            Self::Latin { form, land, .. } => {
                *form = if random.happens(30) { "" } else { random.one_of(land.forms) };
            }
            Self::Chinese { form, .. } => {
                *form = if random.happens(30) { "" } else { random.one_of(&CN_FORMS) };
            }
        }
    }

    fn typo(&mut self, random: &mut Random) {
        match self {
            Self::Latin { words, .. } => {
                let long: Vec<usize> =
                    (0..words.len()).filter(|at| words[*at].chars().count() > 2).collect();
                let at = long[random.below(long.len())];
                words[at] = mistyped(random, &words[at], |random| {
                    char::from(b'a' + random.below(26) as u8)
                });
            }
            Self::Chinese { brand, trade, .. } => {
                let some = |random: &mut Random| CN_BRAND[random.below(CN_BRAND.len())].0;
                // A trade is written from habit: mostly the brand suffers.
                if random.happens(70) {
                    *brand = mistyped(random, brand, some);
                } else {
                    *brand = format!("{brand}{}", mistyped(random, trade, some));
                    *trade = "";
                }
            }
        }
    }
}

/// One letter another, missing, too many, or two in the wrong order.
pub(crate) fn mistyped(
    random: &mut Random,
    text: &str,
    letter: impl Fn(&mut Random) -> char,
) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = random.below(letters.len());
    match random.below(4) {
        0 if letters.len() > 2 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letter(random)),
        2 if letters.len() > 2 => letters.swap(at, if at > 0 { at - 1 } else { 1 }),
        _ => letters[at] = letter(random),
    }
    letters.into_iter().collect()
}

impl Number {
    /// In one of the ways that people write it.
    pub(crate) fn written(&self, random: &mut Random) -> String {
        let Self { calling_code, trunk, area, local } = self;
        let half = local.len() / 2;
        let (a, b) = local.split_at(half);
        match random.below(7) {
            0 => format!("+{calling_code}{area}{local}"),
            1 => format!("+{calling_code} {area} {a} {b}"),
            2 => format!("00{calling_code} {area} {local}"),
            3 => format!("({trunk}{area}) {a}-{b}"),
            4 => format!("{trunk}{area}-{local}"),
            5 => format!("{trunk}{area} {a} {b}"),
            _ => format!("{trunk}{area}/{local}"),
        }
    }

    pub(crate) fn mistyped(&self, random: &mut Random) -> Self {
        let local =
            mistyped(random, &self.local, |random| char::from(b'0' + random.below(10) as u8));
        Self { local, ..self.clone() }
    }
}

/// In one of the ways that people write it.
pub(crate) fn website(random: &mut Random, domain: &str) -> String {
    match random.below(5) {
        0 => domain.to_owned(),
        1 => format!("www.{domain}"),
        2 => format!("https://www.{domain}/"),
        3 => format!("http://{}/index.html", domain.to_uppercase()),
        _ => format!("https://shop.{domain}/?ref=1"),
    }
}

/// ASCII as it is written between Chinese characters.
fn wide(c: char) -> char {
    match c {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(c as u32 + 0xFEE0).unwrap_or(c),
        other => other,
    }
}
