//! Records with names in many scripts, and what is found in them: every store finds just this.

use crate::{
    customer::{Customer, CustomerKind},
    kernel::{Id, Phone, PhoneKind, Phones},
};

use super::{corpus_names::NAMES, corpus_queries::QUERIES};

/// A text to search for, and the names of the hits, the first hit first.
pub(super) type Expected = (&'static str, &'static [&'static str]);

/// A customer as it is in the corpus. No two have the same name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    name: &'static str,
    email: &'static str,
    phone: &'static str,
    number: &'static str,
    tax_number: &'static str,
    tags: &'static [&'static str],
    city: &'static str,
}

impl Entry {
    /// The customer.
    pub(super) fn customer(&self, id: Id<Customer>) -> Customer {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let phone = given(self.phone).map(|number| Phone { kind: PhoneKind::Work, number });
        Customer {
            email: given(self.email),
            phones: Phones(phone.into_iter().collect()),
            external_id: given(self.number),
            tax_number: given(self.tax_number),
            tags: self.tags.iter().copied().collect(),
            city: given(self.city),
            ..Customer::new(id, CustomerKind::Organisation, self.name)
        }
    }
}

/// Every record.
pub(super) fn entries() -> impl Iterator<Item = Entry> {
    let names = NAMES.into_iter().flatten().map(|name| Entry { name, ..BARE });
    names.chain(MORE.iter().copied())
}

/// What is searched for.
pub(super) fn queries() -> impl Iterator<Item = Expected> {
    QUERIES.iter().copied()
}

const BARE: Entry =
    Entry { name: "", email: "", phone: "", number: "", tax_number: "", tags: &[], city: "" };

const MORE: &[Entry] = &[
    Entry {
        name: "Anna Huber",
        email: "anna.huber@acme-verlag.de",
        phone: "+49 (0)171 2345678",
        ..BARE
    },
    Entry {
        name: "Verlagshaus Huber",
        email: "Info@Huber-Buch.at",
        phone: "+43 1 5123456",
        city: "Wien",
        ..BARE
    },
    Entry {
        name: "Bindery North",
        email: "acme@northmail.example",
        phone: "(415) 555-0134",
        ..BARE
    },
    Entry { name: "Bindery South", phone: "+1 415-555-0199", tags: &["dealer", "gold"], ..BARE },
    Entry {
        name: "Kontor Elbe",
        phone: "0171/2345699",
        number: "K-10023",
        city: "Hamburg",
        ..BARE
    },
    Entry { name: "Kontor Weser", phone: "0421 1002355", number: "10024", city: "Bremen", ..BARE },
    Entry { name: "Handelshof", number: "INV-2024-0015", tax_number: "DE 811 907 980", ..BARE },
    Entry {
        name: "Papierlager",
        number: "0000100234",
        tax_number: "ATU33864707",
        city: "Graz",
        ..BARE
    },
    Entry {
        name: "Ming Li",
        email: "12345678@qq.example",
        phone: "138 1234 5678",
        tags: &["图书馆"],
        ..BARE
    },
    Entry {
        name: "Wang Fang",
        email: "wangfang@publisher.example",
        phone: "+86 13912345678",
        city: "北京",
        ..BARE
    },
    Entry {
        name: "东海书局",
        phone: "021-6234 5678",
        number: "91310000MA1FL0000X",
        city: "上海",
        ..BARE
    },
    Entry {
        name: "西山文化",
        phone: "+86 (0)10 6234 5678",
        tags: &["经销商", "重点客户"],
        city: "北京",
        ..BARE
    },
    Entry { name: "南湖書社", tags: &["經銷商"], city: "臺北", ..BARE },
    Entry {
        name: "森田書房",
        email: "mori@shobo.example",
        phone: "03-1234-5678",
        city: "東京",
        ..BARE
    },
    Entry {
        name: "海風出版", phone: "＋８１ ６ ６１２３ ４５６７", city: "大阪", ..BARE
    },
    Entry {
        name: "동해책방", phone: "010-9876-5432", tags: &["도매"], city: "서울", ..BARE
    },
    Entry {
        name: "Дом у Невы",
        email: "neva@книги.example",
        phone: "+7 (812) 123-45-67",
        city: "Санкт-Петербург",
        ..BARE
    },
    Entry {
        name: "دار القمر", phone: "٠١٠ ١٢٣٤ ٥٦٧٨", tags: &["موزّع"], city: "القاهرة", ..BARE
    },
    Entry {
        name: "אור חדש",
        email: "or@hadash.example",
        phone: "050-765-4321",
        city: "חיפה",
        ..BARE
    },
    Entry {
        name: "Φως και Χαρτί", phone: "+30 210 7654321", city: "Αθήνα", ..BARE
    },
    Entry {
        name: "Lumen Librairie",
        email: "contact@lumen.example",
        tags: &["gold", "école"],
        city: "Orléans",
        ..BARE
    },
    Entry {
        name: "Torre Alta",
        email: "josé.torre@alta.example",
        phone: "+34 912 34 56 78",
        city: "Málaga",
        ..BARE
    },
    Entry { name: "Gold Leaf", phone: "+44 20 7946 0123", city: "London", ..BARE },
    Entry { name: "Goldene Feder", tags: &["dealer"], city: "Köln", ..BARE },
    Entry {
        name: "Rue Cler",
        phone: "01 42 34 56 78",
        tax_number: "FR83404833048",
        city: "Paris",
        ..BARE
    },
];
