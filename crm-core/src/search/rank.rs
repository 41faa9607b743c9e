use uuid::Uuid;

use crate::kernel::{text_enum, words};

use super::{
    digits::without_zeros,
    parts::{Parts, Place},
    query::SearchQuery,
    record::Searchable,
};

text_enum! {
    /// Why a record is a hit, the best reason first.
    pub enum Reason {
        /// The name is what was searched for, but for case, accents, spaces and signs.
        ExactName = "exact_name",
        /// An e-mail address, a phone number or another number is just what was searched for.
        ExactKey = "exact_key",
        /// The name begins with it.
        NameBegins = "name_begins",
        /// All words are in the name, in this order.
        NameInOrder = "name_in_order",
        /// All words are in the name.
        Name = "name",
        /// Some are in the e-mail address.
        Email = "email",
        /// Some are digits of a phone number.
        Phone = "phone",
        /// Some are in a number.
        Number = "number",
        /// Some are in a tag.
        Tag = "tag",
        /// Some are in the name of the town.
        City = "city",
    }
}

/// Where a hit stands among the hits of a query: by the reason, then the name, then the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Why it is a hit: of several words, the reason of the one with the weakest.
    pub reason: Reason,
    /// Its name, folded.
    pub name: String,
    /// Its id.
    pub id: Uuid,
}

impl SearchQuery {
    /// Where a record stands among the hits; `None`, if it is none.
    ///
    /// A store need ask only for records for whose terms all tests hold: no other is a hit, as
    /// long as the record does not have more than [`super::MAX_TERMS`].
    pub fn rank<E: Searchable>(&self, record: &E) -> Option<Rank> {
        let parts = Parts::of(&record.searched());
        let reason = self.reason(&parts)?;
        Some(Rank { reason, name: parts.name, id: record.id().uuid() })
    }

    fn reason(&self, record: &Parts) -> Option<Reason> {
        let mut weakest = Place::Name;
        for atom in &self.atoms {
            weakest = weakest.max(atom.place(record)?);
        }
        if weakest > Place::OtherName && self.is_key_of(record) {
            return Some(Reason::ExactKey);
        }
        Some(match weakest {
            Place::Name | Place::OtherName => self.reason_in_name(record),
            Place::Email => Reason::Email,
            Place::Phone => Reason::Phone,
            Place::Number => Reason::Number,
            Place::Tag => Reason::Tag,
            Place::City => Reason::City,
        })
    }

    fn is_key_of(&self, record: &Parts) -> bool {
        let digits = without_zeros(&self.letters);
        let letters_of = |address: &String| words(address).collect::<String>();
        record.all.iter().any(|part| part.place == Place::Number && part.text == self.letters)
            || record.phones.iter().any(|phone| phone.significant() == digits)
            || record.address.as_ref().map(letters_of).as_ref() == Some(&self.letters)
    }

    fn reason_in_name(&self, record: &Parts) -> Reason {
        let mut atoms = self.atoms.iter();
        if record.names.contains(&self.letters) {
            Reason::ExactName
        } else if record.names.iter().any(|name| name.starts_with(&self.letters)) {
            Reason::NameBegins
        } else if atoms.try_fold(0, |from, atom| atom.end_in_name(record, from)).is_some() {
            Reason::NameInOrder
        } else {
            Reason::Name
        }
    }
}
