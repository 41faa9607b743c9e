use uuid::Uuid;

use crate::{
    duplicate::{self, Identity},
    kernel::{
        Addresses, Country, Custom, Entity, Facts, FieldSpec, Id, Invalid, Moment, Money, Phones,
        Refused, Row, RowError, Tags, Term, Timestamp, is_erased, text, text_enum,
    },
    owner_change::OwnerChange,
    search,
    settings::{Settings, judge_archivable},
    staff_member::StaffMember,
    value::ValueClass,
};

use super::fields::*;

text_enum! {
    /// What a customer is.
    pub enum CustomerKind {
        /// A company, an authority, a school.
        Organisation = "organisation",
        /// A human being.
        Person = "person",
    }
}

/// Somebody who buys, or might: an organisation or a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Its id.
    pub id: Id<Customer>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// An organisation or a person.
    pub kind: CustomerKind,
    /// Its name.
    pub name: String,
    /// The kind of customer it is for this house: dealer, library, school.
    pub category: Option<String>,
    /// The industry it works in.
    pub industry: Option<String>,
    /// Its phone numbers.
    pub phones: Phones,
    /// Its fax number.
    pub fax: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its website.
    pub website: Option<String>,
    /// Its tax or VAT number.
    pub tax_number: Option<String>,
    /// Street and number, or post box.
    pub street: Option<String>,
    /// Its postcode.
    pub postcode: Option<String>,
    /// Its town.
    pub city: Option<String>,
    /// Its state, province or county.
    pub region: Option<String>,
    /// Its country.
    pub country: Option<Country>,
    /// How many people work there.
    pub employees: Option<i64>,
    /// What it turns over in a year.
    pub yearly_revenue: Option<Money>,
    /// The customer it belongs to.
    pub parent_id: Option<Id<Customer>>,
    /// Where it came from: fair, web, referral.
    pub source: Option<String>,
    /// Its account manager; without one it is free.
    pub owner_id: Option<Id<StaffMember>>,
    /// How far it has come with us: lead, prospect, customer, dormant, lost. Empty in a new one, it
    /// becomes the stage that customers begin in ([`Settings::initial_stage`]) once it is stored; a
    /// change that empties it leaves it as it is.
    pub lifecycle_stage: String,
    /// Words put on it.
    pub tags: Tags,
    /// The tenant's own fields.
    pub custom: Custom,
    /// Anything else.
    pub notes: Option<String>,
    /// Whom to talk to there, by name.
    pub contact_person: Option<String>,
    /// Its addresses, for what they are.
    pub addresses: Addresses,
    /// When it was put away; it is left out of the daily work.
    pub archived_at: Option<Timestamp>,
    /// Since when something is missing that the house asks for.
    pub incomplete_since: Option<Timestamp>,
    /// The names of fields that are missing though the house asks for them.
    pub missing: Tags,
    /// How complete it is, in per cent; 100 where nothing is asked for.
    pub completeness: i64,
    /// The customer that it was merged into, where it leads to from then on.
    pub merged_into: Option<Id<Customer>>,
    /// Its tier: what the house calls customers by what they bring ([`crate::value::apply_tiers`]).
    pub tier: Option<String>,
    /// Why it is in that tier, in words.
    pub tier_reason: Option<String>,
    /// What it brought by the run that gave it its tier: of that period, on that basis.
    pub value: Option<Money>,
    /// Its class by that run.
    pub value_class: Option<ValueClass>,
}

impl Customer {
    /// One of whom only the name is known, in the stage that customers of the house begin in.
    pub fn new(id: Id<Self>, kind: CustomerKind, name: impl Into<String>) -> Self {
        Self {
            id,
            kind,
            name: name.into(),
            lifecycle_stage: String::new(),
            phones: Phones::default(),
            tags: Tags::default(),
            custom: Custom::default(),
            external_id: None,
            category: None,
            industry: None,
            fax: None,
            email: None,
            website: None,
            tax_number: None,
            street: None,
            postcode: None,
            city: None,
            region: None,
            country: None,
            employees: None,
            yearly_revenue: None,
            parent_id: None,
            source: None,
            owner_id: None,
            notes: None,
            contact_person: None,
            addresses: Addresses::default(),
            archived_at: None,
            incomplete_since: None,
            missing: Tags::default(),
            completeness: 100,
            merged_into: None,
            tier: None,
            tier_reason: None,
            value: None,
            value_class: None,
        }
    }
}

impl Entity for Customer {
    const KIND: &'static str = "customer";
    const FIELDS: &'static [&'static FieldSpec<Self>] = &[
        ID.spec(),
        EXTERNAL_ID.spec(),
        KIND.spec(),
        NAME.spec(),
        CATEGORY.spec(),
        INDUSTRY.spec(),
        PHONES.spec(),
        FAX.spec(),
        EMAIL.spec(),
        WEBSITE.spec(),
        TAX_NUMBER.spec(),
        STREET.spec(),
        POSTCODE.spec(),
        CITY.spec(),
        REGION.spec(),
        COUNTRY.spec(),
        EMPLOYEES.spec(),
        YEARLY_REVENUE.spec(),
        PARENT_ID.spec(),
        SOURCE.spec(),
        OWNER_ID.spec(),
        LIFECYCLE_STAGE.spec(),
        TAGS.spec(),
        CUSTOM.spec(),
        NOTES.spec(),
        CONTACT_PERSON.spec(),
        ADDRESSES.spec(),
        ARCHIVED_AT.spec(),
        INCOMPLETE_SINCE.spec(),
        MISSING.spec(),
        COMPLETENESS.spec(),
        MERGED_INTO.spec(),
        TIER.spec(),
        TIER_REASON.spec(),
        VALUE.spec(),
        VALUE_CLASS.spec(),
    ];
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const TREE: Option<&'static str> = Some("parent_id");
    const SURVIVOR: Option<&'static str> = Some("merged_into");
    const RULED: bool = true;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&ID)?,
            external_id: row.opt(&EXTERNAL_ID)?,
            kind: row.take(&KIND)?,
            name: row.take(&NAME)?,
            category: row.opt(&CATEGORY)?,
            industry: row.opt(&INDUSTRY)?,
            phones: row.take(&PHONES)?,
            fax: row.opt(&FAX)?,
            email: row.opt(&EMAIL)?,
            website: row.opt(&WEBSITE)?,
            tax_number: row.opt(&TAX_NUMBER)?,
            street: row.opt(&STREET)?,
            postcode: row.opt(&POSTCODE)?,
            city: row.opt(&CITY)?,
            region: row.opt(&REGION)?,
            country: row.opt(&COUNTRY)?,
            employees: row.opt(&EMPLOYEES)?,
            yearly_revenue: row.opt(&YEARLY_REVENUE)?,
            parent_id: row.opt(&PARENT_ID)?,
            source: row.opt(&SOURCE)?,
            owner_id: row.opt(&OWNER_ID)?,
            lifecycle_stage: row.take(&LIFECYCLE_STAGE)?,
            tags: row.take(&TAGS)?,
            custom: row.take(&CUSTOM)?,
            notes: row.opt(&NOTES)?,
            contact_person: row.opt(&CONTACT_PERSON)?,
            addresses: row.take(&ADDRESSES)?,
            archived_at: row.opt(&ARCHIVED_AT)?,
            incomplete_since: row.opt(&INCOMPLETE_SINCE)?,
            missing: row.take(&MISSING)?,
            completeness: row.take(&COMPLETENESS)?,
            merged_into: row.opt(&MERGED_INTO)?,
            tier: row.opt(&TIER)?,
            tier_reason: row.opt(&TIER_REASON)?,
            value: row.opt(&VALUE)?,
            value_class: row.opt(&VALUE_CLASS)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        text::required::<Self>("name", &self.name)?;
        if self.employees.is_some_and(|n| n < 0) {
            return Err(Invalid::field::<Self>("employees", "a number of people is not negative"));
        }
        if self.merged_into == Some(self.id) {
            let reason = "a customer is not merged into itself";
            return Err(Invalid::field::<Self>("merged_into", reason));
        }
        crate::org::not_its_own_parent(self.id, self.parent_id)
    }

    const NO_TERMS: &'static [&'static str] =
        &["owner_id", "tier", "tier_reason", "value", "value_class"];

    fn terms(&self, rules: &Settings) -> Vec<Term> {
        // One that was erased is not found, and like no other.
        if is_erased(self) {
            return Vec::new();
        }
        // What a merged one was called leads to its survivor.
        let searched = self.archived_at.is_none() || self.merged_into.is_some();
        let mut terms = if searched { search::terms_of(self) } else { Vec::new() };
        terms.extend(duplicate::terms(&Identity::of(self, rules)));
        terms
    }

    fn also_names(&self) -> Vec<(&'static str, Uuid)> {
        self.merged_into.map(|id| (Self::KIND, id.uuid())).into_iter().collect()
    }

    fn facts(&mut self, before: Option<&Self>, moment: &Moment<'_>) -> Facts {
        OwnerChange::of(self, before, moment)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        if let Some(survivor) = self.merged_into {
            let why = format!("it was merged into {survivor}: change that one, or undo the merge");
            return Err(Refused::new(Self::KIND, "merged", "changed", why));
        }
        if let Some(into) = next.merged_into {
            let (to, why) =
                (format!("merged into {into}"), "customers are merged by the verb merge");
            return Err(Refused::new(Self::KIND, "open", to, why));
        }
        Ok(())
    }

    fn settle(
        &mut self,
        before: Option<&Self>,
        rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        if before.is_none() && self.merged_into.is_some() {
            let reason = "a new customer is merged into nobody: add it, then merge it";
            return Err(Invalid::field::<Self>("merged_into", reason).into());
        }
        // One that was merged stays as it was.
        if before.is_some_and(|before| before.merged_into.is_some()) {
            return Ok(());
        }
        if self.lifecycle_stage.trim().is_empty() {
            let stays = before.map(|before| before.lifecycle_stage.as_str());
            let stage = stays.filter(|stage| !stage.trim().is_empty());
            self.lifecycle_stage = stage.unwrap_or_else(|| rules.initial_stage()).to_owned();
        }
        if let Some(lifecycle) = &rules.lifecycle {
            let from = before.map(|before| before.lifecycle_stage.as_str());
            lifecycle.step(from, &self.lifecycle_stage)?;
        }
        rules.custom_fields.settle::<Self>(&self.custom, before.map(|before| &before.custom))?;
        let stored = before.map(|b| (b, b.incomplete_since, b.archived_at.is_some()));
        let (asked, archived) = (&rules.completeness.customer, self.archived_at.is_some());
        let found = judge_archivable(asked, self, archived, stored, now)?;
        self.incomplete_since = found.since;
        self.missing = found.missing;
        self.completeness = found.percent;
        Ok(())
    }
}
