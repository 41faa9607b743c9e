//! Copies of company records as people type them again, the same ones each time.

/// What a company is known by.
#[derive(Clone)]
pub(crate) struct Company {
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) email: String,
    pub(crate) website: String,
    pub(crate) postcode: String,
}

impl Company {
    /// The keys of the n-th company follow from its name and number.
    pub(crate) fn new(name: &str, n: usize) -> Self {
        let letters = name.to_lowercase();
        let slug: String = letters.chars().filter(char::is_ascii_alphanumeric).collect();
        let (area, end) = (201 + n % 9, 1_000 + n / 9);
        Self {
            name: name.to_owned(),
            phone: format!("+1 {area} 555 {end}"),
            email: format!("office@{slug}{n}.example"),
            website: format!("https://www.{slug}{n}.example"),
            postcode: format!("{:05}", 10_000 + n * 37 % 89_999),
        }
    }

    pub(crate) fn cells(&self) -> [String; 5] {
        [&self.name, &self.phone, &self.email, &self.website, &self.postcode]
            .map(|cell| quoted(cell))
    }

    /// As somebody else would type it. In every name a letter is wrong or a legal form is added; in
    /// half of them the case, the width or the order of the words is another. The phone is
    /// written another way (two of ten are missing, one of ten has a wrong digit), the address is
    /// another mailbox of the firm (three of ten are missing), the website is a page of it (three of ten
    /// are missing), two of ten postcodes are missing. Who has neither address nor website has
    /// the right phone and postcode: a name with one of them is not always certain. In a name that is one letter and a
    /// legal form none is wrong: without its form that is another name.
    pub(crate) fn dirty(&self, dice: &mut Dice) -> Self {
        let style = dice.of(6);
        let mut name = self.name.clone();
        if style == 0 {
            name = name.split(' ').rev().collect::<Vec<_>>().join(" ");
        }
        let one_letter = name.chars().nth(1).is_none_or(|second| !second.is_alphanumeric());
        if dice.of(2) == 0 || name.chars().count() < 5 || one_letter {
            let forms = ["Ltd", "Inc.", "GmbH", "Corp.", "S.A.", "Co., Ltd.", "LLC"];
            name = format!("{name} {}", forms[dice.of(forms.len())]);
        } else {
            name = misspelt(&name, dice);
        }
        match style {
            1 => name = name.to_uppercase(),
            2 => name = name.chars().map(wide).collect(),
            _ => {}
        }
        let missing = |text: String, missing: bool| if missing { String::new() } else { text };
        let digits: String = self.phone.chars().filter(char::is_ascii_digit).collect();
        let (area, rest) = (&digits[1..4], &digits[7..]);
        let mut phone = match dice.of(4) {
            0 => format!("+1 ({area}) 555-{rest}"),
            1 => format!("+1{area}555{rest}"),
            2 => format!("+1.{area}.555.{rest}"),
            _ => format!("+1-{area}-555-{rest} ext. 4"),
        };
        let (wrong, gone) = (dice.of(10) == 0, dice.of(5) == 0);
        let email = format!(
            "Sales{}@{}",
            dice.of(90),
            self.email.split('@').nth(1).unwrap().to_uppercase()
        );
        let website = format!("{}/about", self.website.trim_start_matches("https://www."));
        let (email, website) = (missing(email, dice.of(10) < 3), missing(website, dice.of(10) < 3));
        let reached = !email.is_empty() || !website.is_empty();
        if wrong && reached {
            phone = phone.replacen("555", "556", 1);
        }
        let phone = missing(phone, gone && reached);
        let postcode = missing(format!(" {}", self.postcode), dice.of(5) == 0 && reached);
        Self { name, phone, email, website, postcode }
    }
}

/// A letter is missing, is there twice, or two have changed places; never the first.
fn misspelt(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let at = 1 + dice.of(letters.len() - 2);
    match dice.of(3) {
        0 => drop(letters.remove(at)),
        1 if letters[at] != ' ' => letters.insert(at, letters[at]),
        _ if letters[at] != letters[at + 1] => letters.swap(at, at + 1),
        _ => drop(letters.remove(at)),
    }
    letters.into_iter().collect()
}

/// As it is typed among Chinese characters.
fn wide(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap(),
        ' ' => '\u{3000}',
        other => other,
    }
}

pub(crate) fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// The same throws each time (a linear congruential generator: Knuth, MMIX).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn of(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}
