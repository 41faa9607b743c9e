use chrono::NaiveDate;

use crate::{
    duplicate,
    kernel::{
        Country, Custom, Entity, Facts, FieldSpec, Id, Invalid, Moment, Money, Phones, Refused,
        Row, RowError, Tags, Term, Timestamp, is_erased,
    },
    owner_change::OwnerChange,
    product::Product,
    search,
    settings::{Settings, lacks, refuse},
    staff_member::StaffMember,
};

use super::{LeadState, LeadStatus, Qualification, Rating, duplicates, fields as f};

/// A person or a company that is not in the base yet, and might buy.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// Its id.
    pub id: Id<Lead>,
    /// What another system calls it; unique for the tenant.
    pub external_id: Option<String>,
    /// The person, as they are called; where it says nothing, the given and the family name.
    pub name: Option<String>,
    /// Their given name.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Their job title.
    pub title: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// The industry it works in.
    pub industry: Option<String>,
    /// How many people work there.
    pub employees: Option<i64>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The phone numbers.
    pub phones: Phones,
    /// The website.
    pub website: Option<String>,
    /// The tax or VAT number.
    pub tax_number: Option<String>,
    /// Street and number, or post box.
    pub street: Option<String>,
    /// The postcode.
    pub postcode: Option<String>,
    /// The town.
    pub city: Option<String>,
    /// The state, province or county.
    pub region: Option<String>,
    /// The country.
    pub country: Option<Country>,
    /// Where it came from: fair, web, referral.
    pub source: Option<String>,
    /// Which fair, page or campaign that was, or who referred them.
    pub campaign: Option<String>,
    /// How promising it is, from 0 to 100.
    pub score: Option<i64>,
    /// Who or what gave the score.
    pub score_by: Option<String>,
    /// How promising it is, at a glance.
    pub rating: Option<Rating>,
    /// What is known of whether it is worth it.
    pub qualification: Qualification,
    /// Who works on it.
    pub owner_id: Option<Id<StaffMember>>,
    /// What they are interested in.
    pub product_id: Option<Id<Product>>,
    /// What it may be worth.
    pub amount: Option<Money>,
    /// When it came in: when it is stored, unless it says so.
    pub received_at: Option<Timestamp>,
    /// Words put on it.
    pub tags: Tags,
    /// The tenant's own fields.
    pub custom: Custom,
    /// Anything else.
    pub notes: Option<String>,
    /// How often it came back after it was disqualified.
    pub(super) recycled: i64,
    /// The day to take it up again, since it came back.
    pub recall_on: Option<NaiveDate>,
    /// How far it has come.
    pub(super) state: LeadState,
}

impl Lead {
    /// A new one of which nothing is known yet; it needs a name or a company.
    pub fn new(id: Id<Self>) -> Self {
        Self {
            id,
            phones: Phones::default(),
            qualification: Qualification::default(),
            tags: Tags::default(),
            custom: Custom::default(),
            recycled: 0,
            state: LeadState::New,
            external_id: None,
            name: None,
            given_name: None,
            family_name: None,
            title: None,
            company: None,
            industry: None,
            employees: None,
            email: None,
            website: None,
            tax_number: None,
            street: None,
            postcode: None,
            city: None,
            region: None,
            country: None,
            source: None,
            campaign: None,
            score: None,
            score_by: None,
            rating: None,
            owner_id: None,
            product_id: None,
            amount: None,
            received_at: None,
            notes: None,
            recall_on: None,
        }
    }

    /// A new one of which a person is known.
    pub fn person(id: Id<Self>, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::new(id) }
    }

    /// A new one of which a company is known.
    pub fn company(id: Id<Self>, company: impl Into<String>) -> Self {
        Self { company: Some(company.into()), ..Self::new(id) }
    }

    /// What it is called in a list: the person, else the company.
    pub fn called(&self) -> &str {
        says(&self.name).or_else(|| says(&self.company)).unwrap_or_default()
    }
}

/// The text, if it says something.
pub(super) fn says(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

impl Entity for Lead {
    const KIND: &'static str = "lead";
    const FIELDS: &'static [&'static FieldSpec<Self>] = f::ALL;
    const UNIQUE: &'static [&'static str] = &["external_id"];
    const RULED: bool = true;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn load(row: &mut Row<'_, Self>) -> Result<Self, RowError> {
        Ok(Self {
            id: row.take(&f::ID)?,
            external_id: row.opt(&f::EXTERNAL_ID)?,
            name: row.opt(&f::NAME)?,
            given_name: row.opt(&f::GIVEN_NAME)?,
            family_name: row.opt(&f::FAMILY_NAME)?,
            title: row.opt(&f::TITLE)?,
            company: row.opt(&f::COMPANY)?,
            industry: row.opt(&f::INDUSTRY)?,
            employees: row.opt(&f::EMPLOYEES)?,
            email: row.opt(&f::EMAIL)?,
            phones: row.take(&f::PHONES)?,
            website: row.opt(&f::WEBSITE)?,
            tax_number: row.opt(&f::TAX_NUMBER)?,
            street: row.opt(&f::STREET)?,
            postcode: row.opt(&f::POSTCODE)?,
            city: row.opt(&f::CITY)?,
            region: row.opt(&f::REGION)?,
            country: row.opt(&f::COUNTRY)?,
            source: row.opt(&f::SOURCE)?,
            campaign: row.opt(&f::CAMPAIGN)?,
            score: row.opt(&f::SCORE)?,
            score_by: row.opt(&f::SCORE_BY)?,
            rating: row.opt(&f::RATING)?,
            qualification: row.take(&f::QUALIFICATION)?,
            owner_id: row.opt(&f::OWNER_ID)?,
            product_id: row.opt(&f::PRODUCT_ID)?,
            amount: row.opt(&f::AMOUNT)?,
            received_at: row.opt(&f::RECEIVED_AT)?,
            tags: row.take(&f::TAGS)?,
            custom: row.take(&f::CUSTOM)?,
            notes: row.opt(&f::NOTES)?,
            recycled: row.take(&f::RECYCLED)?,
            recall_on: row.opt(&f::RECALL_ON)?,
            state: LeadState::load(row)?,
        })
    }

    fn check(&self) -> Result<(), Invalid> {
        if self.called().is_empty() {
            let reason = "a lead has the name of a person, or of a company: give one";
            return Err(Invalid::field::<Self>("name", reason));
        }
        if self.employees.is_some_and(|n| n < 0) {
            return Err(Invalid::field::<Self>("employees", "a number of people is not negative"));
        }
        if let Some(score) = self.score.filter(|score| !(0..=100).contains(score)) {
            let reason = format!("{score} is no score: it goes from 0 to 100");
            return Err(Invalid::field::<Self>("score", reason));
        }
        if self.qualification.0.keys().any(|question| question.trim().is_empty()) {
            return Err(Invalid::field::<Self>("qualification", "each question has a name"));
        }
        if self.recycled < 0 {
            return Err(Invalid::field::<Self>("recycled", "a count is not negative"));
        }
        Ok(())
    }

    fn facts(&mut self, before: Option<&Self>, moment: &Moment<'_>) -> Facts {
        OwnerChange::of(self, before, moment)
    }

    fn permits(&self, next: &Self) -> Result<(), Refused> {
        self.may_become(next)
    }

    fn settle(
        &mut self,
        before: Option<&Self>,
        rules: &Settings,
        now: Timestamp,
    ) -> crate::Result<()> {
        if before.is_some_and(|before| before.state.status() == LeadStatus::Converted) {
            return Ok(());
        }
        let names = [says(&self.given_name), says(&self.family_name)];
        let names: Vec<_> = names.into_iter().flatten().collect();
        if says(&self.name).is_none() && !names.is_empty() {
            self.name = Some(names.join(" "));
        }
        self.received_at = self.received_at.or(before.and_then(|b| b.received_at)).or(Some(now));
        let stays = before.is_some_and(|before| before.state == self.state);
        if let Some(reason) = self.state.reason().filter(|_| !stays) {
            rules.leads.accepts(reason)?;
        }
        rules.custom_fields.settle::<Self>(&self.custom, before.map(|before| &before.custom))?;
        let asked = &rules.completeness.lead;
        if !asked.is_empty() {
            refuse(asked, &lacks(asked, self, before), before)?;
        }
        Ok(())
    }

    const NO_TERMS: &'static [&'static str] = &["owner_id"];

    fn terms(&self, rules: &Settings) -> Vec<Term> {
        // One that was erased is not found; one that was converted is found as what it became.
        if is_erased(self) || self.state.status() == LeadStatus::Converted {
            return Vec::new();
        }
        let mut terms = search::terms_of(self);
        terms.extend(duplicates::keys(&duplicate::Identity::of(&self.as_customer(), rules)));
        terms
    }
}
