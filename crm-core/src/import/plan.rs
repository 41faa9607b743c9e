use crate::kernel::Kind;

use super::{ImportKind, Mapping, MappingError, subject::Subject};

/// Our fields, each with where its text comes from.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) fields: Vec<Planned>,
    pub(super) currency: Option<Source>,
    pub(super) external_id: Option<Source>,
    pub(super) name: Option<Source>,
}

/// A field that rows may fill.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldInfo {
    /// Where it stands among the entity's fields.
    pub(super) index: usize,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) refers_to: Option<&'static str>,
    /// Not a field like others: [`Subject::finish`] puts it in.
    pub(super) apart: bool,
    /// Without it no new record can be.
    pub(super) required: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) info: FieldInfo,
    pub(super) source: Source,
}

#[derive(Clone, Debug)]
pub(super) struct Source {
    from: From,
    aliases: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum From {
    Cell(usize),
    Constant(String),
}

impl Source {
    /// What the row says, without blanks around it.
    pub(super) fn text<'a>(&'a self, cells: &'a [String]) -> &'a str {
        let text = match &self.from {
            From::Cell(at) => cells.get(*at).map_or("", |cell| cell.trim()),
            From::Constant(text) => text,
        };
        self.aliases.iter().find(|(from, _)| from == text).map_or(text, |(_, to)| to)
    }
}

impl Plan {
    pub(super) fn new(mapping: &Mapping, header: &[String]) -> Result<Self, MappingError> {
        let kind = mapping.kind;
        let known = kind.fields();
        let named = mapping.columns.iter().map(|(_, ours)| ours);
        let named = named.chain(mapping.constants.iter().map(|(ours, _)| ours));
        for field in named.chain(mapping.aliases.iter().map(|(ours, ..)| ours)) {
            if !known.contains(&field.as_str()) {
                return Err(MappingError::UnknownField { kind, field: field.clone(), known });
            }
        }
        for (column, _) in &mapping.columns {
            check_column(column, header)?;
        }
        let source = |field: &str| source(mapping, header, field);
        let mut fields = Vec::new();
        for info in kind.infos() {
            if let Some(source) = source(info.name)? {
                fields.push(Planned { info, source });
            }
        }
        let currency = if known.contains(&"currency") { source("currency")? } else { None };
        let of = |name| fields.iter().find(|f| f.info.name == name).map(|f| f.source.clone());
        let plan = Self { currency, external_id: of("external_id"), name: of("name"), fields };
        plan.check(kind, header)?;
        for (field, ..) in &mapping.aliases {
            if field != "currency" && !plan.fields.iter().any(|f| f.info.name == field) {
                return Err(MappingError::UnusedAlias { field: field.clone() });
            }
        }
        Ok(plan)
    }

    /// What a row says, field by field, whatever the order of its columns; constants too.
    pub(super) fn content(&self, cells: &[String]) -> String {
        let fields = self.fields.iter().map(|field| (field.info.name, &field.source));
        let currency = self.currency.iter().map(|source| ("currency", source));
        let mut content = String::new();
        for (name, source) in fields.chain(currency) {
            for part in [name, "\u{1f}", source.text(cells), "\u{1e}"] {
                content.push_str(part);
            }
        }
        content
    }

    /// With an external id, rows may say just what changes.
    fn check(&self, kind: ImportKind, header: &[String]) -> Result<(), MappingError> {
        if self.external_id.is_some() {
            return Ok(());
        }
        let missing = kind
            .infos()
            .into_iter()
            .find(|info| info.required && !self.fields.iter().any(|f| f.info.name == info.name));
        match missing {
            Some(FieldInfo { name: field, .. }) => {
                let columns = readable(header);
                Err(MappingError::NotMapped { kind, field, columns })
            }
            None => Ok(()),
        }
    }
}

pub(super) fn fields_of<E: Subject>() -> Vec<FieldInfo> {
    let fields = E::FIELDS.iter().enumerate().skip(1);
    fields
        .filter(|(_, spec)| !spec.derived && !E::OURS_ALONE.contains(&spec.name))
        .map(|(index, spec)| {
            let short = spec.refers_to.and_then(|_| spec.name.strip_suffix("_id"));
            FieldInfo {
                index,
                name: short.unwrap_or(spec.name),
                kind: spec.kind,
                nullable: spec.nullable,
                refers_to: spec.refers_to,
                apart: E::APART.contains(&spec.name),
                required: E::REQUIRED.contains(&spec.name),
            }
        })
        .collect()
}

fn source(
    mapping: &Mapping,
    header: &[String],
    field: &str,
) -> Result<Option<Source>, MappingError> {
    let columns = mapping.columns.iter().filter(|(_, ours)| ours == field);
    let columns = columns.filter_map(|(theirs, _)| header.iter().position(|c| c.trim() == theirs));
    let constants = mapping.constants.iter().filter(|(ours, _)| ours == field);
    let constants = constants.map(|(_, value)| From::Constant(value.trim().to_owned()));
    let mut named = columns.map(From::Cell).chain(constants);
    let from = match (named.next(), named.next()) {
        (Some(one), None) => one,
        (Some(_), Some(_)) => return Err(MappingError::MappedTwice { field: field.to_owned() }),
        (None, _) => {
            let taken = |column: &str| mapping.columns.iter().any(|(theirs, _)| theirs == column);
            let Some(at) = header.iter().position(|c| c.trim() == field && !taken(field)) else {
                return Ok(None);
            };
            check_column(field, header)?;
            From::Cell(at)
        }
    };
    let aliases = mapping.aliases.iter().filter(|(ours, ..)| ours == field);
    let aliases = aliases.map(|(_, from, to)| (from.trim().to_owned(), to.trim().to_owned()));
    Ok(Some(Source { from, aliases: aliases.collect() }))
}

fn check_column(column: &str, header: &[String]) -> Result<(), MappingError> {
    match header.iter().filter(|c| c.trim() == column).count() {
        1 => Ok(()),
        0 => {
            let columns = readable(header);
            Err(MappingError::MissingColumn { column: column.to_owned(), columns })
        }
        _ => Err(MappingError::TwoColumns { column: column.to_owned() }),
    }
}

fn readable(header: &[String]) -> Vec<String> {
    header.iter().map(|column| column.trim().to_owned()).collect()
}
