use std::collections::{BTreeSet, HashMap};

use rust_decimal::Decimal;

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{Entity, Field, Id},
    product::{self, Product},
    staff_member::{self, StaffMember},
    store::{Read, ReadUnit},
};

use super::{Feature, WinReason};

/// What the ids among the values of a model are called.
#[derive(Clone, Debug, Default)]
pub struct ValueNames(HashMap<String, String>);

/// So many records are asked for by their ids at once.
const AT_ONCE: usize = 500;

impl ValueNames {
    /// The names of these values.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn of<'v>(
        unit: &mut (dyn ReadUnit + '_),
        values: impl Iterator<Item = (&'v Feature, Option<&'v str>)>,
    ) -> Result<Self> {
        let (mut staff, mut products, mut customers) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (feature, value) in values {
            let id = value.and_then(|value| value.parse::<uuid::Uuid>().ok());
            let (Some(id), Some(ids)) = (
                id,
                match feature {
                    Feature::Owner => Some(&mut staff),
                    Feature::Product => Some(&mut products),
                    Feature::Customer => Some(&mut customers),
                    _ => None,
                },
            ) else {
                continue;
            };
            ids.insert(id);
        }
        let mut names = HashMap::new();
        named::<StaffMember, _>(unit, staff, &staff_member::ID, |one| &one.name, &mut names)
            .await?;
        named::<Product, _>(unit, products, &product::ID, |one| &one.name, &mut names).await?;
        named::<Customer, _>(unit, customers, &customer::ID, |one| &one.name, &mut names).await?;
        Ok(Self(names))
    }

    /// What a value is called; what has no name is called what it is.
    pub fn name<'v>(&'v self, value: Option<&'v str>) -> &'v str {
        let Some(value) = value else { return "(none)" };
        self.0.get(value).map_or(value, String::as_str)
    }
}

impl Feature {
    /// Its name for people: `month it began in`.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::OpenedMonth => "month it began in",
            Self::OpenedQuarterMonth => "month of the quarter it began in",
            other => other.name(),
        }
    }
}

impl WinReason {
    /// For people: `product GTX Pro: +4.1 points`.
    pub fn words(&self, names: &ValueNames) -> String {
        let value = names.name(self.value.as_deref());
        format!("{} {value}: {} points", self.feature.words(), signed(self.points))
    }
}

/// With its sign, and one decimal.
fn signed(points: Decimal) -> String {
    format!("{:+.1}", points.round_dp(1))
}

async fn named<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    ids: BTreeSet<uuid::Uuid>,
    field: &'static Field<E, Id<E>>,
    name: fn(&E) -> &String,
    names: &mut HashMap<String, String>,
) -> Result<()> {
    let ids: Vec<_> = ids.into_iter().map(Id::<E>::new).collect();
    for some in ids.chunks(AT_ONCE) {
        let query = field.one_of(some.iter().copied()).query().limit(AT_ONCE as u32);
        let page = unit.find(query).await?;
        names.extend(page.items.iter().map(|one| (one.id().to_string(), name(one).clone())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_a_sign() {
        for (points, said) in [("4.06", "+4.1"), ("-0.5", "-0.5"), ("25", "+25.0")] {
            assert_eq!(signed(points.parse().unwrap()), said);
        }
    }
}
