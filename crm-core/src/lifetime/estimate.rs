use serde::{Serialize, Serializer, ser::SerializeMap};

/// Named numbers, in order: parameters of a model, or their standard errors. As JSON an object, rounded by [`significant`].
#[derive(Clone, Debug, PartialEq)]
pub struct Estimates(Vec<(&'static str, f64)>);

impl Estimates {
    pub(super) fn new<const N: usize>(names: [&'static str; N], numbers: [f64; N]) -> Self {
        Self(names.into_iter().zip(numbers).collect())
    }

    /// The number of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    /// The same, each by [`significant`].
    #[must_use]
    pub(super) fn significant(mut self) -> Self {
        self.0.iter_mut().for_each(|(_, number)| *number = significant(*number));
        self
    }

    /// Names and numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().copied()
    }
}

impl Serialize for Estimates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, number) in &self.0 {
            map.serialize_entry(name, &significant(*number))?;
        }
        map.end()
    }
}

/// To nine significant digits, as estimates stand in JSON: what the last digits of a logarithm are differs from one
/// machine to another.
pub fn significant(number: f64) -> f64 {
    format!("{number:.8e}").parse().unwrap_or(number)
}

/// For serde.
pub(super) fn rounded<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(significant(*number))
}

/// For serde.
pub(super) fn maybe_rounded<S: Serializer>(
    number: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    number.map(significant).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_have_nine_digits() {
        assert_eq!(significant(-9_582.429_206_123_4), -9_582.429_21);
        assert_eq!(significant(0.000_012_345_678_94), 0.000_012_345_678_9);
        let estimates = Estimates::new(["r", "alpha"], [0.242_594_123_456, 2.0]);
        assert_eq!(serde_json::to_string(&estimates).unwrap(), r#"{"r":0.242594123,"alpha":2.0}"#);
    }
}
