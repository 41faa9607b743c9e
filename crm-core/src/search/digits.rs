/// The digits of a phone number as somebody wrote or typed it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Digits {
    /// As they are written; of an international number without `+` or `00`.
    pub(super) all: String,
    /// Whether they begin with the code of a country.
    pub(super) international: bool,
}

/// Fewer digits are found in too many numbers.
pub(super) const FEWEST: usize = 4;
/// A number has at most 15 digits (ITU-T E.164), with what is dialled before it and behind it.
const MOST: usize = 20;

impl Digits {
    /// Of a folded text; an extension behind letters is left out.
    pub(super) fn of(folded: &str) -> Self {
        let text = folded.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '+');
        let text = text.split(char::is_alphabetic).next().unwrap_or_default();
        let written: String = digits(text).collect();
        let dialled =
            written.starts_with("00") && !written.starts_with("000") && written.len() > 10;
        let international = text.starts_with('+') || dialled;
        let mut all =
            if international { digits(&text.replace("(0)", "")).collect() } else { written };
        if international {
            all = without_zeros(&all).to_owned();
        }
        all.truncate(MOST);
        Self { all, international }
    }

    /// Without the zeros it begins with.
    pub(super) fn significant(&self) -> &str {
        without_zeros(&self.all)
    }

    /// Of an international number, what is behind the code of the country.
    pub(super) fn national(&self) -> Option<&str> {
        let code = country_code_len(&self.all);
        self.all.get(code..).filter(|_| self.international).map(without_zeros)
    }

    /// What a number with these digits has a term for: [`Digits::suffixes`] of it begins so.
    pub(super) fn tested(&self) -> &str {
        let national = self.national().filter(|n| n.len() >= FEWEST);
        let significant = Some(self.significant()).filter(|n| n.len() >= FEWEST);
        national.or(significant).unwrap_or(&self.all)
    }

    /// What it is kept by: every end of it that is not too short, and with its zeros.
    pub(super) fn suffixes(&self) -> impl Iterator<Item = &str> {
        let all = self.significant();
        let zeros = (all.len() < self.all.len()).then_some(self.all.as_str());
        zeros
            .into_iter()
            .chain((0..=all.len().saturating_sub(FEWEST)).filter_map(move |at| all.get(at..)))
    }

    /// Whether this number is found by digits that somebody typed: some of it in a row, or in
    /// international form, of which it lacks the code of the country.
    pub(super) fn is_found_by(&self, typed: &Self) -> bool {
        if typed.significant().len() < FEWEST {
            return self.all.starts_with(&typed.all) || self.significant().contains(&typed.all);
        }
        let lacks_code = || {
            !self.international
                && typed
                    .national()
                    .is_some_and(|n| n.len() >= FEWEST && self.significant().starts_with(n))
        };
        self.significant().contains(typed.significant()) || lacks_code()
    }
}

pub(super) fn without_zeros(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

fn digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_digit)
}

/// How many digits the code of a country has (ITU-T E.164, assigned country codes).
fn country_code_len(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'2', b'0' | b'7', ..]
        | [b'3', b'0'..=b'4' | b'6' | b'9', ..]
        | [b'4', b'0' | b'1' | b'3'..=b'9', ..]
        | [b'5', b'1'..=b'8', ..]
        | [b'6', b'0'..=b'6', ..]
        | [b'8', b'1' | b'2' | b'4' | b'6', ..]
        | [b'9', b'0'..=b'5' | b'8', ..] => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_in_every_form() {
        for (kept, typed, found) in [
            ("+49 (0)171 1234567", "0171 1234567", true),
            ("+49 (0)171 1234567", "0171/123", true),
            ("+49 (0)171 1234567", "+49171", true),
            ("+49 (0)171 1234567", "0049 171 1234567", true),
            ("+49 (0)171 1234567", "4567", true),
            ("+49 (0)171 1234567", "+43 171 1234567", false),
            ("0171-1234567", "+49 171 1234567", true),
            ("0171-1234567", "+49 171 12", true),
            ("0171-1234567", "0171", true),
            ("0171-1234567", "234567", true),
            ("0171-1234567", "7654321", false),
            ("138 1234 5678", "+86 13812345678", true),
            ("138 1234 5678", "5678", true),
            ("Tel. 555-0100 ext. 12", "5550100", true),
            ("555-0100 x12", "555010012", false),
            ("+7 495 123-45-67", "+7495", true),
            ("+1 415-555-0199", "0199", true),
            ("110", "0110", false),
        ] {
            let (kept, typed) = (Digits::of(kept), Digits::of(typed));
            assert_eq!(kept.is_found_by(&typed), found, "{kept:?} {typed:?}");
            let tested = kept.suffixes().any(|suffix| suffix.starts_with(typed.tested()));
            assert!(tested || !found, "{kept:?} {typed:?}");
        }
    }
}
