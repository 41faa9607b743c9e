use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    customer::Customer,
    kernel::{
        Criteria, Currency, Entity, FieldSpec, Id, Invalid, Kind, Money, Op, Result, Test, Value,
    },
    opportunity::{self, Opportunity},
    org::OrgChart,
    org_unit::OrgUnit,
    product::Product,
    staff_member::StaffMember,
    store::{Read, ReadUnit},
};

use super::{ListPart, ListQuery, cell::both};

/// Of what there is a line each. Owners, products and the like are those that opportunities have now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GroupBy {
    /// One line of all.
    Whole,
    /// For each owner.
    Owner,
    /// For each org unit: what the people in it own, and those in all units below it. A line without a name is of owners
    /// who work nowhere, and of opportunities that nobody owns.
    Team,
    /// For each product that the lines of opportunities name ([`crate::opportunity::LINES`]): an opportunity counts once for each
    /// of them, with its lines' part of the amount. Lines that name none count in the line without a name. What has no
    /// lines counts whole, for the product that it names itself ([`crate::opportunity::PRODUCT_ID`]).
    Product,
    /// For each source.
    Source,
    /// For each value of a field of the customer: its category, industry, country.
    CustomerField(&'static FieldSpec<Customer>),
    /// By how large the amount is.
    Size(SizeBands),
}

/// Where amounts of a currency are cut into bands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeBands {
    currency: Currency,
    limits: Vec<Decimal>,
}

impl SizeBands {
    /// A band below the first limit, one from each on. What has no amount, or one of another currency, is in none.
    ///
    /// # Errors
    /// [`Invalid`] without a limit, where they do not go up, or an amount that cannot be.
    pub fn new(currency: Currency, limits: Vec<Decimal>) -> Result<Self, Invalid> {
        let wrong = |reason: String| Invalid::new("size bands", "limits", reason);
        if limits.is_empty() {
            return Err(wrong("name at least one limit".to_owned()));
        }
        for limit in &limits {
            Money::new(*limit, currency).map_err(|error| wrong(format!("{limit}: {error}")))?;
        }
        if !limits.is_sorted_by(|a, b| a < b) {
            return Err(wrong("each limit is above the one before it".to_owned()));
        }
        Ok(Self { currency, limits })
    }

    /// What each band is called, and what is in it.
    pub(super) fn bands(&self) -> Result<Vec<(String, Criteria<Opportunity>)>> {
        let money = |limit: &Decimal| {
            let wrong = |error: crate::kernel::MoneyError| {
                Invalid::new("size bands", "limits", error.to_string())
            };
            Money::new(*limit, self.currency).map_err(wrong)
        };
        let mut bands = Vec::new();
        let mut below = None;
        for limit in &self.limits {
            let limit = money(limit)?;
            bands.push(band(below, Some(limit)));
            below = Some(limit);
        }
        bands.push(band(below, None));
        Ok(bands)
    }
}

fn band(from: Option<Money>, to: Option<Money>) -> (String, Criteria<Opportunity>) {
    let amount = &opportunity::AMOUNT;
    match (from, to) {
        (Some(from), Some(to)) => {
            let name = format!("{} to {to}", from.amount_text());
            (name, amount.at_least(from).and(amount.below(to)))
        }
        (Some(from), None) => (format!("from {from}"), amount.at_least(from)),
        (None, Some(to)) => (format!("below {to}"), amount.below(to)),
        (None, None) => (String::new(), amount.is_present()),
    }
}

/// The field whose values make the groups.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Own(&'static FieldSpec<Opportunity>),
    Customers(&'static FieldSpec<Customer>),
}

impl GroupBy {
    /// The field that makes the groups; none where something else does.
    pub(super) fn key(&self) -> Result<Option<Key>, Invalid> {
        Ok(Some(match self {
            Self::Whole | Self::Size(_) => return Ok(None),
            Self::Owner | Self::Team => Key::Own(opportunity::OWNER_ID.spec()),
            Self::Product => Key::Own(opportunity::PRODUCT_ID.spec()),
            Self::Source => Key::Own(opportunity::SOURCE.spec()),
            Self::CustomerField(field)
                if field.kind.is_structured() || field.kind == Kind::Money =>
            {
                let reason = "lines are not made by it: name a field with one value";
                return Err(Invalid::field::<Customer>(field.name, reason));
            }
            Self::CustomerField(field) => Key::Customers(field),
        }))
    }

    /// Which opportunities are in the group of this value.
    pub(super) fn having(
        &self,
        value: &Value<'static>,
        teams: Option<&OrgChart>,
        credit: bool,
    ) -> Members {
        let key = match self.key() {
            Ok(Some(key)) => key,
            _ => return Members::of(Criteria::everything()),
        };
        let field = match key {
            Key::Customers(field) => return Members::of_customers(field, value),
            Key::Own(field) => field,
        };
        if matches!(self, Self::Product) {
            return Members::of_product(equals(field, value), row(value));
        }
        let of_owners = match teams {
            Some(teams) => teams.owned(&opportunity::OWNER_ID, row(value)),
            None => equals(field, value),
        };
        if !credit {
            return Members::of(of_owners);
        }
        let people = match teams {
            Some(teams) => match row(value) {
                Some(team) => teams.people(team).to_vec(),
                None => teams.members(None).to_vec(),
            },
            None => row(value).into_iter().collect(),
        };
        Members::credited(of_owners, people)
    }

    /// What the values are called, where they are ids.
    pub(super) async fn names(
        &self,
        unit: &mut (dyn ReadUnit + '_),
        values: &[Value<'static>],
    ) -> Result<BTreeMap<String, String>> {
        match self {
            Self::Owner => named::<StaffMember, _>(unit, values, |one| one.name.clone()).await,
            Self::Team => named::<OrgUnit, _>(unit, values, |one| one.name.clone()).await,
            Self::Product => named::<Product, _>(unit, values, |one| one.name.clone()).await,
            _ => Ok(BTreeMap::new()),
        }
    }
}

/// Which opportunities are in a group: those that one of these lists has.
#[derive(Clone, Debug)]
pub(super) struct Members(Vec<ListPart>);

impl Members {
    pub(super) fn of(criteria: Criteria<Opportunity>) -> Self {
        Self(vec![ListPart::are(criteria)])
    }

    /// Those of customers that have this value; without one, those of nobody too.
    fn of_customers(field: &'static FieldSpec<Customer>, value: &Value<'static>) -> Self {
        let theirs = ListPart {
            customers: Some(equals(field, value)),
            ..ListPart::are(Criteria::everything())
        };
        let of_nobody = || ListPart::are(opportunity::CUSTOMER_ID.is_empty());
        Self(if value.is_null() { vec![theirs, of_nobody()] } else { vec![theirs] })
    }

    /// Those that these own alone, and those in which they have a share.
    fn credited(owned: Criteria<Opportunity>, people: Vec<Id<StaffMember>>) -> Self {
        let alone = ListPart::are(owned.and(opportunity::SHARED.eq(false)));
        let shared =
            ListPart { credited_to: Some(people), ..ListPart::are(opportunity::SHARED.eq(true)) };
        Self(vec![alone, shared])
    }

    /// Those without lines that name this product, and those whose lines do.
    fn of_product(theirs: Criteria<Opportunity>, product: Option<Id<Product>>) -> Self {
        let bare = ListPart::are(theirs.and(opportunity::ITEMISED.eq(false)));
        let itemised = ListPart {
            lines_of: Some(vec![product]),
            ..ListPart::are(opportunity::ITEMISED.eq(true))
        };
        Self(vec![bare, itemised])
    }

    /// Those of these lists that are in the group.
    pub(super) fn list(&self, parts: &[ListPart]) -> ListQuery {
        let of = |part: &ListPart| {
            let members = self.0.clone().into_iter();
            let part = part.clone();
            members.map(move |one| ListPart {
                opportunities: of_both(&part.opportunities, &one.opportunities),
                customers: one.customers,
                credited_to: one.credited_to,
                lines_of: one.lines_of,
                ..part.clone()
            })
        };
        ListQuery(parts.iter().flat_map(of).collect())
    }
}

pub(super) fn equals<E>(field: &'static FieldSpec<E>, value: &Value<'static>) -> Criteria<E> {
    match value {
        Value::Null => Criteria::Empty(field),
        value => Criteria::Test(Test { field, op: Op::Eq, value: value.clone() }),
    }
}

/// The record that a value names.
fn row<E: Entity>(value: &Value<'static>) -> Option<Id<E>> {
    match value {
        Value::Uuid(id) => Some(Id::new(*id)),
        _ => None,
    }
}

/// So many names are looked up at once.
const AT_ONCE: usize = 500;

async fn named<E: Entity, R: Read<E> + ?Sized>(
    unit: &mut R,
    values: &[Value<'static>],
    name: impl Fn(&E) -> String + Send,
) -> Result<BTreeMap<String, String>> {
    let ids: Vec<Id<E>> = values.iter().filter_map(row).collect();
    let mut names = BTreeMap::new();
    let Some(field) = E::FIELDS.first() else { return Ok(names) };
    for some in ids.chunks(AT_ONCE) {
        let these = some.iter().map(|id| Value::Uuid(id.uuid())).collect();
        let page = unit.find(Criteria::OneOf(field, these).query().limit(500)).await?;
        names.extend(page.items.iter().map(|one| (one.id().to_string(), name(one))));
    }
    Ok(names)
}

/// Two conditions on opportunities.
pub(super) fn of_both(
    one: &Criteria<Opportunity>,
    other: &Criteria<Opportunity>,
) -> Criteria<Opportunity> {
    both(one.clone(), other.clone())
}
