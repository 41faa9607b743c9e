//! Public pools: customers that nobody has, and who may take them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    customer::{self, Customer},
    kernel::{
        Criteria, Cursor, Entity, Field, FieldSpec, FieldType, Id, Invalid, Query, Refused, Row,
        RowError, Timestamp, Value, erased, text, with_value,
    },
    org::TimeZone,
    org_unit::OrgUnit,
    store::{Read, ReadUnit, expect},
};

use super::{MOST_DAYS, Masks, recycle_rule::RecycleRule};

/// A public pool: the free customers that fit its criteria. It holds no customer by itself: whoever
/// has no owner and fits lies in it, in several pools where several fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Its id.
    pub id: Id<Pool>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// What it is called; no other pool is called so.
    pub name: String,
    /// Whose pool it is: those who work there, or below it, may take from it. None is everybody's.
    pub org_unit_id: Option<Id<OrgUnit>>,
    /// Its rules.
    pub rules: PoolRules,
    /// Whether it is in use.
    pub active: bool,
}

/// The rules of a pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolRules {
    /// Which free customers lie in it.
    #[serde(skip_serializing_if = "Criteria::is_everything")]
    pub when: Criteria<Customer>,
    /// How many customers one may have before they take no more from here; none is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
    /// Which of their customers count for that.
    #[serde(skip_serializing_if = "Criteria::is_everything")]
    pub counts: Criteria<Customer>,
    /// How many one may take from it in a day; none is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picks_per_day: Option<u32>,
    /// How many days a former owner waits before they may take a customer again; at most [`MOST_DAYS`].
    pub wait_days: u32,
    /// For how many days after it got its owner a customer is not taken back; at most [`MOST_DAYS`].
    pub protect_days: u32,
    /// Fields of customers that are not shown before somebody has claimed it: what is shown of what lies in a pool leaves
    /// them empty ([`in_pool`], [`Masks`]), whichever pool it is. It hides them from those who look for something to claim,
    /// and is no right of access: records that are read by a store, searches, reports and the change log have them whole, so a host that lets
    /// everybody look shows each customer through [`Masks::shown`], each entry of its log through [`Masks::change`], and asks what
    /// somebody may filter or sort through [`Masks::seen`], as `crm` does. Nothing is hidden of contacts, interactions and
    /// whatever else names a customer, nor of records that lie in no pool as they were archived (what was merged is shown by [`Masks::shown_with`]); and who knows a value
    /// finds whom it belongs to, by a search, or by what is counted or assigned by it: let nobody do so who is not to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    /// When customers come back into it by themselves. The first that fits says why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recycling: Vec<RecycleRule>,
    /// By which clocks days are counted here: for what one may take in a day, and for the end of a contract.
    pub time_zone: TimeZone,
}
crate::settings::as_json!(PoolRules);

impl Pool {
    /// A pool of everybody, with these rules.
    pub fn new(id: Id<Self>, name: impl Into<String>, rules: PoolRules) -> Self {
        Self { id, name: name.into(), rules, external_id: None, org_unit_id: None, active: true }
    }

    /// What lies in it while it is in use: free customers of the daily work that fit.
    pub fn free_customers(&self) -> Criteria<Customer> {
        let free = customer::OWNER_ID.is_empty().and(customer::ARCHIVED_AT.is_empty());
        free.and(customer::MERGED_INTO.is_empty()).and(self.rules.when.clone())
    }

    /// Whether a customer lies in it.
    pub fn holds(&self, customer: &Customer) -> bool {
        self.active && self.free_customers().matches(customer)
    }

    /// What is shown of a customer that lies in it: the fields that it masks are empty, and a name that it
    /// masks is [`MASK`].
    ///
    /// # Errors
    /// [`Invalid`] for a field that cannot be masked: no pool that is stored has one.
    pub fn masked(&self, customer: &Customer) -> Result<Customer, Invalid> {
        let mut shown = customer.clone();
        for name in &self.rules.masked {
            let Some(field) = maskable(name) else { return Err(cannot_be_masked(name)) };
            shown = match () {
                () if field.name == customer::NAME.spec().name => {
                    Customer { name: MASK.to_owned(), ..shown }
                }
                () if field.nullable => with_value(&shown, field, &Value::Null)?,
                () => erased(&shown, Some(field))?,
            };
        }
        Ok(shown)
    }

    /// When the day of an instant began here.
    pub(super) fn day_began(&self, at: Timestamp) -> Timestamp {
        self.rules.time_zone.start_of(self.today(at))
    }

    /// The day of an instant, as days are counted here.
    pub(super) fn today(&self, at: Timestamp) -> NaiveDate {
        self.rules.time_zone.date(at)
    }
}

/// What is shown in place of a name that a pool masks.
pub const MASK: &str = "***";

/// A page of what lies in a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct InPool {
    /// The customers, as they are shown there.
    pub customers: Vec<Customer>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<Cursor>,
}

/// A page of what lies in a pool, as it is shown ([`Masks`]), by name where no pool masks names: nothing in one
/// that is not in use.
///
/// # Errors
/// [`crate::Error::Missing`] when there is no such pool, [`crate::Error::Invalid`] for a limit out of range or a
/// cursor of another list.
pub async fn in_pool(
    unit: &mut (dyn ReadUnit + '_),
    pool: Id<Pool>,
    after: Option<Cursor>,
    limit: u32,
) -> Result<InPool> {
    let pool = expect(unit, pool).await?;
    let mut criteria = pool.free_customers();
    if !pool.active {
        criteria = criteria.and(Criteria::Any(Vec::new()));
    }
    // Their order must not tell what is hidden.
    let masks = Masks::load(unit).await?;
    let hidden = masks.hide(customer::NAME.spec().name);
    let query: Query<Customer> = criteria.query().limit(limit).after(after);
    let query = if hidden { query } else { query.order_by(&customer::NAME) };
    let page = Read::<Customer>::find(unit, query).await?;
    let shown = page.items.iter().map(|one| masks.shown(one)).collect::<Result<_, _>>()?;
    Ok(InPool { customers: shown, next: page.next })
}

/// Its id.
pub static ID: Field<Pool, Id<Pool>> = Field::new("id", |p| p.id.into_value());
/// What another system calls it; unique for the tenant.
pub static EXTERNAL_ID: Field<Pool, String> =
    Field::optional("external_id", |p| Value::opt_text(&p.external_id));
/// What it is called; unique for the tenant.
pub static NAME: Field<Pool, String> = Field::new("name", |p| Value::text(&p.name));
/// Whose pool it is.
pub static ORG_UNIT_ID: Field<Pool, Id<OrgUnit>> =
    Field::optional("org_unit_id", |p| Value::opt(p.org_unit_id));
/// Its rules.
pub static RULES: Field<Pool, PoolRules> = Field::new("rules", |p| Value::json(&p.rules));
/// Whether it is in use.
pub static ACTIVE: Field<Pool, bool> = Field::new("active", |p| p.active.into_value());

impl Entity for Pool {
    const KIND: &'static str = "pool";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        NAME.spec(),
        ORG_UNIT_ID.spec(),
        RULES.spec(),
        ACTIVE.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id", "name"];

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            name: row.take(&NAME)?,
            org_unit_id: row.opt(&ORG_UNIT_ID)?,
            rules: row.take(&RULES)?,
            active: row.take(&ACTIVE)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        self.rules.check()
    }

    fn permits(&self, _next: &Self) -> Result<(), Refused> {
        Ok(())
    }
}

impl PoolRules {
    fn check(&self) -> Result<(), Invalid> {
        let wrong = |reason: String| Err(Invalid::field::<Pool>("rules", reason));
        self.when.check()?;
        self.counts.check()?;
        if let Some(name) = self.masked.iter().find(|name| maskable(name).is_none()) {
            return Err(cannot_be_masked(name));
        }
        for (name, days) in [("wait_days", self.wait_days), ("protect_days", self.protect_days)] {
            if days > MOST_DAYS {
                return wrong(format!("{name}: {days} days are more than {MOST_DAYS}"));
            }
        }
        let names: std::collections::BTreeSet<_> =
            self.recycling.iter().map(|rule| rule.name.trim()).collect();
        if names.len() < self.recycling.len() || names.contains("") {
            return wrong("recycling: each rule has a name of its own".to_owned());
        }
        self.recycling.iter().try_for_each(RecycleRule::check)
    }
}

/// A field of customers that can be left out: one that may be empty, or tells of a person.
fn maskable(name: &str) -> Option<&'static FieldSpec<Customer>> {
    let may = |field: &FieldSpec<Customer>| field.nullable || field.personal.is_some();
    Customer::FIELDS.iter().copied().find(|field| field.name == name && may(field))
}

fn cannot_be_masked(name: &str) -> Invalid {
    let reason = format!(
        "masked: {name:?} is no field of a customer that can be hidden; fields that may be empty can, \
         the name and what else tells of a person"
    );
    Invalid::field::<Pool>("rules", reason)
}
