use uuid::Uuid;

use crate::{
    Error,
    kernel::{self, Value},
    opportunity::pipeline::Pipeline,
};

use super::{draft::Draft, subject::Subject};

/// The record with what the row says put over it.
pub(super) fn build<E: Subject>(
    draft: Draft,
    before: Option<&E>,
    id: Option<Uuid>,
    blank: &[Value<'static>],
    pipeline: Option<&Pipeline>,
) -> Result<E, String> {
    let mut values: Vec<_> = match before {
        Some(before) => E::FIELDS.iter().map(|f| (f.get)(before).into_owned()).collect(),
        None => blank.to_vec(),
    };
    let mut put = |index: usize, value| {
        if let Some(place) = values.get_mut(index) {
            *place = value;
        }
    };
    if let Some(id) = id {
        put(0, Value::Uuid(id));
    }
    if let (Some(title), None) = (draft.title, before)
        && let Some(index) = E::FIELDS.iter().position(|field| field.name == "name")
    {
        put(index, Value::Text(title.into()));
    }
    draft.values.into_iter().for_each(|(index, value)| put(index, value));
    let loaded = E::load(&mut kernel::Row::new(&mut values))
        .map_err(|e| format!("{}: {}", e.field.trim_end_matches("_id"), e.reason))?;
    let built = loaded.finish(draft.apart, before, pipeline).map_err(|e| reason(&e))?;
    kernel::check(&built).map_err(|e| format!("{}: {}", e.field, e.reason))?;
    if let Some(before) = before {
        before.permits(&built).map_err(|e| e.why)?;
    }
    Ok(built)
}

/// Why a row is refused.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::Invalid(invalid) => format!("{}: {}", invalid.field, invalid.reason),
        Error::Refused(refused) => refused.why.clone(),
        other => other.to_string(),
    }
}
