//! What is in a picture or on a page, which is XML.

use std::collections::HashMap;

use quick_xml::{Reader, XmlVersion, events::Event};

/// All text, and the attributes of each element.
pub(crate) struct Xml {
    pub(crate) text: String,
    pub(crate) elements: Vec<HashMap<String, String>>,
}

/// Reads it; fails where it is not well-formed.
pub(crate) fn parse(xml: &str) -> Xml {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut open) = (Xml { text: String::new(), elements: Vec::new() }, 0_u32);
    loop {
        let event = reader.read_event().unwrap();
        if let Event::Start(element) | Event::Empty(element) = &event {
            let attributes = element.attributes().map(|attribute| {
                let attribute = attribute.unwrap();
                let name = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                (name, attribute.normalized_value(XmlVersion::Implicit1_0).unwrap().into_owned())
            });
            found.elements.push(attributes.collect());
        }
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => {
                open -= 1;
                found.text.push('\n');
            }
            Event::Text(text) => found.text.push_str(&text.decode().unwrap()),
            Event::GeneralRef(entity) => {
                let named = match entity.decode().unwrap().as_ref() {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => entity.resolve_char_ref().unwrap(),
                };
                found.text.push(named.unwrap());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open, 0, "all is closed");
    assert!(!xml.contains("NaN"), "{xml}");
    found
}

impl Xml {
    /// The numbers in the cells of a grid: row, column, number, in the order in which they are drawn.
    pub(crate) fn cells(&self) -> Vec<(String, String, String)> {
        let cells = self.elements.iter().filter_map(|element| {
            let get = |name: &str| element.get(name).cloned();
            Some((get("data-y")?, get("data-x")?, get("data-value")?))
        });
        cells.collect()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&words), "{words}: {text}");
    }
}
