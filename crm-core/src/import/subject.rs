use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    Error, Result,
    contact::{self, Contact},
    customer::{self, Customer, CustomerKind},
    duplicate,
    kernel::{Currency, Entity, Field, Id, Invalid, Money, Stored, Timestamp, Value},
    lead::{self, Lead},
    opportunity::{self, Decision, Opportunity, ProbabilitySource, pipeline::Pipeline},
    org_unit::{self, OrgUnit},
    product::{self, Product},
    settings::Settings,
    staff_member::{self, StaffMember},
    transaction::{self, Transaction},
    working_calendar::{self, WorkingCalendar},
};

use super::by_rules::ByRules;

/// What rows name by an external id or by a name.
pub(super) trait Named: Entity {
    fn external_id() -> &'static Field<Self, String>;
    fn name() -> &'static Field<Self, String>;
}

macro_rules! named {
    ($($entity:ident in $folder:ident;)+) => {$(
        impl Named for $entity {
            fn external_id() -> &'static Field<Self, String> {
                &$folder::EXTERNAL_ID
            }
            fn name() -> &'static Field<Self, String> {
                &$folder::NAME
            }
        }
    )+};
}
named! {
    OrgUnit in org_unit;
    WorkingCalendar in working_calendar;
    StaffMember in staff_member;
    Product in product;
    Customer in customer;
    Contact in contact;
    Opportunity in opportunity;
}

/// The values that [`Subject::APART`] names.
pub(super) type Apart = Vec<(&'static str, Value<'static>)>;

/// What rows become.
pub(super) trait Subject: Entity {
    /// Fields that no row fills.
    const OURS_ALONE: &'static [&'static str] = &[];
    /// Fields that [`Subject::finish`] puts in, because they hang together.
    const APART: &'static [&'static str] = &[];
    /// Fields without which a new record cannot be.
    const REQUIRED: &'static [&'static str];
    /// Kinds of records that are made when rows name them and they are not there.
    const MAKES: &'static [&'static str] = &[];

    fn id_field() -> &'static Field<Self, Id<Self>>;
    fn external_id_field() -> &'static Field<Self, String>;
    /// Where a name is enough to know a record again.
    fn name_field() -> Option<&'static Field<Self, String>>;
    /// A new record before a row says anything; what is required is in it, but means nothing.
    fn blank(pipeline: Option<&Pipeline>, rules: &Settings) -> Result<Self>;

    /// A name for a new record whose row gives none.
    fn title(_text: &dyn Fn(&str) -> String) -> Option<String> {
        None
    }

    fn finish(
        self,
        _apart: Apart,
        _before: Option<&Self>,
        _pipeline: Option<&Pipeline>,
    ) -> Result<Self> {
        Ok(self)
    }

    /// Refuses what a row puts into the record, other than it was before, and cannot be what it is
    /// given as.
    fn given(
        &self,
        _before: Option<&Self>,
        _rules: &Settings,
        _now: Timestamp,
    ) -> Result<(), Invalid> {
        Ok(())
    }

    /// How new ones are given by the assignment rules, where these are for the kind.
    fn by_rules() -> Option<ByRules<Self>> {
        None
    }

    /// Itself, where duplicates of it are looked for.
    fn as_customer(&self) -> Option<&Customer> {
        None
    }

    /// What [`Subject::as_customer`] gives, the other way round.
    fn of_customer(_stored: &Stored<Customer>) -> Option<Stored<Self>> {
        None
    }
}

macro_rules! known_by_name {
    ($folder:ident) => {
        fn id_field() -> &'static Field<Self, Id<Self>> {
            &$folder::ID
        }
        fn external_id_field() -> &'static Field<Self, String> {
            &$folder::EXTERNAL_ID
        }
        fn name_field() -> Option<&'static Field<Self, String>> {
            Some(&$folder::NAME)
        }
    };
}

macro_rules! known_by_content {
    ($folder:ident) => {
        fn id_field() -> &'static Field<Self, Id<Self>> {
            &$folder::ID
        }
        fn external_id_field() -> &'static Field<Self, String> {
            &$folder::EXTERNAL_ID
        }
        fn name_field() -> Option<&'static Field<Self, String>> {
            None
        }
    };
}

impl Subject for StaffMember {
    const REQUIRED: &'static [&'static str] = &["name"];
    const MAKES: &'static [&'static str] = &[OrgUnit::KIND, StaffMember::KIND];
    known_by_name!(staff_member);
    fn blank(_: Option<&Pipeline>, _: &Settings) -> Result<Self> {
        Ok(Self::new(Id::new(Uuid::nil()), ""))
    }
    fn given(
        &self,
        before: Option<&Self>,
        rules: &Settings,
        _now: Timestamp,
    ) -> Result<(), Invalid> {
        duplicate::check_staff(before, self, rules)
    }
}

impl Subject for Product {
    const REQUIRED: &'static [&'static str] = &["name"];
    known_by_name!(product);
    fn blank(_: Option<&Pipeline>, _: &Settings) -> Result<Self> {
        Ok(Self::new(Id::new(Uuid::nil()), ""))
    }
}

impl Subject for Customer {
    const OURS_ALONE: &'static [&'static str] = &["archived_at", "merged_into"];
    const REQUIRED: &'static [&'static str] = &["name"];
    fn by_rules() -> Option<ByRules<Self>> {
        Some(ByRules::new())
    }
    known_by_name!(customer);
    fn blank(_: Option<&Pipeline>, rules: &Settings) -> Result<Self> {
        let blank = Self::new(Id::new(Uuid::nil()), CustomerKind::Organisation, "");
        Ok(Self { lifecycle_stage: rules.initial_stage().to_owned(), ..blank })
    }
    fn given(
        &self,
        before: Option<&Self>,
        rules: &Settings,
        _now: Timestamp,
    ) -> Result<(), Invalid> {
        duplicate::check_customer(before, self, rules)
    }
    fn as_customer(&self) -> Option<&Customer> {
        Some(self)
    }
    fn of_customer(stored: &Stored<Customer>) -> Option<Stored<Self>> {
        Some(stored.clone())
    }
}

impl Subject for Transaction {
    const REQUIRED: &'static [&'static str] = &["customer_id", "date", "revenue"];
    known_by_content!(transaction);
    fn blank(_: Option<&Pipeline>, _: &Settings) -> Result<Self> {
        let nothing = Money::zero(Currency::USD);
        Ok(Self::new(Id::new(Uuid::nil()), Id::new(Uuid::nil()), NaiveDate::MIN, nothing))
    }
}

impl Subject for Lead {
    /// What is decided about a lead is decided by its verbs.
    const OURS_ALONE: &'static [&'static str] = &[
        "qualification",
        "status",
        "decided_at",
        "decided_by",
        "reason",
        "customer_id",
        "contact_id",
        "opportunity_id",
        "recycled",
        "recall_on",
    ];
    const REQUIRED: &'static [&'static str] = &[];
    fn by_rules() -> Option<ByRules<Self>> {
        Some(ByRules::new())
    }
    known_by_content!(lead);
    fn blank(_: Option<&Pipeline>, _: &Settings) -> Result<Self> {
        Ok(Self::new(Id::new(Uuid::nil())))
    }
    fn title(text: &dyn Fn(&str) -> String) -> Option<String> {
        let names = [text("given_name"), text("family_name")];
        let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        Some(names.join(" ")).filter(|name| !name.is_empty())
    }
    fn given(&self, before: Option<&Self>, rules: &Settings, _: Timestamp) -> Result<(), Invalid> {
        duplicate::check_lead(before, self, rules)
    }
}

impl Subject for Opportunity {
    const OURS_ALONE: &'static [&'static str] = &["pipeline_id", "status", "probability_source"];
    const APART: &'static [&'static str] =
        &["stage", "closed_on", "close_reason", "competitor", "decided_from", "probability"];
    const REQUIRED: &'static [&'static str] = &[];
    fn by_rules() -> Option<ByRules<Self>> {
        Some(ByRules::new())
    }
    known_by_content!(opportunity);

    fn blank(pipeline: Option<&Pipeline>, _: &Settings) -> Result<Self> {
        let pipeline = pipeline.ok_or_else(|| Error::missing(Id::<Pipeline>::new(Uuid::nil())))?;
        Ok(Self::open(Id::new(Uuid::nil()), "", pipeline)?)
    }

    fn title(text: &dyn Fn(&str) -> String) -> Option<String> {
        let named = [text("product"), text("customer")];
        let named: Vec<_> = named.into_iter().filter(|part| !part.is_empty()).collect();
        let title = if named.is_empty() { text("external_id") } else { named.join(" – ") };
        Some(title).filter(|title| !title.is_empty())
    }

    fn finish(
        mut self,
        apart: Apart,
        before: Option<&Self>,
        pipeline: Option<&Pipeline>,
    ) -> Result<Self> {
        let Some(pipeline) = pipeline else { return Ok(self) };
        let mut stage = None;
        let mut said = Decision::default();
        let mut silent = vec!["closed_on", "close_reason", "competitor"];
        for (field, value) in apart {
            silent.retain(|name| *name != field);
            match (field, value) {
                ("stage", Value::Text(text)) => stage = Some(find_stage(pipeline, &text)?),
                ("closed_on", Value::Date(day)) => said.on = Some(day),
                ("decided_from", Value::Text(text)) => {
                    said.from = Some(find_stage(pipeline, &text)?.into_owned());
                }
                ("close_reason", Value::Text(text)) => said.reason = Some(text.into_owned()),
                ("competitor", Value::Text(text)) => said.competitor = Some(text.into_owned()),
                ("probability", Value::Decimal(likely)) => self.manual(likely),
                _ => {}
            }
        }
        if before.is_none() {
            self = self.begun();
        } else if stage.is_none() && silent.len() == 3 {
            return Ok(self);
        }
        let stage = stage.map_or_else(|| self.stage().to_owned(), Cow::into_owned);
        let was = before.map(Opportunity::state);
        let decided = pipeline.stage(&stage)?.kind != opportunity::StageKind::Open;
        if let Some(was) = was.filter(|_| decided) {
            let kept = |field: &str| silent.contains(&field);
            said.on = if kept("closed_on") { was.closed_on() } else { said.on };
            if kept("close_reason") {
                said.reason = was.reason().map(str::to_owned);
            }
            if kept("competitor") {
                said.competitor = was.competitor().map(str::to_owned);
            }
        }
        self.told(pipeline, &stage, said)
    }

    fn given(
        &self,
        before: Option<&Self>,
        _rules: &Settings,
        now: Timestamp,
    ) -> Result<(), Invalid> {
        let on = self.state().closed_on();
        let was = before.and_then(|before| before.state().closed_on());
        opportunity::not_in_the_future(on.filter(|_| on != was), now)?;
        self.began_first(before)
    }
}

impl Opportunity {
    fn manual(&mut self, likely: Decimal) {
        self.probability = Some(likely);
        self.probability_source = ProbabilitySource::Manual;
    }
}

/// By key or name, capitals or not.
fn find_stage<'p>(pipeline: &'p Pipeline, text: &str) -> Result<Cow<'p, str>> {
    let stages = &pipeline.stages;
    let same = |name: &str| name.to_lowercase() == text.to_lowercase();
    let found = stages
        .find(text)
        .or_else(|| stages.0.iter().find(|stage| same(&stage.key) || same(&stage.name)));
    match found {
        Some(stage) => Ok(Cow::Borrowed(&stage.key)),
        None => Ok(pipeline.stage(text).map(|stage| Cow::Borrowed(stage.key.as_str()))?),
    }
}
