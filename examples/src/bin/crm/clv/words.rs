use std::fmt;

/// The furthest that is looked ahead, in days: a hundred years.
const FURTHEST: u32 = 36_525;

/// How far is looked ahead, as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Horizon {
    pub(crate) days: u32,
    weeks: Option<u32>,
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.weeks {
            Some(1) => f.write_str("a week"),
            Some(weeks) => write!(f, "{weeks} weeks"),
            None if self.days == 1 => f.write_str("a day"),
            None => write!(f, "{} days", self.days),
        }
    }
}

/// `39w` or `273d`.
pub(crate) fn horizon(text: &str) -> Result<Horizon, String> {
    let wrong = || "a time is written like 39w or 273d, up to 100 years".to_owned();
    let (number, of_weeks) = match text.strip_suffix('w') {
        Some(number) => (number, true),
        None => (text.strip_suffix('d').ok_or_else(wrong)?, false),
    };
    let number: u32 = number.trim().parse().map_err(|_| wrong())?;
    let days = number.checked_mul(if of_weeks { 7 } else { 1 }).ok_or_else(wrong)?;
    if days == 0 || days > FURTHEST {
        return Err(wrong());
    }
    Ok(Horizon { days, weeks: of_weeks.then_some(number) })
}

/// `10%` or `0.1`.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let wrong = || "a rate is written like 10% or 0.1, from 0 up to 100%".to_owned();
    let (number, over) = match text.strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, 1.0),
    };
    let rate: f64 = number.trim().parse().map_err(|_| wrong())?;
    let rate = rate / over;
    if (0.0..=1.0).contains(&rate) { Ok(rate) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_rates_are_read_as_they_are_written() {
        for (text, days, told) in
            [("39w", 273, "39 weeks"), ("273d", 273, "273 days"), ("1w", 7, "a week")]
        {
            let found = horizon(text).unwrap();
            assert_eq!((found.days, found.to_string().as_str()), (days, told));
        }
        for text in ["39", "0w", "-1d", "1.5w", "", "w", "5300w", "4294967295w"] {
            assert!(horizon(text).unwrap_err().contains("39w"), "{text}");
        }
        for (text, expected) in [("10%", 0.1), ("0.1", 0.1), ("0", 0.0), ("7.5 %", 0.075)] {
            assert_eq!(rate(text), Ok(expected));
        }
        for text in ["10", "-1%", "NaN", "", "%", "200%"] {
            assert!(rate(text).unwrap_err().contains("10%"), "{text}");
        }
    }
}
